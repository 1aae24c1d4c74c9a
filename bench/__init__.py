"""Benchmarks: each prints its figures, and one JSON line last. `python -m bench NAME`."""
