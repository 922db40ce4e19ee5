"""The first step of a run: the list becomes the dataset silver/titles."""

import json

import pyarrow as pa
import pyarrow.compute as pc
from prefect import get_run_logger, task
from pydantic import BaseModel

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.lists.landed import read_landed
from soundtracks.lists.parts import Place
from soundtracks.records import QUARANTINE
from tasks.validate import write_quarantine


class Listed(BaseModel):
    """`ref`: unique titles, schema TITLES. `rows`: films in the file. `unreadable`: rows set aside, in `quarantine`.

    `left_out`: rows by the kind of thing that they are instead. `notes`: in words, how the file was read.
    """

    ref: DatasetRef
    file: str
    rows: int
    unreadable: int = 0
    quarantine: str | None = None
    left_out: dict[str, int] = {}
    notes: list[str] = []


@task(task_run_name="read-titles")
def read_title_list(source: str, etag: str, run_id: str) -> Listed:
    """Reads a list of films into the lake. Raises BadTitles for one that cannot be read or has none."""
    lake = Lake.from_settings()
    reading = read_landed(source, lake, expected_version=etag).reading
    quarantine = None
    if reading.unreadable:
        quarantine = write_quarantine(lake, "titles", f"{run_id}.unreadable", _quarantined(reading.places))
    get_run_logger().info("%s %s", reading.summary(), "; ".join(reading.notes))
    reading.check_usable()
    return Listed(
        ref=lake.publish_table("silver/titles", without_lost_titles(reading.table)),
        file=reading.name,
        rows=reading.rows,
        unreadable=reading.unreadable,
        quarantine=quarantine,
        left_out=dict(reading.left_out),
        notes=reading.notes,
    )


def without_lost_titles(table: pa.Table) -> pa.Table:
    """Titles of which only question marks are left are unknown: the reader keeps such rows for their ids alone."""
    lost = pc.match_substring_regex(table["title"], "^[?\ufffd\u00bf ]*$")
    return table.set_column(1, table.schema.field("title"), pc.if_else(pc.fill_null(lost, True), None, table["title"]))


def _quarantined(places: list[Place]) -> pa.Table:
    rows = [
        {
            "row": json.dumps({"file": place.member, "line": place.line, "text": place.text}, ensure_ascii=False),
            "rule": "readable_row",
            "column": "",
            "value": place.text,
            "reason": str(place),
        }
        for place in places
    ]
    return pa.Table.from_pylist(rows, schema=QUARANTINE)
