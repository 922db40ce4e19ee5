"""The match as a job of Databricks, against a stand-in for its jobs API."""

import logging
import re
from pathlib import Path

import httpx
import pytest

from soundtracks.errors import AzureError, BadInput, DamagedFile, LakeError, MatchError, UnexpectedAnswer
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.datasets import Matched, Request, read_request, result_name
from soundtracks.metrics import MatchMetrics
from soundtracks.operations.databricks import ATTEMPTS, Job, Jobs
from soundtracks.operations.databricks_ends import ENDED, GOING_ON, RESULTS, TERMINATIONS
from tasks.databricks_match import PAUSE, TRIES, run_match
from tasks.match import log_match
from tests.rigs.databricks import HOST, JOB, LIFETIME, Fate, Workspace

REF = DatasetRef(dataset="silver/links", version="1", rows=3, files=[])
WANTED = Request(films=REF, albums=[REF])
METRICS = MatchMetrics(films=1, albums=2, candidates=3, accepted=1, review=0, rejected=1, engine="spark", seconds=1.0)

# As documented, and in the SDK's enums (databricks-sdk 0.162, service/jobs.py).
CODES = [
    "BREAKING_CHANGE",
    "BUDGET_POLICY_LIMIT_EXCEEDED",
    "CANCELED",
    "CLOUD_FAILURE",
    "CLUSTER_ERROR",
    "CLUSTER_REQUEST_LIMIT_EXCEEDED",
    "DISABLED",
    "DRIVER_ERROR",
    "FEATURE_DISABLED",
    "INTERNAL_ERROR",
    "INVALID_CLUSTER_REQUEST",
    "INVALID_RUN_CONFIGURATION",
    "LIBRARY_INSTALLATION_ERROR",
    "MAX_CONCURRENT_RUNS_EXCEEDED",
    "MAX_JOB_QUEUE_SIZE_EXCEEDED",
    "MAX_SPARK_CONTEXTS_EXCEEDED",
    "REPOSITORY_CHECKOUT_FAILED",
    "RESOURCE_NOT_FOUND",
    "RUN_EXECUTION_ERROR",
    "SKIPPED",
    "STORAGE_ACCESS_ERROR",
    "SUCCESS_WITH_FAILURES",
    "UNAUTHORIZED_ERROR",
    "USER_CANCELED",
    "WORKSPACE_RUN_LIMIT_EXCEEDED",
]
RESULT_STATES = [
    "CANCELED",
    "DISABLED",
    "EXCLUDED",
    "FAILED",
    "MAXIMUM_CONCURRENT_RUNS_REACHED",
    "SUCCESS_WITH_FAILURES",
    "TIMEDOUT",
    "UPSTREAM_CANCELED",
    "UPSTREAM_FAILED",
]
LIFE_CYCLES = {
    "BLOCKED",
    "INTERNAL_ERROR",
    "PENDING",
    "QUEUED",
    "RUNNING",
    "SKIPPED",
    "TERMINATED",
    "TERMINATING",
    "WAITING_FOR_RETRY",
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path))


def jobs_of(workspace: Workspace, job: int = JOB) -> Jobs:
    return Jobs(Job(HOST, job), workspace.token, workspace.now, workspace.sleep, workspace.transport)


def matched(workspace: Workspace, lake: Lake, **options: float) -> tuple[Matched, list[str]]:
    """The result, and what was said on the way. The job leaves its result as `soundtracks-match` does."""
    said: list[str] = []

    def work(parameters: dict[str, str]) -> None:
        assert read_request(lake, parameters["run_id"]) == WANTED
        lake.write_json(result_name(parameters["run_id"]), Matched(ref=REF, metrics=METRICS).model_dump(mode="json"))

    workspace.work = work
    return run_match(jobs_of(workspace), lake, WANTED, "run-1", said.append, now=workspace.now, **options), said


