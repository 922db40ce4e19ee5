"""The environment's proxy is used, over real sockets; nothing of it is shown."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from soundtracks.errors import Unavailable
from soundtracks.masking import mask
from soundtracks.settings import Settings
from soundtracks.sources.network import proxy_for
from soundtracks.sources.services import check_access


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, "https://api.discogs.com", None),
        ({"HTTPS_PROXY": "http://proxy.test:3128"}, "https://api.discogs.com", "http://proxy.test:3128"),
        ({"https_proxy": "proxy.test:3128"}, "https://api.discogs.com", "http://proxy.test:3128"),
        ({"ALL_PROXY": "http://proxy.test"}, "https://api.tmdb.org/3", "http://proxy.test"),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "discogs.com"}, "https://api.discogs.com", None),
        ({"HTTP_PROXY": "http://proxy.test", "HTTPS_PROXY": "http://proxy.test"}, "http://127.0.0.1:1", None),
        ({"ALL_PROXY": "http://proxy.test"}, "http://localhost:1", None),
    ],
)
def test_which_proxy(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, proxy: str | None) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(httpx.URL(url)) == proxy


@contextmanager
def refusing_proxy(asked: list[bytes]) -> Iterator[str]:
    """A proxy that notes what it is asked for and refuses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join(5)


def test_the_environments_proxy_is_asked_and_its_refusal_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    with refusing_proxy(asked) as address:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:planted-password@{address}")
        with pytest.raises(Unavailable, match="The environment's proxy refuses") as caught:
            check_access("tmdb", Settings(_env_file=None, tmdb_token="planted-token"))
    assert asked[0].startswith(b"CONNECT api.themoviedb.org:443 ")
    assert b"planted-token" not in asked[0]
    assert "planted" not in str(caught.value)
    assert mask("planted-password") == "[key]"
