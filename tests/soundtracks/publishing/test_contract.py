"""The data contract: what it says, and that nothing is published that breaks it."""

import json
from typing import Any

import pyarrow as pa
import pytest

from soundtracks.errors import DatasetBroken
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import VIEW, Catalogue
from soundtracks.publishing.contract import contract, require_kept, violations, write_contract
from soundtracks.publishing.options import Options
from soundtracks.publishing.publish import publish
from soundtracks.records import ALBUMS, FILMS, LINKS


def test_it_is_made_of_the_schema(catalogue: Catalogue) -> None:
    document = json.loads(write_contract(catalogue, Options()))
    assert document == contract(Options())
    assert {name: document[name] for name in ("apiVersion", "kind", "version", "status")} == {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "version": "1.0.0",
        "status": "active",
    }
    (table,) = document["schema"]
    assert [p["name"] for p in table["properties"]] == VIEW.names
    assert [p["required"] for p in table["properties"]] == [not f.nullable for f in VIEW]
    by_name = {p["name"]: p for p in table["properties"]}
    assert by_name["decision"]["quality"][0]["arguments"] == {"validValues": ["accept", "review", "reject"]}
    assert (by_name["probability"]["logicalType"], by_name["probability"]["logicalTypeOptions"]) == (
        "number",
        {"minimum": 0.0, "maximum": 1.0},
    )
    assert all(p["description"] for p in table["properties"])


def test_published_links_keep_it(catalogue: Catalogue, pressed: Catalogue, empty: Catalogue) -> None:
    for one in (catalogue, pressed, empty):
        assert violations(one.view) == []


def changed(catalogue: Catalogue, name: str, values: list[Any]) -> pa.Table:
    view = catalogue.view
    field = VIEW.field(name).with_nullable(True)
    return view.set_column(view.schema.get_field_index(name), field, pa.array(values, field.type))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("decision", "maybe", "decision is 'maybe' in 1 rows"),
        ("decision", None, "decision is missing in 1 rows"),
        ("decided_by", "robot", "decided_by is 'robot' in 1 rows"),
        ("album_id", None, "album_id is missing in 1 rows"),
        ("probability", 1.5, "probability is not within 0 and 1 in 1 rows"),
        ("probability", -0.1, "probability is not within 0 and 1 in 1 rows"),
        ("probability", float("nan"), "probability is not within 0 and 1 in 1 rows"),
    ],
)
def test_what_breaks_it(catalogue: Catalogue, name: str, value: Any, says: str) -> None:
    values = catalogue.view[name].to_pylist()
    assert violations(changed(catalogue, name, [value, *values[1:]])) == [says]


def test_a_pair_stands_once(catalogue: Catalogue) -> None:
    view = pa.concat_tables([catalogue.view, catalogue.view.slice(0, 1)])
    assert violations(view) == ["album_id and tmdb_id stand in more than one of 1 rows"]


def test_other_columns_and_types_break_it(catalogue: Catalogue) -> None:
    assert violations(catalogue.view.drop_columns(["evidence"]))[0].startswith("the columns are album_id, ")
    at = VIEW.get_field_index("album_year")
    assert violations(catalogue.view.set_column(at, "album_year", catalogue.view["album_year"].cast(pa.int64()))) == [
        "album_year is int64, not int32"
    ]


def test_links_that_break_it_are_not_published(lake: Lake) -> None:
    link = {"album_id": "master:1", "tmdb_id": "1", "decision": "accept", "probability": 1.5}
    broken = Catalogue(
        pa.Table.from_pylist([{"tmdb_id": "1"}], FILMS),
        pa.Table.from_pylist([{"album_id": "master:1"}], ALBUMS),
        pa.Table.from_pylist([link], LINKS),
    )
    with pytest.raises(DatasetBroken, match="probability is not within 0 and 1"):
        require_kept(broken)
    with pytest.raises(DatasetBroken):
        publish(lake, "r1", broken)
    assert lake.list("runs") == []
