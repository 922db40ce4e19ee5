"""What the Azure CLI says, as a person would want it; and that nothing is lost of what it says."""

import io
import re
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from soundtracks.cli.azure import az as az_module
from soundtracks.cli.azure.az import Az, Refused, command, insist, write_parameters
from soundtracks.cli.azure.az_answers import Group, WithId
from soundtracks.errors import AzureError, UnexpectedAnswer

SAID = [
    ("ERROR: Please run 'az login' to setup account.", "not logged in", "az login"),
    ("ERROR: AADSTS700082: The refresh token has expired due to inactivity.", "login has expired", "az login"),
    ("ERROR: (SubscriptionNotFound) The subscription 'x' could not be found.", "subscription is not there", "az account set"),
    (
        "ERROR: (AuthorizationFailed) The client 'a' with object id 'b' does not have authorization to perform action "
        "'Microsoft.Authorization/roleDefinitions/write' over scope '/subscriptions/s/resourceGroups/g' or the scope is invalid.",
        "may not do Microsoft.Authorization/roleDefinitions/write on /subscriptions/s/resourceGroups/g",
        "User Access Administrator",
    ),
    (
        "ERROR: (MissingSubscriptionRegistration) The subscription is not registered to use namespace 'Microsoft.App'. See",
        "does not use Microsoft.App yet",
        "az provider register --namespace Microsoft.App",
    ),
    (
        "ERROR: (ContainerGroupQuotaReached) Resource type 'Microsoft.ContainerInstance/containerGroups' quota 'StandardCores' exceeded.",
        "cores for container instances",
        "--location",
    ),
    ("ERROR: (LocationIsOfferRestricted) Subscriptions are restricted from provisioning in location 'westeurope'.", "region", "--location"),
    ("ERROR: (VaultAlreadyExists) The vault name 'x' is already in use.", "deleted vault", "azure down"),
    ("ERROR: (ServerNameAlreadyExists) Specified server name is already used.", "ServerNameAlreadyExists", "--prefix"),
    ("ERROR: (RequestDisallowedByPolicy) Resource 'x' was disallowed by policy 'no-public-ip'.", "policy", "whoever keeps the policies"),
    ("ERROR: (DeploymentActive) Unable to edit or replace deployment.", "still busy", "goes on where it was"),
    ("ERROR: (TasksOperationsNotAllowed) ACR Tasks requests for the registry x are not permitted.", "may not build images", "docker push"),
    ("toomanyrequests: You have reached your pull rate limit.", "Docker Hub", "SOUNDTRACKS_BASE_IMAGE"),
    ("HTTPSConnectionPool(host='management.azure.com'): Max retries exceeded with url", "cannot be reached", "Network"),
    ("ERROR: (SomethingNew) Nobody has seen this.", "Nobody has seen this.", "--debug"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "message", "hint"), SAID, ids=[s[1] for s in SAID])
def test_errors_say_what_to_do(said, message, hint):
    error = Refused(said)
    assert message in error.message
    assert hint in error.hint


def test_the_innermost_message_is_told():
    said = (
        'ERROR: {"status":"Failed","error":{"code":"DeploymentFailed","message":"At least one resource deployment operation failed.",'
        '"details":[{"code":"Conflict","message":"{\\"x\\": 1} The zone \\"a\\" is locked."}]}}'
    )
    assert 'The zone "a" is locked.' in Refused(said).message


def test_a_long_log_is_told_by_its_end():
    log = "Packing source code\n" + "Step 3/20\n" * 200
    assert Refused(log + "pip: no space left on device").message.endswith("pip: no space left on device")
    assert "Azure refused: the build failed." in Refused(log + "ERROR: the build failed.\n").message
    assert "Packing" not in Refused(log + "ERROR: the build failed.").message


def test_what_is_not_there_is_none_and_other_failures_are_raised(world):
    assert Az().find(Group, "group", "show", "--name", "x") is None
    for said in ("ERROR: (AuthorizationFailed) no", "ERROR: (SubscriptionNotFound) The subscription 'x' could not be found."):
        world.set(fail={"group show": said})
        with pytest.raises(Refused):
            Az().find(Group, "group", "show", "--name", "x")


