"""The whole way, on the real parts: a file dropped into the inbox, through server and workers, to published links.

The stack is the one that `soundtracks up --sample` starts, in a folder of its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sandbox.catalogue import TITLES
from sandbox.score import score_links
from soundtracks.cli.stack import Stack, folder, start, stop
from soundtracks.lake.lake import Lake
from soundtracks.metrics import RunMetrics
from soundtracks.operations.access import PASSWORD, api_client
from soundtracks.operations.processes import flow_runs_here
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.records import ALBUMS, FILMS, LINKS, conform
from tests.rigs.whole import damage
from tests.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[1]
#: What the stack hands to its services as keys; it must not turn up anywhere else.
KEYS = ("sample-tmdb-token", "sample-discogs-token")


class World:
    """The running stack as a person sees it: its lake, its server, its commands."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = os.environ | env
        self.api = api_client(env, timeout=60)
        self.lake = Lake(env["SOUNDTRACKS_LAKE_URL"])

    def runs(self, **where: Any) -> list[dict[str, Any]]:
        answer = self.api.post("/flow_runs/filter", json={"flow_runs": where, "sort": "START_TIME_ASC"})
        answer.raise_for_status()
        return list(answer.json())

    def run_of(self, name: str) -> dict[str, Any]:
        """The run of a title file, once it has ended."""
        ended = until(
            lambda: [r for r in self.runs(name={"any_": [name]}) if r["state"]["type"] in FINAL], 240, f"the end of {name}"
        )
        return ended[0]

    def ended(self, run: str) -> dict[str, Any]:
        """The state in which a run ends."""
        return until(
            lambda: (state := self.api.get(f"/flow_runs/{run}").json()["state"])["type"] in FINAL and state,
            240,
            f"the end of {run}",
        )

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "soundtracks.cli.main", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=300)

    def links(self) -> set[tuple[str, str, str]]:
        rows = CatalogueTables(self.lake).links.read(columns=["album_id", "tmdb_id", "decision"]).to_pylist()
        return {(row["album_id"], row["tmdb_id"], row["decision"]) for row in rows}

    def metrics(self, run: dict[str, Any]) -> RunMetrics:
        return RunMetrics.model_validate(self.lake.read_json(f"runs/{run['id']}/metrics.json"))


FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDTRACKS_STACK_FOLDER", str(tmp_path_factory.mktemp("stack")))
        for name in [n for n in os.environ if n.startswith(("SOUNDTRACKS_", "PREFECT_")) and n != "SOUNDTRACKS_STACK_FOLDER"]:
            patch.delenv(name)
        patch.setenv("SOUNDTRACKS_APPROVAL_LINKS", "2")  # a list of one film moves few links
        try:
            list(start(sample=True))
            made = World(Stack.load().env)
            yield made
            made.api.close()
        finally:
            stop()


@pytest.fixture(scope="module")
def first_run(world: World) -> dict[str, Any]:
    """The run that the sample title file starts when it is dropped into the inbox."""
    world.lake.write_bytes("titles/sample.csv", TITLES.read_bytes())
    return world.run_of("sample.csv")


def test_a_dropped_file_becomes_published_links_that_are_right(world: World, first_run: dict[str, Any]) -> None:
    assert first_run["state"]["type"] == "COMPLETED", first_run["state"]["message"]
    assert "films have soundtrack albums" in first_run["state"]["message"]
    links = CatalogueTables(world.lake).links.read(columns=["album_id", "tmdb_id", "decision"]).to_pylist()
    score = score_links((row["album_id"], row["tmdb_id"], row["decision"]) for row in links)
    assert score.precision >= 0.97
    assert score.recall >= 0.95


def test_the_run_left_report_metrics_and_data_docs(world: World, first_run: dict[str, Any]) -> None:
    folder = f"runs/{first_run['id']}"
    report = world.lake.read_bytes(f"{folder}/report.html").decode()
    assert "Data provided by Discogs." in report
    assert "not endorsed or certified by TMDB" in report
    metrics = world.metrics(first_run)
    assert metrics.finished is not None
    assert metrics.matching is not None
    assert metrics.matching.engine == "local"
    assert list(metrics.stages) == ["titles", "films", "albums", "match", "compare", "publish"]
    assert set(metrics.validation) == {"titles", "films", "albums", "links"}
    for suite in metrics.validation:
        assert world.lake.exists(f"{folder}/datadocs/{suite}/index.html")


