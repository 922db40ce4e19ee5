from collections.abc import Callable

import pyarrow as pa
import pytest

from sandbox import discogs
from sandbox.catalogue import load_catalogue, load_truth
from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import Edit, Fault
from sandbox.serve import serving
from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.records import ALBUMS, FILMS
from soundtracks.settings import Settings
from soundtracks.sources.batches import fetch_albums
from soundtracks.sources.discogs import (
    FOUND,
    Breadth,
    Discogs,
    Film,
    found_row,
    master_row,
    plausible,
    release_row,
    split_listed,
    to_albums,
)
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.http import Source
from soundtracks.sources.models import FoundAlbum, MasterDetails, barcode_digits
from soundtracks.sources.services import open_source
from soundtracks.text.search_wording import Wanted, fold
from tests.rigs.moved_clock import MovedClock

pytestmark = pytest.mark.slow

BLADE_RUNNER = Film(tmdb_id="78", title="Blade Runner", original_title="Blade Runner", year=1982)
NO_FILMS = FILMS.empty_table()


def album(**fields: object) -> FoundAlbum:
    return FoundAlbum.model_validate({"id": 1, "type": "release", "title": "A - B"} | fields)


@pytest.mark.parametrize(
    ("listed", "artist", "title"),
    [
        ("Vangelis - Blade Runner", "Vangelis", "Blade Runner"),
        ("Jean-Michel Jarre - Oxygène", "Jean-Michel Jarre", "Oxygène"),
        ("Various - Pulp Fiction - Music From The Motion Picture", "Various", "Pulp Fiction - Music From The Motion Picture"),
        ("The A - Team Band - Alien - The Score", "The A - Team Band", "Alien - The Score"),
        ("Duo - Jerry Goldsmith* - Legend", "Duo", "Jerry Goldsmith* - Legend"),
        ("X - Y - Hans Zimmer - Z", "X", "Y - Hans Zimmer - Z"),
        ("Jerry Goldsmith* - Alien - Aliens", "Jerry Goldsmith*", "Alien - Aliens"),
        ("Titanic (3) - Titanic", "Titanic (3)", "Titanic"),
        ("Untitled", None, "Untitled"),
        ("Artist – Title", None, "Artist – Title"),
        ("", None, None),
        (None, None, None),
    ],
)
def test_split(listed: str | None, artist: str | None, title: str | None) -> None:
    artists = {fold(name) for name in ("Jerry Goldsmith", "Hans Zimmer", "Various")}
    assert split_listed(listed, artists, {fold("Alien")}) == (artist, title)


@pytest.mark.parametrize(
    ("fields", "looks"),
    [
        ({"title": "Vangelis - Blade Runner", "style": ["Soundtrack"]}, True),
        ({"title": "Vangelis - Blade Runner (Original Motion Picture Soundtrack)"}, True),
        ({"title": "Band - Blade Runner", "genre": ["Rock"]}, False),
        ({"title": "Vangelis - Chariots Of Fire", "style": ["Soundtrack"]}, False),
        ({"title": "Ennio - Io Ballo (Colonna Sonora)"}, False),
        ({"title": None, "style": ["Soundtrack"]}, False),
    ],
)
def test_plausible(fields: dict[str, object], looks: bool) -> None:
    assert plausible(album(**fields), Wanted(["Blade Runner"])) == looks


def test_titles_that_ask_something_new() -> None:
    film = Film(
        tmdb_id="1",
        title="Deep Red",
        original_title="Profondo rosso",
        alternative_titles=["サスペリアPART2", "PROFONDO ROSSO", "Rosso", "The Deep Red", "Dripping Deep Red"],
    )
    assert film.own_titles == ["Deep Red", "Profondo rosso"]
    assert film.other_titles(3) == ["Rosso", "Dripping Deep Red", "サスペリアPART2"]


def test_one_search_answers_a_film(discogs_source: Source, discogs_service: DiscogsService) -> None:
    rows = Discogs(discogs_source).albums(BLADE_RUNNER).rows
    assert discogs_service.log.count() == 1
    assert {"master:90684973", "release:924178038", "release:927097452"} <= {row["album_id"] for row in rows}