def test_the_job_is_started_waited_for_and_its_links_are_taken(lake: Lake) -> None:
    workspace = Workspace()
    result, said = matched(workspace, lake)
    assert result == Matched(ref=REF, metrics=METRICS)
    assert [run["parameters"] for run in workspace.runs.values()] == [{"run_id": "run-1"}]
    assert [re.sub(r" https.*", "", line) for line in said] == [
        f"The match on Databricks (run 9000) {words}." for words in ("waits for its cluster", "runs", "ends")
    ]
    assert workspace.slept == [PAUSE] * 3  # after the look at the start
    assert len(workspace.tokens) == 1


def test_a_long_wait_renews_the_token_before_it_lapses(lake: Lake) -> None:
    workspace = Workspace(way=("RUNNING",) * 600)
    matched(workspace, lake)
    assert len(workspace.tokens) == 1 + int(599 * PAUSE // (LIFETIME - 300))


def test_a_token_that_lapses_early_is_asked_for_again(lake: Lake) -> None:
    workspace = Workspace()
    jobs = jobs_of(workspace)
    run = jobs.start({"run_id": "run-1"}, "key")
    workspace.tokens[:] = []  # no longer valid, whatever it said of itself
    assert jobs.state(run).life_cycle == "QUEUED"
    assert [token.token for token in workspace.tokens] == ["token-0"]


def test_a_throttled_call_waits_as_long_as_it_is_told_to(lake: Lake) -> None:
    told = [
        httpx.Response(429, headers={"Retry-After": seconds}, json={"error_code": "REQUEST_LIMIT_EXCEEDED"}) for seconds in "79"
    ]
    workspace = Workspace(refuse=told)
    result, _ = matched(workspace, lake)
    assert result.ref == REF
    assert workspace.slept[:2] == [7.0, 9.0]
    assert len(workspace.runs) == 1


@pytest.mark.parametrize(("asked", "waits"), [("nan", None), ("-5", 0.0), ("inf", 300.0), ("1e9", 300.0), ("soon", None)])
def test_an_absurd_wait_is_none_or_bounded(asked: str, waits: float | None, lake: Lake) -> None:
    workspace = Workspace(refuse=[httpx.Response(429, headers={"Retry-After": asked})])
    assert matched(workspace, lake)[0].ref == REF
    assert workspace.slept[0] == waits if waits is not None else 1 <= workspace.slept[0] <= 2


@pytest.mark.parametrize(
    "refusal", [httpx.Response(503), httpx.Response(500, text="<html>"), httpx.ReadTimeout("slow"), httpx.Response(429)]
)
def test_what_passes_by_itself_is_waited_out(refusal: httpx.Response | Exception, lake: Lake) -> None:
    workspace = Workspace(refuse=[refusal] * 3)
    assert matched(workspace, lake)[0].ref == REF
    assert len(workspace.runs) == 1


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (
            httpx.Response(503, json={"message": "down for maintenance"}),
            "is busy or out of order: down for maintenance Run again",
        ),
        (httpx.ConnectError("refused"), "does not answer: ConnectError. Is the address right"),
        (httpx.Response(401, json={"message": "Invalid Token"}), "does not accept the identity's token: Invalid Token"),
    ],
)
def test_what_does_not_pass_is_told_in_the_end(refusal: httpx.Response | Exception, message: str, lake: Lake) -> None:
    workspace = Workspace(refuse=[refusal] * ATTEMPTS)
    with pytest.raises(AzureError) as error:
        matched(workspace, lake)
    assert message in str(error.value)


def test_an_identity_without_the_permission_is_told_at_once(lake: Lake) -> None:
    workspace = Workspace(allowed=False)
    with pytest.raises(AzureError, match=r"refuses the identity: User does not have.*CAN_MANAGE_RUN"):
        matched(workspace, lake)
    assert workspace.slept == []


def test_a_job_that_is_not_there_is_told(lake: Lake) -> None:
    workspace = Workspace()
    with pytest.raises(AzureError, match=r"refuses run-now of job 1: Job 1 does not exist.*bundle deploy"):
        run_match(jobs_of(workspace, 1), lake, WANTED, "run-1", print)


