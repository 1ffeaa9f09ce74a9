"""Measurements against named peers and against the market's growth; `make bench` writes RESULTS.md."""
