"""The catalogue: what all runs found, as Delta tables that grow by merge.

    catalogue/films      one row a film, as it was found last
    catalogue/albums     one row an album
    catalogue/links      each album's accepted films, or its best candidate, with the run and time that last decided it
    catalogue/decisions  every word of people on album and film

A run is published by one commit of catalogue/links. Films, albums and decisions are merged before it, and the commit says
which of their versions it stands on: whoever reads links first and then the rest finds every row that they name, now and as
of any day.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.lake.delta import Change, Commit, LakeTable, Snapshot
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import DECISIONS, Catalogue, effective_decisions, works_of
from soundtracks.publishing.merging import (
    LINKS_TABLE,
    MODEL_ROWS,
    TIME,
    Difference,
    as_text,
    as_times,
    change_links,
    links_after,
    links_before,
    model_rows,
)
from soundtracks.publishing.terms import UNKNOWN, Origin
from soundtracks.records import ALBUMS, FILMS, LINKS, conform, listed_films, work_ids

#: Where the names of a film or album come from, when they were fetched, and which run last wrote the row, when.
PROVENANCE = [
    pa.field("source", pa.string()),
    pa.field("retrieved_at", TIME),
    pa.field("run_id", pa.string()),
    pa.field("updated_at", TIME),
]
FILMS_TABLE = pa.schema([*FILMS, *PROVENANCE])
ALBUMS_TABLE = pa.schema([*ALBUMS, *PROVENANCE])
DECISIONS_TABLE = pa.schema([pa.field("at", TIME) if f.name == "at" else f for f in DECISIONS])

_ALBUM_KEY, _FILM_KEY = "album_id", "tmdb_id"
_BESIDE = ("films", "albums", "decisions")


@dataclass(frozen=True)
class RunResult:
    """What a run brings: not the links that it shows, where a rival's album is nobody's, but those of the match.

    Args:
        films: every film that the albums were compared with, schema FILMS.
        albums: schema ALBUMS.
        links: schema LINKS, of all these albums.
        decisions: every word of people in the lake, schema DECISIONS.
        films_from, albums_from: where their names come from.
    """

    run_id: str = ""
    films: pa.Table = field(default_factory=FILMS.empty_table)
    albums: pa.Table = field(default_factory=ALBUMS.empty_table)
    links: pa.Table = field(default_factory=LINKS.empty_table)
    decisions: pa.Table = field(default_factory=DECISIONS.empty_table)
    films_from: Origin = UNKNOWN
    albums_from: Origin = UNKNOWN


@dataclass(frozen=True)
class Merged:
    """A publication: its commit of catalogue/links (None: nothing was to change), and what it changed among the albums."""

    commit: Commit | None
    difference: Difference


@dataclass(frozen=True)
class Preview:
    """Links (schema LINKS_TABLE) that a run's albums and its listed films have, and would have; album -> work."""

    before: pa.Table
    after: pa.Table
    works: dict[str, str]


