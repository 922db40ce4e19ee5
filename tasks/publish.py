"""The last step of a run: outputs and report into the lake, artifacts into the Prefect UI, an event for whoever listens."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from prefect import get_run_logger, task
from prefect.events import emit_event
from pydantic import BaseModel

from soundtracks.decisions import decisions_on, read_decisions
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.model import Model
from soundtracks.metrics import RunMetrics
from soundtracks.publishing.catalogue import Catalogue, effective_decisions
from soundtracks.publishing.options import Options
from soundtracks.publishing.outputs import OUTPUTS
from soundtracks.publishing.publish import DATASET, publish
from soundtracks.publishing.works import album_links
from soundtracks.records import ALBUMS, FILMS, conform, first_of_each_id
from soundtracks.reporting.report import render_report
from soundtracks.serving.named import named_albums, named_films
from soundtracks.settings import get_settings
from tasks.artifacts import create_artifacts

PUBLISHED = "soundtracks.links.published"


class Published(BaseModel):
    """`ref`: gold/links. `links`: what was found, counted."""

    ref: DatasetRef
    links: dict[str, int | float]


@task(task_run_name="publish-links")
def publish_links(films: DatasetRef, albums: list[DatasetRef], links: DatasetRef, run_id: str) -> Published:
    """Publishes a run. People's decisions win over the model's. Raises LakeError when the lake cannot be written."""
    lake, model = Lake.from_settings(), Model.load()
    options = Options.of(model.accept, model.review)
    film_table = lake.read_table(films)
    album_table = first_of_each_id(pa.concat_tables([lake.read_table(ref) for ref in albums]), "album_id")
    decisions = decisions_on(read_decisions(lake), film_table, album_table)
    film_table, album_table = with_named(lake, decisions, film_table, album_table)
    catalogue = Catalogue(film_table, album_table, lake.read_table(links), decisions)
    metrics = RunMetrics.model_validate(lake.read_json(f"runs/{run_id}/metrics.json"))
    options = replace(options, open_data=metrics.is_open_data, posters=get_settings().posters)
    metrics.links = count_links(catalogue)
    previous, quarantine = lake.current(DATASET), list(read_quarantine(lake, run_id))
    unresolved = read_unresolved(lake, run_id)
    report = render_report(
        catalogue,
        metrics,
        quarantine=quarantine,
        unresolved=unresolved,
        previous=lake.read_table(previous, "links.parquet") if previous else None,
        options=options,
        files=[output.name for output in OUTPUTS],
    )
    numbers = metrics.model_dump(mode="json", exclude_none=True)
    published = publish(lake, run_id, catalogue, numbers, {"report.html": report.encode()}, options)
    create_artifacts(lake, run_id, catalogue, metrics, quarantine, unresolved)
    resource = {"prefect.resource.id": f"soundtracks.links.{published.version}", "prefect.resource.name": published.folder}
    emit_event(PUBLISHED, resource=resource, payload={"run_id": run_id, "version": published.version, **metrics.links})
    get_run_logger().info("Report: %s/runs/%s/report.html", lake.url, run_id)
    return Published(ref=published, links=metrics.links)


def with_named(lake: Lake, decisions: pa.Table, films: pa.Table, albums: pa.Table) -> tuple[pa.Table, pa.Table]:
    """(films, albums) with those that people linked though this run did not come across them; such a film is a listed one."""
    accepted = [pair for pair, word in effective_decisions(decisions).items() if word["decision"] == "accept"]
    more_films = named_films(lake, {film for _, film in accepted} - set(films["tmdb_id"].to_pylist()))
    more_albums = named_albums(lake, {album for album, _ in accepted} - set(albums["album_id"].to_pylist()))
    return (
        pa.concat_tables([conform(films, FILMS), more_films]),
        pa.concat_tables([conform(albums, ALBUMS), more_albums]),
    )


def count_links(catalogue: Catalogue) -> dict[str, int | float]:
    """What a run found, counted by films and albums; `pressings`: rows of the links."""
    links = album_links(catalogue.view)
    films = set(catalogue.films["tmdb_id"].to_pylist())
    accepted = {link.row["tmdb_id"] for link in links if link.row["decision"] == "accept"}
    review = {link.row["tmdb_id"] for link in links if link.row["decision"] == "review"}
    return {
        "films_with_albums": len(films & accepted),
        "films_to_review": len((films & review) - accepted),
        "films_without": len(films - accepted - review),
        "links": sum(link.row["decision"] == "accept" for link in links),
        "pressings": catalogue.accepted.num_rows,
        "albums_to_review": sum(link.row["decision"] == "review" for link in links),
        "decided_by_people": sum(link.row["decided_by"] == "person" for link in links),
    }


def read_quarantine(lake: Lake, run_id: str) -> Iterator[dict[str, Any]]:
    """The rows that a run set aside, schema QUARANTINE and `dataset`."""
    for dataset in ("titles", "films", "albums", "links"):
        for name in (f"{run_id}.unreadable", run_id):
            path = f"quarantine/{dataset}/{name}.parquet"
            if lake.exists(path):
                for row in pq.read_table(pa.BufferReader(lake.read_bytes(path))).to_pylist():
                    yield {"dataset": dataset, **row}


def read_unresolved(lake: Lake, run_id: str) -> list[dict[str, str | None]]:
    """The titles of a run that no film was found for: title, year, reason."""
    failures = lake.read_json(f"runs/{run_id}/failures.json")
    return [{"title": f["name"], "year": None, "reason": f["reason"]} for f in failures.get("tmdb", [])]
