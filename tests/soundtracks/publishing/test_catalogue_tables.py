"""The catalogue of all runs in its tables: what is merged, as of when, and by how many at once."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import duckdb
import polars
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from soundtracks.errors import BadInput, LakeError
from soundtracks.lake.lake import Lake
from soundtracks.lake.retention import prunable
from soundtracks.publishing.as_of import commit_of
from soundtracks.publishing.catalogue import DECISIONS, VIEW, Catalogue
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.publishing.former import adopt, open_catalogue
from soundtracks.publishing.publish import shown
from soundtracks.publishing.terms import Origin
from soundtracks.records import ALBUMS, FILMS, LINKS, parquet_bytes
from tests.conftest import blob_lake
from tests.rigs.faults import Faults, breaking, publish_until_done
from tests.rigs.whole import damage


def run(name: str, *links: tuple[str, str, str], decisions: pa.Table | None = None) -> RunResult:
    """A run that found these (album, film, decision)."""
    films, albums = sorted({film for _, film, _ in links}), sorted({album for album, _, _ in links})
    return RunResult(
        name,
        pa.Table.from_pylist([{"tmdb_id": i, "title": f"Film {i}"} for i in films], FILMS),
        pa.Table.from_pylist([{"album_id": i, "title": f"Album {i}"} for i in albums], ALBUMS),
        pa.Table.from_pylist([{"album_id": a, "tmdb_id": f, "decision": d, "match_weight": 5.0} for a, f, d in links], LINKS),
        DECISIONS.empty_table() if decisions is None else decisions,
        Origin("tmdb", datetime(2026, 11, 1, tzinfo=UTC)),
        Origin("discogs dump"),
    )


def accepted(catalogue: Catalogue) -> set[tuple[str, str]]:
    return {(row["album_id"], row["tmdb_id"]) for row in catalogue.accepted.to_pylist()}


def test_two_lists_one_after_the_other_are_both_there(any_lake: Lake) -> None:
    tables = CatalogueTables(any_lake)
    assert tables.is_empty
    tables.publish(run("r1", ("master:1", "10", "accept")))
    tables.publish(run("r2", ("master:2", "20", "accept")))
    assert accepted(tables.catalogue()) == {("master:1", "10"), ("master:2", "20")}
    rows = {row["album_id"]: (row["run_id"], row["decided_by"], row["model_decision"]) for row in tables.links.read().to_pylist()}
    assert rows == {"master:1": ("r1", "model", "accept"), "master:2": ("r2", "model", "accept")}
    (film, *_) = tables.films.read(where=("tmdb_id", pa.array(["10"]))).to_pylist()
    assert (film["source"], film["retrieved_at"], film["run_id"]) == ("tmdb", datetime(2026, 11, 1, tzinfo=UTC), "r1")
    assert damage(any_lake) == []


def test_films_of_earlier_lists_compete_for_the_albums_of_the_next(lake: Lake) -> None:
    tables = CatalogueTables(lake)
    own = pa.Table.from_pylist(
        [{"tmdb_id": "12", "title": "New"}, {"tmdb_id": "10", "title": "Rival here", "listed": False}], FILMS
    )
    assert tables.films_beside(own).equals(own)
    tables.publish(run("r1", ("master:1", "10", "accept"), ("master:2", "11", "accept")))
    every = tables.films_beside(own)
    assert every.schema.equals(FILMS)
    assert [(r["tmdb_id"], r["title"], r["listed"]) for r in every.to_pylist()] == [
        ("12", "New", None),
        ("10", "Rival here", True),
        ("11", "Film 11", None),
    ]
    (row,) = tables.links_on(pa.array(["master:1"])).to_pylist()
    assert (row["tmdb_id"], row["decision"], row["film_title"], row["album_title"]) == (
        "10",
        "accept",
        "Film 10",
        "Album master:1",
    )


def test_a_film_of_any_list_stays_one_of_a_list(lake: Lake) -> None:
    tables = CatalogueTables(lake)
    for name, listed in (("r1", None), ("r2", False), ("r3", False)):
        film = pa.Table.from_pylist([{"tmdb_id": "10", "listed": listed}, {"tmdb_id": "11", "listed": False}], FILMS)
        tables.publish(RunResult(name, film))
    assert {r["tmdb_id"]: r["listed"] for r in tables.films.read().to_pylist()} == {"10": True, "11": False}


@pytest.mark.slow
def test_a_decision_on_what_no_run_found_gets_rows_of_its_own(lake: Lake) -> None:
    word = {"album_id": "release:9", "tmdb_id": "90", "decision": "accept", "by": "Ann", "at": "2026-11-01T10:00:00.000000Z"}
    reject = word | {"album_id": "release:8", "decision": "reject"}
    tables = CatalogueTables(lake)
    tables.publish(run("r1", ("master:1", "10", "accept"), decisions=pa.Table.from_pylist([word, reject], DECISIONS)))
    assert accepted(tables.catalogue()) == {("master:1", "10"), ("release:9", "90")}
    assert damage(lake) == []
    assert tables.take_decisions(pa.Table.from_pylist([word, reject], DECISIONS)).commit is None


def test_a_word_on_a_work_covers_its_pressings(lake: Lake) -> None:
    tables, found = CatalogueTables(lake), run("r1", ("release:1", "10", "review"), ("release:2", "10", "review"))
    albums = pa.Table.from_pylist([{"album_id": f"release:{n}", "master_id": "5"} for n in (1, 2)], ALBUMS)
    tables.publish(RunResult("r1", found.films, albums, found.links))
    word = {"album_id": "master:5", "tmdb_id": "10", "decision": "accept", "by": "Ann", "at": "2026-11-01T10:00:00.000000Z"}
    merged = tables.take_decisions(pa.Table.from_pylist([word], DECISIONS))
    assert accepted(tables.catalogue()) == {("release:1", "10"), ("release:2", "10")}
    assert {row["decision"] for row in tables.links.read().to_pylist()} == {"accept"}
    assert merged.difference.new == 2


class TestAsOf:
    @pytest.fixture
    def tables(self, lake: Lake) -> CatalogueTables:
        tables = CatalogueTables(lake)
        tables.publish(run("aa-1", ("master:1", "10", "accept")))
        tables.publish(run("bb-1", ("master:1", "11", "accept"), ("master:2", "10", "accept")))
        tables.publish(run("bb-2", ("master:3", "12", "accept")))
        return tables

    def test_of_a_run_or_a_moment(self, tables: CatalogueTables) -> None:
        commits = tables.links.commits()
        first, second, third = commits
        assert commit_of(commits, "aa") == commit_of(commits, "aa-1") == first
        assert commit_of(commits, second.at.isoformat()) == second
        assert commit_of(commits, (second.at - timedelta(microseconds=1)).isoformat()) == first
        assert commit_of(commits, f"{third.at:%Y-%m-%d}") == commit_of(commits, "now") == third
        assert accepted(tables.catalogue(first)) == {("master:1", "10")}

    @pytest.mark.parametrize(
        ("when", "told"),
        [("bb", "2 runs begin with bb"), ("1999-01-01", "The catalogue begins on"), ("soon", "no run that published")],
    )
    @pytest.mark.slow
    def test_of_nothing_known(self, tables: CatalogueTables, when: str, told: str) -> None:
        with pytest.raises(BadInput, match=told):
            commit_of(tables.links.commits(), when)

    def test_a_copied_lake_answers_as_the_original(self, lake: Lake, tables: CatalogueTables, tmp_path: Path) -> None:
        shutil.copytree(lake.container, tmp_path / "copy", copy_function=shutil.copyfile)
        copied = CatalogueTables(Lake(str(tmp_path / "copy")))
        for commit in tables.links.commits():
            then = commit_of(copied.links.commits(), commit.at.isoformat())
            assert copied.catalogue(then).view.equals(tables.catalogue(commit).view)

    @pytest.mark.slow
    def test_restored_and_decisions_still_win(self, tables: CatalogueTables) -> None:
        word = {"album_id": "master:3", "tmdb_id": "12", "decision": "accept", "by": "Ann", "at": "2026-11-01T10:00:00.000000Z"}
        tables.take_decisions(pa.Table.from_pylist([word], DECISIONS))
        tables.restore(tables.links.commits()[0])
        assert accepted(tables.catalogue()) == {("master:1", "10"), ("master:3", "12")}
        assert damage(tables.lake) == []

    @pytest.mark.slow
    def test_a_run_is_what_it_published_not_what_was_restored_of_it(self, tables: CatalogueTables) -> None:
        own = tables.links.commits()[0]
        tables.restore(own)
        assert commit_of(tables.links.commits(), "aa-1") == own
        assert accepted(tables.catalogue(commit_of(tables.links.commits(), "now"))) == {("master:1", "10")}

    def test_pruned_states_say_so(self, tables: CatalogueTables) -> None:
        first, *_, last = tables.links.commits()
        for table in tables.tables:
            table.prune(timedelta(0))
        assert accepted(tables.catalogue()) == accepted(tables.catalogue(last))
        with pytest.raises(LakeError, match="can be read no more"):
            tables.catalogue(first)


@pytest.mark.slow
def test_a_lake_of_before_is_taken_over(lake: Lake, catalogue: Catalogue) -> None:
    lake.publish_table("silver/films", catalogue.films)
    lake.publish("gold/links", {"links.parquet": parquet_bytes(catalogue.view)}, rows=catalogue.view.num_rows)
    tables = open_catalogue(lake)
    held = {(r["album_id"], r["tmdb_id"]): r["decision"] for r in tables.links.read().to_pylist()}
    assert held == {
        ("master:1", "348"): "accept",
        ("release:2", "194"): "review",  # a person had accepted it: that comes back with the decisions
        ("release:3", "9"): "reject",
        ("release:4", "10"): "accept",
        ("release:5", None): "reject",
    }
    assert damage(lake) == []
    tables.take_decisions(catalogue.decisions)
    assert accepted(tables.catalogue()) == accepted(catalogue)
    version = tables.links.version
    adopt(lake, tables)
    assert tables.links.version == version


@pytest.mark.slow
def test_a_take_over_that_was_interrupted_is_made_good(lake: Lake, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the making of the table of links and their commit."""
    lake.publish("gold/links", {"links.parquet": parquet_bytes(catalogue.view)}, rows=catalogue.view.num_rows)
    later = datetime.now(UTC) + timedelta(days=30)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(CatalogueTables, "_decided", interrupted)
        with pytest.raises(KeyboardInterrupt):
            open_catalogue(lake)
    assert prunable(lake, timedelta(days=1), later).versions == {}
    tables = open_catalogue(lake)
    assert tables.links.count == catalogue.links.num_rows
    assert prunable(lake, timedelta(days=1), later).versions.keys() == {"gold"}


