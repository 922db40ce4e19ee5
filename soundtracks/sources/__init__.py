"""Where catalogues come from: the TMDB and Discogs services, and their dumps."""
