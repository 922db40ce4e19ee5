"""What batches come to, without a server: what is told where nothing was answered, and what a sweep's batch hands on."""

import logging
from types import SimpleNamespace
from typing import cast

import pyarrow as pa
import pytest

from soundtracks.errors import CircuitOpen, Unavailable
from soundtracks.lake.lake import Lake
from soundtracks.metrics import SourceMetrics
from soundtracks.records import ALBUMS, FILMS
from soundtracks.settings import get_settings
from soundtracks.sources.batches import Batch
from soundtracks.sources.circuit import Circuit
from soundtracks.sources.discogs import FOUND
from soundtracks.sources.http import Source
from soundtracks.sources.models import Failure
from soundtracks.sources.sweep import Partition, Reached
from tasks.batches import Fetched, SweepRef, extracted, keep, one_by_one
from tasks.progress import Progress
from tests.rigs.moved_clock import MovedClock


def source(failed: int) -> Source:
    """Whose every attempt failed, all at one question."""
    circuit = Circuit("tmdb", 12, MovedClock())
    for _ in range(failed):
        circuit.failed(Unavailable("tmdb", "answered 503."))
    return cast(Source, SimpleNamespace(name="tmdb", circuit=circuit, metrics=SourceMetrics()))


@pytest.mark.parametrize(
    ("interrupted", "failed", "said"),
    [
        ("20 attempts in a row failed", 20, "tmdb: 20 attempts in a row failed"),
        (None, 12, "tmdb: 12 attempts in a row failed, the last with: tmdb: answered 503."),  # one title, tried twice
    ],
)
def test_where_nothing_was_answered_the_service_is_named(lake: Lake, interrupted: str | None, failed: int, said: str) -> None:
    nothing = lake.publish_table("silver/films", FILMS.empty_table())
    with pytest.raises(CircuitOpen) as down:
        extracted(source(failed), nothing, [Fetched(parts={}, failures=[], interrupted=interrupted)], 1)
    assert down.value.message == said
    assert down.value.hint == "Nothing was answered. Is the service down, or the address wrong?"


def test_a_sweeps_batch_hands_on_how_much_it_reached(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", lake.url)
    get_settings.cache_clear()
    part = Partition(type="master", style="Score", year=1999)
    got = Batch(rows=pa.Table.from_pylist([], schema=FOUND), reached=[Reached(partition=part, albums=3, unreached=1)])
    kept = keep(source(0), "swept", SweepRef(partitions=[part], run_id="run-1", start=0), got)
    assert kept.reached == got.reached
    assert list(kept.parts) == ["swept"]
    get_settings.cache_clear()


def test_a_kept_answer_that_names_nothing_is_an_answer(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """One film without albums is kept, the other failed twice: that says nothing of the service."""
    monkeypatch.setattr("tasks.batches.get_run_logger", logging.getLogger)
    nothing = lake.publish_table("silver/albums", ALBUMS.empty_table())
    failed = Failure(name="Alien", reason="discogs: answered 504.")
    done = extracted(source(12), nothing, [Fetched(parts={}, failures=[failed], answered=1)], 2)
    assert (done.failed, done.interrupted, done.ref.rows) == (1, None, 0)


def test_batches_behind_an_open_circuit_are_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of them costs nothing."""
    monkeypatch.setattr("tasks.batches.Progress.begin", lambda *_: SimpleNamespace(show=lambda *_: None))
    batches = [SweepRef(partitions=[], run_id="run-1", start=number) for number in range(3)]
    ends = ["20 attempts in a row failed", None, None]

    def fetch(batch: SweepRef, _progress: Progress) -> Fetched:
        return Fetched(parts={"swept": str(batch.start)}, failures=[], interrupted=ends[batch.start])

    fetched = one_by_one(source(12), "sweep-albums", "partitions", fetch, batches)
    assert [(one.parts["swept"], one.interrupted) for one in fetched] == [("0", ends[0]), ("1", None), ("2", None)]
