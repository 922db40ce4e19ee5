"""Who may use the API of a local Prefect server: its password, its addresses, and a client that knows both. Prefect-free.

Whoever may create a run may run code here. So the server asks for a password that is made for each stack, answers to its own
addresses only (api_server.py), and its pools take no command from a run (infra/job-templates/process.json).
"""

import base64
import os
import secrets
from collections.abc import Generator, Mapping
from pathlib import Path

import httpx

#: Prefect's name for it: `user:password`, sent as HTTP's basic authentication and over its WebSockets.
PASSWORD = "PREFECT_API_AUTH_STRING"  # noqa: S105 -- the name of a variable
USER = "soundtracks"


def read_password(file: Path) -> str:
    """The password in this file, as Prefect takes it; made when there is none. Only the owner may read the file."""
    known = file.read_text().strip() if file.exists() else ""
    if not known:  # also where a full disk left it empty: a server without password would be anybody's
        known = f"{USER}:{secrets.token_urlsafe(24)}"
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(f"{known}\n")
    file.chmod(0o600)
    return known


def server_environment(port: int, password: str, retention_days: int = 0) -> dict[str, str]:
    """Settings of a Prefect server that only this machine and only who knows the password can use.

    `retention_days`: days that runs, with their task runs, logs and artifacts, stay after their end; 0: for ever.
    """
    own = [f"http://{host}:{port}" for host in ("127.0.0.1", "localhost")]
    return {
        "PREFECT_SERVER_API_AUTH_STRING": password,
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": ",".join(own),
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
    } | retention(retention_days)


def retention(days: int) -> dict[str, str]:
    """Settings of a server that deletes what ended more than so many days ago; none for 0. Prefect itself trims events only."""
    if not days:
        return {}
    return {
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(days * 24 * 3600),
    }


class Credentials(httpx.Auth):
    """Adds the password, and to what changes something a token against forged requests, to each request.

    The server forgets a token after an hour, and all of them with its database: what it refuses is asked once more with a
    new one. Otherwise a process that lives longer, such as the watcher, is refused for good.
    """

    requires_response_body = True

    def __init__(self, api_url: str, password: str) -> None:
        self._api_url = api_url
        self._header = f"Basic {base64.b64encode(password.encode()).decode()}" if password else ""
        self._client = secrets.token_hex(16)
        self._token: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if request.method == "GET":
            yield self._signed(request)
            return
        known = self._token
        if known is None:
            yield from self._fetch_token()
        answer = yield self._signed(request)
        if answer.status_code == httpx.codes.FORBIDDEN and known is not None:
            yield from self._fetch_token()
            yield self._signed(request)

    def _fetch_token(self) -> Generator[httpx.Request, httpx.Response, None]:
        """Leaves it unknown when the server does not give one now."""
        ask = httpx.Request("GET", f"{self._api_url}/csrf-token", params={"client": self._client})
        answer = yield self._signed(ask)
        if answer.status_code == httpx.codes.OK:
            self._token = str(answer.json()["token"])
        elif answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            self._token = ""  # this server wants none
        else:
            self._token = None

    def _signed(self, request: httpx.Request) -> httpx.Request:
        if self._header:
            request.headers["Authorization"] = self._header
        if self._token and request.method != "GET":
            request.headers.update({"Prefect-Csrf-Token": self._token, "Prefect-Csrf-Client": self._client})
        return request


def is_open(api_url: str) -> bool:
    """Whether the server answers somebody who knows no password. Raises httpx.HTTPError when it is away."""
    return httpx.get(f"{api_url}/admin/version", timeout=10).status_code != httpx.codes.UNAUTHORIZED


def api_client(environment: Mapping[str, str], timeout: float = 10) -> httpx.Client:
    """A client of the API that PREFECT_API_URL names; imports no Prefect, which takes seconds."""
    url = environment["PREFECT_API_URL"]
    credentials = Credentials(url, environment.get(PASSWORD, ""))
    return httpx.Client(base_url=url, timeout=timeout, auth=credentials)
