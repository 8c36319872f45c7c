"""Benchmarks: against peers in one command (``benchmarks.merging``), over time with asv."""