def test_before_the_first_run(lake: Lake) -> None:
    with pytest.raises(BadInput, match="Nothing is published"):
        open_catalogue(lake)


@pytest.mark.slow
def test_duckdb_and_arrow_read_the_tables_by_their_files(lake: Lake) -> None:
    """What DuckDB's own reader of Delta does once it has read the log: the same files."""
    tables = CatalogueTables(lake)
    tables.publish(run("r1", ("master:1", "10", "accept"), ("master:2", "11", "review")))
    tables.publish(run("r2", ("master:2", "12", "accept")))
    files = {table.name.split("/")[1]: DeltaTable(str(lake.path(table.name))).file_uris() for table in tables.tables[:3]}
    query = f"""SELECT a.title, f.title, l.run_id, l.decided_at FROM read_parquet({files["links"]}) l
        JOIN read_parquet({files["films"]}) f ON f.tmdb_id = l.tmdb_id JOIN read_parquet({files["albums"]}) a USING (album_id)
        WHERE l.decision = 'accept' ORDER BY ALL"""
    found = duckdb.sql(query).fetchall()
    assert [row[:3] for row in found] == [("Album master:1", "Film 10", "r1"), ("Album master:2", "Film 12", "r2")]
    assert [row[3].tzinfo is not None for row in found] == [True, True]


