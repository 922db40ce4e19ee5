"""Which album or film somebody means."""

import pytest

from soundtracks.errors import BadInput
from soundtracks.publishing.lookup import discogs_id, links_meant, tmdb_id
from soundtracks.publishing.works import AlbumLink


@pytest.mark.parametrize(
    ("text", "album"),
    [
        ("https://www.discogs.com/release/123-Vangelis-Blade-Runner", "release:123"),
        ("https://www.discogs.com/de/master/9-Foo?x=1", "master:9"),
        ("discogs.com/master/9", "master:9"),
        ("https://api.discogs.com/releases/7", "release:7"),
        ("https://www.discogs.com/pt_BR/release/5", "release:5"),
        ("[r123]", "release:123"),
        ("m0042", "master:42"),
        ("https://evil.example/discogs.com/master/9", None),
        ("https://www.discogs.com.evil.example/master/9", None),
        ("https://www.discogs.com/artist/9", None),
        ("Master 9", None),
    ],
)
def test_addresses_of_discogs(text: str, album: str | None) -> None:
    assert discogs_id(text) == album


@pytest.mark.parametrize(
    ("text", "film"),
    [
        ("https://www.themoviedb.org/movie/78-blade-runner", "78"),
        ("themoviedb.org/movie/78", "78"),
        ("tmdb:78", "78"),
        (" 78 ", "78"),
        ("https://www.themoviedb.org/tv/78", None),
        ("Blade Runner", None),
        ("٧٨", None),
        ("9" * 40, None),
    ],
)
def test_addresses_of_tmdb(text: str, film: str | None) -> None:
    assert tmdb_id(text) == film


def link(work: str, album: str, film: str, title: str, year: int, *pressings: str, decision: str = "accept") -> AlbumLink:
    row = {"work_id": work, "album_id": work, "album_title": album, "album_artist": "Vangelis", "album_first_year": 1994,
           "album_year": 1994, "tmdb_id": film, "film_title": title, "film_year": year, "decision": decision, "album_url": None}  # fmt: skip
    return AlbumLink(row, [row | {"album_id": pressing} for pressing in pressings])


LINKS = [
    link("master:1", "Blade Runner (OST)", "78", "Blade Runner", 1982, "release:11", "release:12"),
    link("master:2", "Blade Runner Trilogy", "78", "Blade Runner", 1982),
    link("master:3", "Dune", "438631", "Dune", 2021),
    link("release:438631", "Toto – Dune", "841", "Dune", 1984),
    link("release:3", "Solaris", "593", "Solaris", 1972),
    link("master:7", "Alien", "999", "Aliens", 1986),
    link("master:8", "Alien (1979)", "999", "Aliens", 1986),
    link("master:9", "Alien OST", "348", "Alien", 1979, decision="reject"),
    link("X1", "Heat OST", "F-1", "Heat", 1995),
    link("X2", "Ran OST", "X1", "Ran", 1985),
    link("X3", "Chernobyl OST", "tv:5", "Chernobyl", 2019),
]


@pytest.mark.parametrize(
    ("text", "albums"),
    [
        ("master:1", ["master:1"]),
        ("release:12", ["master:1"]),
        ("https://www.discogs.com/release/12-X", ["master:1"]),
        ("12", ["master:1"]),
        ("78", ["master:1", "master:2"]),
        ("https://www.themoviedb.org/movie/78", ["master:1", "master:2"]),
        ("tmdb:438631", ["master:3"]),
        ("blade runner", ["master:1", "master:2"]),
        ("Dune (2021)", ["master:3"]),
        ("trilogy vangelis", ["master:2"]),
        ("Alien (1979)", ["master:9"]),  # the film, though all its albums were rejected, and others have its title
        ("alien", ["master:9"]),
        (" F-1 ", ["X1"]),  # a film's own id
        ("X1", ["X1"]),  # an album's, and another film's
        ("tmdb:X1", ["X2"]),
        ("tv:5", ["X3"]),
    ],
)
def test_what_is_meant(text: str, albums: list[str]) -> None:
    assert [found.work_id for found in links_meant(LINKS, text)] == albums


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Dune", ["tmdb:438631 (film Dune, 2021)", "tmdb:841 (film Dune, 1984)"]),
        ("438631", ["release:438631 (Toto – Dune, 1994)", "tmdb:438631 (film Dune, 2021)"]),  # an album's number and a film's
        ("3", ["master:3", "release:3"]),
    ],
)
def test_where_several_fit_they_are_named(text: str, named: list[str]) -> None:
    with pytest.raises(BadInput, match="may be several") as error:
        links_meant(LINKS, text)
    assert [name for name in named if name not in error.value.message] == []


@pytest.mark.parametrize("text", ["master:99", "No such film", "  ", "https://www.discogs.com/master/99"])
def test_nothing_fits(text: str) -> None:
    with pytest.raises(BadInput, match="Nothing among the links"):
        links_meant(LINKS, text)
