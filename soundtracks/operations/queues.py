"""Where a run waits for a worker: a list of five does not wait behind one of 5,000.

Large lists wait in a queue of their own, which never takes the last slot of its pool.
"""

DEFAULT, LARGE = "default", "large"
#: A list of more films, or a file of more bytes where nobody has read it yet, is large: its run takes a quarter of an hour.
LARGE_FILMS, LARGE_BYTES = 500, 50_000


def queue_for(films: int = 0, size: int = 0) -> str:
    """The queue of a list: by its films, or by the bytes of its file."""
    return LARGE if films > LARGE_FILMS or size > LARGE_BYTES else DEFAULT
