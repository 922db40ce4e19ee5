"""datacontract.odcs.yaml: what readers of the published tables may rely on, in the Open Data Contract Standard (v3.1.0).

Made from the schemas, so that it cannot lag behind them; `violations` holds a table to it before it is published. The file is
JSON, which every reader of YAML 1.2 reads.
"""

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.errors import DatasetBroken
from soundtracks.publishing import contract_tables
from soundtracks.publishing.catalogue import DECISIONS, Catalogue
from soundtracks.publishing.catalogue_tables import RunResult
from soundtracks.publishing.contract_tables import LINKS_VIEW, TABLES, Table
from soundtracks.publishing.options import Options
from soundtracks.records import ALBUMS, FILMS, conform

VERSION = "1.2.0"  # of the contract: a column that goes or changes its meaning raises the first number
_LOGICAL = {
    pa.string(): "string",
    pa.float64(): "number",
    pa.int32(): "integer",
    pa.int64(): "integer",
    pa.bool_(): "boolean",
    pa.timestamp("us", "UTC"): "timestamp",
}


def contract(options: Options) -> dict[str, Any]:
    """The contract as a document of ODCS."""
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "soundtrack-links",
        "name": "Soundtrack links",
        "version": VERSION,
        "status": "active",
        "description": {
            "purpose": "Which album is the soundtrack of which film, how likely, and why.",
            "limitations": " ".join(options.notices),
            "usage": "Links are the rows whose decision is accept. links.parquet is of one run; catalogue/ is of all of them.",
        },
        "schema": [_schema(table) for table in TABLES],
    }


def _schema(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "physicalName": table.place,
        "physicalType": "table",
        "logicalType": "object",
        "description": table.what,
        "properties": [_property(table, *column) for column in table.columns],
        "quality": [
            {
                "name": "key",
                "type": "library",
                "metric": "duplicateValues",
                "mustBe": 0,
                "unit": "rows",
                "arguments": {"properties": list(table.key)},
            }
        ],
    }


def _property(table: Table, name: str, kind: pa.DataType, nullable: bool, text: str) -> dict[str, Any]:
    of_list = pa.types.is_list(kind)
    described: dict[str, Any] = {
        "name": name,
        "logicalType": "array" if of_list else _LOGICAL[kind],
        "physicalType": "list<string>" if of_list else str(kind),
        "required": not nullable,
        "description": text,
    }
    if of_list:
        described["items"] = {"logicalType": _LOGICAL[kind.value_type], "physicalType": str(kind.value_type)}
    if name in table.ranges:
        described["logicalTypeOptions"] = dict(zip(("minimum", "maximum"), table.ranges[name], strict=True))
    if name in table.values:
        rule = {"type": "library", "metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": list(table.values[name])}}
        described["quality"] = [rule]
    return described


def write_contract(_: Catalogue, options: Options) -> bytes:
    """datacontract.odcs.yaml."""
    return json.dumps(contract(options), ensure_ascii=False, indent=1).encode() + b"\n"


def require_kept(catalogue: Catalogue) -> None:
    """Raises DatasetBroken for a catalogue whose links break the contract: they are not published."""
    _require(LINKS_VIEW, violations(catalogue.view))


def require_mergeable(run: RunResult) -> None:
    """Raises DatasetBroken for a run whose films, albums or decisions break the contract: it is not merged into the catalogue."""
    for table, schema, rows in (
        (contract_tables.FILMS, FILMS, run.films),
        (contract_tables.ALBUMS, ALBUMS, run.albums),
        (contract_tables.DECISIONS, DECISIONS, run.decisions),
    ):
        _require(table, _broken_rules(conform(rows, schema), table))


def _require(table: Table, broken: list[str]) -> None:
    if broken:
        raise DatasetBroken(f"The {table.name} break their data contract, so they are not published: {'; '.join(broken)}.")


def violations(rows: pa.Table, table: Table = LINKS_VIEW) -> list[str]:
    """What of the contract the rows of a table break, in words; nothing, where they may be published."""
    if rows.schema.names != table.names:
        return [f"the columns are {', '.join(rows.schema.names)}"]
    others = [f"{name} is {rows[name].type}, not {kind}" for name, kind, *_ in table.columns if rows[name].type != kind]
    return others or _broken_rules(rows, table)


def _broken_rules(rows: pa.Table, table: Table) -> list[str]:
    """What rows break besides columns and types. Columns that a run does not bring the catalogue adds itself."""
    required = [name for name, _, nullable, _ in table.columns if not nullable and name in rows.column_names]
    broken = [f"{name} is missing in {n} rows" for name in required if (n := rows[name].null_count)]
    for name, values in table.values.items():
        strange = rows.filter(pc.invert(pc.is_in(rows[name], value_set=pa.array([*values, None], pa.string()))))
        if len(strange):
            broken.append(f"{name} is {strange[name][0].as_py()!r} in {len(strange)} rows")
    for name, (least, most) in table.ranges.items():
        outside = pc.fill_null(pc.or_(pc.less(rows[name], least), pc.greater(rows[name], most)), False)
        outside = pc.or_(outside, pc.fill_null(pc.is_nan(rows[name]), False))
        if count := pc.sum(outside).as_py():
            broken.append(f"{name} is not within {least:g} and {most:g} in {count} rows")
    twice = len(rows) - len(rows.group_by(list(table.key)).aggregate([]))
    return [*broken, *([f"{' and '.join(table.key)} stand in more than one of {twice} rows"] if twice else [])]
