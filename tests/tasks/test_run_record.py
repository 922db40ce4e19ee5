"""What a run notes of its stages."""

import logging
from typing import Any

import pyarrow as pa
import pytest

from soundtracks.lake.lake import Lake
from soundtracks.metrics import CatalogueMetrics, SourceMetrics, ValidationMetrics
from soundtracks.operations import runs as events
from soundtracks.sources.models import Extracted, Failure
from tasks.publish import Published
from tasks.read_titles import Listed
from tasks.run_record import Run
from tasks.validate import Validated


def test_titles_that_could_not_be_read_count_as_set_aside(lake: Lake) -> None:
    ref = lake.publish_table("silver/titles", pa.table({"title": ["Alien", "Aliens"]}))
    valid = Validated(ref=ref, metrics=ValidationMetrics(rows=2, quarantined=1, warnings=0), page="page.html", warnings=[])
    run = Run("r1", lake)
    with run.stage("titles"):
        run.record(titles=valid, listed=Listed(ref=ref, file="films.csv", rows=5, unreadable=3))
    saved = lake.read_json("runs/r1/metrics.json")
    assert saved["validation"]["titles"] == {"rows": 5, "quarantined": 4, "warnings": 0}
    assert saved["titles"] == {"file": "films.csv", "rows": 5, "unique": 2, "unreadable": 3}
    assert list(saved["stages"]) == ["titles"]


def test_each_result_is_noted_by_its_name(lake: Lake) -> None:
    ref = lake.publish_table("silver/films", pa.table({"tmdb_id": ["1"]}))
    asked, counted = SourceMetrics(requests=3, requests_per_item=1.5), ValidationMetrics(rows=2, quarantined=1, warnings=0)
    failure = Failure(name="No Such Film", reason="TMDB knows no such film.")
    run = Run("r1", lake)
    with run.stage("films"):
        run.record(
            tmdb=Extracted(ref=ref, metrics=asked, failures=[failure], failed=1),
            films=Validated(ref=ref, metrics=counted, page="page.html", warnings=[]),
            published=Published(ref=ref, links={"accepted": 2}, catalogue=CatalogueMetrics(version=3, new=2)),
        )
    saved = lake.read_json("runs/r1/metrics.json")
    assert saved["catalogue"] == {"version": 3, "new": 2, "lost": 0, "changed": 0}
    assert saved["extraction"]["tmdb"]["requests"] == 3
    assert saved["validation"]["films"] == {"rows": 2, "quarantined": 1, "warnings": 0}
    assert saved["links"] == {"accepted": 2}
    assert lake.read_json("runs/r1/failures.json") == {"tmdb": [failure.model_dump()]}


def test_a_growing_quarantine_is_told_when_the_run_ends(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(events, "emit_event", lambda **event: told.append(event))
    monkeypatch.setattr(events, "get_run_logger", lambda: logging.getLogger("run"))
    ref = lake.publish_table("silver/titles", pa.table({"title": ["Alien"]}))
    for number, aside in enumerate((1, 1, 4)):
        run = Run(f"r{number}", lake)
        run.metrics.validation["titles"] = ValidationMetrics(rows=100, quarantined=aside, warnings=0)
        assert run.finish(ref) == ref
    (event,) = told
    assert event["event"] == events.QUARANTINE_GREW
    assert event["resource"]["prefect.resource.id"] == "soundtracks.quarantine.r2"
    assert event["payload"]["message"].startswith("4.0% of the rows were set aside, in the runs before at most 1.0%")
    assert lake.exists("runs/history.html")
