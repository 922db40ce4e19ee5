"""What a run leaves in the Prefect UI: artifacts with fixed keys, whose versions make a run comparable with the last."""

import base64
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prefect.artifacts import create_image_artifact, create_markdown_artifact, create_table_artifact

from soundtracks.lake.lake import Lake
from soundtracks.metrics import RunMetrics
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.works import accepted_links
from soundtracks.text.foreign import code, markdown

#: Links shown in the Prefect UI; all of them stand in the report.
SHOWN_LINKS = 100
#: Where `soundtracks open` serves its pages, unless that port is taken.
OPENED = "http://127.0.0.1:8765"
#: Characters of a value that was set aside.
MAX_EXAMPLE = 200


def create_artifacts(
    lake: Lake,
    run_id: str,
    catalogue: Catalogue,
    metrics: RunMetrics,
    quarantine: Sequence[Mapping[str, Any]],
    unresolved: Sequence[Mapping[str, Any]],
) -> None:
    """Leaves summary, report, links, histogram and, where rows were set aside or titles are no known film, the reasons."""
    create_markdown_artifact(summary(metrics), key="summary", description="What the run found and what it cost")
    create_markdown_artifact(where_the_report_is(lake, run_id), key="report", description="The report and all files of the run")
    create_table_artifact(list(link_rows(catalogue)), key="links", description=f"The {SHOWN_LINKS} surest links")
    picture = base64.b64encode(lake.read_bytes(f"runs/{run_id}/score-histogram.png")).decode()
    create_image_artifact(f"data:image/png;base64,{picture}", key="score-histogram", description="How sure the match is")
    aside = [*quarantine, *map(_no_film, unresolved)]
    if aside:
        create_table_artifact(list(reason_rows(aside)), key="set-aside", description="What was set aside, by reason")


def _no_film(title: Mapping[str, Any]) -> dict[str, Any]:
    """A title without a film as a row of the quarantine, so that both are told in one place."""
    return {"dataset": "titles", "column": "title", "reason": title["reason"], "value": title["title"]}


def headline(metrics: RunMetrics) -> str:
    """A run in a sentence or two."""
    links, films = metrics.links, metrics.listed_films or 0
    aside = sum(v.quarantined for v in metrics.validation.values())
    parts = [f"{links['films_with_albums']:,} of {films:,} films have soundtrack albums"]
    if lacking := metrics.unresolved:
        parts.append(f"no film was found for {lacking:,} title{'s' if lacking > 1 else ''}")
    if waiting := links["albums_to_review"]:
        parts.append(f"{waiting:,} album{'s wait' if waiting > 1 else ' waits'} for review")
    if aside:
        parts.append(f"{aside:,} row{'s were' if aside > 1 else ' was'} set aside")
    early = [f" {source} ended early: {m.interrupted}." for source, m in metrics.extraction.items() if m.interrupted]
    return ", ".join(parts) + "." + "".join(early)


def summary(metrics: RunMetrics) -> str:
    """The run in Markdown: what was found, what it cost."""
    links, match = metrics.links, metrics.matching
    found = [
        *([("titles in the file", metrics.titles["rows"])] if metrics.titles else []),
        *([("of these readable, each once", metrics.titles["unique"])] if metrics.titles else []),
        *([("left out as no films", metrics.titles["left_out"])] if metrics.titles.get("left_out") else []),
        *([("read as", "; ".join(metrics.read_as))] if metrics.read_as else []),
        *([("titles that no film was found for", metrics.unresolved)] if metrics.unresolved else []),
        ("films with albums", links["films_with_albums"]),
        ("films with albums to review only", links["films_to_review"]),
        ("films without any", links["films_without"]),
        ("albums linked, each film's", links["links"]),
        *([("pressings of these", links["pressings"])] if "pressings" in links else []),
        ("albums for a person to decide: `soundtracks review`", links["albums_to_review"]),
        ("decided by people", links["decided_by_people"]),
        *((f"{name} set aside", f"{v.quarantined} of {v.rows}") for name, v in metrics.validation.items() if v.quarantined),
    ]
    cost: list[tuple[str, object]] = []
    for source, m in metrics.extraction.items():
        cost.append((f"requests to {source}", f"{m.requests}, and {m.cache_hits} answers kept from before"))
        cost += [("albums by", f"{m.plan}: {m.plan_reason}")] if m.plan else []
        cost += [(f"{source} ended early", m.interrupted)] if m.interrupted else []
    cost += [("pairs compared", f"{match.candidates} in {match.seconds:.1f} s")] if match else []
    cost += [(f"time of the stage *{stage}*", f"{seconds:.1f} s") for stage, seconds in metrics.stages.items()]
    return "\n".join(
        [
            f"## {markdown(metrics.titles.get('file', 'Links'))}",
            markdown(headline(metrics)),
            *_table("found", found),
            *_table("cost", cost),
        ]
    )


def _table(head: str, rows: Sequence[tuple[str, object]]) -> list[str]:
    return ["", f"| {head} | |", "|---|---|", *(f"| {name} | {markdown(value)} |" for name, value in rows)]


def where_the_report_is(lake: Lake, run_id: str) -> str:
    """Where the files lie and how to open the report: a browser follows no link from here to a folder or to Blob, but to
    the pages that `soundtracks open` serves."""
    return "\n".join(
        [
            f"[Open the report]({OPENED}/report/{run_id}) · [review what is doubtful]({OPENED}/review) · [all pages]({OPENED}/), "
            "on the machine where `soundtracks open` runs.",
            "",
            f"`soundtracks report {run_id}` opens the report alone, `soundtracks browse {run_id}` the links as tables.",
            "",
            f"All files of the run, with a page for every check: {code(f'{lake.url}/runs/{run_id}')}",
        ]
    )


def link_rows(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """The surest accepted links, readable, with addresses."""
    links = catalogue.once(accepted_links)
    surest = sorted(links, key=lambda link: (-(link.row["probability"] or 1.0), link.work_id))[:SHOWN_LINKS]
    for link in surest:
        row = link.row
        yield {
            "film": _link(f"{row['film_title']} ({row['film_year'] or '?'})", row["film_url"]),
            "album": _link(f"{row['album_artist'] or '?'} – {row['album_title']}", link.url),
            "probability": f"{row['probability']:.4f}" if row["probability"] is not None else row["decided_by"],
        }


def reason_rows(quarantine: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """How often each rule set a row aside, most often first, with an example."""
    counts = Counter((row["dataset"], row["column"], row["reason"]) for row in quarantine)
    for (dataset, column, reason), count in counts.most_common():
        example = next(r["value"] for r in quarantine if (r["dataset"], r["column"], r["reason"]) == (dataset, column, reason))
        yield {
            "data": dataset,
            "column": markdown(column),
            "reason": markdown(reason),
            "rows": count,
            "example": markdown(example, MAX_EXAMPLE),
        }


def _link(text: str, url: str | None) -> str:
    """A link to one of our own addresses (soundtracks/publishing/catalogue.py), or the text alone."""
    return f"[{markdown(text)}]({url})" if url else markdown(text)
