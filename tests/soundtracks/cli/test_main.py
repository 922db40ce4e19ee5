"""What every command does before it begins."""

import http.server
import io
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from soundtracks.cli.main import HERE, reach_this_machine_directly

ALL = ",".join(HERE)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"http_proxy": ""}, None),
        ({"NO_PROXY": "example.org"}, "example.org"),
        ({"HTTP_PROXY": "http://proxy"}, ALL),
        ({"https_proxy": "http://proxy"}, ALL),
        ({"ALL_PROXY": "socks5://proxy", "NO_PROXY": "example.org"}, f"example.org,{ALL}"),
        ({"HTTP_PROXY": "http://proxy", "NO_PROXY": "a", "no_proxy": "b"}, f"b,{ALL}"),  # the small one wins
        ({"HTTP_PROXY": "http://proxy", "no_proxy": "localhost, 127.0.0.1"}, "localhost, 127.0.0.1,::1"),
        ({"HTTP_PROXY": "http://proxy", "no_proxy": "*"}, "*"),
    ],
)
def test_a_proxy_is_not_for_this_machine(given: dict[str, str], expected: str | None) -> None:
    environment = dict(given)
    reach_this_machine_directly(environment)
    reach_this_machine_directly(environment)
    assert (environment.get("no_proxy") or environment.get("NO_PROXY")) == expected


@pytest.fixture
def service() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        yield server.server_port


def test_with_a_dead_proxy_the_stack_is_reached(service: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("http_proxy")
    environment = {"HTTP_PROXY": "http://127.0.0.1:9"}
    with pytest.raises(httpx.ConnectError):
        httpx.head(f"http://127.0.0.1:{service}/")
    reach_this_machine_directly(environment)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, environment[name])
    assert httpx.head(f"http://127.0.0.1:{service}/").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("terminal", [False, True])
def test_no_title_ends_a_command_whose_locale_is_not_utf_8(tmp_path: Path, terminal: bool) -> None:
    (tmp_path / "films.csv").write_text("title,year\nAmélie,2001\nサスペリア,1977\n", encoding="utf-8")
    given = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "COLUMNS": "200"}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONIOENCODING"} | given
    command = [sys.executable, "-m", "soundtracks.cli.main", "check", str(tmp_path / "films.csv")]
    shown, end = pty.openpty() if terminal else os.pipe()
    with os.fdopen(shown, "rb", buffering=0) as reader:
        process = subprocess.Popen(command, stdout=end, stderr=subprocess.PIPE, env=environment)
        os.close(end)
        said = b"".join(iter(partial(_read, reader), b"")).decode("ascii" if terminal else "utf-8")
        _, wrong = process.communicate()
    assert process.returncode == 0, wrong
    assert ("Am\\xe9lie" if terminal else "サスペリア") in said


def _read(reader: io.FileIO) -> bytes:
    try:
        return reader.read(4096)
    except OSError:  # how a terminal ends
        return b""
