"""report.html: one self-contained file that shows a run: what was linked, how sure it is, and why."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import pyarrow as pa

from soundtracks.errors import BadInput
from soundtracks.matching.model import Model
from soundtracks.metrics import RunMetrics
from soundtracks.publishing import notices
from soundtracks.publishing.catalogue import POSTERS, Catalogue, album_url, film_url
from soundtracks.publishing.catalogue_tables import CatalogueTables
from soundtracks.publishing.options import Options
from soundtracks.publishing.works import AlbumLink, album_links, rows_of
from soundtracks.reporting import charts
from soundtracks.reporting.changes import compare_links
from soundtracks.reporting.data import count_decisions, report_data
from soundtracks.reporting.outside import albums_outside
from soundtracks.reporting.page import asset, content_policy, json_in_html, render, render_still

#: Films that stand in the page for readers without JavaScript; with it, all do.
PLAIN_FILMS = 50
#: Rows of a list that is written out (changes, quarantine, unmatched films); beyond, a line says how many more there are.
MAX_ROWS = 500

#: Films and links of which a page is made; beyond, a browser takes too long to open it, and a run to write it.
MAX_REPORTED = 100_000

Rows = Iterable[Mapping[str, Any]]


def render_catalogue(tables: CatalogueTables, said: pa.Table, *, posters: bool = False) -> str:
    """The report over all runs together, with every word of people (schema DECISIONS) until now.

    Raises BadInput where there is more than a page can hold.
    """
    catalogue, model = tables.catalogue(said=said), Model.load()
    if (rows := _rows(catalogue)) > MAX_REPORTED:
        raise BadInput(
            f"The catalogue holds {rows:,} films and links: too many for one page.",
            hint="See them as tables with `soundtracks browse`, or the report of one run: `soundtracks report RUN`.",
        )
    options = replace(Options.of(model.accept, model.review), posters=posters)
    return render_report(catalogue, None, options=options, version=tables.links.version)


def render_report(
    catalogue: Catalogue,
    metrics: RunMetrics | None,
    *,
    quarantine: Rows = (),
    unresolved: Rows = (),
    previous: pa.Table | None = None,
    options: Options = Options(),  # noqa: B008 - frozen
    files: Sequence[str] = (),
    version: int | None = None,
) -> str:
    """The report of a run, as HTML. Same arguments, same page. Of a run with more than MAX_REPORTED films and links it is a short
    page: its totals, and how to look at them.

    Args:
        catalogue: films, albums, links and people's decisions.
        metrics: of the run; absent parts are not shown. None: this is no run, but all of them together.
        quarantine: rows of schema QUARANTINE, with "dataset" where known.
        unresolved: titles without a film: "title", "year", "reason".
        previous: the links of the run before (schema LINKS or VIEW); None before the second run.
        options: the thresholds (bits), drawn into the charts.
        files: names of files beside the report, linked at its foot.
        version: of the catalogue, where it is all runs together.
    """
    lacking = list(unresolved)
    without_film = max(metrics.unresolved if metrics else 0, len(lacking))  # a run counts all, and lists the first of many
    if metrics and _rows(catalogue) > MAX_REPORTED:
        return _render_large(catalogue, metrics, len(list(quarantine)), without_film, files)
    style, script = asset("base.css", "report.css"), asset("dom.js", "waterfall.js", "report.js")
    links = album_links(catalogue.view)
    view = rows_of(links)
    thresholds = {"accept_at": options.accept_at, "review_at": options.review_at}
    table, rows = charts.threshold_table(view), list(quarantine)
    taken = {link.row["tmdb_id"] for link in links if link.row["decision"] != "reject"}
    unmatched = [f for f in _plain_films(catalogue) if f["tmdb_id"] not in taken]
    return render(
        "report.html",
        policy=content_policy(script=script, style=style, pictures=POSTERS if options.posters else ""),
        style=style,
        script=script,
        data=json_in_html(report_data(catalogue.films, links, posters=options.posters)),
        metrics=metrics,
        version=version,
        totals=_totals(catalogue, links, len(unmatched)),
        best=options,
        scores=charts.draw_scores(view, **thresholds),
        threshold_chart=charts.draw_thresholds(table, **thresholds),
        threshold_table=table,
        changes=compare_links(catalogue, previous) if previous is not None else None,
        plain=_plain_list(catalogue, links),
        unmatched=unmatched,
        outside=albums_outside(links, set(catalogue.rivals["tmdb_id"].to_pylist())),
        quarantine=rows,
        reasons=Counter((row.get("dataset") or "", row.get("reason") or row.get("rule") or "") for row in rows).most_common(),
        unresolved=lacking,
        without_film=without_film,
        bar=charts.bar,
        most=MAX_ROWS,
        files=files,
        film_url=film_url,
        album_url=album_url,
        notices=notices,
    )


def _render_large(catalogue: Catalogue, metrics: RunMetrics, quarantine: int, unresolved: int, files: Sequence[str]) -> str:
    """The page of a run that is too large for its report, without scripts. Nothing is made of its links, one by one."""
    return render_still(
        "large_report.html",
        "base.css",
        "report.css",
        metrics=metrics,
        rows=_rows(catalogue),
        quarantine=quarantine,
        unresolved=unresolved,
        files=files,
        notices=notices,
    )


def _rows(catalogue: Catalogue) -> int:
    return int(catalogue.films.num_rows + catalogue.links.num_rows)


def _totals(catalogue: Catalogue, links: Sequence[AlbumLink], unmatched: int) -> dict[str, Any]:
    accepted = [link for link in links if link.row["decision"] == "accept"]
    counts = count_decisions(link.row["decision"] for link in links)
    sure = [link.row["probability"] for link in accepted if link.row["probability"] is not None]
    return {
        "films": catalogue.films.num_rows,
        "films_with": len({link.row["tmdb_id"] for link in accepted}),
        "films_without": unmatched,
        "links": counts["accept"],
        "linked_albums": len({link.work_id for link in accepted}),
        "pressings": len({row["album_id"] for link in accepted for row in link.pressings}),
        "review": counts["review"],
        "by_person": sum(link.row["decided_by"] == "person" for link in links),
        "expected": sum(sure) / len(sure) if sure else None,
    }


def _plain_films(catalogue: Catalogue) -> list[dict[str, Any]]:
    films = catalogue.films.select(["tmdb_id", "title", "year", "composers"]).to_pylist()
    return sorted(films, key=lambda f: ((f["title"] or f["tmdb_id"]).casefold(), f["year"] or 0, f["tmdb_id"]))


def _plain_list(catalogue: Catalogue, links: Sequence[AlbumLink]) -> list[dict[str, Any]]:
    """The first films by title that have albums, each with "albums": the accepted ones, then those to review."""
    albums: dict[str, list[dict[str, Any]]] = {}
    for link in links:
        if link.row["decision"] in ("accept", "review"):
            shown = link.row | {"album_url": link.url, "pressings": len(link.pressings)}
            albums.setdefault(link.row["tmdb_id"], []).append(shown)
    films = islice((f for f in _plain_films(catalogue) if f["tmdb_id"] in albums), PLAIN_FILMS)
    return [f | {"albums": sorted(albums[f["tmdb_id"]], key=lambda a: a["decision"])} for f in films]