@pytest.mark.slow
def test_polars_reads_the_tables(lake: Lake) -> None:
    tables = CatalogueTables(lake)
    tables.publish(run("r1", ("master:1", "10", "accept"), ("master:2", "11", "review")))
    tables.publish(run("r2", ("master:2", "12", "accept")))
    links, films, albums = (polars.read_delta(str(lake.path(f"catalogue/{name}"))) for name in ("links", "films", "albums"))
    linked = links.filter(polars.col("decision") == "accept")
    joined = linked.join(films, on="tmdb_id").join(albums, on="album_id", suffix="_of_album")
    assert joined.sort("album_id").select("title_of_album", "title", "run_id").rows() == [
        ("Album master:1", "Film 10", "r1"),
        ("Album master:2", "Film 12", "r2"),
    ]
    assert links.schema["decided_at"] == polars.Datetime("us", "UTC")


# many at once ----------------------------------------------------------------------------------------------------------


def results(count: int) -> Iterator[RunResult]:
    """Runs that each have albums of their own, and one album that all decide on the same film."""
    for n in range(count):
        yield run(f"r{n}", (f"master:{n}", f"{n}", "accept"), (f"release:{n}", f"{n}", "review"), ("master:999", "999", "accept"))


@pytest.mark.slow
def test_many_publishers_at_once(any_lake: Lake) -> None:
    """None is lost, none comes twice, none gives up; whoever reads meanwhile finds a whole state."""
    count = 20 if any_lake.is_local else 8  # Azurite is slow; `make soak` has twenty there too
    ended, states = Event(), []

    def read() -> None:
        while not ended.wait(0.3):  # it shares the processor with those it watches
            states.append(damage(any_lake))

    with ThreadPoolExecutor(count + 1) as pool:
        reading = pool.submit(read)
        merged = list(pool.map(CatalogueTables(any_lake).publish, results(count)))
        ended.set()
        reading.result()
    tables = CatalogueTables(any_lake)
    assert accepted(tables.catalogue()) == {*((f"master:{n}", f"{n}") for n in range(count)), ("master:999", "999")}
    assert len(tables.links.read()) == 2 * count + 1
    assert sorted(c.about["run_id"] for c in tables.links.commits()) == sorted(f"r{n}" for n in range(count))
    assert sum(m.difference.new for m in merged) == count + 1
    assert len(states) > 0
    assert [state for state in states if state] == []
    assert damage(any_lake) == []


