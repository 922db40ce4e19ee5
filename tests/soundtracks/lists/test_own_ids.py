"""Ids of what has none: readable, the same wherever in a list it stands, within what a decision may hold."""

from pathlib import Path

import pytest

from soundtracks.decisions import Word
from soundtracks.lists.catalogues import read_catalogue
from soundtracks.lists.own_ids import album_id, film_id
from soundtracks.lists.read import Kind

NOT_USED = "not used: id (albums without one, or two with the same)"


@pytest.mark.parametrize(
    ("title", "year", "wanted"),
    [
        ("Psycho", 1960, "own:psycho:1960"),
        ("Amélie", None, "own:amelie"),
        ("Blade Runner 2049", None, "own:blade-runner-2049"),
        ("Blade Runner", 2049, "own:blade-runner:2049"),
        ("七人の侍", 1954, "own:七人の侍:1954"),
        ("???", 1999, "own:a03b221c:1999"),
        ("A" * 80, 1999, f"own:{'a' * 51}-0f45e858:1999"),
    ],
)
def test_a_film_is_called_by_title_and_year(title: str, year: int | None, wanted: str) -> None:
    assert film_id(title, year) == wanted


@pytest.mark.parametrize(
    ("artist", "year", "barcode", "wanted"),
    [
        ("Bernard Herrmann", 1960, None, "own:psycho:bernard-herrmann:1960"),
        ("Bernard Herrmann", 1960, "0745099657424", "own:psycho:bernard-herrmann:1960:0745099657424"),
        (None, 1960, None, "own:psycho::1960"),
        ("", None, None, "own:psycho"),
    ],
)
def test_an_album_is_called_by_title_artist_year_and_barcode(
    artist: str | None, year: int | None, barcode: str | None, wanted: str
) -> None:
    assert album_id("Psycho", artist, year, barcode) == wanted


@pytest.mark.parametrize(
    ("text", "ids", "note"),
    [
        ("id,title,artist\nx1,Heat,A\nx2,Ran,B\n", ["x1", "x2"], "album_id from id"),
        ("Id,title,artist\n1.0,Heat,A\n2.0,Ran,B\n", ["1", "2"], "album_id from id"),
        ("id,title,artist,release_id\nx1,Heat,A,\nx2,Ran,B,5\n", ["x1", "release:5"], "album_id from id"),
        ("id,title,artist,release_id\nrelease:5,Heat,A,\nx2,Ran,B,5\n", ["release:5", "x2"], "album_id from id"),
        ("id,title,artist,release_id\nx2,Ran,B,5\nrelease:5,Heat,A,\n", ["release:5", "release:5.2"], "album_id from id"),
        ("id,title,artist\nx1,Heat,A\nx1,Ran,B\n", ["own:heat:a", "own:ran:b"], NOT_USED),
        ("id,title,artist\nx1,Heat,A\n,Ran,B\n", ["own:heat:a", "own:ran:b"], NOT_USED),
        ("item_id,title,artist\nx1,Heat,A\n", ["own:heat:a"], None),
    ],
)
def test_albums_with_an_id_each_keep_it(text: str, ids: list[str], note: str | None, tmp_path: Path) -> None:
    (tmp_path / "albums.csv").write_text(text, encoding="utf-8")
    catalogue = read_catalogue(tmp_path / "albums.csv", "albums")
    assert catalogue.table["album_id"].to_pylist() == ids
    assert [found for found in catalogue.notes if found in ("album_id from id", NOT_USED)] == ([note] if note else [])


def test_an_id_of_a_film_that_is_of_no_known_service_is_not_used_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "films.csv").write_text("id,title,year\n949,Blade Runner,1982\n", encoding="utf-8")
    catalogue = read_catalogue(tmp_path / "films.csv", "films")
    assert catalogue.table["tmdb_id"].to_pylist() == ["own:blade-runner:1982"]
    assert "not used: id (no id of TMDB, IMDb or Wikidata)" in catalogue.notes


def test_the_longest_is_an_id_that_can_be_decided_on() -> None:
    longest = album_id("ß" * 500, "Ǆ" * 500, 1960, "0745099657424")
    assert Word(album_id=longest, tmdb_id=film_id("x" * 500, 1960), decision="accept", by="Ann").album_id == longest


@pytest.mark.parametrize(
    ("kind", "head", "rows"),
    [
        ("films", "Name,Year,Letterboxd URI", ["Heat,1995,https://boxd.it/a1", "Psycho,1960,https://boxd.it/a2", "Alien,,"]),
        ("albums", "Artist,Title,Year", ["A,Heat,1995", "B,Psycho,1960", ",Alien,"]),
        ("albums", "Title,Artist,Barcode", ["Score,,4006381333931", "Score,,5901234123457", "Score,,"]),
    ],
)
def test_ids_stay_wherever_a_list_grows_and_however_it_is_sorted(kind: Kind, head: str, rows: list[str], tmp_path: Path) -> None:
    def ids(lines: list[str]) -> list[str]:
        (tmp_path / "list.csv").write_text("\n".join([head, *lines, ""]), encoding="utf-8")
        table = read_catalogue(tmp_path / "list.csv", kind).table
        return [str(i) for i in table["tmdb_id" if kind == "films" else "album_id"].to_pylist()]

    before = ids(rows)
    assert len(set(before)) == 3
    assert ids(rows[::-1]) == before[::-1]
    assert ids([rows[2], rows[0].replace("Heat", "Ran").replace("4006381333931", "9780201379624"), *rows[:2]])[2:] == before[:2]
