"""What a run notes of its stages."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from soundtracks.lake.lake import Lake
from soundtracks.lake.retention import prunable
from soundtracks.metrics import ApprovalMetrics, CatalogueMetrics, SourceMetrics, ValidationMetrics
from soundtracks.operations import runs as events
from soundtracks.sources.models import Extracted, Failure
from tasks.publish import Published
from tasks.read_titles import Listed
from tasks.run_outputs import Found
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
            tmdb=Extracted(ref=ref, metrics=asked, failures=[failure], failed=501),
            discogs=Extracted(ref=ref, metrics=asked, failures=[failure], failed=1),
            films=Validated(ref=ref, metrics=counted, page="page.html", warnings=[]),
            published=Published(ref=ref, links={"accepted": 2}, catalogue=CatalogueMetrics(version=3, new=2)),
        )
    saved = lake.read_json("runs/r1/metrics.json")
    assert saved["catalogue"] == {"version": 3, "new": 2, "lost": 0, "changed": 0}
    assert saved["extraction"]["tmdb"]["requests"] == 3
    assert saved["validation"]["films"] == {"rows": 2, "quarantined": 1, "warnings": 0}
    assert saved["links"] == {"accepted": 2}
    assert saved["titles"] == {"unresolved": 501}
    listed = [failure.model_dump()]
    assert lake.read_json("runs/r1/failures.json") == {"tmdb": listed, "discogs": listed}


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


@pytest.fixture
def found(lake: Lake) -> Found:
    refs = [
        lake.publish_table(f"silver/{name}", pa.table({"id": [name]})) for name in ("films", "films-to-match", "albums", "links")
    ]
    return Found(films=refs[0], compared=refs[1], albums=[refs[2]], links=refs[3])


UNTIL = datetime(2026, 12, 3, tzinfo=UTC)


def test_a_run_that_waited_goes_on_in_another_process_with_what_it_had(lake: Lake, found: Found) -> None:
    run = Run("r1", lake)
    assert run.held is None
    with run.stage("films"):
        run.metrics.extraction["tmdb"] = SourceMetrics(requests=3)
    run.failures["tmdb"] = [Failure(name="No Such Film", reason="unknown")]
    run.hold(found, ApprovalMetrics(standing=40, moved=30, until=UNTIL))
    later = Run("r1", lake)
    assert later.held == found
    assert later.metrics.extraction["tmdb"].requests == 3
    assert later.failures == run.failures
    assert later.approval_summary == "30 of 40 links that stand on its films and albums would go or change film."
    later.approved("publish", "Ann\x1b[2J", "")
    with later.stage("publish"):
        pass
    saved = lake.read_json("runs/r1/metrics.json")
    assert saved["approval"] == {
        "standing": 40, "moved": 30, "until": "2026-12-03T00:00:00Z", "decision": "publish", "by": "Ann [2J"
    }  # fmt: skip
    assert list(saved["stages"]) == ["films", "publish"]
    events = [json.loads(line) for line in lake.read_bytes("runs/r1/lineage.jsonl").splitlines()]
    assert [(e["eventType"], e["job"]["name"].rpartition(".")[2]) for e in events] == [
        ("START", "link-soundtracks"), ("START", "films"), ("COMPLETE", "films"), ("START", "publish"), ("COMPLETE", "publish")
    ]  # fmt: skip
    assert {data["name"] for data in events[-1]["inputs"]} == {"silver/films", "silver/albums", "silver/links"}


@pytest.mark.parametrize(
    ("by", "reason", "told"),
    [
        ("Ann", "wrong film", "Not published: discarded by Ann: wrong film"),
        ("", "", "Not published: discarded by a person."),
    ],
)
def test_a_discarded_run_has_ended(lake: Lake, found: Found, by: str, reason: str, told: str) -> None:
    run = Run("r1", lake)
    run.hold(found, ApprovalMetrics(standing=40, moved=30, until=UNTIL))
    run.approved("discard", by, reason)
    assert run.discard() == told
    assert lake.read_json("runs/r1/metrics.json")["finished"] is not None
    assert prunable(lake, timedelta(days=1), datetime.now(UTC) + timedelta(days=2)).runs.keys() == {"runs/r1"}


def test_a_run_that_ended_while_it_waited_and_is_retried_waits_again(lake: Lake, found: Found) -> None:
    run = Run("r1", lake)
    run.hold(found, ApprovalMetrics(standing=40, moved=30, until=UNTIL))
    metrics = lake.read_json("runs/r1/metrics.json")
    metrics["approval"]["decision"], metrics["finished"] = "unanswered", "2026-12-03T00:00:01Z"
    lake.write_json("runs/r1/metrics.json", metrics)
    assert Run("r1", lake).held == found
    saved = lake.read_json("runs/r1/metrics.json")
    assert "finished" not in saved
    assert "decision" not in saved["approval"]


def test_what_a_waiting_run_needs_is_not_pruned(lake: Lake, found: Found) -> None:
    run = Run("r1", lake)
    for ref in (found.films, found.compared, *found.albums, found.links):
        run.uses(ref)
    run.hold(found, ApprovalMetrics(standing=40, moved=30, until=UNTIL))
    for name in ("films", "films-to-match", "albums", "links"):
        lake.publish_table(f"silver/{name}", pa.table({"id": ["newer"]}))
    assert prunable(lake, timedelta(days=1), datetime.now(UTC) + timedelta(days=20)).files == []
