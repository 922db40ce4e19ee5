"""What people name is asked of the services once, kept, and published with the next run. Against the sample's services."""

from collections.abc import Iterator

import pyarrow as pa
import pytest

from sandbox.catalogue import load_catalogue
from sandbox.discogs import discogs_app
from sandbox.serve import serving
from sandbox.tmdb import tmdb_app
from soundtracks.errors import MissingSetting
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import DECISIONS
from soundtracks.records import ALBUMS, FILMS
from soundtracks.serving.named import FOLDER, Services, named_albums, named_films
from soundtracks.settings import Settings
from tasks.run_outputs import with_named


@pytest.fixture
def services(lake: Lake) -> Iterator[Services]:
    with serving(tmdb_app()) as tmdb, serving(discogs_app()) as discogs:
        settings = Settings(
            _env_file=None,
            tmdb_base_url=f"{tmdb}/3",
            discogs_base_url=discogs,
            tmdb_token="sample-tmdb-token",
            discogs_token="sample-discogs-token",
        )
        yield Services(lake, settings)


@pytest.mark.slow
def test_a_film_and_an_album_are_found_kept_and_published(services: Services, lake: Lake) -> None:
    release = next(album for album in load_catalogue().albums if album.kind == "release" and album.master_id)
    film, album = services.film("78"), services.album(f"release:{release.id}")
    assert film is not None
    assert album is not None
    assert (film["title"], film["year"]) == ("Blade Runner", 1982)
    assert album["album_id"] == f"master:{release.master_id}"  # the work, and the pressing is kept beside it
    assert named_albums(lake, {f"release:{release.id}"})["master_id"].to_pylist() == [f"master:{release.master_id}"]
    assert "Blade Runner" in [row["title"] for row in services.search("blade runner")]
    said = {"album_id": album["album_id"], "tmdb_id": "78", "decision": "accept", "by": "Ann", "at": "2026-01-01"}
    tables = with_named(lake, pa.Table.from_pylist([said], DECISIONS), FILMS.empty_table(), ALBUMS.empty_table())
    assert [(table.num_rows, table.column(1).to_pylist()) for table in tables] == [(1, ["Blade Runner"]), (1, [album["title"]])]


@pytest.mark.slow
def test_what_nobody_knows_is_none(services: Services) -> None:
    assert services.film("999999999") is None
    assert services.album("master:1") is None


def test_without_a_key_it_is_named(lake: Lake) -> None:
    with pytest.raises(MissingSetting, match="SOUNDTRACKS_TMDB_TOKEN"):
        Services(lake, Settings(_env_file=None, tmdb_token=None, tmdb_key=None)).film("78")


def test_a_kept_row_that_is_damaged_costs_its_title_alone(lake: Lake) -> None:
    lake.write_bytes(f"{FOLDER}/films/1.json", b"{")
    lake.write_json(f"{FOLDER}/films/2.json", {"tmdb_id": "2", "title": "Dune"})
    lake.write_json(f"{FOLDER}/films/3.json", {"tmdb_id": "3", "year": "soon"})
    assert named_films(lake, {"1", "2", "3", "../4"})["title"].to_pylist() == ["Dune"]
