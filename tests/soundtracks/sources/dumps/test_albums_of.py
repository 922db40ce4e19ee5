"""What the match would link is not lost before it: numbers, spellings and scripts written otherwise."""

import pyarrow as pa
import pytest

from soundtracks.records import ALBUMS, conform
from soundtracks.sources.discogs import Film, FoundAlbum, plausible
from soundtracks.sources.dumps.albums import Dump, albums_of
from soundtracks.text.search_wording import Wanted

#: A film's title, and that of its album.
PAIRS = [
    ("9½ Weeks", "9 1/2 Weeks (Original Motion Picture Soundtrack)"),
    ("9 1/2 Weeks", "9½ Weeks (Original Motion Picture Soundtrack)"),
    ("Alien³", "Alien 3 (Original Motion Picture Soundtrack)"),
    ("Rocky II", "Rocky 2 (Original Motion Picture Soundtrack)"),
    ("The Godfather: Part II", "The Godfather Part 2 (Soundtrack)"),
    ("The Godfather Part 2", "The Godfather, Part II (Soundtrack)"),
]


@pytest.mark.parametrize(("film", "album"), PAIRS)
def test_an_album_is_kept_and_plausible(film: str, album: str) -> None:
    masters = conform(pa.table({"album_id": ["master:1", "master:2"], "title": [album, "Kind of Blue"]}), ALBUMS)
    kept = albums_of([Film(tmdb_id="1", title=film)], Dump.of(masters), Dump.of(ALBUMS.empty_table()))
    assert kept["album_id"].to_pylist() == ["master:1"]
    assert plausible(FoundAlbum(id=1, type="master", title=f"Somebody - {album}"), Wanted([film]))


def test_another_spelling_is_kept() -> None:
    masters = conform(pa.table({"album_id": ["master:1"], "title": ["Kaadhal Oviyam"]}), ALBUMS)
    assert len(albums_of([Film(tmdb_id="1", title="Kathal Ovium")], Dump.of(masters), Dump.of(ALBUMS.empty_table()))) == 1
