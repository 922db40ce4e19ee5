"""`soundtracks publish` out of the catalogue's tables."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from soundtracks.cli.main import app
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.publishing.refresh import CLAIM
from soundtracks.publishing.terms import Origin
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.settings import get_settings


def run(lake: Lake, monkeypatch) -> object:
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", lake.url)
    get_settings.cache_clear()
    return CliRunner().invoke(app, ["publish"])


def test_nothing_published_yet(lake: Lake, monkeypatch) -> None:
    result = run(lake, monkeypatch)
    assert isinstance(result.exception, BadInput)


@pytest.mark.slow
def test_the_catalogue_becomes_files_by_id(lake: Lake, monkeypatch) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "78", "title": "Blade Runner", "year": 1982, "imdb_id": "tt0083658"}], FILMS)
    albums = pa.Table.from_pylist([{"album_id": "master:1", "title": "Blade Runner", "artist": "Vangelis"}], ALBUMS)
    links = pa.Table.from_pylist([{"album_id": "master:1", "tmdb_id": "78", "decision": "accept", "probability": 0.9}], LINKS)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    found = RunResult("run-1", films, albums, links, films_from=Origin("wikidata"), albums_from=Origin("discogs", long_ago))
    CatalogueTables(lake).publish(found)
    result = run(lake, monkeypatch)
    assert result.exit_code == 0, result.output
    film = lake.read_json("public/films/imdb/tt0083658.json")
    assert film == lake.read_json("public/films/tmdb/78.json")
    (album,) = film["albums"]
    assert (film["film"]["title"], album["title"], album["names"]["shown"]) == ("Blade Runner", None, False)
    assert album["decided_at"] is not None
    assert b"<entry>" in lake.read_bytes("public/feed.atom")
    assert "0 files written" in run(lake, monkeypatch).output


@pytest.mark.slow
def test_who_finds_another_at_it_is_told_until_when(lake: Lake, monkeypatch) -> None:
    CatalogueTables(lake).publish(
        RunResult(
            "run-1",
            pa.Table.from_pylist([{"tmdb_id": "78"}], FILMS),
            pa.Table.from_pylist([{"album_id": "master:1"}], ALBUMS),
            pa.Table.from_pylist([{"album_id": "master:1", "tmdb_id": "78", "decision": "accept"}], LINKS),
        )
    )
    begun = datetime.now(UTC).replace(microsecond=0)
    lake.write_json(CLAIM, {"by": "another", "at": begun.isoformat()})
    told = " ".join(run(lake, monkeypatch).output.split())
    assert told == (
        "A run is writing them just now, and takes in what the catalogue has at its end. "
        f"It was last heard of at {begun:%Y-%m-%d %H:%M} UTC. If it has died, this command writes them from "
        f"{begun + timedelta(hours=1):%Y-%m-%d %H:%M} UTC on."
    )