def test_every_documented_state_has_words() -> None:
    assert set(TERMINATIONS) == set(CODES)
    assert set(RESULTS) == {*RESULT_STATES, "SKIPPED", "INTERNAL_ERROR"}
    assert set(GOING_ON) | ENDED == LIFE_CYCLES
    assert not set(GOING_ON) & ENDED
    of_codes = [end.cause for end in TERMINATIONS.values()]
    assert len(set(of_codes)) == len(of_codes)


ENDS = [(Fate("FAILED", code, message="as it was told"), TERMINATIONS[code]) for code in CODES if code != "SUCCESS_WITH_FAILURES"]
ENDS += [
    (Fate("SUCCESS_WITH_FAILURES", "SUCCESS_WITH_FAILURES", message="as it was told"), TERMINATIONS["SUCCESS_WITH_FAILURES"])
]
ENDS += [(Fate(state, "", message="as it was told"), RESULTS[state]) for state in RESULT_STATES]
ENDS += [(Fate("", "", state, "as it was told"), RESULTS[state]) for state in ("SKIPPED", "INTERNAL_ERROR")]


@pytest.mark.parametrize(("fate", "end"), ENDS, ids=[f"{fate.code or fate.result or fate.life_cycle}" for fate, _ in ENDS])
def test_no_other_end_than_success_is_one(fate: Fate, end: object, lake: Lake) -> None:
    workspace = Workspace([fate])
    with pytest.raises(MatchError) as error:
        matched(workspace, lake)
    assert error.value.message == f"The match on Databricks (run {9_000 + len(workspace.runs) - 1}) {end.cause}: as it was told"
    assert end.remedy in error.value.hint
    assert f"/jobs/{JOB}/runs/" in error.value.hint
    assert len(workspace.runs) == (TRIES if end.again else 1)
    assert not lake.exists(result_name("run-1"))


def test_a_state_that_databricks_adds_later_is_told_and_no_success(lake: Lake) -> None:
    with pytest.raises(MatchError, match=r"ended in a state that is not known here \(ECLIPSED\)"):
        matched(Workspace([Fate("", "ECLIPSED")]), lake)


def test_what_the_job_raised_is_shown(lake: Lake) -> None:
    raised = "MatchError: Spark's workers lack the Python package rapidfuzz."
    with pytest.raises(MatchError, match=f"failed: {raised}"):
        matched(Workspace([Fate("FAILED", "RUN_EXECUTION_ERROR", message="Task match failed.", error=raised)]), lake)


def test_a_run_that_databricks_lost_is_run_again(lake: Lake) -> None:
    workspace = Workspace([Fate("", "INTERNAL_ERROR", "INTERNAL_ERROR"), Fate()])
    result, said = matched(workspace, lake)
    assert result.ref == REF
    assert any("internal error of Databricks. It is run again (2 of 3)" in line for line in said)


def test_a_parent_that_is_run_again_takes_up_its_run(lake: Lake) -> None:
    workspace = Workspace()
    jobs_of(workspace).start({"run_id": "other"}, "other")
    matched(workspace, lake)
    matched(workspace, lake)
    assert len(workspace.runs) == 2


def test_a_parent_that_is_retried_after_a_failure_starts_anew(lake: Lake) -> None:
    workspace = Workspace([Fate("FAILED", "RUN_EXECUTION_ERROR"), Fate()])
    with pytest.raises(MatchError, match=r"failed\."):
        matched(workspace, lake)
    workspace.clock += 60
    assert matched(workspace, lake)[0].ref == REF
    assert len(workspace.runs) == 2


