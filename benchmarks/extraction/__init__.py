"""How close extraction comes to the limit, what it asks, and what a kill costs: python -m benchmarks.extraction."""