class CatalogueTables:
    """The catalogue's tables in a lake. Raises LakeError for every failure of the storage."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.films = LakeTable(lake, "catalogue/films", FILMS_TABLE, [_FILM_KEY])
        self.albums = LakeTable(lake, "catalogue/albums", ALBUMS_TABLE, [_ALBUM_KEY])
        self.links = LakeTable(lake, "catalogue/links", LINKS_TABLE, [_ALBUM_KEY, _FILM_KEY])
        self.decisions = LakeTable(lake, "catalogue/decisions", DECISIONS_TABLE, [_ALBUM_KEY, _FILM_KEY, "by", "at"])

    @property
    def tables(self) -> list[LakeTable]:
        return [self.links, self.films, self.albums, self.decisions]

    # reading -----------------------------------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever published."""
        return self.links.version is None

    @property
    def states(self) -> dict[str, str]:
        """The newest version of each table and when it was changed last, by its name: where they are the same, so is all that is
        in them. The version alone would not do: after a backup was put in place, a run takes the same number once more."""
        newest = {table.name: (table.version, table.newest) for table in self.tables}
        return {name: f"{version} {change.at.isoformat() if change else ''}" for name, (version, change) in newest.items()}

    def catalogue(self, commit: Commit | None = None, said: pa.Table | None = None) -> Catalogue:
        """Films, albums and links with people's decisions: now, or as of a commit of catalogue/links.

        `said`: every word of people in the lake, schema DECISIONS, where those count that no run has taken up yet.
        Links are read first: whatever is merged meanwhile, the rows that they name are there.
        """
        at = {name: int(commit.about[name]) for name in _BESIDE} if commit else dict.fromkeys(_BESIDE)
        links = self.links.read(commit.version if commit else None)
        films, albums = self.films.read(at["films"]), self.albums.read(at["albums"])
        said = as_text(self.decisions.read(at["decisions"])) if said is None else said
        return catalogue_of(links, films, albums, said)

    def links_on(self, albums: pa.Array) -> pa.Table:
        """What counts now on some albums: schema LINKS, album_title and film_title."""
        links = self.links.read(where=(_ALBUM_KEY, albums))
        titles = self.films.read(columns=[_FILM_KEY, "title"], where=(_FILM_KEY, pc.unique(links[_FILM_KEY].drop_null())))
        names = self.albums.read(columns=[_ALBUM_KEY, "title"], where=(_ALBUM_KEY, albums))
        named = links.select(LINKS.names)
        for column, key, table in (("film_title", _FILM_KEY, titles), ("album_title", _ALBUM_KEY, names)):
            place = pc.index_in(links[key], value_set=table[key].combine_chunks(), skip_nulls=True)
            named = named.append_column(column, table["title"].take(place))
        return named

    def films_beside(self, films: pa.Table) -> pa.Table:
        """`films` (schema FILMS), then all others of the catalogue; a film of any list is listed, by ids."""
        known = conform(self.films.read(), FILMS)
        others = known.filter(pc.invert(pc.is_in(known[_FILM_KEY], value_set=films[_FILM_KEY].combine_chunks())))
        return pa.concat_tables([_listed_by_any(films, known), others.sort_by(_FILM_KEY)])

    # writing -----------------------------------------------------------------------------------------------------

    def publish(self, run: RunResult) -> Merged:
        """Merges a run into the catalogue, whoever publishes at the same time. Once more, it changes nothing but the time."""
        about = {"run_id": run.run_id}
        said = as_times(run.decisions, DECISIONS_TABLE)
        if len(said):
            self.decisions.change(lambda table: Change(_lacking(said, table.read())), about)
        for table, rows, origin in ((self.films, run.films, run.films_from), (self.albums, run.albums, run.albums_from)):
            if len(rows):
                table.change(partial(_written, table, rows, origin, run), about)
        differences: list[Difference] = []

        def decide(now: Snapshot) -> Change:
            change, difference = self._decided(now, run)
            differences.append(difference)
            self._name(change.rows, run)
            return Change(change.rows, change.gone, self._beside())

        commit = self.links.change(decide, about)
        return Merged(commit, differences[-1])

    def take_decisions(self, decisions: pa.Table) -> Merged:
        """Lets people's decisions (all of the lake, schema DECISIONS) count in the catalogue, without a run."""
        return self.publish(RunResult(decisions=decisions))

    def restore(self, commit: Commit) -> Merged:
        """Makes the links those of an earlier commit, as a new one. People's decisions since then still win."""
        about = {"run_id": commit.about.get("run_id", ""), "restored": str(commit.version)}
        restored = self.links.restore(commit.version, about | self._beside())
        again = self.publish(RunResult())
        return Merged(again.commit or restored, again.difference)

    def _beside(self) -> dict[str, str]:
        """The versions that links stand on: read after the links, so that all that those name is in them."""
        return {name: str(getattr(self, name).version or 0) for name in _BESIDE}

    def preview(self, run: RunResult) -> Preview:
        """What a run would change, without changing anything."""
        works, about, fresh = self._concerned(run, run.decisions, datetime.now(UTC))
        listed = listed_films(run.films)[_FILM_KEY].cast(pa.string()).combine_chunks()
        theirs = conform(self.links.read(where=(_FILM_KEY, listed)), LINKS_TABLE)
        theirs = theirs.filter(pc.invert(pc.is_in(theirs[_ALBUM_KEY], value_set=about)))
        named = pc.unique(theirs[_ALBUM_KEY])
        works |= works_of(self.albums.read(columns=[_ALBUM_KEY, "master_id"], where=(_ALBUM_KEY, named)))
        current, said = self.links.read(where=(_ALBUM_KEY, about)), _on(run.decisions, works)
        compared = run.films[_FILM_KEY].cast(pa.string()).combine_chunks()
        return Preview(
            before=pa.concat_tables([links_before(current, said, works), theirs]),
            after=pa.concat_tables([links_after(current, fresh, compared, said, works), theirs]),
            works=works,
        )

    def _decided(self, now: Snapshot, run: RunResult) -> tuple[Change, Difference]:
        """What the run and people's decisions change in the links as they stand."""
        said = as_text(self.decisions.read())
        works, about, fresh = self._concerned(run, said, now.at)
        current = now.read(where=(_ALBUM_KEY, about))
        compared = run.films[_FILM_KEY].cast(pa.string()).combine_chunks()
        return change_links(current, fresh, compared, _on(said, works), works)

    def _concerned(self, run: RunResult, said: pa.Table, at: datetime) -> tuple[dict[str, str], pa.Array, pa.Table]:
        """(album -> work, albums, the run's links as rows of the model) of all that a run and people speak about."""
        works, ours = self._works(said[_ALBUM_KEY]), conform(run.albums, ALBUMS)
        about = {*said[_ALBUM_KEY].to_pylist(), *works, *run.links[_ALBUM_KEY].to_pylist()}
        works |= works_of(ours)
        fresh = conform(run.links, LINKS).append_column("run_id", pa.repeat(pa.scalar(run.run_id), len(run.links)))
        fresh = conform(fresh.append_column("decided_at", pa.repeat(pa.scalar(at, TIME), len(run.links))), MODEL_ROWS)
        return works, pa.array(sorted(about), pa.string()), fresh

    def _works(self, said_on: pa.ChunkedArray) -> dict[str, str]:
        """album -> work, of all albums on which, or on whose work, somebody said something."""
        if not len(said_on):
            return {}
        albums = self.albums.read(columns=[_ALBUM_KEY, "master_id"])
        work, wanted = work_ids(albums), said_on.combine_chunks()
        mask = pc.or_(pc.is_in(albums[_ALBUM_KEY], value_set=wanted), pc.is_in(work, value_set=wanted))
        return works_of(albums.filter(mask))

    def _name(self, rows: pa.Table, run: RunResult) -> None:
        """Gives each film and album that links name, and no run has found, a row of its own with nothing but its id."""
        for table, found in ((self.films, run.films), (self.albums, run.albums)):
            key = table.key[0]
            named = set(rows[key].drop_null().to_pylist()) - set(found[key].to_pylist())
            if named - set(table.read(columns=[key], where=(key, pa.array(sorted(named), pa.string())))[key].to_pylist()):
                table.change(partial(_bare, table, named), {"run_id": run.run_id})


