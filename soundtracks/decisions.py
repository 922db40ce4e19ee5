"""People's decisions on links: kept for ever, each in a file of its own, so that nobody's can overwrite another's.

    review/decisions/<time>-<person>-<random>.json

They win over the model in every later run (soundtracks/publishing/catalogue.py applies them) and can be exported as labels.
"""

import hashlib
import io
import logging
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import uuid4

import pyarrow as pa
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, field_validator

from soundtracks.errors import BadInput, LakeError
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores import Entry
from soundtracks.lists.labels import ACCEPTED, COLUMNS, REJECTED, Label
from soundtracks.publishing.catalogue import DECISIONS, effective_decisions
from soundtracks.records import ALBUMS, conform, work_ids
from soundtracks.text.foreign import one_line
from soundtracks.text.spreadsheet import write_csv

FOLDER = "review/decisions"
#: Where a file goes that is no decision, beside it <name>.reason.json.
QUARANTINE = "quarantine/decisions"
#: Bytes of a decision's file: the longest one that this page can write has some 1,300.
MAX_FILE = 16 * 2**10
#: Characters of a reason.
MAX_REASON = 300
#: How far the clocks of the machines that review may differ. A decision from later than that would win over all to come.
MAX_CLOCK_SKEW = timedelta(minutes=5)
#: Nobody decided anything before this project.
_FIRST_YEAR, _LAST_YEAR = 2020, 9990

logger = logging.getLogger(__name__)

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Word(BaseModel):
    """What a person says of one album and film.

    On a work (a master's id) it covers all pressings, also those that later runs find; on one pressing it covers that one alone,
    and wins over what was said on its work.

    accept, reject: this album is, or is not, this film's soundtrack. skip: seen, not decided. undo: takes the same person's
    earlier word on the pair back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    album_id: Id
    tmdb_id: Id
    decision: Literal["accept", "reject", "skip", "undo"]
    by: Name
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_REASON, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class Decision(Word):
    """A word with its time, which whoever keeps it gives, in UTC. run_id: the version of the links that the person looked at."""

    at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    run_id: Annotated[str, StringConstraints(max_length=200)] | None = None

    @field_validator("at")
    @classmethod
    def _in_utc(cls, at: datetime) -> datetime:
        if not _FIRST_YEAR <= at.year <= _LAST_YEAR:  # near year 9999 a zone's offset leads out of the calendar
            raise ValueError(f"no time of a decision: {at}")
        return at.astimezone(UTC)


def check_name(name: str) -> str:
    """The name of a person who decides. Raises BadInput for one that is empty, longer than 80 characters or not printable."""
    try:
        return TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        raise BadInput("A name has 1 to 80 characters.", hint="Give --by another one.") from error


class DecisionStore:
    """The decisions of a lake. Files are never changed, so each is read once."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self._read: dict[str, Decision] = {}
        self._refused: dict[str, str] = {}

    @property
    def refused(self) -> Mapping[str, str]:
        """Files that were no decisions when they were read: name in the lake -> reason."""
        return self._refused

    def add(self, decision: Decision) -> None:
        """Keeps a decision, whatever others keep at the same time. Raises LakeError."""
        person = re.sub(r"[^A-Za-z0-9]+", "-", decision.by).strip("-")[:40] or "somebody"
        name = f"{FOLDER}/{decision.at:%Y%m%dT%H%M%S.%fZ}-{person}-{uuid4().hex}.json"
        self.lake.write_json(name, decision.model_dump(mode="json"))

    def keep(self, words: Iterable[Word], version: str) -> None:
        """Keeps what was said just now on a version of the links, with one time, later than any before. Raises LakeError.

        Of what one person says of one pair the last word is kept: with one time, nobody could tell which came first.
        """
        latest = max((decision.at for decision in self.all()), default=datetime.min.replace(tzinfo=UTC))
        at = max(datetime.now(UTC), latest + timedelta(microseconds=1))
        for word in {(word.album_id, word.tmdb_id, word.by): word for word in words}.values():
            self.add(Decision(**word.model_dump(), at=at, run_id=version))

    def all(self) -> list[Decision]:
        """Every decision, oldest first. A file that is none is set aside with its reason, and told. Raises LakeError.

        What one person said of one pair at one moment is one decision, in however many files: a lake that was synchronized,
        merged or restored has copies. Where such files differ, the last by its name stands, whichever was read first.
        """
        for entry in self.lake.list(FOLDER):
            if entry.name.endswith(".json") and entry.name not in self._read and entry.name not in self._refused:
                try:
                    self._read[entry.name] = self._decision(entry)
                except ValueError as error:
                    self._set_aside(entry.name, one_line(error, MAX_REASON))
        once = {(d.album_id, d.tmdb_id, d.by, d.at): d for _, d in sorted(self._read.items())}
        return sorted(once.values(), key=lambda decision: decision.at)

    def _decision(self, entry: Entry) -> Decision:
        """Raises ValueError for a file that is no decision."""
        if entry.size > MAX_FILE:
            raise ValueError(f"larger than {MAX_FILE} bytes")
        if "\\" in entry.name or not entry.name.isprintable():
            raise ValueError("its name is none of ours")
        try:
            decision = Decision.model_validate_json(self.lake.read_bytes(entry.name))
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)[0]
            raise ValueError(f"{'.'.join(map(str, found['loc'])) or 'the file'}: {found['msg']}") from error
        # by the store's clock or ours, whichever is later: a reader whose clock is behind sets nothing aside
        now = max(datetime.fromtimestamp(entry.modified, UTC), datetime.now(UTC))
        if decision.at > now + MAX_CLOCK_SKEW:
            raise ValueError(f"decided in the future: {stamp(decision.at)}")
        return decision

    def _set_aside(self, name: str, reason: str) -> None:
        target = f"{QUARANTINE}/{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.json"
        self._refused[name] = reason
        logger.warning("No decision, set aside as %s: %s: %s", target, one_line(name), reason)
        with suppress(LakeError):  # somebody else did, or the lake cannot be written: it does not count all the same
            self.lake.write_json(
                f"{target}.reason.json", {"reason": reason, "file": one_line(name), "at": stamp(datetime.now(UTC))}
            )
            self.lake.move(name, target)

    def table(self) -> pa.Table:
        """Every decision, schema DECISIONS, oldest first."""
        rows = [d.model_dump(include=set(DECISIONS.names)) | {"at": stamp(d.at)} for d in self.all()]
        return pa.Table.from_pylist(rows, DECISIONS)