def test_its_steps_are_subflows_and_so_small_a_match_none_of_its_own(world: World, first_run: dict[str, Any]) -> None:
    children = world.runs(parent_flow_run_id={"any_": [first_run["id"]]})
    assert {child["name"] for child in children} == {
        "validate-titles",
        "extract-films",
        "validate-films",
        "extract-albums",
        "validate-albums",
        "validate-links",
    }
    assert all(child["state"]["type"] == "COMPLETED" for child in children)


def test_people_see_artifacts_and_events(world: World, first_run: dict[str, Any]) -> None:
    wanted = {"artifacts": {"flow_run_id": {"any_": [first_run["id"]]}}}
    artifacts = world.api.post("/artifacts/filter", json=wanted).json()
    assert {"summary", "links", "score-histogram", "report"} <= {artifact["key"] for artifact in artifacts}

    def events() -> bool:
        names = {"filter": {"event": {"prefix": ["soundtracks."]}}}
        found = {e["event"] for e in world.api.post("/events/filter", json=names).json()["events"]}
        return {"soundtracks.titles.landed", "soundtracks.links.published"} <= found

    assert until(events, 60, "the events of the run")


def test_the_same_file_again_starts_no_second_run_and_asks_for_nothing_when_run_by_hand(
    world: World, first_run: dict[str, Any]
) -> None:
    world.lake.write_bytes("titles/sample.csv", TITLES.read_bytes())
    before = world.links()
    result = world.command("run", "titles/sample.csv")
    assert result.returncode == 0, result.stdout + result.stderr
    first, second = world.runs(name={"any_": ["sample.csv"]})
    assert first["id"] == first_run["id"]
    metrics = world.metrics(second)
    assert {source: counts.requests for source, counts in metrics.extraction.items()} == {"tmdb": 0, "discogs": 0}
    assert world.links() == before


def test_a_file_that_cannot_be_read_fails_with_what_to_do(world: World, first_run: dict[str, Any]) -> None:
    published = world.links()
    world.lake.write_bytes("titles/paper.txt", b"%PDF-1.4 \x00\x01 no list of titles")
    run = world.run_of("paper.txt")
    assert run["state"]["type"] == "FAILED"
    assert "paper.txt is a PDF, not a list." in run["state"]["message"]
    assert world.links() == published


