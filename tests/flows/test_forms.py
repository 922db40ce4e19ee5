"""What the Prefect UI asks for when somebody starts a run."""

from prefect import Flow
from prefect.utilities.callables import parameter_schema

from flows.link_soundtracks import link_soundtracks
from flows.match_albums import match_albums


def test_every_parameter_has_help() -> None:
    flows: tuple[Flow[..., object], ...] = (link_soundtracks, match_albums)
    for flow in flows:
        properties = parameter_schema(flow.fn).model_dump()["properties"]
        assert [name for name, field in properties.items() if len(field.get("description", "")) < 15] == []


def test_every_parameter_is_a_field_to_type_into_or_a_list_to_choose_from() -> None:
    """A parameter that may be None is drawn as a switch between types, which nobody who starts a run understands."""
    properties = parameter_schema(link_soundtracks.fn).model_dump()["properties"]
    kinds = {name: (field["type"], "enum" in field) for name, field in properties.items()}
    assert kinds == {
        "titles": ("string", False),
        "container": ("string", False),
        "blob": ("string", False),
        "etag": ("string", False),
        "size": ("integer", False),
        "plan": ("string", True),
    }


def test_a_run_can_be_started_with_nothing_but_a_title_file() -> None:
    assert parameter_schema(link_soundtracks.fn).model_dump()["required"] == []
    assert next(iter(parameter_schema(link_soundtracks.fn).model_dump()["properties"])) == "titles"