@pytest.mark.parametrize(
    ("printed", "call", "what"),
    [
        ("<html>proxy</html>", "show", "a web page instead of JSON"),
        ("WARNING: an update is there\n{}", "show", "something that is no JSON"),
        ("[" * 100_000, "list", "something that is no JSON"),
        ('{"id": "\\ud800"}', "show", "something that is no JSON"),
        ("", "show", "nothing"),
        ("[]", "show", "all of it of another kind"),
        ('"x"', "list", "all of it of another kind"),
        ("{}", "list", "all of it of another kind"),
        ("[1]", "list", "0 of another kind"),
        ("null", "find", "all of it of another kind"),
        ("{}", "find", "no id"),
        ('{"id": ""}', "show", "id of another kind"),
    ],
)
def test_an_answer_of_another_kind_is_one_error(monkeypatch, printed, call, what):
    monkeypatch.setattr(Az, "_run", lambda *_: printed)
    with pytest.raises(UnexpectedAnswer, match=re.escape(f"`az account show` answered otherwise than documented: with {what}")):
        getattr(Az(), call)(WithId, "account", "show", "--all")


@pytest.mark.parametrize("printed", ["", " \n", "null", "[]"])
def test_no_list_is_an_empty_one(monkeypatch, printed):
    monkeypatch.setattr(Az, "_run", lambda *_: printed)
    assert Az().list(WithId, "acr", "list") == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("account", "show"), "`az account show`"),
        (("acr", "list", "--resource-group", "mine"), "`az acr list`"),
        (("rest", "--method", "get", "--url", "/subscriptions/s?api-version=1"), "`az rest /subscriptions/s`"),
    ],
)
def test_a_command_is_named_without_its_options(arguments, expected):
    assert command(arguments) == expected


def test_what_the_cli_prints_need_not_be_utf_8(monkeypatch, tmp_path, real_process, world):
    Path(shutil.which("az")).write_bytes(b"#!/bin/sh\nprintf 'ERROR: caf\\351 (ScopeLocked) locked' >&2\nexit 1\n")
    with pytest.raises(Refused, match="forbids"):
        Az().do("group", "create")


def test_a_cli_that_cannot_be_started_is_told(world, real_process):
    Path(shutil.which("az")).write_text("#!/nowhere/python\n")
    with pytest.raises(AzureError, match="bin/az cannot be started: No such file"):
        Az().do("group", "create")


@pytest.mark.parametrize("printed", ["", "[]", "{}"])
def test_what_is_only_done_may_answer_anything(monkeypatch, printed):
    monkeypatch.setattr(Az, "_run", lambda *_: printed)
    Az().do("group", "create")


def test_parameters_are_for_their_owner_only(tmp_path):
    write_parameters(tmp_path / "given.json", {"tmdbToken": "x"})
    assert (tmp_path / "given.json").stat().st_mode & 0o077 == 0


BUSY = "ERROR: (DeploymentActive) Unable to edit or replace deployment."


def test_what_passes_by_itself_is_tried_again(monkeypatch):
    waits, said = [], io.StringIO()
    monkeypatch.setattr(az_module, "sleep", waits.append)
    answers = iter([Refused(BUSY), Refused("ERROR: TooManyRequests. Please try again after '5' minutes."), "done"])

    def do():
        answer = next(answers)
        if isinstance(answer, Refused):
            raise answer
        return answer

    assert insist(do, Console(file=said, width=200)) == "done"
    assert waits == [120, 300]
    assert "tried again in 120 s" in said.getvalue()


def test_it_has_an_end(monkeypatch):
    waits = []
    monkeypatch.setattr(az_module, "sleep", waits.append)

    def do():
        raise Refused(BUSY)

    with pytest.raises(Refused, match="still busy"):
        insist(do, Console(file=io.StringIO()))
    assert sum(waits) == az_module.MAX_INSISTENCE


def test_what_does_not_pass_is_raised_at_once():
    with pytest.raises(Refused, match="forbids"):
        insist(lambda: (_ for _ in ()).throw(Refused("ERROR: (ScopeLocked) locked")), Console(file=io.StringIO()))
