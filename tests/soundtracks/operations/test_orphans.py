"""What the clean-up decides: one row a situation."""

import pytest

from soundtracks.operations.crashes import ADVICE
from soundtracks.operations.orphans import GracePeriods, Group, Run, decide

PATIENCE = GracePeriods(start=900, gone=120, kept=120, tries=3)


def run(state, since=0, **more):
    return Run("r", "films.csv", state, since, **more)


GROUP = Group("flow-r", "r")
ENDED = Group("flow-r", "r", exit_code=1, ended_for=121)
LOST = "The container vanished while the run was running."
MEMORY = "Flow run infrastructure exited with non-zero status code 137. Out of memory."


@pytest.mark.parametrize(
    ("runs", "groups", "expected"),
    [
        # as it should be: nothing
        ([], [], []),
        ([run("PENDING", 899)], [], []),
        ([run("PENDING", 5000)], [GROUP], []),
        ([run("RUNNING", 90000)], [GROUP], []),
        ([run("RUNNING", 119)], [], []),
        ([run("CANCELLING", 5000)], [GROUP], []),
        ([run("FINAL", 119)], [GROUP], []),
        ([run("RUNNING", 5000)], [Group("flow-r", "r", exit_code=0, ended_for=119)], []),
        ([run("OTHER", 90000)], [], []),
        # container groups left behind
        ([run("FINAL", 121)], [GROUP], [("remove", "flow-r")]),
        ([], [GROUP], [("remove", "flow-r")]),
        # runs left behind
        ([run("PENDING", 901)], [], [("crash", "r")]),
        ([run("RUNNING", 121)], [], [("crash", "r")]),
        ([run("RUNNING", 5000)], [ENDED], [("crash", "r")]),
        ([run("PENDING", 5000)], [ENDED], [("crash", "r")]),
        ([run("CANCELLING", 121)], [], [("cancel", "r")]),
        # crashed: repeated when the infrastructure failed and its container is gone, else explained
        ([run("CRASHED", 1, message=LOST, crashes=1)], [], [("again", "r")]),
        ([run("CRASHED", 1, message=LOST, crashes=1)], [GROUP], []),
        ([run("CRASHED", 121, message=LOST, crashes=1)], [GROUP], [("remove", "flow-r")]),
        ([run("CRASHED", 1, message=LOST, crashes=2)], [], [("again", "r")]),
        ([run("CRASHED", 1, message=LOST, crashes=3)], [], [("explain", "r")]),
        ([run("CRASHED", 1, message=LOST, crashes=1, awaited=True)], [], [("explain", "r")]),
        ([run("CRASHED", 1, message=MEMORY, crashes=1)], [], [("explain", "r")]),
        ([run("CRASHED", 1, message=f"{MEMORY}\n{ADVICE} more", crashes=1)], [], []),
    ],
)
def test_decisions(runs, groups, expected):
    assert [(action.kind, action.target) for action in decide(runs, groups, PATIENCE)] == expected


def test_a_repeated_run_waits_as_the_advice_says():
    quota = run("CRASHED", 1, message="(ContainerGroupQuotaReached) quota exceeded", crashes=1)
    (action,) = decide([quota], [], PATIENCE)
    assert (action.after, action.message[:17]) == (600, "Run again, 2 of 3")


def test_the_last_try_says_that_it_was_the_last():
    (action,) = decide([run("CRASHED", 1, message=LOST, crashes=3)], [], PATIENCE)
    assert action.message.startswith(f"{LOST} It was started 3 times.\n{ADVICE} ")
    assert "repeated by itself" not in action.message
