"""Prefect tasks, one file a step of the flow; what they do stands in `soundtracks`."""
