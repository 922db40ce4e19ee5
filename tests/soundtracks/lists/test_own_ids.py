"""Ids of what has none: readable, the same wherever in a list it stands, within what a decision may hold."""

from pathlib import Path

import pytest

from soundtracks.decisions import Word
from soundtracks.lists.catalogues import read_catalogue
from soundtracks.lists.own_ids import album_id, film_id
from soundtracks.lists.read import Kind

COUNTS = "not used: id (it counts the rows)"
ALBUMS = [f"own:{title}:a" for title in ("heat", "ran", "psycho")]


def but(count: int) -> str:
    return f"album_id from id, but of {count} without one or with that of another"


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
        ("Id,title,artist\n17.0,Heat,A\n23.0,Ran,B\n", ["17", "23"], "album_id from id"),
        ("id,title,artist,release_id\nx1,Heat,A,\nx2,Ran,B,5\n", ["x1", "release:5"], "album_id from id"),
        ("id,title,artist,release_id\nrelease:5,Heat,A,\nx2,Ran,B,5\n", ["release:5", "x2"], "album_id from id"),
        ("id,title,artist,release_id\nx2,Ran,B,5\nrelease:5,Heat,A,\n", ["release:5", "release:5.2"], "album_id from id"),
        ("id,title,artist\nx1,Heat,A\nx1,Ran,B\n", ["own:heat:a", "own:ran:b"], but(2)),
        ("id,title,artist\nx1,Heat,A\nx1,Ran,B\nx2,Psycho,C\n", ["own:heat:a", "own:ran:b", "x2"], but(2)),
        ("id,title,artist\nx1,Heat,A\n,Ran,B\nx3,Psycho,C\n", ["x1", "own:ran:b", "x3"], but(1)),
        ("item_id,title,artist\nx1,Heat,A\n", ["own:heat:a"], None),
    ],
)
def test_albums_with_an_id_each_keep_it(text: str, ids: list[str], note: str | None, tmp_path: Path) -> None:
    (tmp_path / "albums.csv").write_text(text, encoding="utf-8")
    catalogue = read_catalogue(tmp_path / "albums.csv", "albums")
    assert catalogue.table["album_id"].to_pylist() == ids
    assert [found for found in catalogue.notes if found == COUNTS or found.startswith("album_id from id")] == (
        [note] if note else []
    )


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        (["1", "2", "3"], ALBUMS),
        (["0", "1", "2"], ALBUMS),
        (["1", "", "3"], ALBUMS),
        (["1.0", "2.0", "3.0"], ALBUMS),
        (["2", "3", "4"], ["2", "3", "4"]),
        (["1", "2", "4"], ["1", "2", "4"]),
        (["3", "1", "2"], ["3", "1", "2"]),
        (["x1", "2", "3"], ["x1", "2", "3"]),
    ],
)
def test_ids_that_only_count_the_rows_are_not_used(ids: list[str], kept: list[str], tmp_path: Path) -> None:
    rows = [f"{own},{title},A\n" for own, title in zip(ids, ("Heat", "Ran", "Psycho"), strict=True)]
    (tmp_path / "albums.csv").write_text("".join(["id,title,artist\n", *rows]), encoding="utf-8")
    catalogue = read_catalogue(tmp_path / "albums.csv", "albums")
    assert catalogue.table["album_id"].to_pylist() == kept
    assert (COUNTS in catalogue.notes) == (kept == ALBUMS)


def test_a_row_that_is_left_out_or_damaged_counts(tmp_path: Path) -> None:
    """Rows of the middle: one without a title, a damaged one, and an album that stands there twice."""
    text = "id,title,artist\n1,Heat,A\n2,,B\n3,Ran,B\n4,x,y,z\n5,Psycho,C\n6,Psycho,C\n"
    (tmp_path / "albums.csv").write_text(text, encoding="utf-8")
    table = read_catalogue(tmp_path / "albums.csv", "albums").table
    assert table["album_id"].to_pylist() == ["own:heat:a", "own:ran:b", "own:psycho:c"]


@pytest.mark.parametrize("second", ["1,Ran,B\n2,Psycho,C\n", "2,Ran,B\n3,Psycho,C\n"])
def test_each_file_of_a_folder_counts_from_the_start_or_goes_on(second: str, tmp_path: Path) -> None:
    for name, rows in {"a": "1,Heat,A\n", "b": second, "c": "x9,Alien,D\n"}.items():
        (tmp_path / f"{name}.csv").write_text(f"id,title,artist\n{rows}", encoding="utf-8")
    table = read_catalogue(tmp_path, "albums").table
    assert table["album_id"].to_pylist() == ["own:heat:a", "own:ran:b", "own:psycho:c", "x9"]


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