@pytest.mark.parametrize(("title", "asked"), [("Blade Runner", ["", "master"]), ("No Such Title Anywhere", [""])])
def test_a_further_page_only_while_it_pays(
    discogs_source: Source, discogs_service: DiscogsService, monkeypatch: pytest.MonkeyPatch, title: str, asked: list[str]
) -> None:
    """Of a full page of releases with some plausible, the masters come on a second one; an implausible one ends the asking."""
    monkeypatch.setattr("soundtracks.sources.discogs.PAGE", 3)
    Discogs(discogs_source).albums(Film(tmdb_id="1", title=title, year=2050))
    searches = [request.url for request in discogs_service.log.requests if "/database/search" in request.url]
    assert ["master" if "type=master" in url else "" for url in searches] == asked


@pytest.mark.parametrize(("breadth", "asked"), [("narrow", 1), ("usual", 2), ("wide", 4)])
def test_breadth(discogs_source: Source, discogs_service: DiscogsService, breadth: Breadth, asked: int) -> None:
    film = BLADE_RUNNER.model_copy(update={"original_title": "Läufer", "alternative_titles": ["Replikant", "Androide"]})
    Discogs(discogs_source, breadth).albums(film)
    assert discogs_service.log.count() == asked


def test_alternative_titles_are_asked_when_nothing_plausible_was_found(discogs_source: Source) -> None:
    film = Film(tmdb_id="1", title="No Such Title Anywhere", alternative_titles=["Blade Runner"], year=1982)
    assert "master:90684973" in {row["album_id"] for row in Discogs(discogs_source).albums(film).rows}


def test_a_reissue_without_its_master_gets_its_first_year(discogs_source: Source, discogs_service: DiscogsService) -> None:
    discogs_service.faults.add(Fault(kind="edit", path="search", edit=[Edit(at="results.*.type", set="release")]))
    rows = Discogs(discogs_source).albums(BLADE_RUNNER).rows
    asked = [request.url for request in discogs_service.log.requests]
    assert "/masters/90684973" in asked
    albums = to_albums([pa.Table.from_pylist(rows, schema=FOUND)], NO_FILMS).to_pylist()
    first_years = {row["album_id"]: row["first_year"] for row in albums}
    assert first_years["release:927097452"] == 1994


def test_a_master_that_is_gone_leaves_its_release(discogs_source: Source, discogs_service: DiscogsService) -> None:
    gone = Edit(at="results.*.master_id", set=1), Edit(at="results.*.type", set="release")
    discogs_service.faults.add(Fault(kind="edit", path="search", edit=list(gone)))
    rows = Discogs(discogs_source).albums(BLADE_RUNNER).rows
    assert {row["master_id"] for row in rows} == {"master:1"}


def test_the_artists_own_names_are_kept_beside_the_credit() -> None:
    named = [{"name": "Hans Zimmer", "anv": "H. Zimmer", "join": ""}, {"name": "Lisa Gerrard"}]
    row = master_row(MasterDetails.model_validate({"id": 1, "artists": named}))
    assert row["artist_names"] == ["Hans Zimmer", "Lisa Gerrard"]
    assert row["artist"].startswith("H. Zimmer")


@pytest.mark.parametrize(
    ("tracklist", "tracks"),
    [
        ([{"type_": "track", "title": "Main Titles"}, {"type_": "track", "title": "Rachel's Song"}], ["2"]),
        ([{"type_": "heading", "title": "Side A"}, {"title": "Main Titles"}], ["1"]),
        ([{"type_": "index", "title": "Suite", "sub_tracks": [{"title": "I"}, {"title": "II"}, {"title": "III"}]}], ["3"]),
        ([{"type_": "index", "title": "Suite"}], ["1"]),
        (["Main Titles", None, 7], None),
        ([], None),
        ("x", None),
        (None, None),
    ],
)
def test_tracks_are_counted_by_the_own_record(tracklist: object, tracks: list[str] | None) -> None:
    assert release_row({"id": 1, "title": "Blade Runner", "tracklist": tracklist}, "release")["tracks"] == tracks
    rows = [master_row(MasterDetails.model_validate({"id": 1, "title": "Blade Runner", "tracklist": tracklist}))]
    (album,) = to_albums([pa.Table.from_pylist(rows, schema=FOUND)], NO_FILMS).to_pylist()
    assert album["tracks"] == tracks


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("074646321324", "074646321324"),
        ("0 74646 32132-4", "074646321324"),
        ("S 64104-1", None),
        ("GEMA", None),
        ("Ⓣ", None),
        ("²" * 12, None),
        ("1" * 20, None),
    ],
)
def test_barcodes_are_told_from_matrix_numbers(text: str, digits: str | None) -> None:
    assert barcode_digits(text) == digits