def catalogue_of(links: pa.Table, films: pa.Table, albums: pa.Table, said: pa.Table) -> Catalogue:
    """The catalogue of the tables' rows, and of every word of people (schema DECISIONS)."""
    return Catalogue(films, albums, model_rows(links).select(LINKS.names), _counting(said, albums))


def _bare(table: LakeTable, ids: set[str], now: Snapshot) -> Change:
    key = table.key[0]
    lacking = ids - set(now.read([key], (key, pa.array(sorted(ids), pa.string())))[key].to_pylist())
    return Change(conform(pa.table({key: pa.array(sorted(lacking), pa.string())}), table.schema))


def _written(table: LakeTable, rows: pa.Table, origin: Origin, run: RunResult, now: Snapshot) -> Change:
    """A run's films or albums as the table keeps them. A film of any list stays one of a list."""
    said = {"source": origin.source, "retrieved_at": origin.retrieved_at, "run_id": run.run_id, "updated_at": now.at}
    written = conform(rows, pa.schema([f for f in table.schema if f.name not in said]))
    for name, value in said.items():
        written = written.append_column(name, pa.repeat(pa.scalar(value, table.schema.field(name).type), len(written)))
    if table.key[0] != _FILM_KEY:
        return Change(written)
    return Change(_listed_by_any(written, now.read([_FILM_KEY, "listed"], (_FILM_KEY, written[_FILM_KEY].combine_chunks()))))


def _listed_by_any(films: pa.Table, known: pa.Table) -> pa.Table:
    """`films`, of which those are listed too that `known` (tmdb_id, listed) has as listed."""
    listed = known.filter(pc.fill_null(known["listed"], True))[_FILM_KEY].combine_chunks()
    rival = pc.invert(pc.fill_null(films["listed"], True))
    found = pc.and_(rival, pc.is_in(films[_FILM_KEY], value_set=listed))
    return films.set_column(films.schema.get_field_index("listed"), "listed", pc.if_else(found, True, films["listed"]))


def _lacking(said: pa.Table, known: pa.Table) -> pa.Table:
    """Decisions that the table does not have yet."""
    have = set(_words(known))
    return said.filter(pa.array([word not in have for word in _words(said)], pa.bool_()))


def _words(decisions: pa.Table) -> Iterable[tuple[object, ...]]:
    columns = [decisions[name].to_pylist() for name in (_ALBUM_KEY, _FILM_KEY, "by", "at")]
    return zip(*columns, strict=True)


def _counting(said: pa.Table, albums: pa.Table) -> pa.Table:
    """Decisions that count in a catalogue: on its albums or works, and every accepted film of an album that is not there yet."""
    return _on(said, works_of(conform(albums, ALBUMS)))


def _on(said: pa.Table, works: dict[str, str]) -> pa.Table:
    known = {*works, *works.values()}
    pairs = {pair for pair, word in effective_decisions(said).items() if pair[0] in known or word["decision"] == "accept"}
    rows = zip(said[_ALBUM_KEY].to_pylist(), said[_FILM_KEY].to_pylist(), strict=True)
    return said.filter(pa.array([row in pairs for row in rows], pa.bool_()))