def stamp(at: datetime) -> str:
    """A time in UTC as text that sorts by time."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_decisions(lake: Lake) -> pa.Table:
    """Every decision of a lake, schema DECISIONS, oldest first; what is none is set aside. Raises LakeError."""
    return DecisionStore(lake).table()


def standing_words(decisions: Iterable[Decision]) -> dict[tuple[str, str], list[Decision]]:
    """(album_id, tmdb_id) -> what each person says of it, the word that counts last; undone and skipped ones are left out.

    `decisions`: oldest first.
    """
    said: dict[tuple[str, str], dict[str, Decision]] = {}
    for word in decisions:
        by_person = said.setdefault((word.album_id, word.tmdb_id), {})
        if word.decision != "skip":
            by_person.pop(word.by, None)
        if word.decision in ("accept", "reject"):
            by_person[word.by] = word
    return {pair: list(by_person.values()) for pair, by_person in said.items() if by_person}


def is_conflict(words: Iterable[Decision]) -> bool:
    """Whether people disagree."""
    return len({word.decision for word in words}) > 1


def decisions_on(decisions: pa.Table, films: pa.Table, albums: pa.Table) -> pa.Table:
    """The decisions that matter to a run over these films and albums, schema DECISIONS.

    Those on its albums, and albums that a person gave to one of its films though this time no search came across them.
    Another list's decisions would put albums into its links that it never looked at.
    """
    films_known = set(films["tmdb_id"].to_pylist())
    albums_known = {*albums["album_id"].to_pylist(), *work_ids(conform(albums, ALBUMS)).to_pylist()}
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
    labels = ((album, ACCEPTED if films else REJECTED, "|".join(sorted(films))) for album, films in accepted.items())
    write_csv(sink, COLUMNS, sorted(labels), newline="\n")
    return sink.getvalue()


def words_of_labels(labels: Iterable[Label], links: pa.Table, decisions: pa.Table, by: str) -> tuple[list[Word], list[str]]:
    """(what labels say that does not count already, albums of which nothing can be said).

    An album's films are accepted; its other linked or doubtful films in `links` (album_id, tmdb_id, decision) are rejected.
    Labels do not name the films that were rejected: of an album without a film it is every one of its links, and where there
    are none (the links are of another list) nothing can be said.
    """
    proposed: dict[str, dict[str, str]] = {}
    for row in links.select(["album_id", "tmdb_id", "decision"]).to_pylist():
        if row["tmdb_id"]:
            proposed.setdefault(row["album_id"], {})[row["tmdb_id"]] = row["decision"]
    counts = {pair: word["decision"] for pair, word in effective_decisions(decisions).items()}
    for (album, film), decision in counts.items():
        proposed.setdefault(album, {})[film] = decision
    words: list[Word] = []
    unknown: list[str] = []
    for label in labels:
        films = proposed.get(label.album_id, {})
        said = dict.fromkeys(label.tmdb_ids, "accept")
        said |= {f: "reject" for f, model in films.items() if f not in said and (model != "reject" or not label.tmdb_ids)}
        if not said:
            unknown.append(label.album_id)
        words += [
            Word.model_validate({"album_id": label.album_id, "tmdb_id": film, "decision": decision, "by": by})
            for film, decision in said.items()
            if counts.get((label.album_id, film)) != decision
        ]
    return words, unknown
