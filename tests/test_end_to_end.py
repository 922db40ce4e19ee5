"""The whole way, on the real parts: a file dropped into the inbox, through server and workers, to published links.

The stack is the one that `soundtracks up --sample` starts, in a folder of its own.
"""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.catalogue import TITLES
from sandbox.score import score_links
from soundtracks.cli.stack import folder
from soundtracks.decisions import read_decisions
from soundtracks.lake.lake import Lake
from soundtracks.operations.access import PASSWORD
from soundtracks.operations.lost_runs import HEARTBEAT
from soundtracks.operations.processes import flow_runs_here
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.records import ALBUMS, FILMS, LINKS, conform
from tests.rigs.browser import PATIENCE, chromium
from tests.rigs.readers import READERS
from tests.rigs.stack import ROOT, World, sample_stack
from tests.rigs.whole import damage
from tests.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

#: What the stack hands to its services as keys; it must not turn up anywhere else.
KEYS = ("sample-tmdb-token", "sample-discogs-token")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    # a list of one film moves few links, among those of other films' albums that its search found too
    asking = {"SOUNDTRACKS_APPROVAL_LINKS": "1", "SOUNDTRACKS_APPROVAL_SHARE": "0.01"}
    with sample_stack(tmp_path_factory.mktemp("stack"), **asking) as made:
        yield made


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


def test_the_run_alone_sends_heartbeats(world: World, first_run: dict[str, Any]) -> None:
    """Its subflows are in its process: theirs would say nothing more, and make each of them last a second longer."""
    ids = [first_run["id"], *(child["id"] for child in world.runs(parent_flow_run_id={"any_": [first_run["id"]]}))]
    assert len(ids) == 7
    wanted = {"event": {"name": [HEARTBEAT]}, "resource": {"id": [f"prefect.flow-run.{run}" for run in ids]}}

    def senders() -> set[str]:
        events = world.api.post("/events/filter", json={"filter": wanted}).json()["events"]
        return {event["resource"]["prefect.resource.id"].rpartition(".")[2] for event in events}

    assert until(senders, 120, "its heartbeat") == {first_run["id"]}


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


@contextmanager
def served(world: World, *command: str) -> Iterator[str]:
    """`soundtracks open` or `review`: the address that it prints, until Ctrl-C."""
    line = [sys.executable, "-m", "soundtracks.cli.main", *command, "--no-browser", "--port", "0"]
    service = subprocess.Popen(line, cwd=ROOT, env=world.env | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True)
    try:
        assert service.stdout is not None
        address = next((text.split()[0] for text in service.stdout if text.startswith("http://127.0.0.1:")), "")
        assert "#token=" in address
        yield address
    finally:
        service.send_signal(signal.SIGINT)
        service.communicate(timeout=120)


def person(browser: Browser, address: str, name: str) -> Page:
    """Somebody at a browser of their own, on the review page, with a name."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    expect(page.locator("#naming")).to_be_visible()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("#naming")).to_be_hidden()
    return page


#: Films of the sample that have more than nine albums together: Blade Runner, Inception, Gladiator, Titanic, Alien, Vertigo.
KNOWN = ("tmdb:78", "tmdb:27205", "tmdb:98", "tmdb:597", "tmdb:348", "tmdb:426")


@pytest.mark.browser
def test_a_newcomers_walk_from_a_list_to_every_output(world: World, first_run: dict[str, Any], tmp_path: Path) -> None:
    """List in, report, ten reviews by two people who disagree once, second run, every output opened by a reader of its field."""
    lake = world.lake

    def says(page: Page, key: str, words: int, shown: str) -> None:
        """A key, and what comes of it: so many words in the lake, so many links decided on the page."""
        page.keyboard.press(key)
        until(lambda: read_decisions(lake).num_rows == words, 120, f"word {words}")
        expect(page.locator("#progress-text")).to_have_text(re.compile(f"^{shown} of [0-9]+ decided$"))

    with served(world, "open") as address, served(world, "review", *KNOWN) as review, chromium() as browser:
        home = address.partition("#")[0]

        # the report: a film, its albums, why
        reader = browser.new_context().new_page()
        reader.set_default_timeout(PATIENCE)
        reader.goto(f"{home}report")
        expect(reader.locator("h1")).to_have_text("Soundtrack links")
        reader.get_by_role("searchbox").fill("blade runner (1982)")
        film = reader.locator("#list .film")
        expect(film).to_have_count(1)
        film.locator("details summary").first.click()
        expect(film.locator(".why").first).to_contain_text("How telling the title is")

        # ten reviews of films they know; on the first link the two disagree
        ann, bob = person(browser, review, "Ann"), person(browser, review, "Bob")
        says(ann, "a", 1, "[1-9][0-9]*")
        expect(bob.locator("#notice")).to_contain_text("Ann accepted this link just now")
        bob.keyboard.press("ArrowUp")
        says(bob, "r", 2, "1")
        expect(ann.locator("#notice")).to_contain_text("Bob rejected what you accepted")
        for decided in (2, 3, 4, 5):
            says(ann, "r", decided + 1, str(decided))
        bob.reload()
        expect(bob.locator("#progress-text")).to_contain_text("5 of ")
        for decided in (6, 7, 8, 9):
            says(bob, "r", decided + 1, str(decided))
        bob.keyboard.press("d")
        expect(bob.locator("#conflicts li")).to_have_count(2)
        expect(bob.locator("#by-person")).to_have_text("Bob: 5 · Ann: 4")  # the words that count
        bob.keyboard.press("Escape")

        # the second run: what they said counts, nothing is asked anew
        second = world.command("run", "titles/sample.csv")
        assert second.returncode == 0, second.stdout + second.stderr
        run = world.runs(name={"any_": ["sample.csv"]})[-1]
        metrics = world.metrics(run)
        assert {name: counts.requests for name, counts in metrics.extraction.items()} == {"tmdb": 0, "discogs": 0}
        assert metrics.links["decided_by_people"] == 9  # ten words on nine links
        reader.goto(f"{home}report/{run['id']}")
        expect(reader.locator(".tile", has_text="Decided by people")).to_contain_text("9")

        # every output, kept from the first page; each in a tab of its own, for Chromium asks before it keeps the eleventh of one
        for name in READERS:
            tab = reader.context.new_page()
            tab.set_default_timeout(PATIENCE)
            tab.goto(home)
            expect(tab.locator(".files li")).to_have_count(len(READERS))
            with tab.expect_download() as download:
                tab.get_by_role("link", name=name, exact=True).click()
            download.value.save_as(tmp_path / name)
            tab.close()
    found = {name: read(tmp_path / name) for name, read in READERS.items()}
    assert [name for name, count in found.items() if not count] == []
    assert found["links.csv"] == found["links.parquet"]
    assert found["soundtracks.csv"] == metrics.links["links"]
    assert found["links.sqlite"] == metrics.links["pressings"]


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
