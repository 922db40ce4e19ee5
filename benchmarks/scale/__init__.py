"""Speed, memory and pair completeness of the match on seeded catalogues: `python -m benchmarks.scale --help`."""