def test_prefects_own_command_starts_a_run(world: World, first_run: dict[str, Any], tmp_path: Path) -> None:
    titles = tmp_path / "one.txt"
    titles.write_text("Blade Runner (1982)\n")
    command = [sys.executable, "-m", "prefect", "deployment", "run", "link-soundtracks/local", "-p", f"titles={titles}"]
    result = subprocess.run(command, cwd=ROOT, env=world.env, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    run = world.run_of("one.txt")
    assert run["state"]["type"] == "COMPLETED", run["state"]["message"]
    assert world.metrics(run).links["films_with_albums"] == 1


def test_two_lists_one_after_the_other_are_both_in_the_catalogue(world: World, first_run: dict[str, Any]) -> None:
    """A list of other films, and of one of the first list: both runs' links are there, each run's report is its own."""
    before = world.links()
    world.lake.write_bytes("titles/other.txt", b"Blade Runner (1982)\nDune: Part Two (2024)\n")
    run = world.run_of("other.txt")
    assert run["state"]["type"] == "COMPLETED", run["state"]["message"]
    linked = {(album, film) for album, film, decision in before if decision == "accept"}
    assert linked <= {(album, film) for album, film, decision in world.links() if decision == "accept"}
    assert damage(world.lake) == []
    changed = world.metrics(run).catalogue
    assert changed is not None
    assert (changed.lost, changed.changed) == (0, 0)
    assert changed.summary in world.lake.read_bytes(f"runs/{run['id']}/report.html").decode()
    shown = json.loads(world.command("links", "--json").stdout)
    assert linked <= {(row["album_id"], row["tmdb_id"]) for row in shown if row["decision"] == "accept"}
    told = json.loads(world.command("diff", first_run["id"], "--json").stdout)
    assert {row["change"] for row in told} <= {"new"}


def test_a_run_that_would_move_many_links_waits_for_approval(world: World, first_run: dict[str, Any]) -> None:
    """All of a film's links point to another one, as after a model that was wrong: the run that puts them right must ask."""
    right = world.links()
    give_away(world.lake, "Blade Runner", "Inception")
    wrong = world.links()
    assert wrong != right
    asked = []
    for _ in range(2):
        result = world.command("run", "Blade Runner (1982)")
        assert result.returncode == 1, result.stdout + result.stderr
        assert "waits for approval until" in " ".join(result.stderr.split())
        asked.append(result.stderr.split("soundtracks run --approve ")[1].split()[0])
    first, second = asked
    for run in asked:
        state = world.api.get(f"/flow_runs/{run}").json()["state"]
        assert (state["name"], state["type"]) == ("Suspended", "PAUSED")  # takes no slot of the pool,
        assert state["state_details"]["pause_timeout"] is not None
        assert world.metrics({"id": run}).finished is None
    assert first != second
    until(lambda: not set(asked) & flow_runs_here(), 120, "the end of the processes of runs that wait")
    assert world.links() == wrong
    told = world.api.post("/artifacts/filter", json={"artifacts": {"flow_run_id": {"any_": [first]}}}).json()
    (approval,) = [artifact["data"] for artifact in told if artifact["key"] == "approval"]
    assert "| Inception | Blade Runner |" in approval
    report = world.command("report", first, "--no-open")
    assert report.stdout.strip().endswith(f"runs/{first}/proposal.html"), report.stderr

    def answer(run: str, **answers: str) -> str:
        response = world.api.post(f"/flow_runs/{run}/resume", json={"run_input": answers})
        response.raise_for_status()
        return str(response.json()["status"])

    assert answer(first, decision="perhaps") == answer(first) == "REJECT"
    assert answer(first, decision="discard", by="Ann", reason="Inception has no such album") == "ACCEPT"
    ended = world.ended(first)
    assert (ended["name"], ended["message"]) == ("Cancelled", "Not published: discarded by Ann: Inception has no such album")
    assert world.links() == wrong

    result = world.command("run", "--approve", second, "--by", "Bob")
    assert result.returncode == 0, result.stdout + result.stderr
    assert world.links() == right
    metrics = world.metrics({"id": second})
    assert metrics.approval is not None
    assert (metrics.approval.decision, metrics.approval.by) == ("publish", "Bob")
    assert list(metrics.stages) == ["titles", "films", "albums", "match", "compare", "publish"]
    lineage = [json.loads(line) for line in world.lake.read_bytes(f"runs/{second}/lineage.jsonl").splitlines()]
    assert [e["eventType"] for e in lineage if e["job"]["name"] == "link-soundtracks"] == ["START", "COMPLETE"]
    result = world.command("run", "--approve", second)
    assert result.returncode == 2
    assert "cannot be approved" in result.stderr


def give_away(lake: Lake, title: str, to: str) -> None:
    """Another run's work: every album of the first film is the second one's."""
    tables = CatalogueTables(lake)
    films = tables.films.read()
    ids = {row["title"]: row["tmdb_id"] for row in films.to_pylist()}
    theirs = tables.links.read(where=("tmdb_id", pa.array([ids[title]])))
    theirs = theirs.filter(pc.equal(theirs["decision"], "accept"))
    moved = theirs.set_column(theirs.schema.get_field_index("tmdb_id"), "tmdb_id", pa.repeat(pa.scalar(ids[to]), len(theirs)))
    albums = tables.albums.read(where=("album_id", theirs["album_id"].combine_chunks()))
    tables.publish(RunResult("wrong", conform(films, FILMS), conform(albums, ALBUMS), conform(moved, LINKS)))


def test_deploying_again_changes_nothing(world: World) -> None:
    def registered() -> dict[str, list[str]]:
        kinds = ("work_pools", "deployments", "automations")
        return {k: sorted(x["name"] for x in world.api.post(f"/{k}/filter", json={}).json()) for k in kinds}

    before = registered()
    result = world.command("deploy", "--env", "local")
    assert result.returncode == 0, result.stdout + result.stderr
    assert registered() == before
    assert before["work_pools"] == ["soundtracks", "soundtracks-match"]
    assert before["deployments"] == ["local", "local"]


def test_doctor_finds_all_ready(world: World) -> None:
    result = world.command("doctor")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "All is ready." in result.stdout


def test_no_key_reached_a_log_a_parameter_an_artifact_or_the_lake(world: World, first_run: dict[str, Any]) -> None:
    api = [
        world.api.post(f"/{what}/filter", json={"limit": 200}).text
        for what in ("logs", "flow_runs", "task_runs", "artifacts", "deployments", "events")
    ]
    files = [p for place in (world.lake.container, folder() / "logs") for p in Path(place).rglob("*") if p.is_file()]
    assert len(files) > 100
    for key in (*KEYS, world.env[PASSWORD]):
        assert not any(key in text for text in api)
        found = {p.name for p in files if key.encode() in p.read_bytes()}
        assert found <= {"sample.log"}  # where the stand-ins print the settings that point at them
