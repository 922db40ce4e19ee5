"""What batches come to, without a server: what is told where nothing was answered, and what a sweep's batch hands on."""

from types import SimpleNamespace
from typing import cast

import pyarrow as pa
import pytest

from soundtracks.errors import CircuitOpen, Unavailable
from soundtracks.lake.lake import Lake
from soundtracks.records import FILMS
from soundtracks.settings import get_settings
from soundtracks.sources.batches import Batch
from soundtracks.sources.discogs import FOUND
from soundtracks.sources.http import Circuit, Source
from soundtracks.sources.sweep import Partition, Reached
from tasks.batches import Fetched, SweepRef, extracted, keep


def source(failed: int) -> Source:
    """Whose every attempt failed, all at one question."""
    circuit = Circuit("tmdb", 12)
    for _ in range(failed):
        circuit.failed("/search/movie", Unavailable("tmdb", "answered 503."))
    return cast(Source, SimpleNamespace(name="tmdb", circuit=circuit))


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
