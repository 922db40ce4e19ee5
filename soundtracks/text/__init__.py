"""What words on records mean: folding, the vocabulary of soundtracks, readings of a name, canonical titles."""
