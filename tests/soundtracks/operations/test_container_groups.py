"""What the clean-up remembers of container groups, and how it reads Azure's answers."""

from datetime import UTC, datetime, timedelta

import pytest
from azure.mgmt.containerinstance.models import (
    Container,
    ContainerGroup,
    ContainerGroupPropertiesInstanceView,
    ContainerPropertiesInstanceView,
    ContainerState,
    Event,
    ResourceRequests,
    ResourceRequirements,
)

from soundtracks.operations.container_groups import Group, Sightings, read_group

RUNNING = Group("flow-r", "r", "Running")
ENDED = Group("flow-r", "r", "Terminated", exit_code=137, ended_for=5)


def test_what_is_gone_is_remembered_and_grows_older():
    sightings = Sightings()
    assert sightings.add([RUNNING], at=100) == [RUNNING]
    assert sightings.add([ENDED], at=110) == [ENDED]
    (gone,) = sightings.add([], at=130)
    assert (gone.exit_code, gone.ended_for, gone.gone_for, gone.stands) == (137, 25, 20, False)
    (gone,) = sightings.add([], at=150)
    assert (gone.ended_for, gone.gone_for) == (45, 40)


def test_a_look_that_tells_nothing_takes_nothing_away():
    sightings = Sightings()
    sightings.add([ENDED], at=100)
    (group,) = sightings.add([Group("flow-r", "r")], at=110)
    assert (group.exit_code, group.ended_for, group.stands) == (137, 15, True)


def test_what_is_forgotten_is_gone():
    sightings = Sightings()
    sightings.add([ENDED], at=100)
    sightings.forget(["r", "other"])
    assert sightings.add([], at=110) == []


def shown(state: ContainerState | None, *events: Event, of_group: Event | None = None) -> ContainerGroup:
    view = ContainerPropertiesInstanceView()
    view.current_state, view.events = state, list(events) or None
    resources = ResourceRequirements(requests=ResourceRequests(memory_in_gb=1, cpu=1))
    container = Container(name="flow", image="i", resources=resources)
    container.instance_view = view
    group = ContainerGroup(containers=[container], os_type="Linux")
    if of_group:
        group.instance_view = ContainerGroupPropertiesInstanceView()
        group.instance_view.events = [of_group]
    return group


def state(name: str, **more) -> ContainerState:
    made = ContainerState()
    for field, value in ({"state": name} | more).items():
        setattr(made, field, value)
    return made


def event(kind: str, message: str) -> Event:
    made = Event()
    made.type, made.message = kind, message
    return made


AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (shown(None), Group("g", "r"), ""),
        (shown(state("Running")), Group("g", "r", "Running"), ""),
        (
            shown(
                state("Waiting", detail_status="CrashLoopBackOff"), event("Normal", "pulling"), event("Warning", "no such image")
            ),
            Group("g", "r", "Waiting", detail="CrashLoopBackOff", warnings=("no such image",)),
            "The container never started. Azure: no such image",
        ),
        (
            shown(state("Waiting"), of_group=event("Warning", "no address left in the subnet")),
            Group("g", "r", "Waiting", warnings=("no address left in the subnet",)),
            "The container never started. Azure: no address left in the subnet",
        ),
        (shown(state("Terminated")), Group("g", "r", "Terminated"), ""),
        (
            shown(state("Terminated", exit_code=137, detail_status="OOMKilled")),
            Group("g", "r", "Terminated", exit_code=137, detail="OOMKilled"),
            "The container ended with status code 137 (OOMKilled).",
        ),
        (
            shown(state("Terminated", exit_code=0, detail_status="Completed")),
            Group("g", "r", "Terminated", exit_code=0, detail="Completed"),
            "The container ended with status code 0.",
        ),
    ],
)
def test_azures_answers(answer: ContainerGroup, expected: Group, words: str):
    found = read_group("g", "r", answer)
    assert found == expected
    assert found.last_words == words


def test_the_age_of_an_end_is_reckoned_from_its_time():
    before = datetime.now(UTC)
    ended_for = read_group("g", "r", shown(state("Terminated", exit_code=1, finish_time=AGO))).ended_for
    assert (before - AGO).total_seconds() <= ended_for <= (datetime.now(UTC) - AGO).total_seconds()
