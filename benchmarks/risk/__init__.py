"""How long risk takes, against pycanon: ``python -m benchmarks.risk``."""
