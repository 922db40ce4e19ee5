"""Subflow validate-records: the Great Expectations gate for one dataset."""

from prefect import flow, get_run_logger

from soundtracks.lake.lake import DatasetRef
from tasks.validate import Validated, validate_dataset


@flow(name="validate-records", flow_run_name="validate-{suite}")
def validate_records(suite: str, ref: DatasetRef, run_id: str) -> Validated:
    """Sets rows that break a critical rule aside and lets the others go on; stops the run when the dataset is broken."""
    validated = validate_dataset(suite, ref, run_id)
    logger = get_run_logger()
    for warning in validated.warnings:
        logger.warning("%s: %s", suite, warning)
    if validated.quarantine:
        logger.warning(
            "%d of %d rows of %s were set aside: %s", validated.metrics.quarantined, ref.rows, suite, validated.quarantine
        )
    return validated
