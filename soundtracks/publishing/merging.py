"""What a run changes in the catalogue's links: pure functions on tables.

A run decides on its albums anew. What it cannot know stays: a link to a film that was not among those it compared (another
run found it meanwhile) is weighed against its own. People's decisions win over both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.lake.delta import Change
from soundtracks.publishing.catalogue import DECISIONS, apply_decisions
from soundtracks.records import LINKS, conform

TIME = pa.timestamp("us", "UTC")
#: `decision` is what counts; `model_decision` the model's own, null where only a person linked the two. `run_id`,
#: `decided_at`: the run and time that last decided the album; null and the person's time where no run did.
LINKS_TABLE = pa.schema(
    [
        *LINKS,
        ("model_decision", pa.string()),
        ("decided_by", pa.string()),
        ("reviewer", pa.string()),
        ("reviewed_at", TIME),
        ("run_id", pa.string()),
        ("decided_at", TIME),
    ]
)
#: Rows as the model left them, before people's decisions.
MODEL_ROWS = pa.schema([*LINKS, ("run_id", pa.string()), ("decided_at", TIME)])
#: What may differ in a row that no run has decided anew.
_BY_PEOPLE = ("decision", "decided_by", "reviewer", "reviewed_at")
_STRENGTH = {"accept": 2, "review": 1}


@dataclass(frozen=True)
class Difference:
    """Albums that are newly linked, no longer linked, linked to other films."""

    new: int = 0
    lost: int = 0
    changed: int = 0


def change_links(
    current: pa.Table, fresh: pa.Table, compared: pa.Array, decisions: pa.Table, works: Mapping[str, str]
) -> tuple[Change, Difference]:
    """The change that a run makes.

    Args:
        current: rows of the catalogue on every album concerned, schema LINKS_TABLE.
        fresh: the run's, schema MODEL_ROWS.
        compared: ids of the films that it compared.
        decisions: people's, schema DECISIONS; only those on albums concerned.
        works: album -> work, of every album concerned.
    """
    after = links_after(current, fresh, compared, decisions, works)
    place = pc.index_in(_keys(after), value_set=_keys(current).combine_chunks())
    before = current.select(_BY_PEOPLE).take(place)
    same = pc.is_valid(place)
    for name in _BY_PEOPLE:
        same = pc.and_(
            same, pc.fill_null(pc.equal(pc.fill_null(_text(before[name]), ""), pc.fill_null(_text(after[name]), "")), False)
        )
    anew = pc.is_in(after["album_id"], value_set=fresh["album_id"].combine_chunks())
    gone = current.filter(pc.invert(pc.is_in(_keys(current), value_set=_keys(after).combine_chunks())))
    moved = pc.or_(anew, pc.invert(same))  # all, where the run is the first: half a million are a gigabyte
    return Change(after if pc.all(moved).as_py() else after.filter(moved), gone=gone), _difference(current, after)


def links_after(
    current: pa.Table, fresh: pa.Table, compared: pa.Array, decisions: pa.Table, works: Mapping[str, str]
) -> pa.Table:
    """All rows on the albums concerned, as they stand after a run; arguments as of change_links."""
    return _with_people(_weigh(fresh, _unknown_to_run(model_rows(current), fresh, compared)), decisions, works)


def links_before(current: pa.Table, decisions: pa.Table, works: Mapping[str, str]) -> pa.Table:
    """Those rows without the run, but with what people have said until now."""
    return _with_people(model_rows(current), decisions, works)


def model_rows(links: pa.Table) -> pa.Table:
    """Rows of the catalogue as the model left them, schema MODEL_ROWS."""
    theirs = links.filter(pc.is_valid(links["model_decision"]))
    return conform(theirs.set_column(theirs.schema.get_field_index("decision"), "decision", theirs["model_decision"]), MODEL_ROWS)


def _unknown_to_run(standing: pa.Table, fresh: pa.Table, compared: pa.Array) -> pa.Table:
    """Standing rows that the run does not decide: of other albums, or on films that it did not compare."""
    other = pc.invert(pc.is_in(standing["album_id"], value_set=fresh["album_id"].combine_chunks()))
    unknown = pc.and_(pc.is_valid(standing["tmdb_id"]), pc.invert(pc.is_in(standing["tmdb_id"], value_set=compared)))
    return standing.filter(pc.or_(other, unknown))


def _weigh(fresh: pa.Table, standing: pa.Table) -> pa.Table:
    """Both, and where two runs that did not know each other's films decided on one album, the stronger decision stands.

    An accepted film that is the weaker becomes one to review: a person should look. The same whichever run came first.
    """
    twice = pc.is_in(standing["album_id"], value_set=fresh["album_id"].combine_chunks())
    if not pc.any(twice).as_py():
        return pa.concat_tables([fresh, standing])
    contested = standing.filter(twice)["album_id"].combine_chunks()
    here = pc.is_in(fresh["album_id"], value_set=contested)
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in pa.concat_tables([fresh.filter(here), standing.filter(twice)]).to_pylist():
        rows.setdefault(row["album_id"], []).append(row)
    kept = [row for of_album in rows.values() for row in _settled(of_album)]
    return pa.concat_tables(
        [fresh.filter(pc.invert(here)), standing.filter(pc.invert(twice)), pa.Table.from_pylist(kept, MODEL_ROWS)]
    )


def _settled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def strength(row: dict[str, Any]) -> tuple[int, float, str]:
        return _STRENGTH.get(row["decision"], 0), row["match_weight"] or 0.0, row["tmdb_id"] or ""

    best = max(rows, key=strength)
    own = [row for row in rows if row["run_id"] == best["run_id"]]
    others = [row | {"decision": "review"} for row in rows if row not in own and row["decision"] in _STRENGTH]
    return own + others


def _with_people(model: pa.Table, decisions: pa.Table, works: Mapping[str, str]) -> pa.Table:
    """Schema LINKS_TABLE: people's decisions applied; a row that a person alone made has the person's time."""
    decided = apply_decisions(model.select(LINKS.names), decisions, works)
    place = pc.index_in(_keys(decided), value_set=_keys(model).combine_chunks())
    source = model.select(["decision", "run_id", "decided_at"]).take(place)  # without evidence, which is most of a row
    reviewed = pa.array([moment(at) for at in decided["reviewed_at"].to_pylist()], TIME)
    columns = {name: decided[name] for name in decided.column_names} | {
        "model_decision": source["decision"],
        "reviewed_at": reviewed,
        "run_id": source["run_id"],
        "decided_at": pc.coalesce(source["decided_at"], reviewed),
    }
    return pa.table([columns[name] for name in LINKS_TABLE.names], schema=LINKS_TABLE)


def _difference(before: pa.Table, after: pa.Table) -> Difference:
    old, now = _accepted(before), _accepted(after)
    return Difference(
        new=len(now.keys() - old.keys()),
        lost=len(old.keys() - now.keys()),
        changed=sum(now[album] != old[album] for album in now.keys() & old.keys()),
    )


def _accepted(links: pa.Table) -> dict[str, set[str]]:
    films: dict[str, set[str]] = {}
    rows = links.filter(pc.equal(links["decision"], "accept"))
    for album, film in zip(rows["album_id"].to_pylist(), rows["tmdb_id"].to_pylist(), strict=True):
        films.setdefault(album, set()).add(film)
    return films


def _keys(links: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(links["album_id"], pc.fill_null(links["tmdb_id"], ""), "\x1f")


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string())


def moment(at: str | None) -> datetime | None:
    """A time of a decision, as people's files have it: ISO 8601."""
    return datetime.fromisoformat(at) if at else None


def as_times(decisions: pa.Table, schema: pa.Schema) -> pa.Table:
    """Decisions (schema DECISIONS, times as text) as a table keeps them."""
    at = pa.array([moment(text) for text in decisions["at"].to_pylist()], TIME)
    return conform(decisions.set_column(decisions.schema.get_field_index("at"), "at", at), schema)


def as_text(decisions: pa.Table) -> pa.Table:
    """Back to schema DECISIONS."""
    at = pa.array([at and at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for at in decisions["at"].to_pylist()], pa.string())
    return conform(decisions.set_column(decisions.schema.get_field_index("at"), "at", at), DECISIONS)
