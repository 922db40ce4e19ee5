"""Static files kept fresh: nothing where nothing changed, by one at a time, and right whoever died or came in between."""

import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from prefect.logging import disable_run_logger

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.publishing import refresh as refreshing
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.publishing.refresh import CLAIM, STATE, are_published, heard_of, refresh
from soundtracks.publishing.static_files import Published
from soundtracks.publishing.terms import Origin
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.settings import get_settings
from tasks import publish as publishing
from tests.rigs.full_disk import files_of_at_most
from tests.waiting import until

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def published(lake: Lake, *films: str, origin: Origin = Origin("wikidata")) -> CatalogueTables:  # noqa: B008 (it is frozen)
    tables = CatalogueTables(lake)
    albums = [{"album_id": f"master:{film}", "title": f"Album {film}"} for film in films]
    links = [{"album_id": f"master:{film}", "tmdb_id": film, "decision": "accept", "probability": 0.9} for film in films]
    found = pa.Table.from_pylist([{"tmdb_id": film, "title": f"Film {film}"} for film in films], FILMS)
    result = RunResult(f"run-{'-'.join(films)}", found, pa.Table.from_pylist(albums, ALBUMS), pa.Table.from_pylist(links, LINKS))
    tables.publish(RunResult(result.run_id, result.films, result.albums, result.links, films_from=origin, albums_from=origin))
    return tables


def at(moment: datetime = NOW):
    return lambda: moment


def films(lake: Lake) -> set[str]:
    return {entry.name.rpartition("/")[2].removesuffix(".json") for entry in lake.list("public/films/tmdb")}


