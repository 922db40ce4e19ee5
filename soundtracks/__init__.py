"""Soundtrack Links: given films, find their soundtrack albums. Knows no Prefect but in `operations` and `cli`."""