def test_albums_come_once_with_all_columns() -> None:
    rows = [
        found_row(
            album(id=2, title="Various - B", year="1999", master_id=7, format=["CD"], country="US", genre=["Stage & Screen"])
        ),
        found_row(album(id=7, type="master", title="Various - B", year="1982")),
        found_row(album(id=2, title="Various - Renamed", year="1999", master_id=7)),
    ]
    albums = to_albums([pa.Table.from_pylist(rows, schema=FOUND)], NO_FILMS)
    assert albums.schema == ALBUMS
    unknown = dict.fromkeys(ALBUMS.names) | {"labels": []}
    assert albums.to_pylist() == [
        unknown | {"album_id": "master:7", "title": "B", "artist": "Various", "year": 1982, "genres": [], "styles": [],
                   "formats": [], "first_year": 1982},
        unknown | {"album_id": "release:2", "title": "B", "artist": "Various", "year": 1999, "genres": ["Stage & Screen"],
                   "styles": [], "formats": ["CD"], "first_year": 1982, "master_id": "master:7", "country": "US"},
    ]  # fmt: skip


def test_no_albums_is_an_empty_table() -> None:
    assert to_albums([], NO_FILMS).schema == ALBUMS


def test_a_film_that_fails_leaves_the_others(discogs_source: Source, discogs_service: DiscogsService) -> None:
    discogs_service.faults.add(Fault(path="Inception", status=502, times=None))
    films = [BLADE_RUNNER, Film(tmdb_id="27205", title="Inception", year=2010)]
    batch = fetch_albums(films, Discogs(discogs_source))
    assert [failure.name for failure in batch.failures] == ["Inception (2010)"]
    assert batch.rows.num_rows > 0
    assert (batch.passing, batch.interrupted) == (1, None)


def test_an_open_circuit_keeps_what_it_got(open_discogs: Callable[..., Source], discogs_service: DiscogsService) -> None:
    source = open_discogs(extract_circuit=3)
    batch = fetch_albums([BLADE_RUNNER], Discogs(source))
    discogs_service.faults.add(Fault(status=503, times=None))
    films = [BLADE_RUNNER, *(Film(tmdb_id=str(i), title=f"Film {i}") for i in range(20))]
    again = fetch_albums(films, Discogs(source))
    assert "attempts in a row failed" in (again.interrupted or "")
    assert len(again.failures) == 20
    assert again.rows.equals(batch.rows)


def test_the_sample_is_found_in_few_requests(lake: Lake) -> None:
    catalogue = load_catalogue()
    films = [
        Film(
            tmdb_id=str(film.tmdb_id),
            title=film.title,
            original_title=film.original_title or film.title,
            alternative_titles=[title for _, title in film.alternative_titles],
            year=int(film.release_date[:4]) if film.release_date else None,
        )
        for film in catalogue.films
    ]
    clock = MovedClock()
    with serving(discogs.discogs_app(rate=6000, clock=clock.service)) as url:
        settings = Settings(_env_file=None, discogs_token=discogs.TOKEN, discogs_base_url=url)
        with open_source(access_to("discogs", settings), lake, settings, clock=clock) as source:
            batch = fetch_albums(films, Discogs(source))
            requests = source.metrics.requests
    found = set(batch.rows["album_id"].to_pylist())
    true = [album for album, truth in load_truth().items() if truth.tmdb_ids]
    assert sum(album in found for album in true) / len(true) >= 0.98
    assert requests / len(films) <= 1.7


def test_a_full_disk_ends_the_batch_at_once(
    discogs_source: Source, discogs_service: DiscogsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be kept must not be asked for: the requests would be lost."""

    def full(*_: object) -> None:
        raise LakeError("raw/discogs: No space left on device")

    monkeypatch.setattr("soundtracks.lake.lake.Lake.write_bytes", full)
    with pytest.raises(LakeError, match="No space left"):
        fetch_albums([Film(tmdb_id=str(i), title=f"Film {i}") for i in range(50)], Discogs(discogs_source))
    assert discogs_service.log.count() < 20
