"""OpenLineage events: a link's way from the title file to the published row."""

import json
import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator

from soundtracks.lake.lake import Lake
from soundtracks.metrics import ValidationMetrics
from soundtracks.operations import lineage
from soundtracks.operations.lineage import Lineage
from soundtracks.settings import get_settings
from tasks.read_titles import Listed
from tasks.run_record import Run
from tasks.validate import Validated

RUN = "3b452093-782c-4ef2-9c0c-aafe2aa6f34d"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
_DATASET = {"type": "object", "required": ["namespace", "name"]}
#: The essence of the specification's RunEvent.
EVENT = {
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "run", "job"],
    "properties": {
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "eventTime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"},
        "producer": {"type": "string", "pattern": "^[a-z]+:"},
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
        "run": {
            "type": "object",
            "required": ["runId"],
            "properties": {"facets": {"additionalProperties": {"required": ["_producer", "_schemaURL"]}}},
        },
        "job": _DATASET,
        "inputs": {"type": "array", "items": _DATASET},
        "outputs": {"type": "array", "items": _DATASET},
    },
}


def told(run: Lineage, lake: Lake) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in lake.read_bytes(f"runs/{run.run_id}/lineage.jsonl").decode().splitlines()]
    for event in events:
        Draft202012Validator(EVENT).validate(event)
        UUID(event["run"]["runId"])
    return events


def short(event: dict[str, Any]) -> tuple[str, str, list[str], list[str]]:
    return event["eventType"], event["job"]["name"], [d["name"] for d in event["inputs"]], [d["name"] for d in event["outputs"]]


def test_the_way_of_a_run(lake: Lake) -> None:
    sent: list[dict[str, Any]] = []
    run = Lineage(RUN, lake, send=sent.append, now=lambda: NOW)
    ref = {
        name: lake.publish_table(f"silver/{name}", pa.table({"id": [name]})) for name in ("titles", "films", "albums", "links")
    }
    run.begin()
    run.begin("titles")
    run.read_file("titles/films.csv")
    run.wrote(ref["titles"])
    run.end("titles")
    for stage, wrote in (("films", "films"), ("albums", "albums"), ("match", "links")):
        run.begin(stage)
        run.wrote(ref[wrote])
        run.end(stage)
    run.begin("publish")
    run.wrote(lake.publish_table("gold/links", pa.table({"id": ["x"]})))
    run.end("publish")
    run.end()
    events = told(run, lake)
    assert events == sent
    assert [short(e) for e in events if e["eventType"] == "COMPLETE"] == [
        ("COMPLETE", "link-soundtracks.titles", ["titles/films.csv"], ["silver/titles"]),
        ("COMPLETE", "link-soundtracks.films", ["silver/titles"], ["silver/films"]),
        ("COMPLETE", "link-soundtracks.albums", ["silver/films"], ["silver/albums"]),
        ("COMPLETE", "link-soundtracks.match", ["silver/films", "silver/albums"], ["silver/links"]),
        ("COMPLETE", "link-soundtracks.publish", ["silver/films", "silver/albums", "silver/links"], ["gold/links"]),
        ("COMPLETE", "link-soundtracks", [], []),
    ]
    assert events[0]["run"]["runId"] == RUN
    stages = {e["run"]["runId"] for e in events if "parent" in e["run"]["facets"]}
    assert (len(stages), RUN in stages) == (5, False)
    written = events[2]["outputs"][0]
    assert written["facets"]["version"]["datasetVersion"] == ref["titles"].version
    assert written["outputFacets"]["outputStatistics"]["rowCount"] == 1


def test_a_run_that_fails_says_where(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("r1", lake)
    with pytest.raises(ValueError, match="no such thing"), run.stage("films"):
        raise ValueError("no such thing")
    events = told(run.lineage, lake)
    assert [short(e)[:2] for e in events] == [
        ("START", "link-soundtracks"),
        ("START", "link-soundtracks.films"),
        ("FAIL", "link-soundtracks.films"),
        ("FAIL", "link-soundtracks"),
    ]
    assert events[2]["run"]["facets"]["errorMessage"]["message"] == "no such thing"


def test_a_run_records_by_itself(lake: Lake) -> None:
    ref = lake.publish_table("silver/titles", pa.table({"title": ["Alien"]}))
    valid = Validated(ref=ref, metrics=ValidationMetrics(rows=1, quarantined=0, warnings=0), page="page.html", warnings=[])
    run = Run("r1", lake)
    with run.stage("titles"):
        run.record(titles=valid, listed=Listed(ref=ref, file="films.csv", rows=1, unreadable=0))
    assert short(told(run.lineage, lake)[-1]) == ("COMPLETE", "link-soundtracks.titles", ["films.csv"], ["silver/titles"])


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ConnectError("refused by key s3cret")])
def test_an_address_that_does_not_answer_harms_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, answer: httpx.Response | Exception
) -> None:
    asked: list[str] = []

    def post(url: str, **_: Any) -> httpx.Response:
        asked.append(url)
        if isinstance(answer, Exception):
            raise answer
        answer.request = httpx.Request("POST", url)
        return answer

    monkeypatch.setenv("SOUNDTRACKS_OPENLINEAGE_URL", "http://lineage.example/api?key=s3cret-key")
    get_settings.cache_clear()
    monkeypatch.setattr(lineage.httpx, "post", post)
    with caplog.at_level(logging.WARNING):
        Lineage("r1", lake).begin()
    monkeypatch.delenv("SOUNDTRACKS_OPENLINEAGE_URL")
    get_settings.cache_clear()
    assert asked == ["http://lineage.example/api?key=s3cret-key"]
    assert "was not taken" in caplog.text
    assert "s3cret-key" not in caplog.text
    assert lake.exists("runs/r1/lineage.jsonl")


def test_without_an_address_nothing_is_sent(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    get_settings.cache_clear()
    monkeypatch.setattr(lineage.httpx, "post", lambda *_, **__: pytest.fail("nobody asked for it"))
    Lineage("r1", lake).begin()
    assert len(lake.read_bytes("runs/r1/lineage.jsonl").splitlines()) == 1


@pytest.mark.parametrize("name", ["a\u2028b.csv", "a\u2029b.csv", "a\x85b.csv", "映画\n.csv"], ids=ascii)
def test_a_run_goes_on_whatever_its_file_is_called(lake: Lake, name: str) -> None:
    """Some characters end a line in text, and none in a file of JSON lines."""
    before = Lineage(RUN, lake, send=lambda _: None)
    before.begin("titles")
    before.read_file(name)
    before.end("titles")
    later = Lineage(RUN, lake, send=lambda _: None)
    later.go_on()
    later.begin("publish")
    events = [json.loads(line) for line in lake.read_bytes(f"runs/{RUN}/lineage.jsonl").splitlines()]
    assert [event["eventType"] for event in events] == ["START", "COMPLETE", "START"]
    assert events[1]["inputs"][0]["name"] == name
