"""Lists and catalogues that people have, read into tables."""
