"""How a run of a Databricks job ends, in words: https://docs.databricks.com/api/azure/workspace/jobs/getrun (states, codes).

Databricks adds states without notice: one that is not here is told as it came, and is no success.
"""

from typing import NamedTuple


class End(NamedTuple):
    """`cause`: what happened. `remedy`: what a person can do. `again`: whether running again by itself can help."""

    cause: str
    remedy: str
    again: bool = False


_SHARED = "No run of ours did it: another of the same job may have. Start this run again."
_ITS_PAGE = "The run's page in Databricks says more."
_WAIT = "It passes by itself: start this run again later."
_DEPLOY = "Correct databricks.yml, then `databricks bundle deploy`."

#: status.termination_details.code
TERMINATIONS: dict[str, End] = {
    "USER_CANCELED": End("was cancelled by a person", "Start this run again when whoever cancelled it agrees."),
    "CANCELED": End(
        "was cancelled by Databricks, for example because it took longer than the job allows",
        "Allow more time (timeout_seconds) or more workers in databricks.yml, then `databricks bundle deploy`.",
    ),
    "SKIPPED": End("was skipped and never ran", _SHARED),
    "INTERNAL_ERROR": End("ended with an internal error of Databricks", f"Its status page may say more. {_WAIT}", True),
    "DRIVER_ERROR": End(
        "lost its driver",
        "Its memory may not have sufficed: choose a larger node_type_id in databricks.yml.",
        True,
    ),
    "CLUSTER_ERROR": End("lost its cluster", f"{_ITS_PAGE} It is often a machine that Azure took back.", True),
    "REPOSITORY_CHECKOUT_FAILED": End("could not fetch a repository", f"The job of ours needs none. {_DEPLOY}"),
    "INVALID_CLUSTER_REQUEST": End(
        "asked for a cluster that cannot be", f"Check node type and runtime for the region. {_DEPLOY}"
    ),
    "WORKSPACE_RUN_LIMIT_EXCEEDED": End("found the workspace's limit of runs at once used up", _WAIT, True),
    "FEATURE_DISABLED": End("needs a feature that the workspace has not", f"Unity Catalog must be on. {_ITS_PAGE}"),
    "CLUSTER_REQUEST_LIMIT_EXCEEDED": End("found the limit of cluster starts used up", _WAIT, True),
    "STORAGE_ACCESS_ERROR": End(
        "could not reach the storage",
        "Does the lake's firewall admit the cluster's subnets, and has the access connector its roles? See docs/azure.md.",
    ),
    "RUN_EXECUTION_ERROR": End("failed", "Fix what it names, then retry this run."),
    "UNAUTHORIZED_ERROR": End(
        "lacks a permission", "Grant what its message names (docs/azure.md, Databricks), then retry this run."
    ),
    "LIBRARY_INSTALLATION_ERROR": End(
        "could not install our package",
        "Can the cluster reach the package index? If so: `databricks bundle deploy` sends it anew.",
    ),
    "MAX_CONCURRENT_RUNS_EXCEEDED": End("found the job's limit of runs at once used up", _WAIT, True),
    "MAX_SPARK_CONTEXTS_EXCEEDED": End("found too many contexts on its cluster", f"Give the job a cluster of its own. {_DEPLOY}"),
    "RESOURCE_NOT_FOUND": End("needs something that is not there", f"{_ITS_PAGE} {_DEPLOY}"),
    "INVALID_RUN_CONFIGURATION": End("is configured wrongly", _DEPLOY),
    "CLOUD_FAILURE": End("failed because of Azure", f"Quota or capacity of the region may be used up. {_WAIT}", True),
    "MAX_JOB_QUEUE_SIZE_EXCEEDED": End("was skipped because the job's queue is full", _WAIT, True),
    "DISABLED": End("was never executed: somebody disabled it", "Enable the task in the job, then retry this run."),
    "BREAKING_CHANGE": End("failed because of an intended change in Spark", "Choose an older spark_version until we follow."),
    "BUDGET_POLICY_LIMIT_EXCEEDED": End("went beyond the budget of its policy", "Raise the budget, or match without Databricks."),
    "SUCCESS_WITH_FAILURES": End("completed with failures inside", f"{_ITS_PAGE} Its links are not used."),
}
#: state.result_state, and state.life_cycle_state where no result is given: of workspaces that tell no code.
RESULTS: dict[str, End] = {
    "FAILED": TERMINATIONS["RUN_EXECUTION_ERROR"],
    "TIMEDOUT": End("took longer than the job allows and was stopped", TERMINATIONS["CANCELED"].remedy),
    "CANCELED": End("was cancelled", "Start this run again when whoever cancelled it agrees."),
    "MAXIMUM_CONCURRENT_RUNS_REACHED": End("was skipped: as many runs as the job allows were active", _WAIT, True),
    "EXCLUDED": End("was skipped: a condition of the job was not met", f"The job of ours has none. {_DEPLOY}"),
    "SUCCESS_WITH_FAILURES": TERMINATIONS["SUCCESS_WITH_FAILURES"],
    "UPSTREAM_FAILED": End("was skipped: a task before it failed", f"The job of ours has one task. {_DEPLOY}"),
    "UPSTREAM_CANCELED": End("was skipped: a task before it was cancelled", f"The job of ours has one task. {_DEPLOY}"),
    "DISABLED": TERMINATIONS["DISABLED"],
    "SKIPPED": End("was skipped: another run of the job was active", _WAIT, True),
    "INTERNAL_ERROR": TERMINATIONS["INTERNAL_ERROR"],
}
#: state.life_cycle_state of a run that has ended, and of one that goes on.
ENDED = {"TERMINATED", "SKIPPED", "INTERNAL_ERROR"}
GOING_ON = {
    "BLOCKED": "waits for a task before it",
    "PENDING": "waits for its cluster",
    "QUEUED": "waits in the job's queue",
    "RUNNING": "runs",
    "TERMINATING": "ends",
    "WAITING_FOR_RETRY": "waits to be tried again",
}


def end(code: str, result: str, life_cycle: str) -> End | None:
    """What came of a run that has ended; None: success, which is said by `result` alone."""
    if life_cycle == "TERMINATED" and result == "SUCCESS":
        return None
    known = TERMINATIONS.get(code) or RESULTS.get(result or life_cycle)
    return known or End(f"ended in a state that is not known here ({code or result or life_cycle})", _ITS_PAGE)
