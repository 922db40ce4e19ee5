"""The match on all cores of this machine, without Java: engine, its worker processes and what they run."""
