"""Benchmarks: ratios, measured side by side in one run. Nothing here passes or fails."""