class TestStrangeAnswers:
    """What something on the way, or Databricks on a bad day, answers with status 200: one kind of error, and no run twice."""

    PAGES = (
        ("<html><title>Sign in</title></html>", "a web page instead of JSON"),
        ("", "nothing"),
        ("run started", "something that is no JSON"),
        ("[]", "all of it of another kind"),
        ("null", "all of it of another kind"),
    )

    @pytest.mark.parametrize(("body", "what"), PAGES)
    @pytest.mark.parametrize("call", ["start", "state", "cancel"])
    def test_each_call_says_so(self, body: str, what: str, call: str) -> None:
        workspace = Workspace(refuse=[httpx.Response(200, text=body)] * ATTEMPTS)
        calls = {
            "start": lambda jobs: jobs.start({}, "key"),
            "state": lambda jobs: jobs.state(1),
            "cancel": lambda jobs: jobs.cancel(1),
        }
        with pytest.raises(UnexpectedAnswer) as error:
            calls[call](jobs_of(workspace))
        assert error.value.message == f"The workspace {HOST} answered otherwise than documented: with {what}."
        assert "check the address, run again later" in error.value.hint

    @pytest.mark.parametrize(
        ("body", "what"),
        [
            ({}, "no run_id"),
            ({"run_id": None}, "run_id of another kind"),
            ({"run_id": "soon"}, "run_id of another kind"),
        ],
    )
    def test_a_start_without_the_runs_id(self, body: object, what: str) -> None:
        workspace = Workspace(refuse=[httpx.Response(200, json=body)] * ATTEMPTS)
        with pytest.raises(UnexpectedAnswer, match=f"with {what}"):
            jobs_of(workspace).start({}, "key")

    @pytest.mark.parametrize(
        ("body", "what"),
        [
            ({}, "no state"),
            ({"state": {}}, "no state.life_cycle_state"),
            ({"state": None}, "state of another kind"),
            ({"state": {"life_cycle_state": 3}, "tasks": "none"}, "state.life_cycle_state, tasks of another kind"),
        ],
    )
    def test_a_run_without_its_state_is_not_waited_for_for_hours(self, body: object, what: str) -> None:
        workspace = Workspace(refuse=[httpx.Response(200, json=body)] * ATTEMPTS)
        with pytest.raises(UnexpectedAnswer, match=f"with {what}"):
            jobs_of(workspace).state(1)

    def test_one_that_passes_starts_no_second_run(self, lake: Lake) -> None:
        workspace = Workspace(refuse=[httpx.Response(200, text="<html>"), httpx.Response(302, headers={"Location": "/login"})])
        assert matched(workspace, lake)[0].ref == REF
        assert len(workspace.runs) == 1

    def test_what_need_not_be_there_may_be_missing(self) -> None:
        ended = {"state": {"life_cycle_state": "TERMINATED", "result_state": "FAILED"}, "status": None, "tasks": None}
        state = jobs_of(Workspace(refuse=[httpx.Response(200, json=ended)])).state(1)
        assert state.failure == RESULTS["FAILED"]
        assert (state.message, state.page, state.end_time) == ("", "", 0.0)

    def test_a_refusal_that_is_a_page_is_told_by_its_status(self) -> None:
        workspace = Workspace(refuse=[httpx.Response(403, text="<html>Access denied by the proxy</html>")] * ATTEMPTS)
        with pytest.raises(AzureError, match="does not accept the identity's token: Forbidden"):
            jobs_of(workspace).start({}, "key")


class TestResult:
    """The job ended well, says Databricks; what it left in the lake is another matter."""

    def test_one_that_is_absent_names_the_lake(self, lake: Lake) -> None:
        with pytest.raises(LakeError, match=r"its result runs/run-1/match.json is not in the lake .*volume `lake`"):
            run_match(jobs_of(Workspace()), lake, WANTED, "run-1", print)

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"ref": 1, "metrics": {}}', b"\xff\xfe"])
    def test_one_that_is_damaged_is_told(self, content: bytes, lake: Lake) -> None:
        workspace = Workspace(work=lambda _: lake.write_bytes(result_name("run-1"), content))
        with pytest.raises(DamagedFile, match=r"runs/run-1/match.json is damaged"):
            run_match(jobs_of(workspace), lake, WANTED, "run-1", print)


