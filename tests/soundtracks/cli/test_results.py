"""links.csv of a match: the links as they are, and behind them what films and albums are called."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soundtracks.cli.explain import _read_file
from soundtracks.cli.results import write_csv, write_named_csv
from soundtracks.records import ALBUMS, FILMS, LINKS

LINKED = [("a1", "f2"), ("a1", "f1"), ("a2", None), ("gone", "gone"), ("a3", "f1")]
WANTED = [
    ["Ran", "1985", "=Heat", "A|B", "1995"],
    ["Heat", "", "=Heat", "A|B", "1995"],
    ["", "", "Ran", "", ""],
    ["", "", "", "", ""],
    ["Heat", "", "Kagemusha", "", "1980"],
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    films = [{"tmdb_id": "f1", "title": "Heat"}, {"tmdb_id": "f2", "title": "Ran", "year": 1985}]
    albums = [
        {"album_id": "a3", "title": "Kagemusha", "year": 1980},
        {"album_id": "a1", "title": "=Heat", "artist": "A|B", "year": 1995},
        {"album_id": "a2", "title": "Ran"},
    ]
    links = [{"album_id": album, "tmdb_id": film, "decision": "review"} for album, film in LINKED]
    pq.write_table(pa.Table.from_pylist(films, FILMS), tmp_path / "films.parquet")
    pq.write_table(pa.Table.from_pylist(albums, ALBUMS), tmp_path / "albums.parquet")
    pq.write_table(pa.Table.from_pylist(links, LINKS), tmp_path / "links.parquet")
    return tmp_path


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_names_stand_behind_the_links(folder: Path, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = pq.ParquetFile.iter_batches
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda file: batches(file, batch_size=at_once))
    write_named_csv(*(folder / name for name in ("links.parquet", "films.parquet", "albums.parquet", "links.csv")))
    write_csv(folder / "links.parquet", folder / "plain.csv")
    named, plain = rows(folder / "links.csv"), rows(folder / "plain.csv")
    assert [row[: len(LINKS)] for row in named] == plain
    guarded = [[("'=Heat" if cell == "=Heat" else cell) for cell in row] for row in WANTED]
    assert [row[len(LINKS) :] for row in named] == [
        ["film_title", "film_year", "album_title", "album_artist", "album_year"],
        *guarded,
    ]


@pytest.mark.parametrize("name", ["links.csv", "plain.csv"])
def test_links_are_read_with_and_without_names(folder: Path, name: str) -> None:
    write_named_csv(*(folder / name for name in ("links.parquet", "films.parquet", "albums.parquet", "links.csv")))
    write_csv(folder / "links.parquet", folder / "plain.csv")
    found = _read_file(folder / name)
    assert sorted(zip(found["album_id"].to_pylist(), found["tmdb_id"].to_pylist(), strict=True), key=str) == sorted(
        LINKED, key=str
    )
