"""A short case of each kind of the campaign (`make soak`), and its own bookkeeping.

Kills and power cuts in a stack have theirs in tests/soundtracks/cli/test_killed.py, two watchers on one lake in
tests/soundtracks/operations/test_watcher.py.
"""

import math
import re
from pathlib import Path

import pytest

from benchmarks.figures import filled, load
from soundtracks.operations.crashes import ADVICE
from tests.soak import inbox, kills, memory, publishers, real_pace, sources, tries
from tests.soak.outcome import Outcome, table
from tests.soak.page import PAGE, keep, text
from tests.soak.world import World, has_ended


class TestOutcome:
    def test_every_try_has_one_verdict(self) -> None:
        outcome = Outcome("a part")
        for verdict in ("survived", "survived", "by_hand", "lost", "twice", "hung"):
            outcome.add(verdict, "about it")
        assert outcome.tried == 6
        assert outcome.told == [f"{verdict}: about it" for verdict in ("by_hand", "lost", "twice", "hung")]
        assert table([outcome]).splitlines()[-1] == "| a part | 6 | 2 | 1 | 1 | 1 | 1 | – | 0.0 |"
        assert not outcome.passed

    @pytest.mark.parametrize(("found", "passed"), [([], True), (["a secret in run.log"], False)])
    def test_a_secret_that_is_found_fails_the_part(self, found: list[str], passed: bool) -> None:
        outcome = Outcome("a part")
        outcome.add("survived")
        outcome.search([])
        outcome.search(found)
        assert outcome.passed == passed
        assert table([outcome]).splitlines()[-1] == f"| a part | 1 | 1 | 0 | 0 | 0 | 0 | {len(found)} | 0.0 |"

    @pytest.mark.parametrize(
        ("verdicts", "passed"),
        [
            ((), False),
            (("survived",), True),
            (("by_hand",), True),
            (("survived", "lost"), False),
            (("twice",), False),
            (("hung",), False),
        ],
    )
    def test_only_what_was_tried_and_lost_nothing_passes(self, verdicts: tuple[str, ...], passed: bool) -> None:
        outcome = Outcome("a part")
        for verdict in verdicts:
            outcome.add(verdict)
        assert outcome.passed == passed

    @pytest.mark.parametrize(("minutes", "made"), [(10, 3), (-1, 1)])
    def test_a_part_begins_no_try_that_it_has_no_time_for(
        self, monkeypatch: pytest.MonkeyPatch, minutes: float, made: int
    ) -> None:
        monkeypatch.setattr(tries, "_end", math.inf)
        tries.end_within(minutes)
        assert len(list(tries.tries(3))) == made

    def test_what_could_not_run_is_said(self) -> None:
        assert "a part: nothing can be mounted here" in table([Outcome("a part", skipped="nothing can be mounted here")])


@pytest.mark.parametrize(
    ("sizes", "growth"),
    [
        ([100, 300, 300, 300], 0.0),  # what a service takes at its start is no growth
        ([100, 200, 300, 400], 10.0),
        ([100], None),
    ],
)
def test_growth_is_that_of_the_second_half(sizes: list[int], growth: float | None) -> None:
    seen = [(10 * number, {"server": size}) for number, size in enumerate(sizes, start=1)]
    assert memory.growths(seen).get("server") == growth


@pytest.mark.parametrize(
    ("sizes", "lost"),
    [
        ([300, 300, 300, 300], 0),
        ([300, 310, 320, 330], 0),  # 100 MB in a thousand
        ([300, 400, 500, 600], 1),
    ],
)
def test_a_service_that_grows_without_bound_is_a_loss(sizes: list[int], lost: int) -> None:
    outcome = Outcome("memory")
    memory._judge(outcome, [(100 * number, {"server": size}) for number, size in enumerate(sizes, start=1)])
    assert outcome.lost == lost
    assert outcome.measured[0].startswith(f"server: 300 MB after 100 runs, {sizes[-1]} MB after 400")


@pytest.mark.parametrize(
    ("state", "message", "ended"),
    [
        ("COMPLETED", "", True),
        ("FAILED", None, True),
        ("CANCELLED", "", True),
        ("CRASHED", "Flow run infrastructure exited with non-zero status code -9.", False),  # it is about to be repeated
        ("CRASHED", f"It was lost. {ADVICE} run it again.", True),
        ("RUNNING", "", False),
        ("SCHEDULED", "Run again, 2 of 3", False),
    ],
)
def test_a_crashed_run_has_ended_when_it_was_judged(state: str, message: str | None, ended: bool) -> None:
    assert has_ended({"state": {"type": state, "message": message}}) == ended


@pytest.mark.parametrize(
    ("said", "is_nonsense"),
    [
        ("", False),
        ("Error: No Prefect server is running.\nStart one: `soundtracks up`.", False),
        ("╭─── Traceback (most recent call last) ───╮\n│ run.py:78 in run │\nConnectError: refused", True),
        ("Error: The run a.csv ended\nCrashed: status code -9", True),
        (f"Error: The run a.csv ended Crashed: status code -9\n{ADVICE.replace(' ', chr(10))} more memory", False),
        ("Error: The run a.csv ended Failed: the lake is full", False),
    ],
)
def test_what_somebody_is_told_who_follows_a_run(said: str, is_nonsense: bool) -> None:
    assert kills.nonsense(said) == is_nonsense