def test_nothing_is_read_or_written_where_nothing_changed(any_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = published(any_lake, "1", "2")
    assert not are_published(any_lake)
    first = refresh(any_lake, tables, at())
    assert first is not None
    assert first.written > 8
    assert are_published(any_lake)
    monkeypatch.setattr(refreshing.Everything, "of", lambda _: pytest.fail("the catalogue was read"))
    assert refresh(any_lake, tables, at(NOW + timedelta(days=4000))) == Published(0, 0, 0)


def test_what_a_run_changed_is_written(lake: Lake) -> None:
    refresh(lake, published(lake, "1", "2"), at())
    some = refresh(lake, published(lake, "3"), at())
    assert some is not None
    assert 3 <= some.written < 10
    assert films(lake) == {"1", "2", "3"}


def test_a_backup_in_place_of_the_catalogue_is_noticed(lake: Lake, tmp_path: Path) -> None:
    """Another run then takes the number of a version that the files were made of."""
    published(lake, "1")
    catalogue, backup = lake.path("catalogue"), tmp_path / "backup"
    shutil.copytree(catalogue, backup)
    refresh(lake, published(lake, "2"), at())
    shutil.rmtree(catalogue)
    shutil.move(backup, catalogue)
    refresh(lake, published(lake, "3"), at())
    assert films(lake) == {"1", "3"}


@pytest.mark.parametrize("gone", ["films/tmdb/1.json", "links.sqlite", "index.json"])
def test_what_somebody_deleted_is_written_by_who_looks(lake: Lake, gone: str) -> None:
    tables = published(lake, "1")
    refresh(lake, tables, at())
    before = lake.read_bytes(f"public/{gone}")
    lake.delete(f"public/{gone}")
    assert refresh(lake, tables, at()) == Published(0, 0, 0)
    done = refresh(lake, tables, at(), look=True)
    assert done is not None
    assert (done.written, done.deleted) == (int(gone != "index.json"), 0)
    assert lake.read_bytes(f"public/{gone}") == before
    assert refresh(lake, tables, at(), look=True) == Published(0, 0, 0)


def test_names_that_grow_too_old_are_taken_out(lake: Lake) -> None:
    tables = published(lake, "1", origin=Origin("discogs", NOW))
    refresh(lake, tables, at())
    assert lake.read_json("public/films/tmdb/1.json")["film"]["title"] == "Film 1"
    assert refresh(lake, tables, at(NOW + timedelta(hours=5))) == Published(0, 0, 0)
    late = refresh(lake, tables, at(NOW + timedelta(hours=7)))
    assert late is not None
    assert late.written > 0
    assert lake.read_json("public/films/tmdb/1.json")["film"]["title"] is None


def test_other_code_writes_what_it_makes_otherwise(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = published(lake, "1")
    refresh(lake, tables, at())
    monkeypatch.setattr(refreshing, "_code", lambda: "other")
    monkeypatch.setattr("soundtracks.publishing.static_files.licence", lambda _: ["Ours."])
    again = refresh(lake, tables, at())
    assert again is not None
    assert lake.read_json("public/films/tmdb/1.json")["licence"] == ["Ours."]


def test_one_at_a_time(lake: Lake) -> None:
    tables = published(lake, "1")
    assert heard_of(lake) is None
    lake.write_json(CLAIM, {"by": "another", "at": (NOW - timedelta(minutes=50)).isoformat()})
    assert refresh(lake, tables, at()) is None
    assert films(lake) == set()
    assert heard_of(lake) == NOW - timedelta(minutes=50)


def test_who_writes_for_long_says_so_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    tables, publish_static = published(lake, "1"), refreshing.publish_static
    later = [NOW]  # what the clock says

    def slow(*args: object) -> Published:
        later[0] = NOW + timedelta(minutes=70)
        until(lambda: heard_of(lake) == later[0], 60, "the claim is stamped again", every=0.01)
        assert refresh(lake, tables, lambda: NOW + timedelta(minutes=80)) is None
        return publish_static(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(refreshing, "STAMPED_EVERY", 0.01)
    monkeypatch.setattr(refreshing, "publish_static", slow)
    assert refresh(lake, tables, lambda: later[0]) is not None
    assert films(lake) == {"1"}
    assert heard_of(lake) is None


def test_who_was_taken_for_dead_says_no_more(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "STAMPED_EVERY", 0.01)
    lake.write_json(CLAIM, {"by": "another", "at": NOW.isoformat()})
    with refreshing._stamping(lake, "taken for dead", lambda: NOW + timedelta(minutes=1)):
        until(lambda: "static files" not in {one.name for one in threading.enumerate()}, 60, "it sees the other", every=0.01)
    assert heard_of(lake) == NOW


@pytest.mark.parametrize(
    "at_it",
    [
        {"at": (NOW - timedelta(minutes=70)).isoformat()},
        {"at": (NOW + timedelta(days=300)).isoformat()},  # its clock was ahead
        {},
        {"at": "soon"},
        {"at": 7},
    ],
)
def test_what_one_who_died_left_is_written_again(lake: Lake, at_it: dict[str, object]) -> None:
    tables = published(lake, "1")
    refresh(lake, tables, at())
    lake.write_bytes("public/films/tmdb/1.json", b"half of it is old")
    published(lake, "2")
    lake.write_json(CLAIM, {"by": "dead"} | at_it)
    refresh(lake, tables, at())
    assert lake.read_json("public/films/tmdb/1.json")["film"]["title"] == "Film 1"
    assert films(lake) == {"1", "2"}


def test_the_writer_takes_in_what_was_published_meanwhile(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    tables, publish_static = published(lake, "1"), refreshing.publish_static
    others: list[Published | None] = []

    def slow(*args: object) -> Published:
        if not others:
            published(lake, "2")
            others.append(refresh(lake, tables, at()))
        return publish_static(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(refreshing, "publish_static", slow)
    refresh(lake, tables, at())
    assert others == [None]
    assert films(lake) == {"1", "2"}
    assert refresh(lake, tables, at()) == Published(0, 0, 0)


def test_of_two_at_once_neither_is_believed(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    tables, publish_static = published(lake, "1"), refreshing.publish_static

    def disturbed(*args: object) -> Published:
        done = publish_static(*args)  # type: ignore[arg-type]
        lake.write_json(CLAIM, {"by": "another", "at": NOW.isoformat()})
        lake.write_bytes("public/films/tmdb/1.json", b"of the other, and older")
        return done

    with monkeypatch.context() as patch:
        patch.setattr(refreshing, "publish_static", disturbed)
        refresh(lake, tables, at())
    assert not lake.exists(STATE)
    refresh(lake, tables, at())
    assert lake.read_json("public/films/tmdb/1.json")["film"]["title"] == "Film 1"


def test_a_writer_that_fails_lets_the_next_one_at_it(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    tables, write = published(lake, "1"), Lake.write_bytes

    def failing(self: Lake, name: str, data: bytes) -> None:
        if name == "public/feed.atom":
            raise LakeError("No space left on device")
        write(self, name, data)

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "write_bytes", failing)
        with pytest.raises(LakeError, match="No space"):
            refresh(lake, tables, at())
    assert refresh(lake, tables, at()) is not None
    assert lake.exists("public/feed.atom")


@pytest.mark.parametrize("look", [False, True])
def test_what_was_missing_when_a_writer_failed_is_written_by_the_next_one(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, look: bool
) -> None:
    """The state of before still holds then: the catalogue has not moved."""
    tables, write = published(lake, "1", "2"), Lake.write_bytes
    refresh(lake, tables, at())
    lake.delete("public/films/tmdb/1.json")

    def failing(self: Lake, name: str, data: bytes) -> None:
        if name == "public/films/tmdb/1.json":
            raise LakeError("the network went away")
        write(self, name, data)

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "write_bytes", failing)
        with pytest.raises(LakeError, match="went away"):
            refresh(lake, tables, at(), look=True)
    assert films(lake) == {"2"}
    refresh(lake, tables, at(), look=look)
    assert films(lake) == {"1", "2"}
    assert refresh(lake, tables, at(), look=True) == Published(0, 0, 0)


def test_a_writer_that_goes_on_after_another_has_ended_is_not_believed(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was taken for dead, and deletes what its older catalogue does not know."""
    tables, publish_static = published(lake, "1"), refreshing.publish_static
    others: list[Published | None] = []

    def overtaken(*args: object) -> Published:
        if not others:
            others.append(None)
            published(lake, "2")
            others.append(refresh(lake, tables, at(NOW + timedelta(hours=2))))
            assert films(lake) == {"1", "2"}
        return publish_static(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(refreshing, "publish_static", overtaken)
    refresh(lake, tables, at())
    assert others[-1] is not None
    assert films(lake) == {"1"}
    refresh(lake, tables, at())
    assert films(lake) == {"1", "2"}
    assert refresh(lake, tables, at()) == Published(0, 0, 0)


def test_a_full_disk_of_this_machine_is_told_as_one_and_fails_no_run(lake: Lake) -> None:
    """Nothing but the database is written to a file of 100,000 bytes or more."""
    tables = published(lake, "1")
    with files_of_at_most(100_000):
        with pytest.raises(LakeError, match=r"need room on this machine: .*TMPDIR"):
            refresh(lake, tables, at())
        with disable_run_logger(), pytest.MonkeyPatch.context() as patch:
            patch.setenv("SOUNDTRACKS_STATIC_FILES", "always")
            get_settings.cache_clear()
            publishing.refresh_static_files(lake)
    assert not lake.exists("public/links.sqlite")
    assert refresh(lake, tables, at()) is not None
    assert lake.exists("public/links.sqlite")


@pytest.mark.parametrize("name", [STATE, CLAIM, "public/files.json"])
@pytest.mark.parametrize("content", [b"", b"[1]", b'{"until": 3}'])
def test_damaged_notes_cost_writing_no_more(lake: Lake, name: str, content: bytes) -> None:
    tables = published(lake, "1")
    refresh(lake, tables, at())
    lake.write_bytes(name, content)
    published(lake, "2")
    refresh(lake, tables, at())
    assert films(lake) == {"1", "2"}


class TestByARun:
    @pytest.fixture(autouse=True)
    def _settings(self, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        published(lake, "1")

    def run(self, lake: Lake, wanted: str) -> set[str]:
        self.monkeypatch.setenv("SOUNDTRACKS_STATIC_FILES", wanted)
        get_settings.cache_clear()
        with disable_run_logger():
            publishing.refresh_static_files(lake)
        return films(lake)

    def test_as_the_setting_says(self, lake: Lake) -> None:
        assert self.run(lake, "never") == self.run(lake, "auto") == set()
        assert self.run(lake, "always") == {"1"}
        published(lake, "2")
        assert self.run(lake, "never") == {"1"}
        assert self.run(lake, "auto") == {"1", "2"}

    def test_too_many_links_are_left_to_the_command(self, lake: Lake) -> None:
        self.monkeypatch.setattr(publishing, "MOST_LINKS", 0)
        assert self.run(lake, "always") == set()

    def test_a_lake_that_cannot_be_written_fails_no_run(self, lake: Lake) -> None:
        def full(*_: object) -> None:
            raise LakeError("No space left on device")

        self.monkeypatch.setattr(publishing, "refresh", full)
        assert self.run(lake, "always") == set()
