"""Arrow without pandas, for commands that need none: it takes a quarter of a second of each start."""

from soundtracks.extras import hidden


def keep_pandas_out() -> None:
    """Arrow asks once whether there is pandas, and imports it to know: here it is told that there is none.

    An `import pandas` after this finds it as ever, and so does what turns Arrow's tables into its frames.
    """
    with hidden(["pandas"]):
        import pyarrow as pa

        pa.scalar(0)  # asks
