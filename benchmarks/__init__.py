"""Measures the optimizer, and other solvers beside it, on public instances: `python -m benchmarks --help`."""
