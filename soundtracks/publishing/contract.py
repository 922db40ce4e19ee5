"""datacontract.odcs.yaml: what readers of the published links may rely on, in the Open Data Contract Standard (v3.1.0).

Made from the schema of the links, so that it cannot lag behind it; `violations` holds a table to it before it is published.
The file is JSON, which every reader of YAML 1.2 reads.
"""

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.errors import DatasetBroken
from soundtracks.publishing.catalogue import COLUMNS, VIEW, Catalogue
from soundtracks.publishing.options import Options

VERSION = "1.0.0"  # of the contract: a column that goes or changes its meaning raises the first number
KEY = ("album_id", "tmdb_id")
#: Values that a column may have.
VALUES = {"decision": ("accept", "review", "reject"), "decided_by": ("model", "person")}
#: Least and most of a column.
RANGES = {"probability": (0.0, 1.0)}
_LOGICAL = {pa.string(): "string", pa.float64(): "number", pa.int32(): "integer"}


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
            "usage": "Links are the rows whose decision is accept.",
        },
        "schema": [
            {
                "name": "links",
                "physicalName": "links.parquet",
                "physicalType": "table",
                "logicalType": "object",
                "description": "One row for each accepted film of an album, or its best candidate otherwise.",
                "properties": [_property(*column) for column in COLUMNS],
                "quality": [
                    {
                        "name": "key",
                        "type": "library",
                        "metric": "duplicateValues",
                        "mustBe": 0,
                        "unit": "rows",
                        "arguments": {"properties": list(KEY)},
                    }
                ],
            }
        ],
    }


def _property(name: str, kind: pa.DataType, nullable: bool, text: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": name,
        "logicalType": _LOGICAL[kind],
        "physicalType": str(kind),
        "required": not nullable,
        "description": text,
    }
    if name in RANGES:
        described["logicalTypeOptions"] = dict(zip(("minimum", "maximum"), RANGES[name], strict=True))
    if name in VALUES:
        rule = {"type": "library", "metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": list(VALUES[name])}}
        described["quality"] = [rule]
    return described


def write_contract(_: Catalogue, options: Options) -> bytes:
    """datacontract.odcs.yaml."""
    return json.dumps(contract(options), ensure_ascii=False, indent=1).encode() + b"\n"


def require_kept(catalogue: Catalogue) -> None:
    """Raises DatasetBroken for a catalogue whose links break the contract: they are not published."""
    if broken := violations(catalogue.view):
        raise DatasetBroken(f"The links break their data contract, so they are not published: {'; '.join(broken)}.")


def violations(links: pa.Table) -> list[str]:
    """What of the contract a table of links breaks, in words; nothing, where it may be published."""
    if links.schema.names != VIEW.names:
        return [f"the columns are {', '.join(links.schema.names)}"]
    broken = [
        f"{f.name} is {links.schema.field(f.name).type}, not {f.type}" for f in VIEW if links.schema.field(f.name).type != f.type
    ]
    if broken:
        return broken
    broken += [f"{f.name} is missing in {n} rows" for f in VIEW if not f.nullable and (n := links[f.name].null_count)]
    for name, values in VALUES.items():
        strange = links.filter(pc.invert(pc.is_in(links[name], value_set=pa.array([*values, None], pa.string()))))
        if len(strange):
            broken.append(f"{name} is {strange[name][0].as_py()!r} in {len(strange)} rows")
    for name, (least, most) in RANGES.items():
        outside = pc.fill_null(pc.or_(pc.less(links[name], least), pc.greater(links[name], most)), False)
        outside = pc.or_(outside, pc.fill_null(pc.is_nan(links[name]), False))
        if count := pc.sum(outside).as_py():
            broken.append(f"{name} is not within {least:g} and {most:g} in {count} rows")
    twice = len(links) - len(links.group_by(list(KEY)).aggregate([]))
    return [*broken, *([f"{' and '.join(KEY)} stand in more than one of {twice} rows"] if twice else [])]