def test_a_run_at_the_real_pace_is_told_in_a_sentence() -> None:
    measured = {
        "minutes": 37.1,
        "discogs": {"count": 1729, "statuses": {"200": 1672, "429": 57}, "busiest": {"seconds": 60.0, "requests": 60}},
        "heartbeats kept": 69,
        "heartbeats due": 73,
        "memory MB first/max/last": {"server": [267, 286, 286], "worker soundtracks: runs": [64, 1352, 1352]},
    }
    assert real_pace.told(measured) == (
        "1,729 requests to Discogs in 37.1 minutes, at most 60 in a minute, 57 of them answered 429;"
        " heartbeats kept: 69 of 73; most resident memory: server 286 MB, worker soundtracks: runs 1,352 MB"
    )


def test_secrets_are_found_wherever_they_lie_but_where_they_belong(tmp_path: Path) -> None:
    world = World(tmp_path / "stack", tmp_path / "lake")
    (tmp_path / "stack" / "logs").mkdir(parents=True)
    (tmp_path / "stack" / "api-password").write_text("soundtracks:s3cret-word\n")
    (tmp_path / "stack" / "stack.json").write_text('{"PREFECT_API_AUTH_STRING": "soundtracks:s3cret-word"}')
    world.lake.write_bytes("runs/1/metrics.json", b"{}")
    assert world.secrets() == []
    (tmp_path / "stack" / "logs" / "server.log").write_bytes(b"\xff Authorization: Basic c291bmR0cmFja3M6czNjcmV0LXdvcmQ=")
    world.lake.write_bytes("runs/1/report.html", b"?key=sample-discogs-token")
    assert sorted(world.secrets()) == ["a secret in report.html", "a secret in server.log"]


class TestPage:
    def test_a_part_takes_its_own_row_and_counts_how_often_it_passed(self, tmp_path: Path) -> None:
        file, page = tmp_path / "figures.json", tmp_path / "soak.md"
        file.write_text("{}")

        def run(part: str, *verdicts: str) -> list[str]:
            outcome = Outcome(f"about {part}", seconds=90, measured=["server: 300 MB"] if part == "disk" else [])
            for verdict in verdicts:
                outcome.add(verdict)
            keep(part, [outcome], f"python -m tests.soak --only {part}", file, page)
            return [re.sub(r"<!--.*?-->", "", line) for line in page.read_text().splitlines() if line.startswith("| <")]

        assert run("disk", "survived") == ["| about disk | 1 | 1 | 0 | 0 | 0 | 0 | – | 1.5 | 1 |"]
        assert run("clock", "lost") == [
            "| about clock | 1 | 0 | 0 | 1 | 0 | 0 | – | 1.5 | 0 |",
            "| about disk | 1 | 1 | 0 | 0 | 0 | 0 | – | 1.5 | 1 |",
        ]
        assert run("disk", "survived", "by_hand")[-1] == "| about disk | 2 | 1 | 1 | 0 | 0 | 0 | – | 1.5 | 2 |"
        assert "server: 300 MB" in page.read_text()
        assert "`python -m tests.soak --only disk`" in page.read_text()

    def test_what_the_campaign_no_longer_has_leaves_the_page(self, tmp_path: Path) -> None:
        file, page = tmp_path / "figures.json", tmp_path / "soak.md"
        file.write_text("{}")
        for part in ("of yesterday", "disk"):
            outcome = Outcome(f"about {part}")
            outcome.add("survived")
            keep(part, [outcome], "python -m tests.soak", file, page)
        assert list(load(file)) == ["soak-disk"]
        assert "yesterday" not in page.read_text()

    def test_the_page_is_what_was_measured(self) -> None:
        runs = load()
        assert PAGE.read_text(encoding="utf-8") == filled(text(runs), runs)


@pytest.mark.slow
class TestShort:
    def test_faults_of_the_services(self, tmp_path: Path) -> None:
        (outcome,) = sources.every_fault(tmp_path, 3, seed=5)
        assert (outcome.tried, outcome.survived) == (3, 3), outcome.told

    def test_a_full_disk_and_a_lake_that_becomes_read_only(self, tmp_path: Path) -> None:
        for outcome in sources.no_space(tmp_path, 1, seed=5):
            assert outcome.skipped or outcome.survived == 1, outcome.told

    def test_publishers_under_failing_writes(self, tmp_path: Path) -> None:
        outcome = publishers.in_a_folder(tmp_path, 25, seed=5)
        assert outcome.passed, outcome.told
        assert outcome.survived == outcome.tried >= 11
        assert outcome.measured[0].startswith("a folder: 25 writes failed under")

    def test_a_publication_that_is_lost_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        publish = publishers.publish_until_done
        forgetful = lambda lake, run: None if run.run_id == "r7" else publish(lake, run)  # noqa: E731
        monkeypatch.setattr(publishers, "publish_until_done", forgetful)
        outcome = publishers.in_a_folder(tmp_path, 5, seed=5)
        assert (outcome.lost, outcome.passed) == (1, False)
        assert outcome.told == ["lost: r7: its rows stand [0, 0] times; in the history: False"]

    def test_clock_jumps(self, tmp_path: Path) -> None:
        (outcome,) = sources.clock_jumps(tmp_path, 1, seed=5)
        assert outcome.skipped or outcome.survived == 1, outcome.told


@pytest.mark.server
@pytest.mark.timeout(1200)
class TestInbox:
    def test_hostile_files(self, tmp_path: Path) -> None:
        (outcome,) = inbox.hostile(tmp_path, 120, seed=5)
        assert (outcome.tried, outcome.survived) == (120, 120), outcome.told

    def test_slow_copies(self, tmp_path: Path) -> None:
        (outcome,) = inbox.slow_copies(tmp_path, 4, seed=5, patience=10)
        assert (outcome.tried, outcome.survived) == (4, 4), outcome.told