class TestTwoParents:
    """A flow that was taken for lost and repeated: both wait for one run of the job, as both have its key."""

    def test_the_elder_that_ends_leaves_the_run_to_the_other(self, lake: Lake) -> None:
        workspace, younger = Workspace(way=("RUNNING",) * 30), []

        def ended(_: str) -> None:
            """The younger begins and finishes while the elder waits; then the elder's container is taken away."""
            younger.append(matched(workspace, lake)[0])
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_match(jobs_of(workspace), lake, WANTED, "run-1", ended, now=workspace.now)
        assert younger == [Matched(ref=REF, metrics=METRICS)]
        assert workspace.calls["runs/cancel"] == 0
        assert len(workspace.runs) == 1

    def test_the_elder_says_who_ended_its_run(self, lake: Lake) -> None:
        workspace = Workspace(way=("RUNNING",) * 30)

        def taken_over(_: str) -> None:
            with pytest.raises(KeyboardInterrupt):
                run_match(jobs_of(workspace), lake, WANTED, "run-1", interrupted, now=workspace.now)

        def interrupted(_: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(MatchError, match=r"Another process of this run waits .* which was cancelled by a person"):
            run_match(jobs_of(workspace), lake, WANTED, "run-1", taken_over, now=workspace.now)
        assert workspace.calls["runs/cancel"] == 1
        assert len(workspace.runs) == 1


def test_a_match_on_databricks_is_logged_as_any_other(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("match")
    with caplog.at_level(logging.INFO):
        log_match(METRICS.model_copy(update={"said": 5, "said_same": 4, "said_other": 1, "passed_over": 7}), logger)
    assert [(record.levelname, record.message.split(":")[0]) for record in caplog.records] == [
        ("INFO", "2 albums against 1 films"),
        ("INFO", "MusicBrainz or Wikidata name the film of 5 albums"),
        ("WARNING", caplog.records[2].message),
    ]
    assert "At least 7 pairs" in caplog.records[2].message


def test_a_run_that_takes_too_long_is_cancelled(lake: Lake) -> None:
    workspace = Workspace(way=("RUNNING",) * 100)
    with pytest.raises(MatchError, match=r"did not end within 10 minutes and was cancelled"):
        matched(workspace, lake, timeout=600)
    assert workspace.calls["runs/cancel"] == 1


def test_a_parent_that_is_ended_cancels_its_run(lake: Lake) -> None:
    workspace = Workspace(way=("RUNNING",) * 100)

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_match(jobs_of(workspace), lake, WANTED, "run-1", interrupted, now=workspace.now)
    assert workspace.calls["runs/cancel"] == 1


@pytest.mark.parametrize(
    ("address", "job"),
    [
        ("https://adb-1234.5.azuredatabricks.net/jobs/678", 678),
        (" https://adb-1234.5.azuredatabricks.net/jobs/678?o=1234 ", 678),
        ("https://adb-1234.5.azuredatabricks.net/?o=1234#job/678", None),
        ("https://adb-1234.5.azuredatabricks.net/?o=1234#/jobs/678/runs/9", 678),
        ("https://adb-1234.5.databricks.azure.us/jobs/1", 1),
        ("http://adb-1234.5.azuredatabricks.net/jobs/678", None),
        ("https://adb-1234.5.azuredatabricks.net.example.org/jobs/678", None),
        ("https://user:x@adb-1234.5.azuredatabricks.net/jobs/678", None),
        ("https://example.org/jobs/678", None),
        ("678", None),
    ],
)
def test_the_jobs_address_is_the_browsers_and_no_other_gets_the_token(address: str, job: int | None) -> None:
    if job is None:
        with pytest.raises(BadInput, match="Copy it from the browser"):
            Job.read(address)
    else:
        assert Job.read(address).id == job
