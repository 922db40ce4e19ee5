"""What if the Azure CLI answers otherwise than documented: each field of each answer, replaced by each other kind of value."""

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random

import pytest

from soundtracks.cli.azure import az, up
from soundtracks.cli.azure.az import Az
from soundtracks.cli.azure.checks import Checks
from soundtracks.cli.azure.place import Place
from soundtracks.errors import SoundtracksError, UnexpectedAnswer

pytestmark = pytest.mark.slow

PLANTED = "planted-value-7"
MISSING = object()
KINDS = {
    "null": None,
    "number": 7_654_321.5,
    "text": PLANTED,
    "list": [[PLANTED]],
    "object": {"x": [PLANTED]},
    "missing": MISSING,
}
#: Fields that may be null or missing, by the end of their path; elsewhere both are errors.
OPTIONAL = {
    "amount", "displayName", "enforcementMode", "locations", "monthlyBudget", "outputs", "parameters", "properties",
    "provisioningState", "quotaId", "reason", "resourceTypes", "restricted", "roleDefinitionName", "runningStatus",
    "scheduledPurgeDate", "serviceAssociationLinks", "spendingLimit", "subscriptionPolicies", "supportedServerEditions",
    "supportedServerSkus", "supportedServerVersions", "tags", "value", "latestReadyRevisionName", "location", "name",
}  # fmt: skip
#: Holds what has names of its own: none of them must be there.
NAMED = {("outputs",), ("parameters",), ("tags",)}
KIND = {int: float}
#: May be anything: the parameters of other people's policies, and outputs and parameters that nothing asks for.
ANYTHING = ("listOfAllowedLocations", "listOfAllowedLocations.value", "effect", "imageTag.value")

Path = tuple[str | int, ...]


@pytest.fixture
def full(world, tmp_path):
    """A world in which every answer has every field that is asked for."""
    policy = {"displayName": "Regions", "enforcementMode": "Default", "parameters": {
        "listOfAllowedLocations": {"value": ["westeurope"]}, "effect": {"value": "Deny"}}}  # fmt: skip
    kinds = {"Microsoft.App": {"managedEnvironments": ["West Europe"]}}
    mine = f"/subscriptions/sub-1/resourceGroups/{Place(Az(), 'test').group}/x"
    world.set(
        policies=[{"name": "p", "properties": policy}],
        offered=kinds,
        disk=64,
        deleted_workspaces=[{"name": "logs", "id": mine, "location": "westeurope"}],
        outputs={"SOUNDTRACKS_LAKE_URL": (tmp_path / "lake").as_uri()},
    )
    return world


@pytest.fixture
def readings(full, call, monkeypatch):
    """(kind, answer, command) of each answer that is read by all commands, each command's richest once."""
    found = {}
    usual = az.read_answer

    def read(kind, body, whose):
        known = found.get((str(kind), whose))
        if body.strip() and (known is None or len(body) > len(known[1])):
            found[str(kind), whose] = (kind, body, whose)
        return usual(kind, body, whose)

    monkeypatch.setattr(az, "read_answer", read)
    assert call("up", "--yes", "--admit", "203.0.113.7").exit_code == 0
    for _, check in Checks(Place(Az(), "test")).all():
        check()
    assert call("down", "--yes").exit_code == 0
    call("down", "--dry-run")
    monkeypatch.setattr(az, "read_answer", usual)
    return list(found.values())


def paths(found: object, here: Path = ()) -> Iterator[Path]:
    """Of each field, whatever it holds."""
    fields = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for name, value in fields:
        yield (*here, name)
        yield from paths(value, (*here, name))


def replaced(found: object, path: Path, value: object) -> object:
    changed = inner = deepcopy(found)
    for name in path[:-1]:
        inner = inner[name]
    if value is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return changed


def test_each_field_of_another_kind_is_named_with_its_command(readings):
    assert len(readings) > 20
    refused, wrong = 0, []
    for kind, body, command in readings:
        answer = json.loads(body)
        usual = az.read_answer(kind, body, command)
        for path in paths(answer):
            field = ".".join(map(str, path))
            for name, value in KINDS.items():
                read = _read(kind, json.dumps(replaced(answer, path, value)), command)
                if isinstance(read, UnexpectedAnswer):
                    refused += 1
                    named = (
                        read.message.startswith(f"{command} answered otherwise than documented: with ") and field in read.message
                    )
                    right = named and PLANTED not in str(read) and "7654321" not in str(read)
                else:  # nothing asks for it, or it may be so
                    may_be_empty = value in (None, MISSING) and (
                        path[-1] in OPTIONAL or path[-2:-1] in NAMED or isinstance(path[-1], int)
                    )
                    same_kind = KIND.get(type(value), type(value)) is KIND.get(type(found := _at(answer, path)), type(found))
                    right = read == usual or may_be_empty or same_kind or field.endswith(ANYTHING)
                if not right:
                    wrong.append(f"{field} of {command} replaced by: {name}: {read}")
    assert wrong == []
    assert refused > 400


def _read(kind, body, command):
    try:
        return az.read_answer(kind, body, command)
    except UnexpectedAnswer as error:
        return error


def _at(found: object, path: Path) -> object:
    for name in path:
        found = found[name]
    return found


@pytest.mark.parametrize("seed", range(10))
def test_no_command_ends_in_a_traceback_whatever_one_answer_holds(full, call, monkeypatch, seed):
    """Each command, one field of one of its answers replaced: it goes on, or ends in an error of ours that shows no value."""
    draw = Random(seed)
    for name in ("MAX_START", "MAX_JOB"):
        monkeypatch.setattr(up, name, dict.fromkeys(up.MAX_JOB, 0.2) if name == "MAX_JOB" else 0.2)
    words = draw.choice([("up", "--yes"), ("up", "--dry-run"), ("down", "--yes"), ("smoke", "--dry-run")])
    if words[0] != "up" or draw.random() < 0.5:
        assert call("up", "--yes", "--admit", "203.0.113.7").exit_code == 0
    usual, left = Az._json, draw.randrange(25)

    def answer(self, *arguments):
        nonlocal left
        said = usual(self, *arguments)
        left -= 1
        found = json.loads(said) if said.strip() else None
        if left < 0 and (all_paths := list(paths(found))):
            left = 1_000
            return json.dumps(replaced(found, draw.choice(all_paths), draw.choice(list(KINDS.values()))))
        return said

    monkeypatch.setattr(Az, "_json", answer)
    done = call(*words)
    assert done.exception is None or isinstance(done.exception, SoundtracksError | SystemExit), done.exception
    if isinstance(done.exception, UnexpectedAnswer):
        assert PLANTED not in str(done.exception)
