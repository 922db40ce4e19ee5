"""The worker processes that a test has."""

from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest


@pytest.fixture
def workers() -> Callable[[], list[psutil.Process]]:
    """Lists the worker processes of this process, among whatever children other tests have left."""

    def listed() -> list[psutil.Process]:
        found = []
        for child in psutil.Process().children():
            with suppress(psutil.Error):  # one that has exited meanwhile
                if "soundtracks.matching.local.steps" in child.cmdline():
                    found.append(child)
        return found

    return listed