def ten_are_there(lake: Lake) -> None:
    tables = CatalogueTables(lake)
    assert accepted(tables.catalogue()) == {*((f"master:{n}", f"{n}") for n in range(10)), ("master:999", "999")}
    assert len(tables.links.read()) == 21
    assert damage(lake) == []


@pytest.mark.slow
def test_ten_publishers_under_faults_of_the_storage(lake: Lake) -> None:
    """Every third write fails, before or after it is done: who is told so tries again, as a person would run again."""
    faults = Faults(seed=1, share=0.33, most=60)
    with faults.injected(), ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda result: publish_until_done(lake, result), results(10)))
    assert faults.made >= 10
    ten_are_there(lake)


@pytest.mark.slow
def test_ten_publishers_while_azure_refuses_writes_and_loses_answers(azurite: str) -> None:
    whole, faults = blob_lake(azurite), Faults(seed=1, share=0.2, most=40)
    with breaking(azurite, faults) as address, ThreadPoolExecutor(10) as pool:
        lakes = [Lake(whole.url, connection_string=address) for _ in range(10)]
        list(pool.map(publish_until_done, lakes, results(10)))
    assert faults.made >= 10
    ten_are_there(whole)


def test_what_a_run_shows_is_what_it_found(lake: Lake, catalogue: Catalogue) -> None:
    merged = CatalogueTables(lake).publish(shown("r1", catalogue))
    assert merged.difference.new == 3
    assert CatalogueTables(lake).catalogue().view.schema.equals(VIEW)
