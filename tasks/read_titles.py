"""The first step of a run: the title file becomes the dataset silver/titles."""

from prefect import get_run_logger, task
from pydantic import BaseModel

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.lists.titles import read_titles
from tasks.validate import write_quarantine


class Listed(BaseModel):
    """`ref`: unique titles, schema TITLES. `rows`: titles in the file. `unreadable`: those of them set aside, in `quarantine`."""

    ref: DatasetRef
    file: str
    rows: int
    unreadable: int = 0
    quarantine: str | None = None


@task(task_run_name="read-titles")
def read_title_list(source: str, etag: str, run_id: str) -> Listed:
    """Reads a title file into the lake. Raises BadTitles for one that cannot be read."""
    lake = Lake.from_settings()
    titles = read_titles(source, lake, expected_version=etag)
    rejected = titles.rejected.num_rows
    quarantine = write_quarantine(lake, "titles", f"{run_id}.unreadable", titles.rejected) if rejected else None
    get_run_logger().info(
        "%s: %d titles, %d of them duplicates, %d unreadable", titles.name, titles.rows, titles.duplicates, rejected
    )
    ref = lake.publish_table("silver/titles", titles.table)
    return Listed(ref=ref, file=titles.name, rows=titles.rows, unreadable=rejected, quarantine=quarantine)
