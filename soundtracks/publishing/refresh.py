"""Keeps the static files of the catalogue fresh: written by whoever changed it, by one at a time, and not at all where nothing
changed.

Who writes says so in catalogue/static-files.json. Who finds another at it leaves it to that one, which looks at its end whether
the catalogue has moved meanwhile. Where one died at it, or two were at it together, what is noted of the files is believed no
more: all are written.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from soundtracks.errors import DamagedFile, LakeError
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue_tables import CatalogueTables
from soundtracks.publishing.static_files import (
    FOLDER,
    Everything,
    Published,
    are_noted,
    forget_files,
    lacking_files,
    publish_static,
)

CLAIM = "catalogue/static-files.json"
#: Of what the files were made last, and until when that holds.
STATE = f"{FOLDER}/state.json"
#: Who writes says so again every so many seconds. Who has not for so long has died.
STAMPED_EVERY, LONGEST = 60.0, timedelta(hours=1)
#: Times that the writer begins again because the catalogue moved; then it is left to the next run.
ROUNDS = 5
#: More links are no work for the end of a run, which has 2 GB, at 13 KB a link: `soundtracks publish` writes them.
MOST_LINKS = 100_000


def are_published(lake: Lake) -> bool:
    """Whether somebody has published the catalogue as files once."""
    return lake.exists(STATE)


def refresh(
    lake: Lake, tables: CatalogueTables, clock: Callable[[], datetime] = lambda: datetime.now(UTC), *, look: bool = False
) -> Published | None:
    """Brings the files to the catalogue as it stands; None where another is at it. Raises LakeError: the next call goes on.

    `look`: lists what is there, and writes again what somebody has deleted.
    """
    token, done = uuid4().hex, Published(0, 0, 0)
    lacking = lacking_files(lake) if look else frozenset()
    for _ in range(ROUNDS):
        now, made_of = clock(), tables.states
        if not lacking and _still_holds(lake, made_of, now):
            return done
        other = _read(lake, CLAIM)
        if other.get("by"):
            if abs(now - _time_of(other, "at")) < LONGEST:  # a clock may have been set back since
                return None
            forget_files(lake)
        lake.write_json(CLAIM, {"by": token, "at": now.isoformat()})
        try:
            with _stamping(lake, token, clock):
                known = Everything.of(tables)
                some = publish_static(lake, known, now, lacking)
        except BaseException:
            with suppress(LakeError):  # the first error is the one to tell; after LONGEST somebody else begins
                forget_files(lake)
                lake.write_json(CLAIM, {})
            raise
        lacking = frozenset()
        done = Published(done.written + some.written, done.deleted + some.deleted, some.kept)
        if _read(lake, CLAIM).get("by") != token:
            forget_files(lake)
            lake.write_json(CLAIM, {})
            return done
        until = known.until(now)
        lake.write_json(STATE, {"made_of": made_of, "code": _code(), "until": until.isoformat() if until else None})
        lake.write_json(CLAIM, {})
    return done


def heard_of(lake: Lake) -> datetime | None:
    """When whoever writes the files last said so; None where nobody does."""
    other = _read(lake, CLAIM)
    return _time_of(other, "at") if other.get("by") else None


@contextmanager
def _stamping(lake: Lake, token: str, clock: Callable[[], datetime]) -> Iterator[None]:
    """Says again and again that the writer `token` is at it, until it is not, or another has begun."""
    ended = Event()

    def stamp() -> None:
        while not ended.wait(STAMPED_EVERY):
            with suppress(LakeError):
                if _read(lake, CLAIM).get("by") != token:
                    return
                lake.write_json(CLAIM, {"by": token, "at": clock().isoformat()})

    stamping = Thread(target=stamp, name="static files", daemon=True)
    stamping.start()
    try:
        yield
    finally:
        ended.set()
        stamping.join()


def _still_holds(lake: Lake, made_of: Mapping[str, str], now: datetime) -> bool:
    """Whether the files are those of this catalogue. Not where their notes are gone: who failed, or was at it beside another, has
    forgotten them, whatever the one before or the other has said in STATE."""
    state = _read(lake, STATE)
    return (
        (state.get("made_of"), state.get("code")) == (made_of, _code())
        and (state.get("until") is None or now < _time_of(state, "until"))
        and are_noted(lake)
    )


def _time_of(noted: Mapping[str, Any], name: str) -> datetime:
    """Long ago, for what is no time."""
    with suppress(KeyError, TypeError, ValueError):
        return datetime.fromisoformat(noted[name]).astimezone(UTC)
    return datetime(1970, 1, 1, tzinfo=UTC)


def _read(lake: Lake, name: str) -> dict[str, Any]:
    """{} for one that is not there, or no longer what was written."""
    with suppress(DamagedFile):
        value = lake.read_json(name) if lake.exists(name) else {}
        return value if isinstance(value, dict) else {}
    return {}


@cache
def _code() -> str:
    """Hash of what makes the files: other code makes others of the same catalogue."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
