"""What the clean-up decides: one row a situation."""

import pytest

from soundtracks.operations.container_groups import Group
from soundtracks.operations.crashes import ADVICE
from soundtracks.operations.orphans import GracePeriods, Run, decide

PATIENCE = GracePeriods(start=900, gone=120, kept=120, tries=3)


def run(state, since=0, **more):
    return Run("r", "films.csv", state, since, **more)


GROUP = Group("flow-r", "r")
ENDED = Group("flow-r", "r", exit_code=1, ended_for=121)
SLOW_DELETION = (
    "Flow run could not be submitted to infrastructure: RuntimeError('Timed out after 31.2s while waiting for deletion of "
    "container group flow-r. To verify the group has been deleted, check the Azure Portal')"
)
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
        ([run("PAUSED", 90000)], [], []),  # waits for approval, for days
        ([run("PAUSED", 119)], [GROUP], []),
        # container groups left behind
        ([run("FINAL", 121)], [GROUP], [("remove", "flow-r")]),
        ([], [GROUP], [("remove", "flow-r")]),
        ([run("PAUSED", 121)], [GROUP], [("remove", "flow-r")]),
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


def seen(state, gone_for: float | None = 200, **more) -> Group:
    return Group("flow-r", "r", state, gone_for=gone_for, **more)


def finished(code: int, gone_for: float | None = 200, ended_for: float = 240, **more) -> Group:
    return seen("Terminated", gone_for, exit_code=code, ended_for=ended_for, **more)


PULL = ('Failed to pull image "x.azurecr.io/links:1": denied',)


@pytest.mark.parametrize(
    ("lost", "group", "expected", "words"),
    [
        # under way, deleted more slowly than the worker waits, so that nobody has reported the end
        (run("RUNNING", 900), finished(137, detail="OOMKilled"), "crash", "status code 137 (OOMKilled)"),
        (run("RUNNING", 900), finished(0), "crash", "status code 0."),
        (run("RUNNING", 900), seen("Running"), "crash", LOST),
        (run("RUNNING", 900), seen("Waiting"), "crash", LOST),
        (run("RUNNING", 900), seen(""), "crash", LOST),
        (run("PENDING", 900), finished(1), "crash", "status code 1."),
        (run("PENDING", 890), seen("Running"), "crash", "vanished before"),
        (run("PENDING", 890), seen("Waiting", warnings=PULL), "crash", "never started. Azure: Failed to pull image"),
        (run("PENDING", 890), seen(""), "crash", "vanished before"),
        (run("CANCELLING", 121), finished(137), "cancel", "Cancelled"),
        (run("CANCELLING", 121), seen("Running"), "cancel", "Cancelled"),
        # still being deleted
        (run("RUNNING", 900), finished(137, gone_for=None), "crash", "status code 137"),
        (run("CANCELLING", 121), finished(137, gone_for=None), None, ""),
        # the worker or the flow may still say it
        (run("RUNNING", 900), finished(137, gone_for=20, ended_for=119), None, ""),
        (run("PENDING", 890), seen("Running", gone_for=119), None, ""),
        # ended, reported
        (run("FINAL", 900), finished(137), None, ""),
        # what was seen in the last try says nothing of this one
        (run("RUNNING", 130), finished(137, gone_for=131), "crash", LOST),
        (run("PENDING", 130), finished(137, gone_for=131), None, ""),
        (run("PENDING", 130), seen("Waiting", gone_for=131), None, ""),
        # crashed, with a message that names the loss only
        (run("CRASHED", 1, message=SLOW_DELETION, crashes=1), None, "again", "deletion"),
        (run("CRASHED", 1, message=SLOW_DELETION, crashes=1), finished(137), "explain", "status code 137"),
        (run("CRASHED", 1, message=SLOW_DELETION, crashes=1), finished(143), "again", "status code 143"),
        (run("CRASHED", 1, message=SLOW_DELETION, crashes=1), finished(137, gone_for=None), "explain", "status code 137"),
        (run("CRASHED", 1, message=SLOW_DELETION, crashes=1), seen("Waiting"), "again", "never started"),
        (run("CRASHED", 1, message="no heartbeat", crashes=1), finished(137), "explain", "job variable `memory`"),
        # crashed, with a message that says why
        (run("CRASHED", 1, message=MEMORY, crashes=1), finished(143), "explain", MEMORY),
        (run("CRASHED", 1, message="status code 143", crashes=1), finished(137), "again", "status code 143"),
    ],
)
def test_a_slow_deletion_is_judged_by_what_was_seen_last(lost, group, expected, words):
    actions = decide([lost], [group] if group else [], PATIENCE)
    assert [action.kind for action in actions] == ([expected] if expected else [])
    assert all(words in action.message for action in actions)
