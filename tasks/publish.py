"""The last step of a run: outputs and report into the lake, artifacts into the Prefect UI, an event for whoever listens."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from prefect import get_run_logger, task
from prefect.events import emit_event
from pydantic import BaseModel

from soundtracks.decisions import decisions_on, read_decisions
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.model import Model
from soundtracks.metrics import CatalogueMetrics, RunMetrics, SourceMetrics
from soundtracks.publishing.catalogue import Catalogue, effective_decisions
from soundtracks.publishing.catalogue_tables import CatalogueTables, Merged, RunResult
from soundtracks.publishing.former import adopt
from soundtracks.publishing.options import Options
from soundtracks.publishing.outputs import OUTPUTS
from soundtracks.publishing.publish import publish
from soundtracks.publishing.terms import Origin
from soundtracks.publishing.works import album_links
from soundtracks.records import ALBUMS, FILMS, conform, first_of_each_id, listed_films
from soundtracks.reporting.report import render_report
from soundtracks.serving.named import named_albums, named_films
from soundtracks.settings import get_settings
from tasks.artifacts import create_artifacts

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
def publish_links(films: DatasetRef, compared: DatasetRef, albums: list[DatasetRef], links: DatasetRef, run_id: str) -> Published:
    """Publishes a run: its outputs show the links of its `films`, the catalogue takes all that it `compared`.

    People's decisions win over the model's. Raises LakeError when the lake cannot be written.
    """
    lake, model = Lake.from_settings(), Model.load()
    options = Options.of(model.accept, model.review)
    film_table, album_table, link_table = lake.read_table(films), _albums(lake, albums), lake.read_table(links)
    every_film, said = conform(lake.read_table(compared), FILMS), read_decisions(lake)
    decisions = decisions_on(said, film_table, album_table)
    film_table, album_table = with_named(lake, decisions, film_table, album_table)
    every_film = first_of_each_id(pa.concat_tables([film_table, every_film]), "tmdb_id")
    catalogue = Catalogue(_rivals_beside(film_table, every_film), album_table, link_table, decisions)
    metrics = RunMetrics.model_validate(lake.read_json(f"runs/{run_id}/metrics.json"))
    options = replace(options, open_data=metrics.is_open_data, posters=get_settings().posters)
    metrics.links, quarantine = count_links(catalogue), list(read_quarantine(lake, run_id))
    unresolved = read_unresolved(lake, run_id)
    tables = CatalogueTables(lake)
    previous = None if tables.is_empty else _of_list(tables.links_on(album_table["album_id"].combine_chunks()), film_table)

    def finish(merged: Merged) -> dict[str, bytes]:
        metrics.catalogue = _changed(merged)
        report = render_report(
            catalogue,
            metrics,
            quarantine=quarantine,
            unresolved=unresolved,
            previous=previous,
            options=options,
            files=[output.name for output in OUTPUTS],
        )
        numbers = metrics.model_dump(mode="json", exclude_none=True)
        return {"report.html": report.encode(), "metrics.json": json.dumps(numbers, ensure_ascii=False, indent=1).encode()}

    found = RunResult(run_id, every_film, album_table, link_table, said, *_origins(metrics))
    published = publish(lake, run_id, catalogue, found, options, finish)
    create_artifacts(lake, run_id, catalogue, metrics, quarantine, unresolved)
    resource = {"prefect.resource.id": f"soundtracks.links.{run_id}", "prefect.resource.name": published.ref.folder}
    changed = _changed(published.merged)
    emit_event(PUBLISHED, resource=resource, payload={"run_id": run_id, "version": changed.version, **metrics.links})
    get_run_logger().info(changed.summary)
    get_run_logger().info("Report: %s/runs/%s/report.html", lake.url, run_id)
    return Published(ref=published.ref, links=metrics.links, catalogue=changed)


def _albums(lake: Lake, albums: list[DatasetRef]) -> pa.Table:
    return first_of_each_id(pa.concat_tables([conform(lake.read_table(ref), ALBUMS) for ref in albums]), "album_id")


def _rivals_beside(films: pa.Table, compared: pa.Table) -> pa.Table:
    """The run's films; the others that were compared are rivals to it, whatever list they are from."""
    others = compared.filter(pc.invert(pc.is_in(compared["tmdb_id"], value_set=films["tmdb_id"].combine_chunks())))
    at = FILMS.get_field_index("listed")
    return pa.concat_tables([conform(films, FILMS), others.set_column(at, "listed", pa.repeat(pa.scalar(False), len(others)))])


def _of_list(links: pa.Table, films: pa.Table) -> pa.Table:
    """Links to films of the run's list: what is linked to others it does not show, so it did not lose it."""
    return links.filter(pc.is_in(links["tmdb_id"], value_set=listed_films(films)["tmdb_id"].combine_chunks()))


def _changed(merged: Merged) -> CatalogueMetrics:
    commit, difference = merged.commit, merged.difference
    numbers = {"new": difference.new, "lost": difference.lost, "changed": difference.changed}
    return CatalogueMetrics(version=commit and commit.version, published=commit and commit.at, **numbers)


def _origins(metrics: RunMetrics) -> tuple[Origin, Origin]:
    """Where films and albums come from. A cached response may be as old as it may be used: then that time is said."""
    settings, found = get_settings(), metrics.extraction
    films, albums = found.get("tmdb", SourceMetrics()), found.get("discogs", SourceMetrics())

    def since(asked: SourceMetrics, hours: float) -> datetime:
        return metrics.started - timedelta(hours=hours if asked.cache_hits else 0)

    return (
        Origin("wikidata") if films.plan == "cc0" else Origin("tmdb", since(films, settings.tmdb_retention_hours)),
        Origin("discogs dump")
        if albums.plan in ("dump", "cc0")
        else Origin("discogs", since(albums, settings.discogs_retention_hours)),
    )


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
