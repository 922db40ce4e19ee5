"""The lake: one root URL that holds all data; stores beneath it, run files, catalogue tables."""
