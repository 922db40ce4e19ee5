"""The last step of a run: outputs and report into the lake, artifacts into the Prefect UI, an event for whoever listens."""

from prefect import get_run_logger, task
from prefect.events import emit_event
from pydantic import BaseModel

from soundtracks.errors import LakeError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.metrics import CatalogueMetrics
from soundtracks.publishing.catalogue_tables import CatalogueTables, Merged
from soundtracks.publishing.former import adopt
from soundtracks.publishing.publish import publish
from soundtracks.publishing.refresh import MOST_LINKS, are_published, refresh
from soundtracks.records import FILMS, conform
from soundtracks.reporting.moves import count_moves
from soundtracks.settings import get_settings
from tasks.artifacts import create_artifacts
from tasks.run_outputs import Found, RunOutputs, brought

PUBLISHED = "soundtracks.links.published"


class Published(BaseModel):
    """`ref`: the run's outputs, runs/<run id>/. `links`: what was found, counted. `catalogue`: what it changed there."""

    ref: DatasetRef
    links: dict[str, int | float]
    catalogue: CatalogueMetrics


@task(task_run_name="films-to-match")
def films_to_match(films: DatasetRef) -> DatasetRef:
    """The run's films beside all of the catalogue: an album goes to the film that it fits best, whichever list named that one.

    So what a list comes to does not hang on which lists were linked before it.
    """
    lake = Lake.from_settings()
    tables, own = CatalogueTables(lake), conform(lake.read_table(films), FILMS)
    adopt(lake, tables)
    every = tables.films_beside(own)
    if every.equals(own):
        return films
    get_run_logger().info("%d films of earlier lists compete for the same albums", len(every) - len(own))
    return lake.publish_table("silver/films-to-match", every)


@task(task_run_name="publish-links")
def publish_links(found: Found, run_id: str, approved: int | None = None) -> Published:
    """Publishes a run: its outputs show the links of its films, the catalogue takes all that it compared.

    People's decisions win over the model's. `approved`: how many links may move, where a person was asked; SoundtracksError where
    more would by now. Raises LakeError when the lake cannot be written.
    """
    lake = Lake.from_settings()
    catalogue, result = brought(lake, found, run_id)
    if approved is not None:
        count_moves(CatalogueTables(lake), result).require_at_most(approved)
    outputs = RunOutputs.of(lake, run_id, catalogue, result)
    metrics = outputs.metrics

    def finish(merged: Merged) -> dict[str, bytes]:
        metrics.catalogue = _changed(merged)
        return {"report.html": outputs.report(), "metrics.json": outputs.numbers()}

    published = publish(lake, run_id, outputs.catalogue, outputs.result, outputs.options, finish)
    create_artifacts(lake, run_id, outputs.catalogue, metrics, outputs.quarantine, outputs.unresolved)
    resource = {"prefect.resource.id": f"soundtracks.links.{run_id}", "prefect.resource.name": published.ref.folder}
    changed = _changed(published.merged)
    emit_event(PUBLISHED, resource=resource, payload={"run_id": run_id, "version": changed.version, **metrics.links})
    get_run_logger().info(changed.summary)
    refresh_static_files(lake)
    get_run_logger().info("Report: %s/runs/%s/report.html", lake.url, run_id)
    return Published(ref=published.ref, links=metrics.links, catalogue=changed)


def refresh_static_files(lake: Lake) -> None:
    """Brings the static files to the catalogue, where the settings want it. Where they cannot be written, no run fails: its links
    are published, and the next refresh goes on."""
    wanted, logger, tables = get_settings().static_files, get_run_logger(), CatalogueTables(lake)
    try:
        if wanted == "never" or (wanted == "auto" and not are_published(lake)):
            return
        if tables.links.count > MOST_LINKS:
            logger.warning("The static files are as they were: so many links are for `soundtracks publish` to write.")
            return
        done = refresh(lake, tables)
    except LakeError as error:
        logger.warning("The static files are not all written: %s `soundtracks publish` goes on.", error)
        return
    if done is not None:
        logger.info("Static files: %d written, %d deleted", done.written, done.deleted)


def _changed(merged: Merged) -> CatalogueMetrics:
    commit, difference = merged.commit, merged.difference
    numbers = {"new": difference.new, "lost": difference.lost, "changed": difference.changed}
    return CatalogueMetrics(version=commit and commit.version, published=commit and commit.at, **numbers)
