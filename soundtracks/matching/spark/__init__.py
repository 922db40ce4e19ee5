"""The match in Spark: session, engine, the job on a cluster."""
