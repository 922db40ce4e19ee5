"""The match of runs one after the other: each scores only what is new to it, and comes to what a first run would."""

from pathlib import Path

import pyarrow as pa
import pytest
from prefect.logging import disable_run_logger

from benchmarks.scale.catalogue import make_catalogue
from soundtracks.lake.lake import Lake
from soundtracks.matching import linking
from soundtracks.matching.lake_state import DATASET
from soundtracks.records import ALBUMS, FILMS, conform
from soundtracks.settings import get_settings
from tasks.match import match_datasets

pytestmark = pytest.mark.slow

MADE = make_catalogue(120, 300, seed=4)
FILMS_NOW, ALBUMS_NOW = conform(MADE.films, FILMS), conform(MADE.albums, ALBUMS)


class Runs:
    """Runs on one lake; `scored`: how many albums the last one scored."""

    def __init__(self, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lake, self.monkeypatch, self.scored = lake, monkeypatch, 0
        batch = linking.link_batch

        def counting(albums: pa.Table, *others: object) -> pa.Table:
            self.scored += len(albums)
            return batch(albums, *others)  # type: ignore[arg-type]

        monkeypatch.setattr(linking, "link_batch", counting)

    def __call__(self, films: pa.Table, albums: pa.Table, lake: Lake | None = None) -> pa.Table:
        lake, self.scored = lake or self.lake, 0
        self.monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", lake.url)
        get_settings.cache_clear()
        refs = lake.publish_table("silver/films", films), lake.publish_table("silver/albums", albums)
        with disable_run_logger():
            matched = match_datasets.fn(refs[0], [refs[1]], "run")
        assert matched.metrics.albums == len(albums)
        return lake.read_table(matched.ref)


@pytest.fixture
def runs(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Runs:
    return Runs(lake, monkeypatch)


def test_a_run_scores_what_is_new_and_comes_to_what_a_first_run_would(runs: Runs, tmp_path: Path) -> None:
    runs(FILMS_NOW.slice(1), ALBUMS_NOW.slice(0, 250))
    assert runs.scored == 250
    links = runs(FILMS_NOW, ALBUMS_NOW)
    assert 50 <= runs.scored < 300
    assert runs(FILMS_NOW, ALBUMS_NOW).equals(links)
    assert runs.scored == 0
    assert links.equals(runs(FILMS_NOW, ALBUMS_NOW, Lake(str(tmp_path / "another"))))
    assert runs.scored == 300


def test_a_damaged_state_costs_a_match_from_scratch_and_no_more(runs: Runs) -> None:
    links = runs(FILMS_NOW, ALBUMS_NOW)
    for entry in runs.lake.list(DATASET):
        runs.lake.write_bytes(entry.name, b"PAR1 cut")
    assert runs(FILMS_NOW, ALBUMS_NOW).equals(links)
    assert runs.scored == 300
    assert runs(FILMS_NOW, ALBUMS_NOW).equals(links)
    assert runs.scored == 0
