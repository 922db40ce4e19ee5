"""Tags in .nfo files, read as Kodi and Jellyfin read them."""

from xml.etree import ElementTree

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.nfo import ours_on_albums, ours_on_films, read_nfo, tag_of, tagged, tags_by_album, tags_by_film
from soundtracks.publishing.nfo_elements import NotReadable
from soundtracks.publishing.works import album_links
from soundtracks.records import ALBUMS, FILMS, LINKS

GROUP, OTHER = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
TAG = "Soundtrack of Blade Runner (1982)"
#: As Lidarr, Jellyfin and Kodi write them.
LIDARR = f"<album>\n  <title>Blade Runner</title>\n  <musicbrainzalbumid>{GROUP}</musicbrainzalbumid>\n</album>".encode()
JELLYFIN = (
    f'\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<album>\r\n  <review>Nice &amp; long</review>\r\n  '
    f"<musicbrainzreleasegroupid>{GROUP.upper()}</musicbrainzreleasegroupid>\r\n  <genre>soundtrack</genre>\r\n"
    "  <track><title>One</title></track>\r\n</album>\r\n"
).encode()
KODI = f'<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>\n<album><musicBrainzReleaseGroupID>{GROUP}</musicBrainzReleaseGroupID></album>'.encode()
MOVIE = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<movie>
    <title>Blade Runner</title>
    <tag>Noir</tag>
    <uniqueid type="imdb">tt0083658</uniqueid>
    <uniqueid type="tmdb" default="true">78</uniqueid>
