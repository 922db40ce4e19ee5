"""The validation step: good rows go on, bad ones to quarantine, a page of all checks to the run's folder."""

import pyarrow as pa
from prefect import task
from pydantic import BaseModel

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.metrics import ValidationMetrics
from soundtracks.records import parquet_bytes


class Validated(BaseModel):
    """`ref`: the good rows. `page`: what every rule found. `quarantine`: the rows set aside, None when there are none."""

    ref: DatasetRef
    metrics: ValidationMetrics
    page: str
    warnings: list[str]
    quarantine: str | None = None


@task(task_run_name="validate-{suite}")
def validate_dataset(suite: str, ref: DatasetRef, run_id: str) -> Validated:
    """Checks one dataset version by its suite, expectations/<suite>.py.

    Raises DatasetBroken when it cannot be used at all; its rows are in quarantine by then.
    """
    from expectations.gate import check  # Great Expectations takes seconds to import

    lake = Lake.from_settings()
    result = check(suite, lake.read_table(ref))
    page = f"runs/{run_id}/datadocs/{suite}/index.html"
    lake.write_bytes(page, result.page.encode())
    quarantine = write_quarantine(lake, suite, run_id, result.quarantined) if result.quarantined_rows else None
    result.require_usable(suite)
    good = lake.publish_table(ref.dataset, result.good) if result.quarantined_rows else ref
    metrics = ValidationMetrics(rows=ref.rows, quarantined=result.quarantined_rows, warnings=len(result.warnings))
    return Validated(ref=good, metrics=metrics, page=page, warnings=result.warnings, quarantine=quarantine)


def write_quarantine(lake: Lake, dataset: str, name: str, rows: pa.Table) -> str:
    """Writes rows that were set aside (schema QUARANTINE); returns their name in the lake."""
    path = f"quarantine/{dataset}/{name}.parquet"
    lake.write_bytes(path, parquet_bytes(rows))
    return path
