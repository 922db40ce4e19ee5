"""The way to a service: through the environment's proxy, with one deadline for a whole answer, and a limit to its size.

httpx limits the silence between two bytes only: a service (or whoever sits before it) that sends one byte every two seconds
would hold a thread for ever. Here every read, of the head too, gets no longer than is left of the request's deadline.
"""

import ssl
import threading
import time
import urllib.request
import zlib
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import httpcore
import httpx

from soundtracks.masking import register

#: Seconds for one attempt, from the connection to the last byte. Discogs' slow searches take about 20 s.
DEADLINE = 90.0
#: Bytes of an unpacked answer: the largest real ones (films with all translations) have about 1 MB.
MAX_ANSWER = 16 << 20
_PIECE = 1 << 18


class TooSlow(httpx.ReadTimeout):
    """An answer that comes, but not within DEADLINE."""


class TooLarge(Exception):
    """An answer that goes on beyond MAX_ANSWER."""


class Garbled(Exception):
    """A body that is not compressed as its head says."""


class _Deadline(threading.local):
    at: float | None = None

    def left(self, timeout: float | None) -> float | None:
        if self.at is None:
            return timeout
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole answer takes too long")
        return left if timeout is None else min(timeout, left)


_deadline = _Deadline()


class _Stream(httpcore.NetworkStream):
    """A connection whose waits end at the deadline of the thread that waits."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _deadline.left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(host, port, _deadline.left(timeout), local_address, socket_options))


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def proxy_for(url: httpx.URL) -> str | None:
    """The proxy that the environment names for an address (HTTPS_PROXY, ALL_PROXY, NO_PROXY); none for this machine."""
    if is_loopback(url.host) or urllib.request.proxy_bypass(url.host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    register(filter(None, [httpx.URL(proxy).password]))
    return proxy


class Network(httpx.BaseTransport):
    """Answers are read whole: no caller sees a body that is still on its way, or one that is packed."""

    def __init__(self, url: httpx.URL, inner: httpx.BaseTransport | None = None) -> None:
        if inner is None:
            # HTTP/1.1 on kept-alive connections: at these rates HTTP/2 gains nothing, and its header coder logs keys.
            limits = httpx.Limits(max_connections=32, keepalive_expiry=90)
            transport = httpx.HTTPTransport(limits=limits, proxy=proxy_for(url))
            transport._pool._network_backend = _Backend()  # httpx passes none on; test_network holds it to its deadline
            inner = transport
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpx.TransportError, TooLarge or Garbled."""
        _deadline.at = until = time.monotonic() + DEADLINE
        try:
            response = self._inner.handle_request(request)
            try:
                body = _read(response)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            if time.monotonic() < until - 0.01:
                raise
            raise TooSlow(f"the whole answer takes longer than {DEADLINE:g} s") from error
        finally:
            _deadline.at = None
        kept = [(name, value) for name, value in response.headers.raw if name.lower() not in _FRAMING]
        return httpx.Response(response.status_code, headers=kept, content=body, request=request)

    def close(self) -> None:
        self._inner.close()


_FRAMING = (b"content-encoding", b"content-length", b"transfer-encoding")


def _read(response: httpx.Response) -> bytes:
    """The body, unpacked piece by piece: a bomb goes off no further than to MAX_ANSWER."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise Garbled(f"it is packed as {coding!r}, which was not asked for")
    unpack = None if coding in ("identity", "") else zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    body = bytearray()
    for data in response.stream:  # type: ignore[union-attr]
        more = True
        while more:
            try:
                piece = unpack.decompress(data, _PIECE) if unpack else data
            except zlib.error as error:
                raise Garbled(f"it is not packed as it says ({error})") from error
            body += piece
            if len(body) > MAX_ANSWER:
                raise TooLarge
            data = unpack.unconsumed_tail if unpack else b""
            more = bool(data) or (unpack is not None and len(piece) == _PIECE)
    if unpack and not unpack.eof and body:
        raise Garbled("it is cut off")
    return bytes(body)
