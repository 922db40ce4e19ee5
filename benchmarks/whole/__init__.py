"""The whole of Discogs against the whole of TMDB, end to end: `python -m benchmarks.whole`."""
