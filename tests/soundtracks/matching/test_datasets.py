"""The match on datasets of the lake, with the local engine; in Spark: spark/test_engine.py."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soundtracks.errors import DamagedFile
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.datasets import (
    Matched,
    Request,
    each_album_once,
    match_datasets,
    read_request,
    request_name,
    result_name,
)
from soundtracks.matching.pipeline import match
from soundtracks.records import ALBUMS, FILMS, conform
from soundtracks.settings import Settings

LOCAL = Settings(match_engine="local", match_processes=1, _env_file=None)


def albums(*ids: str, title: str = "Alien") -> pa.Table:
    rows = [{"album_id": one, "title": title, "artist": "Jerry Goldsmith", "year": 1979, "styles": ["Score"]} for one in ids]
    return conform(pa.Table.from_pylist(rows, pa.schema([ALBUMS.field(name) for name in rows[0]])), ALBUMS)


FILM = conform(pa.table({"tmdb_id": ["348"], "title": ["Alien"], "year": pa.array([1979], pa.int32())}), FILMS)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def written(folder: Path, *tables: pa.Table) -> list[Path]:
    files = [folder / f"{number}.parquet" for number in range(len(tables))]
    for file, table in zip(files, tables, strict=True):
        pq.write_table(table, file, row_group_size=2)
    return files


def test_one_file_of_different_albums_is_read_where_it_lies(tmp_path: Path) -> None:
    (file,) = written(tmp_path, albums("release:1", "release:2", "release:3"))
    assert each_album_once([file], tmp_path) == file


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ([albums("a", "b"), albums("b", "c", title="Other")], [("a", "Alien"), ("b", "Alien"), ("c", "Other")]),
        ([albums("c"), albums("a"), albums("c", "a", title="Other")], [("c", "Alien"), ("a", "Alien")]),
        ([albums("a", "b", "a", "c", "b")], [("a", "Alien"), ("b", "Alien"), ("c", "Alien")]),
    ],
)
def test_an_album_counts_as_where_it_stands_first(
    tables: list[pa.Table], expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    every = pq.read_table(each_album_once(written(tmp_path, *tables), tmp_path))
    assert every.schema.equals(ALBUMS)
    assert list(zip(every["album_id"].to_pylist(), every["title"].to_pylist(), strict=True)) == expected


def asked(lake: Lake) -> Request:
    return Request(
        films=lake.publish_table("silver/films", FILM),
        albums=[lake.publish_table("silver/albums", albums("release:1", "release:2"))],
    )


def test_links_are_those_of_the_tables_and_stand_in_the_lake(lake: Lake) -> None:
    done = match_datasets(lake, asked(lake), "run-1", LOCAL)
    expected, metrics = match(FILM, albums("release:1", "release:2"), engine="local")
    assert lake.read_table(done.ref).equals(expected)
    assert done.ref.rows == 2
    assert done.metrics.accepted == metrics.accepted
    assert Matched.model_validate(lake.read_json(result_name("run-1"))) == done
    assert lake.current("silver/links") == done.ref


def test_a_dataset_that_is_not_what_was_published_is_refused(lake: Lake) -> None:
    wanted = asked(lake)
    lake.write_bytes(f"{wanted.albums[0].folder}/data.parquet", b"PAR1 of somebody else")
    with pytest.raises(DamagedFile, match="is damaged: its SHA-256 is not the manifest's"):
        match_datasets(lake, wanted, "run-1", LOCAL)


@pytest.mark.parametrize("content", [{}, {"films": 1, "albums": []}, []])
def test_a_damaged_request_is_told(content: object, lake: Lake) -> None:
    lake.write_json(request_name("run-1"), content)
    with pytest.raises(DamagedFile, match=r"runs/run-1/match-request.json is damaged.*Start the run again"):
        read_request(lake, "run-1")


def test_a_request_comes_back_as_it_was_written(lake: Lake) -> None:
    ref = DatasetRef(dataset="silver/films", version="1", rows=3, files=[])
    wanted = Request(films=ref, albums=[ref, ref])
    lake.write_json(request_name("run-1"), wanted.model_dump(mode="json"))
    assert read_request(lake, "run-1") == wanted
