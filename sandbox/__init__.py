"""Offline stand-ins for what cannot run here: TMDB, Discogs, Azure's control plane; and the sample catalogue."""
