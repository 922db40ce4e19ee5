"""A short case of each kind of the campaign (`make soak`), and its own bookkeeping.

Kills and power cuts in a stack have theirs in tests/soundtracks/cli/test_killed.py, two watchers on one lake in
tests/soundtracks/operations/test_watcher.py.
"""

from pathlib import Path

import pytest

from tests.soak import inbox, sources
from tests.soak.outcome import Outcome, table


class TestOutcome:
    def test_every_try_has_one_verdict(self) -> None:
        outcome = Outcome("a part")
        for verdict in ("survived", "survived", "by_hand", "lost", "twice", "hung"):
            outcome.add(verdict, "about it")
        assert outcome.tried == 6
        assert outcome.told == [f"{verdict}: about it" for verdict in ("by_hand", "lost", "twice", "hung")]
        assert table([outcome]).splitlines()[-1] == "| a part | 6 | 2 | 1 | 1 | 1 | 1 | 0.0 |"

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

    def test_what_could_not_run_is_said(self) -> None:
        assert "a part: nothing can be mounted here" in table([Outcome("a part", skipped="nothing can be mounted here")])


@pytest.mark.slow
class TestShort:
    def test_faults_of_the_services(self, tmp_path: Path) -> None:
        (outcome,) = sources.every_fault(tmp_path, 3, seed=5)
        assert (outcome.tried, outcome.survived) == (3, 3), outcome.told

    def test_a_full_disk_and_a_lake_that_becomes_read_only(self, tmp_path: Path) -> None:
        for outcome in sources.no_space(tmp_path, 1, seed=5):
            assert outcome.skipped or outcome.survived == 1, outcome.told

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
        (outcome,) = inbox.slow_copies(tmp_path, 4, seed=5)
        assert (outcome.tried, outcome.survived) == (4, 4), outcome.told
