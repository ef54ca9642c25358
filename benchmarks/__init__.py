"""Catchment beside its peers: each measurement is a command (see docs/benchmarks.md)."""
