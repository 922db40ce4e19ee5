"""Versions side by side: the Prefect server's, that of the packages here, and that which wrote the database. Prefect-free.

A client newer than its server is refused in places (422), one of an older minor version loses its events in silence. So the
server is renewed first, then the deployments are registered, then the workers restart.
"""

import sqlite3
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import httpx

from soundtracks.errors import ServerError

#: The server's database in PREFECT_HOME, and the file that says which version of Prefect wrote it last.
DATABASE, WRITTEN_BY = "prefect.db", "prefect.version"
#: There from when the database was copied until a server of this version has started.
COPIED = "prefect.copied"


def check_versions(api: httpx.Client) -> str:
    """The versions, for people. Raises ServerError when the server is away or the packages here do not go with it."""
    try:
        server = str(api.get("/admin/version").raise_for_status().json())
    except httpx.HTTPStatusError as error:
        raise ServerError(
            f"{api.base_url} refuses: HTTP {error.response.status_code}.",
            hint="PREFECT_API_AUTH_STRING is the server's password; that of a local stack is in .soundtracks/api-password.",
        ) from error
    except (httpx.HTTPError, ValueError) as error:
        raise ServerError(
            f"{api.base_url} does not answer: {error}.", hint="`soundtracks up` starts one here, or correct PREFECT_API_URL."
        ) from error
    if not fits(here := version("prefect"), server):
        raise ServerError(
            f"The server is Prefect {server}, the packages here are {here}: they do not go together.",
            hint="Renew the server first, then `soundtracks deploy`, then restart the workers. A local stack: "
            "`soundtracks down`, then `soundtracks up`; a copy of its database is kept.",
        )
    return f"server {server}, here {here}"


def fits(here: str, server: str) -> bool:
    """Whether a client of the one version may use a server of the other: the same minor version, and not newer."""
    ours, theirs = _numbers(here), _numbers(server)
    return ours[:2] == theirs[:2] and ours <= theirs


def keep_copy(home: Path) -> Path | None:
    """Before another version of Prefect migrates the database in `home` (SQLite): a copy of it. None when there is no need.

    Where a migration broke off, the copy is the one from before it: what is there now may be half migrated.

    Raises ServerError when it cannot be read or copied: nothing may write it then.
    """
    database, written_by = home / DATABASE, home / WRITTEN_BY
    before = written_by.read_text().strip() if written_by.exists() else "unknown"
    if not database.exists() or before == version("prefect"):
        return None
    copy = home / f"{DATABASE}.of-{before}"
    if copy.exists() and (home / COPIED).exists():
        return copy
    part = home / f"{copy.name}.part"
    part.unlink(missing_ok=True)
    part.touch(0o600)
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)  # with what still stands in its write-ahead log
        part.replace(copy)
        (home / COPIED).touch()
    except (sqlite3.Error, OSError) as error:
        raise ServerError(
            f"Another version of Prefect wrote {database}, and no copy of it can be kept: {error}.",
            hint="Free space; or move the file away, if its runs are not needed: the lake and its inbox remember what was done.",
        ) from error
    return copy


def note_version(home: Path) -> None:
    """Says that the database in `home` is this version's by now."""
    (home / WRITTEN_BY).write_text(version("prefect") + "\n")
    (home / COPIED).unlink(missing_ok=True)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.partition("+")[0].split(".")[:3] if part.isdigit())
