"""The data contract: what it says, and that nothing is published that breaks it."""

import json
from typing import Any

import pyarrow as pa
import pytest

from soundtracks.errors import DatasetBroken
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import DECISIONS, VIEW, Catalogue
from soundtracks.publishing.catalogue_tables import RunResult
from soundtracks.publishing.contract import contract, require_kept, violations, write_contract
from soundtracks.publishing.contract_tables import TABLES
from soundtracks.publishing.options import Options
from soundtracks.publishing.publish import publish
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.reporting.history import catalogue_tables, roll_up


def test_it_is_made_of_the_schema(catalogue: Catalogue) -> None:
    document = json.loads(write_contract(catalogue, Options()))
    assert document == contract(Options())
    assert {name: document[name] for name in ("apiVersion", "kind", "version", "status")} == {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "version": "1.2.0",
        "status": "active",
    }
    table = document["schema"][0]
    assert [one["physicalName"] for one in document["schema"]] == [
        "links.parquet",
        "catalogue/links",
        "catalogue/films",
        "catalogue/albums",
        "catalogue/decisions",
        "catalogue/runs",
    ]
    assert [p["name"] for p in table["properties"]] == VIEW.names
    assert [p["required"] for p in table["properties"]] == [not f.nullable for f in VIEW]
    by_name = {p["name"]: p for p in table["properties"]}
    assert by_name["decision"]["quality"][0]["arguments"] == {"validValues": ["accept", "review", "reject"]}
    assert (by_name["probability"]["logicalType"], by_name["probability"]["logicalTypeOptions"]) == (
        "number",
        {"minimum": 0.0, "maximum": 1.0},
    )
    assert all(p["description"] for one in document["schema"] for p in one["properties"])
    films = {p["name"]: p for p in document["schema"][2]["properties"]}
    assert (films["tmdb_id"]["required"], films["title"]["required"]) == (True, False)
    assert (films["composers"]["logicalType"], films["composers"]["items"]["logicalType"]) == ("array", "string")
    assert films["retrieved_at"]["logicalType"] == "timestamp"


def test_the_catalogues_tables_are_those_of_the_contract_and_keep_it(lake: Lake, catalogue: Catalogue) -> None:
    publish(lake, "r1", catalogue)
    lake.write_json("runs/r1/metrics.json", {"run_id": "r1", "started": "2026-11-01T10:00:00Z", "titles": {"unique": 4}})
    roll_up(lake)
    held = {table.name: table for table in catalogue_tables(lake)}
    assert [table.place for table in TABLES[1:]] == list(held)
    for table in TABLES[1:]:
        rows = held[table.place].read()
        assert (len(rows) > 0, violations(rows, table)) == (True, [])


WORD = {"album_id": "master:1", "tmdb_id": "1", "decision": "accept", "by": "Ann", "at": "2026-11-01T10:00:00.000000Z"}


@pytest.mark.parametrize(
    ("run", "says"),
    [
        ({"films": [{"tmdb_id": None}]}, "The films break .* tmdb_id is missing in 1 rows"),
        ({"films": [{"tmdb_id": "1"}, {"tmdb_id": "1"}]}, "The films break .* tmdb_id stand in more than one of 1 rows"),
        ({"albums": [{"album_id": "a"}, {"album_id": None}]}, "The albums break .* album_id is missing in 1 rows"),
        ({"decisions": [WORD | {"decision": "maybe"}]}, "The decisions break .* decision is 'maybe' in 1 rows"),
        ({"decisions": [WORD, WORD]}, "The decisions break .* stand in more than one of 1 rows"),
    ],
)
def test_a_run_that_breaks_it_changes_nothing(lake: Lake, catalogue: Catalogue, run: dict[str, Any], says: str) -> None:
    schemas = {"films": FILMS, "albums": ALBUMS, "decisions": DECISIONS}
    rows = {}
    for name, some in run.items():
        columns = {f.name: pa.array([row.get(f.name) for row in some], f.type) for f in schemas[name]}
        rows[name] = pa.table(columns)
    with pytest.raises(DatasetBroken, match=says):
        publish(lake, "r1", catalogue, RunResult("r1", **rows))
    assert (lake.list("runs"), lake.list("catalogue")) == ([], [])


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
