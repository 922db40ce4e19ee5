"""The last step of a run: outputs and report into the lake, artifacts into the Prefect UI, an event for whoever listens."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from prefect import get_run_logger, task
from prefect.artifacts import create_image_artifact, create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.events import emit_event
from pydantic import BaseModel

from tasks.lake import DatasetRef, Lake
from tasks.linkage import first_of_each
from tasks.matching.model import Model
from tasks.metrics import RunMetrics
from tasks.publishing.catalogue import Catalogue
from tasks.publishing.options import Options
from tasks.publishing.outputs import OUTPUTS
from tasks.publishing.publish import DATASET, publish
from tasks.reporting.report import render_report
from tasks.review import read_decisions

PUBLISHED = "soundtracks.links.published"
#: Links shown in the Prefect UI; all of them stand in the report.
SHOWN_LINKS = 100


class Published(BaseModel):
    """`ref`: gold/links. `links`: what was found, counted."""

    ref: DatasetRef
    links: dict[str, int | float]


@task
def publish_links(films: DatasetRef, albums: list[DatasetRef], links: DatasetRef, run_id: str) -> Published:
    """Publishes a run. People's decisions win over the model's. Raises LakeError when the lake cannot be written."""
    lake, model = Lake.from_settings(), Model.load()
    options = Options.of(model.accept, model.review)
    catalogue = Catalogue(
        films=lake.read_table(films),
        albums=first_of_each(pa.concat_tables([lake.read_table(ref) for ref in albums])),
        links=lake.read_table(links),
        decisions=read_decisions(lake),
    )
    metrics = RunMetrics.model_validate(lake.read_json(f"runs/{run_id}/metrics.json"))
    metrics.links = count_links(catalogue)
    previous = lake.current(DATASET)
    report = render_report(
        catalogue,
        metrics,
        quarantine=list(read_quarantine(lake, run_id)),
        unresolved=read_unresolved(lake, run_id),
        previous=lake.read_table(previous, "links.parquet") if previous else None,
        options=options,
        files=[output.name for output in OUTPUTS],
    )
    numbers = metrics.model_dump(mode="json", exclude_none=True)
    published = publish(lake, run_id, catalogue, numbers, {"report.html": report.encode()}, options)
    leave_artifacts(lake, run_id, catalogue, metrics)
    resource = {"prefect.resource.id": f"soundtracks.links.{published.version}", "prefect.resource.name": published.folder}
    emit_event(PUBLISHED, resource=resource, payload={"run_id": run_id, "version": published.version, **metrics.links})
    get_run_logger().info("Report: %s/runs/%s/report.html", lake.url, run_id)
    return Published(ref=published, links=metrics.links)


def count_links(catalogue: Catalogue) -> dict[str, int | float]:
    """What a run found, counted by films and albums."""
    view = catalogue.view
    films = set(catalogue.films["tmdb_id"].to_pylist())
    accepted = set(catalogue.accepted["tmdb_id"].to_pylist())
    review = set(view.filter(pc.equal(view["decision"], "review"))["tmdb_id"].to_pylist())
    return {
        "films_with_albums": len(films & accepted),
        "films_to_review": len((films & review) - accepted),
        "films_without": len(films - accepted - review),
        "links": catalogue.accepted.num_rows,
        "decided_by_people": sum(by == "person" for by in view["decided_by"].to_pylist()),
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


def leave_artifacts(lake: Lake, run_id: str, catalogue: Catalogue, metrics: RunMetrics) -> None:
    """Leaves summary, links, histogram and addresses in the Prefect UI; equal keys make versions, so that runs compare."""
    folder = f"{lake.url}/runs/{run_id}"
    create_markdown_artifact(summary(metrics, folder), key="summary", description="What the run found and what it cost")
    create_table_artifact(list(link_rows(catalogue)), key="links", description=f"The {SHOWN_LINKS} surest links")
    picture = base64.b64encode(lake.read_bytes(f"runs/{run_id}/score-histogram.png")).decode()
    create_image_artifact(f"data:image/png;base64,{picture}", key="score-histogram", description="How sure the match is")
    create_link_artifact(
        f"{folder}/report.html", link_text="report.html", key="report", description="The report: open it in a browser"
    )


def link_rows(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """The surest accepted links, readable, with addresses."""
    surest = catalogue.accepted.sort_by([("match_weight", "descending"), ("album_id", "ascending")]).slice(0, SHOWN_LINKS)
    for row in surest.to_pylist():
        yield {
            "film": _markdown_link(f"{row['film_title']} ({row['film_year'] or '?'})", row["film_url"]),
            "album": _markdown_link(f"{row['album_artist'] or '?'} – {row['album_title']}", row["album_url"]),
            "probability": f"{row['probability']:.4f}" if row["probability"] is not None else row["decided_by"],
        }


def summary(metrics: RunMetrics, folder: str) -> str:
    """The run in Markdown."""
    links, match = metrics.links, metrics.matching
    lines = [
        f"## {metrics.titles.get('file', 'Links')}",
        f"**{links['films_with_albums']}** films have soundtrack albums, **{links['films_to_review']}** wait for review, "
        f"**{links['films_without']}** have none. **{links['links']}** links.",
        "",
        "| | |",
        "|---|---|",
        *(f"| titles {name} | {_escape(value)} |" for name, value in metrics.titles.items()),
        *(
            f"| requests to {source} | {m.requests}, and {m.cache_hits} answers kept from before |"
            for source, m in metrics.extraction.items()
        ),
        *(f"| albums by | {m.plan}: {_escape(m.plan_reason)} |" for m in metrics.extraction.values() if m.plan),
        *(f"| {source} ended early | {_escape(m.interrupted)} |" for source, m in metrics.extraction.items() if m.interrupted),
        *(f"| {name} set aside | {v.quarantined} of {v.rows} |" for name, v in metrics.validation.items() if v.quarantined),
        *([f"| pairs compared | {match.candidates} in {match.seconds:.1f} s |"] if match else []),
        *(f"| {stage} | {seconds:.1f} s |" for stage, seconds in metrics.stages.items()),
        "",
        f"Report, data docs and files: `{folder}`",
    ]
    return "\n".join(lines)


def _markdown_link(text: str, url: str | None) -> str:
    return f"[{_escape(text)}]({url})" if url else _escape(text)


def _escape(value: object) -> str:
    """Text that Markdown and HTML leave as it is: titles may hold anything."""
    escapes: Mapping[str, str] = {"&": "&amp;", "<": "&lt;", ">": "&gt;", **{c: f"\\{c}" for c in "\\`*_[]|"}}
    return "".join(escapes.get(character, character) for character in str(value))
