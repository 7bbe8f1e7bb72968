"""Benchmarks: figures measured side by side in one run, as ratios. Run with ``make bench``."""
