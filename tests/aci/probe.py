"""The flow that the ACI scenarios run: does next to nothing, for as long as it is told to."""

import time

from prefect import flow


@flow(name="probe", log_prints=True)
def probe(seconds: float = 0, fail: bool = False) -> str:
    print("hello from the container")
    time.sleep(seconds)
    if fail:
        raise ValueError("the flow itself failed")
    return "done"
