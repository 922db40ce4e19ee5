"""Heartbeats: which runs send them. Who goes by them is lost_runs.py."""

from collections.abc import Iterator
from contextlib import contextmanager

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings


@contextmanager
def subflows_without_heartbeats() -> Iterator[None]:
    """Within it the subflows of a run send none: they live and die with its process, whose own heartbeats tell of all.

    Prefect lets each flow wait at its end for the thread that sends them, which wakes up once a second: most of what a short
    subflow takes.
    """
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
