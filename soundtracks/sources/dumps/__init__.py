"""Dumps: whole catalogues as files, for those who would rather not ask 2,000,000 questions.

Discogs' monthly masters and releases (gzipped XML, CC0) and TMDB's daily list of films (gzipped JSON lines) become silver
datasets in the schemas of the match. MusicBrainz' release groups and Wikidata's items (CC0) become ids and known films of
albums (known_ids.py). They are read as a stream: memory does not grow with the file.
"""
