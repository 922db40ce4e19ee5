"""Every message below was taken from a run of the real worker, or from Azure's documentation of the error."""

import pytest

from soundtracks.operations.crashes import ADVICE, explain, tries_crashed


@pytest.mark.parametrize(
    ("message", "kind", "again"),
    [
        ("Flow run infrastructure exited with non-zero status code 137. Out of memory.", "memory", False),
        ("Flow run infrastructure exited with non-zero status code 1. Process exited with a general error.", "start", True),
        ("Flow run infrastructure exited with non-zero status code 127. Command not found.", "command", False),
        ("Flow run infrastructure exited with non-zero status code 75. Unknown.", "identity", True),
        ("Flow run infrastructure exited with non-zero status code 143. Terminated.", "terminated", True),
        ("Flow run infrastructure exited with non-zero status code -1. Unknown.", "exit", False),
        (
            "Failed to submit flow run to infrastructure: HttpResponseError: (DeploymentFailed) At least one resource deployment "
            "operation failed. Code: InaccessibleImage Message: The image 'x.azurecr.io/soundtracks:1' is not accessible.",
            "image",
            False,
        ),
        (
            "Failed to submit flow run to infrastructure: HttpResponseError: (DeploymentFailed) Code: ContainerGroupQuotaReached "
            "Message: Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota 'StandardCores' exceeded",
            "aci-quota",
            True,
        ),
        (
            "Failed to submit flow run to infrastructure: HttpResponseError: (ServiceUnavailable) The service is unavailable",
            "internal",
            True,
        ),
        (
            "Failed to submit flow run to infrastructure: HttpResponseError: (AuthorizationFailed) The client does not have "
            "authorization to perform action 'Microsoft.Resources/deployments/write'",
            "rights",
            False,
        ),
        (
            "Failed to submit flow run to infrastructure: HttpResponseError: (InvalidTemplateDeployment) not valid",
            "template",
            False,
        ),
        (
            "Failed to submit flow run to infrastructure: RuntimeError: Timed out after 241s while watching waiting for "
            "container start.",
            "slow-start",
            True,
        ),
        (
            "Failed to submit flow run to infrastructure: AttributeError: 'NoneType' object has no attribute 'current_state'",
            "infrastructure",
            True,
        ),
        ("Execution was aborted by a termination signal.", "terminated", True),
        ("Execution was aborted by Python system exit call.", "terminated", True),
        ("The container vanished while the run was running.", "infrastructure", True),
        (f"Flow run infrastructure exited with non-zero status code 1. It failed.\n{ADVICE} wait for the quota", "start", True),
        (
            "Process exited with status code: -9. Process exited due to a SIGKILL signal. Typically caused by the operating "
            "system terminating the process for exceeding memory limits, or by manual cancellation.",
            "killed",
            True,
        ),
        ("Process exited with status code: -15. Process exited due to a SIGTERM signal.", "terminated", True),
        ("Process exited with status code: 1.", "start", True),
        ("Process exited with status code: 2.", "exit", False),
        ("The run was lost: its process, its worker or its machine ended without a word.", "infrastructure", True),
        ("Execution was cancelled by the runtime environment.", "lease", True),
        ("something else", "unknown", False),
        (None, "unknown", False),
    ],
)
def test_a_crash_message_becomes_advice(message, kind, again):
    advice = explain(message)
    assert (advice.kind, advice.again) == (kind, again)
    assert advice.what_to_do


@pytest.mark.parametrize(("in_container", "kind", "again"), [(False, "start", True), (True, "exit", False)])
def test_a_process_that_could_not_start_is_tried_again_and_a_container_is_not(in_container, kind, again):
    advice = explain("Flow run infrastructure exited with non-zero status code 1. It failed.", in_container=in_container)
    assert (advice.kind, advice.again) == (kind, again)


def test_of_a_long_message_its_beginning_and_end_are_read() -> None:
    """Two patterns look for what follows what they found: a message of a million characters took minutes."""
    message = "Timed out after " * 60_000
    assert explain(message).kind == explain(message[:60]).kind
    assert (
        explain(f"{'x ' * 60_000} Container creation failed").kind
        == explain("Container creation failed").kind
        == "infrastructure"
    )


SCHEDULED, PENDING, RUNNING = ((name, "") for name in ("SCHEDULED", "PENDING", "RUNNING"))
LOST, EXPLAINED = ("CRASHED", "The run was lost."), ("CRASHED", f"The run was lost.\n{ADVICE} …")


@pytest.mark.parametrize(
    ("history", "tries"),
    [
        ([SCHEDULED, PENDING, RUNNING], 0),
        ([SCHEDULED, PENDING, LOST], 1),
        ([SCHEDULED, PENDING, LOST, SCHEDULED, PENDING, RUNNING, LOST], 2),
        ([SCHEDULED, PENDING, LOST, EXPLAINED], 1),
        ([SCHEDULED, PENDING, LOST, SCHEDULED, LOST], 1),  # the worker's late report of the first try
        ([SCHEDULED, PENDING, LOST, LOST, SCHEDULED, PENDING, LOST], 2),
    ],
)
def test_a_report_of_a_try_that_was_given_up_counts_as_none(history, tries) -> None:
    assert tries_crashed(history) == tries