</movie>
https://www.themoviedb.org/movie/78
"""


def as_kodi(data: bytes) -> dict[str, list[str]]:
    """Children of the root by name, values cut at its separator " / ": XMLUtils::GetStringArray; an address may stand behind."""
    root = ElementTree.fromstring(
        data[: data.rindex(b"</") + data[data.rindex(b"</") :].index(b">") + 1].removeprefix(b"\xef\xbb\xbf")
    )
    found: dict[str, list[str]] = {}
    for child in root:
        found.setdefault(child.tag, []).extend((child.text or "").split(" / "))
    return found


def as_jellyfin(data: bytes) -> tuple[list[str], list[str]]:
    """Tags and genres: BaseNfoParser reads <style> and <tag> as tags, and cuts genres at slashes."""
    found = as_kodi(data)
    genres = [part.strip() for text in found.get("genre", []) for part in text.split("/")]
    return [*found.get("style", []), *found.get("tag", [])], genres


@pytest.mark.parametrize(
    ("data", "kind", "ids"),
    [
        (LIDARR, "album", {GROUP}),
        (JELLYFIN, "album", {GROUP}),
        (KODI, "album", {GROUP}),
        (MOVIE, "movie", {"tt0083658", "tmdb:78"}),
        (b"<movie><tmdbid>78</tmdbid><imdbid>tt0083658</imdbid></movie>", "movie", {"tt0083658", "tmdb:78"}),
        (b"<movie><id>tt0083658</id></movie>", "movie", {"tt0083658"}),
        (b"<movie><id>78</id><uniqueid type='tvdb'>5</uniqueid></movie>", "movie", set()),
        (b"<album><title>x</title></album>", "album", set()),
    ],
)
def test_what_a_file_is_about(data: bytes, kind: str, ids: set[str]) -> None:
    nfo = read_nfo(data)
    assert (nfo.kind, nfo.ids) == (kind, ids)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"https://www.themoviedb.org/movie/78",
        b"<artist><name>x</name></artist>",
        b"<artist>\n <name>Vangelis</name>\n <album>\n  <title>Blade Runner</title>\n </album>\n</artist>\n",
        b"<musicvideo><title>x</title><album>y</album></musicvideo>",
        b"<artist><name>A & B</name><album/></artist>",
        b"<tvshow/>",
        b"\x00\xff",
        "<artist/>".encode("utf-16"),
    ],
)
def test_other_files_are_let_be(data: bytes) -> None:
    assert read_nfo(data) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<album><title>A & B</title></album>", "no XML"),
        (b"<album></movie>", "no XML"),
        ("<album/>".encode("utf-16"), "UTF-16"),
        (b'<?xml version="1.0" encoding="gb2312"?><album/>', "multi-byte"),
        (b'<?xml version="1.0" encoding="nonsense"?><album/>', "unknown encoding"),
        (b" " * (5 << 20), "larger"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "&x;">]><album><title>x</title></album >>', None),
        (b"<movie><tmdbid>" + b"7" * 5_000 + b"</tmdbid></movie>", None),
    ],
)
def test_damaged_and_hostile_files(data: bytes, message: str | None) -> None:
    if message is None:
        assert read_nfo(data).ids == frozenset()
        return
    with pytest.raises(NotReadable, match=message):
        read_nfo(data)


@pytest.mark.parametrize("data", [LIDARR, JELLYFIN, KODI])
def test_an_album_is_tagged_with_its_film(data: bytes) -> None:
    made = tagged(data, read_nfo(data), [TAG])
    tags, genres = as_jellyfin(made)
    assert (tags, [genre.casefold() for genre in genres]) == ([TAG], ["soundtrack"])
    assert as_kodi(made)["style"] == [TAG]
    assert read_nfo(made).ids == read_nfo(data).ids
    assert tagged(made, read_nfo(made), [TAG]) == made


def test_nothing_else_in_a_file_changes() -> None:
    made = tagged(MOVIE, read_nfo(MOVIE), [TAG])
    assert made == MOVIE.replace(b"</movie>", b"  <tag>Soundtrack of Blade Runner (1982)</tag>\n</movie>")
    assert tagged(made, read_nfo(made), [], [{TAG}]) == MOVIE
    assert tagged(made, read_nfo(made), [], [{"Soundtrack of Alien (1979)"}]) == made
    assert tagged(MOVIE, read_nfo(MOVIE), [], [{TAG}]) == MOVIE
    windows = tagged(JELLYFIN, read_nfo(JELLYFIN), [TAG])
    assert tagged(windows, read_nfo(windows), [], [{TAG}]) == JELLYFIN
    assert b"\n" not in windows.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<movie>\n  <tag>OLD</tag>\n</movie>", "<movie>\n  <tag>NEW</tag>\n</movie>"),
        ("<movie><tag>OLD</tag></movie>", "<movie>\n  <tag>NEW</tag>\n</movie>"),
        ("<movie> <a/> <tag>OLD</tag> \n</movie>", "<movie> <a/>  \n  <tag>NEW</tag>\n</movie>"),
        ("<movie>\n <tag>NEW</tag>\n <tag> OLD\n</tag>\n</movie>", "<movie>\n <tag>NEW</tag>\n</movie>"),
        ("<movie>\n <tag clear='true'>NEW</tag>\n</movie>", None),
        ("<movie>\n <tag clear='true'>OLD</tag><tag>NEW</tag>\n</movie>", None),
        ("<movie>\n <tag>Soundtrack of my youth</tag><tag>NEW</tag>\n</movie>", None),
        ("<movie>\n <!-- <tag>OLD</tag>\n -->\n <tag>NEW</tag>\n</movie>", None),
        ("<movie>\n <plot><![CDATA[see <tag>OLD</tag> and </movie>]]></plot>\n <tag>NEW</tag>\n</movie>", None),
        ("<movie>\n <set><tag>OLD</tag></set>\n <tag>NEW</tag>\n</movie>", None),
        ("<movie>\n <style>OLD</style>\n <tag>NEW</tag>\n</movie>", None),
        ("<movie>\n <tag>NEW</tag>\n</movie>\n<!-- <tag>OLD</tag> </movie> -->", None),
        ("<!DOCTYPE movie [<!ENTITY o '<tag>OLD</tag>'>]><movie>&o;<tag>NEW</tag></movie>", None),
    ],
)
def test_only_an_element_of_ours_goes(before: str, after: str | None) -> None:
    old, new = "Soundtrack of Alien (1979)", TAG
    data, made = (text.replace("OLD", old).replace("NEW", new).encode() for text in (before, after or before))
    assert tagged(data, read_nfo(data), [new], [{old, new}]) == made


def test_tags_that_hold_no_longer_go() -> None:
    first = tagged(LIDARR, read_nfo(LIDARR), [TAG])
    second = tagged(first, read_nfo(first), ["Soundtrack of Alien (1979)", "Soundtrack of Aliens"], [{TAG}])
    assert as_kodi(second)["style"] == ["Soundtrack of Alien (1979)", "Soundtrack of Aliens"]


@pytest.mark.parametrize("title", ["Amélie & <b>", "]]>", "</album>", "ブレード\x00ランナー", "A / B", "x\ud800"])
def test_titles_stay_text(title: str) -> None:
    tag = tag_of({"film_title": title, "film_year": None, "tmdb_id": "1"})
    latin = b'<?xml version="1.0" encoding="iso-8859-1"?>\n<album>\n<title>\xe9</title>\n</album>\n'
    for data in (LIDARR, latin):
        made = tagged(data, read_nfo(data), [tag])
        (style,) = as_kodi(made)["style"]
        assert style == "Soundtrack of " + title.replace("\x00", " ").replace(" / ", "/").replace("\ud800", "\ufffd")
        assert tagged(made, read_nfo(made), [tag]) == made


@pytest.fixture
def catalogue() -> Catalogue:
    films = [
        {"tmdb_id": "78", "title": "Blade Runner", "year": 1982, "imdb_id": "tt0083658"},
        {
            "tmdb_id": "348",
            "title": "Alien",
            "original_title": "Alien / 8",
            "alternative_titles": ["Obcy", "Alien (Director's Cut)"],
        },
        {"tmdb_id": "tv:5", "title": "Beside the list", "listed": False},
    ]
    albums = [
        {"album_id": "master:1", "title": "Blade Runner"},
        {"album_id": "release:2", "title": "Blade Runner", "master_id": "1", "musicbrainz_id": GROUP},
        {"album_id": "release:3", "title": "Alien", "musicbrainz_id": OTHER},
    ]
    links = [
        {"album_id": a["album_id"], "tmdb_id": "348" if a["title"] == "Alien" else "78", "decision": "accept"} for a in albums
    ]
    tables = ((films, FILMS), (albums, ALBUMS), (links, LINKS))
    return Catalogue(*(pa.Table.from_pylist(rows, schema) for rows, schema in tables))


def test_a_film_has_the_tag_where_its_album_is_in_the_library(catalogue: Catalogue) -> None:
    found = album_links(catalogue.accepted)
    assert tags_by_album(found) == {GROUP: {TAG}, OTHER: {"Soundtrack of Alien"}}
    assert tags_by_film(found, {GROUP}) == {"tmdb:78": {TAG}, "tt0083658": {TAG}}


def test_ours_are_tags_of_the_catalogues_films_on_what_it_knows(catalogue: Catalogue) -> None:
    runner = {"Soundtrack of Blade Runner", "Soundtrack of TMDB 78"}
    alien = {f"Soundtrack of {name}" for name in ("Alien", "Alien/8", "Obcy", "Alien (Director's Cut)", "TMDB 348")}
    assert ours_on_albums(catalogue) == {GROUP: runner | alien, OTHER: runner | alien}
    assert ours_on_films(catalogue, {OTHER}) == {"tmdb:78": runner, "tt0083658": runner, "tmdb:348": alien}
    assert ours_on_films(catalogue, {"00000000-0000-4000-8000-000000000009"}) == {}


@pytest.mark.parametrize(
    ("former", "album_loses", "film_loses"),
    [
        ("Soundtrack of Alien", True, True),
        ("Soundtrack of Alien (1978)", True, True),
        ("Soundtrack of Alien/8 (1979)", True, True),
        ("Soundtrack of Obcy (1979)", True, True),
        ("Soundtrack of Alien (Director's Cut)", True, True),
        ("Soundtrack of TMDB 348", True, True),
        ("Soundtrack of TMDB 348 (1979)", True, True),
        ("Soundtrack of Blade Runner (1983)", True, False),
        ("Soundtrack of Alien 1978", False, False),
        ("Soundtrack of Alien (1978) (1979)", False, False),
        ("Soundtrack of Alien (live)", False, False),
        ("Soundtrack of Aliens (1986)", False, False),
        ("Soundtrack of alien (1979)", False, False),
        ("Alien (1979)", False, False),
        ("Soundtrack of", False, False),
    ],
)
def test_a_tag_by_a_former_name_or_year_goes(catalogue: Catalogue, former: str, album_loses: bool, film_loses: bool) -> None:
    album = LIDARR.replace(b"</album>", f"  <style>{former}</style>\n</album>".encode())
    film = f"<movie>\n  <tmdbid>348</tmdbid>\n  <tag>{former}</tag>\n</movie>\n".encode()
    ours = {"album": ours_on_albums(catalogue)[GROUP], "movie": ours_on_films(catalogue, {GROUP})["tmdb:348"]}
    for data, element, loses in ((album, "style", album_loses), (film, "tag", film_loses)):
        nfo = read_nfo(data)
        made = tagged(data, nfo, [TAG], [ours[nfo.kind]])
        assert as_kodi(made)[element] == ([TAG] if loses else [former, TAG])
