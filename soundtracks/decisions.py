"""People's decisions on links: kept for ever, each in a file of its own, so that nobody's can overwrite another's.

    review/decisions/<time>-<person>-<random>.json

They win over the model in every later run (soundtracks/publishing/catalogue.py applies them) and can be exported as labels.
"""

import io
import re
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import uuid4

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import DECISIONS, effective_decisions
from soundtracks.text.spreadsheet import write_csv

FOLDER = "review/decisions"

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Decision(BaseModel):
    """One word of one person on one album and film.

    accept, reject: this album is, or is not, this film's soundtrack. skip: seen, not decided. undo: takes the same person's
    earlier word on the pair back. run_id: the version of the links that the person looked at.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    album_id: Id
    tmdb_id: Id
    decision: Literal["accept", "reject", "skip", "undo"]
    by: Name
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    run_id: str | None = None


class DecisionStore:
    """The decisions of a lake. Files are never changed, so each is read once."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self._read: dict[str, Decision] = {}

    def add(self, decision: Decision) -> None:
        """Keeps a decision, whatever others keep at the same time. Raises LakeError."""
        person = re.sub(r"[^A-Za-z0-9]+", "-", decision.by).strip("-")[:40] or "somebody"
        name = f"{FOLDER}/{decision.at:%Y%m%dT%H%M%S.%fZ}-{person}-{uuid4().hex}.json"
        self.lake.write_json(name, decision.model_dump(mode="json"))

    def all(self) -> list[Decision]:
        """Every decision, oldest first. Raises LakeError for a file that is none: a lost decision must not go unseen."""
        for name in sorted({entry.name for entry in self.lake.list(FOLDER)} - self._read.keys()):
            if name.endswith(".json"):
                try:
                    self._read[name] = Decision.model_validate_json(self.lake.read_bytes(name))
                except ValidationError as error:
                    raise LakeError(f"{name} is no decision: {error}.", hint="Mend it, or move it out of the folder.") from error
        return sorted(self._read.values(), key=lambda decision: decision.at)

    def table(self) -> pa.Table:
        """Every decision, schema DECISIONS, oldest first."""
        rows = [d.model_dump(include=set(DECISIONS.names)) | {"at": stamp(d.at)} for d in self.all()]
        return pa.Table.from_pylist(rows, DECISIONS)


def stamp(at: datetime) -> str:
    """A time in UTC as text that sorts by time."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_decisions(lake: Lake) -> pa.Table:
    """Every decision of a lake, schema DECISIONS, oldest first. Raises LakeError."""
    return DecisionStore(lake).table()


def decisions_on(decisions: pa.Table, films: pa.Table, albums: pa.Table) -> pa.Table:
    """The decisions that matter to a run over these films and albums, schema DECISIONS.

    Those on its albums, and albums that a person gave to one of its films though this time no search came across them.
    Another list's decisions would put albums into its links that it never looked at.
    """
    films_known, albums_known = set(films["tmdb_id"].to_pylist()), set(albums["album_id"].to_pylist())
    wanted = {
        (album, film)
        for (album, film), word in effective_decisions(decisions).items()
        if album in albums_known or (word["decision"] == "accept" and film in films_known)
    }
    keep = [(row["album_id"], row["tmdb_id"]) in wanted for row in decisions.to_pylist()]
    return decisions.filter(pa.array(keep, pa.bool_()))


def export_labels(decisions: pa.Table) -> str:
    """People's last words as labels, CSV: album_id, group, tmdb_ids; for the benchmark and for scoring links.

    review_accepted: tmdb_ids are the album's films, | between several. review_rejected: every film that the model proposed
    was rejected and none was named, so tmdb_ids is empty: the album counts as no film's soundtrack.
    """
    accepted: dict[str, list[str]] = {}
    for (album, film), word in effective_decisions(decisions).items():
        films = accepted.setdefault(album, [])
        if word["decision"] == "accept":
            films.append(film)
    sink = io.StringIO(newline="")
    labels = (
        (album, "review_accepted" if films else "review_rejected", "|".join(sorted(films))) for album, films in accepted.items()
    )
    write_csv(sink, ("album_id", "group", "tmdb_ids"), sorted(labels), newline="\n")
    return sink.getvalue()
