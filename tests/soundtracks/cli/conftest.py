"""A folder for a stack of one test, and a small service in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from soundtracks.cli import stack as stack_module
from soundtracks.cli.stack import Stack, stop


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the stack of this test lies; what runs of it has ended afterwards."""
    monkeypatch.setenv("SOUNDTRACKS_STACK_FOLDER", str(tmp_path))
    yield tmp_path
    stop()


def start_web(name: str = "web") -> tuple[Stack, str]:
    """A small web server as a service."""
    stack = Stack.load()
    port = stack_module._port(stack, name, 0)
    url = f"http://127.0.0.1:{port}"
    stack_module._start(
        stack, name, ["-m", "http.server", str(port), "--bind", "127.0.0.1"], ready=lambda: stack_module._answers(url), url=url
    )
    return stack, url
