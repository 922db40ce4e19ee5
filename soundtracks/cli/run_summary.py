"""What a run came to, in the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from soundtracks.errors import LakeError
from soundtracks.text.foreign import markup, one_line

if TYPE_CHECKING:
    from soundtracks.lake.lake import Lake
    from soundtracks.metrics import MatchMetrics, RunMetrics

#: Titles without a film that are named, and characters of each.
SHOWN_TITLES, SHOWN_LENGTH = 5, 60


def print_summary(metrics: "RunMetrics", lake: "Lake", console: Console) -> None:
    """Prints what came out, what it cost and where the report is."""
    table = Table(title="Result", show_header=False, title_justify="left")
    for name, value in summary_rows(metrics, _titles_without_film(metrics, lake)):
        table.add_row(markup(name), markup(value))
    console.print(table)
    console.print(f"Report: {markup(lake.url)}/runs/{metrics.run_id}/report.html", highlight=False, soft_wrap=True)


def _titles_without_film(metrics: "RunMetrics", lake: "Lake") -> list[str]:
    """Their names; none where these cannot be read: their number is told all the same."""
    from soundtracks.reporting.unresolved import read_unresolved

    if not metrics.unresolved:
        return []
    try:
        return [title["title"] or "" for title in read_unresolved(lake, metrics.run_id)]
    except LakeError:
        return []


def summary_rows(metrics: "RunMetrics", unresolved: Sequence[str] = ()) -> list[tuple[str, str]]:
    """What a person wants to know of a run, as (name, value). `unresolved`: titles that no film was found for."""
    rows = [("titles", f"{metrics.titles.get('unique', '?')} of {metrics.titles.get('file', '?')}")]
    if metrics.unresolved:
        rows.append(("no film found", _named(metrics.unresolved, unresolved)))
    for source, counts in metrics.extraction.items():
        rows.append((f"requests to {source}", f"{counts.requests} (and {counts.cache_hits} answers kept from before)"))
        if counts.plan:
            rows.append(("albums by", f"{counts.plan}: {counts.plan_reason}"))
        if counts.interrupted:
            rows.append((f"{source} ended early", counts.interrupted))
    if quarantined := {name: v.quarantined for name, v in metrics.validation.items() if v.quarantined}:
        rows.append(("set aside", ", ".join(f"{count} {name}" for name, count in quarantined.items())))
    if metrics.matching:
        match = metrics.matching
        compared = f"{_films(match, metrics.listed_films)} × {match.albums} albums"
        rows.append(("matched", f"{compared}, {match.candidates} pairs, engine {match.engine}"))
        rows.append(("the model says", f"{match.accepted} accepted, {match.review} for review, {match.rejected} rejected"))
    rows += [(name.replace("_", " "), str(value)) for name, value in metrics.links.items()]
    rows.append(("seconds", ", ".join(f"{name} {seconds:.0f}" for name, seconds in metrics.stages.items())))
    return rows


def _named(count: int, titles: Sequence[str]) -> str:
    """How many, the first of them, and where the others are."""
    shown = [one_line(title, SHOWN_LENGTH) for title in titles[:SHOWN_TITLES]]
    if not shown:
        return f"{count}: see the report"
    more = f"; … and {count - len(shown)} more in the report" if count > len(shown) else ""
    return f"{count}: {'; '.join(shown)}{more}"


def _films(match: "MatchMetrics", listed: int | None) -> str:
    """The films of the list that were matched; beside them, rivals and films of other lists, which compete for the albums."""
    own = match.films if listed is None else min(listed, match.films)
    others = match.films - own
    beside = f" (beside {others} other{'' if others == 1 else 's'})" if others else ""
    return f"{own} film{'' if own == 1 else 's'}{beside}"
