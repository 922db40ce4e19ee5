"""Record linkage of films and albums: canonical titles, blocking, evidence, model, decisions."""
