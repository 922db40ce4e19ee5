from collections.abc import Callable
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from soundtracks.errors import MatchError
from soundtracks.matching import index, linking
from soundtracks.matching.local.engine import WORKERS_PAY, fits, process_count
from soundtracks.matching.pipeline import match_files
from soundtracks.settings import Settings
from tests.soundtracks.matching.conftest import write_catalogue

GB = 1 << 30


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`write_catalogue`, and one process's links of it."""
    folder = tmp_path_factory.mktemp("catalogue")
    match_files(*write_catalogue(folder), folder / "alone.parquet", _settings(1), engine="local")
    return folder


def _settings(processes: int) -> Settings:
    return Settings(match_processes=processes, _env_file=None)


@pytest.mark.parametrize(
    ("films", "albums", "wanted", "cores", "memory", "count"),
    [
        (100, 1_000, 0, 8, 16 * GB, 1),  # not worth their start
        (WORKERS_PAY, 0, 0, 8, 16 * GB, 8),
        (100_000, 100_000, 0, 1, 16 * GB, 1),
        (100_000, 100_000, 0, 8, 3 * GB, 3),  # as many as memory has room for
        (100_000, 100_000, 0, 8, GB // 4, 1),
        (100, 1_000, 3, 8, 16 * GB, 3),  # whoever sets it knows
        (100_000, 100_000, 1, 8, 16 * GB, 1),
    ],
)
def test_process_count(films: int, albums: int, wanted: int, cores: int, memory: int, count: int) -> None:
    assert process_count(films, albums, wanted, cores, memory) == count


@pytest.mark.parametrize(
    ("films", "albums", "memory", "fit"),
    [(100_000, 100_000, 4 * GB, True), (1_000_000, 1_000_000, 16 * GB, True), (1_000_000, 20_000_000, 16 * GB, False)],
)
def test_fits(films: int, albums: int, memory: int, fit: bool) -> None:
    assert fits(films, albums, memory) == fit


@pytest.mark.slow
def test_many_processes_make_the_same_bytes_as_one(catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "BATCH", 100)
    monkeypatch.setattr(index, "_CHUNK", 90)
    told: list[tuple[str, int, int]] = []
    metrics = match_files(
        *(catalogue / f"{name}.parquet" for name in ("films", "albums")),
        tmp_path / "links.parquet",
        _settings(2),
        engine="local",
        progress=lambda *args: told.append(args),
    )
    assert (tmp_path / "links.parquet").read_bytes() == (catalogue / "alone.parquet").read_bytes()
    assert (metrics.engine, metrics.albums) == ("local", 1_500)
    told_of = pq.read_table(tmp_path / "links.parquet")["evidence"].to_pylist()
    assert sum('"level": "three or more"' in (evidence or "") for evidence in told_of) == 12
    read = [("Indexing the films", done, 400) for done in (90, 180, 270, 360, 400)]
    assert told[:7] == [("Indexing the films", 0, 0), *read, ("Linking", 0, 1_500)]
    assert len(told) > 20
    assert told[-1] == ("Linking", 1_500, 1_500)
    assert list(tmp_path.iterdir()) == [tmp_path / "links.parquet"]


@pytest.mark.slow
def test_processes_link_albums_without_any_film(tmp_path: Path, catalogue: Path) -> None:
    films = pq.read_table(catalogue / "films.parquet").slice(0, 0)
    pq.write_table(films, tmp_path / "films.parquet")
    match_files(tmp_path / "films.parquet", catalogue / "albums.parquet", tmp_path / "links", _settings(2), engine="local")
    assert pq.read_table(tmp_path / "links")["decision"].to_pylist() == ["reject"] * 1_500


@pytest.mark.slow
def test_a_worker_killed_between_two_batches_leaves_no_links(
    catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: Callable[[], list[psutil.Process]]
) -> None:
    monkeypatch.setattr(linking, "BATCH", 10)

    def kill_one(what: str, done: int, _: int) -> None:
        if what == "Linking" and done:
            for worker in workers():
                worker.kill()

    films, albums = (catalogue / f"{name}.parquet" for name in ("films", "albums"))
    with pytest.raises(MatchError, match="A worker process of the match was killed"):
        match_files(films, albums, tmp_path / "out" / "links.parquet", _settings(2), engine="local", progress=kill_one)
    assert list((tmp_path / "out").iterdir()) == []
    assert workers() == []
