"""A flow that only lives on: for what happens around it."""

import time

from prefect import flow, task


@task
def beat(number: int) -> int:
    return number


@flow(name="waiting")
def waiting(minutes: float) -> int:
    """Runs a task every ten seconds for so many minutes, as an extraction runs its batches."""
    last, number = time.monotonic() + minutes * 60, 0
    while time.monotonic() < last:
        number = beat(number + 1)
        time.sleep(10)
    return number
