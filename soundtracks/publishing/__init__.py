"""What a run publishes: one catalogue of films, albums and links, written in the format of each tool it is for."""
