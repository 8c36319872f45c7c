"""How many events a second the noise steps take: ``python -m benchmarks.noise``."""
