"""Waiting for what other processes do: the tests' one way to."""

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

T = TypeVar("T")


def until(look: Callable[[], T], seconds: float, what: str, every: float = 0.1) -> T:
    """What `look` returns once that is true; a server that does not answer yet is asked again. Fails with `what`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, httpx.TransportError):
            if found := look():
                return found
        time.sleep(every)
    raise AssertionError(f"not within {seconds:g} s: {what}")
