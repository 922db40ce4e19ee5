"""The rows that the report's script searches and draws, as columns: a list a column is a third of the size of a list of rows."""

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.publishing.catalogue import Catalogue, film_url

#: Rejected candidates beyond so many stay out of the page (the likeliest are kept); links.parquet has them all.
MAX_REJECTED = 20_000

#: What a piece of evidence looks at, in words for people who have never linked records. Others show their own name.
LABELS = {
    "prior": "Before looking",
    "name": "How telling the title is",
    "numeral": "Number in the title",
    "year": "Year of this edition",
    "first year": "Year of the first release",
    "credit": "Artist and composer",
    "performers": "Artist and cast",
    "film id": "Film named by MusicBrainz or Wikidata",
    "soundtrack": "Called a soundtrack",
    "record": "Kind of record",
    "popularity": "How well known the film is",
    "competition": "Other films that fit too",
}
#: The level of what is not known: it weighs nothing.
UNKNOWN = "unknown"


def label(name: str) -> str:
    """A piece of evidence in plain words."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def read_steps(evidence: str | None, weight: float | None) -> list[dict[str, Any]]:
    """The waterfall of one link: label, value, level and weight (bits) of each step, in the model's order.

    Where the evidence has no prior, what the pieces lack to `weight` is what the model believed before it looked, and comes
    first. Evidence that is missing or no JSON object gives no steps.
    """
    try:
        pieces = json.loads(evidence) if evidence else {}
    except ValueError:
        return []
    if not isinstance(pieces, dict):
        return []
    steps = [{"name": n, **p} for n, p in pieces.items() if isinstance(p, dict) and isinstance(p.get("weight"), int | float)]
    if steps and weight is not None and "prior" not in pieces:
        start = weight - sum(step["weight"] for step in steps)
        if abs(start) >= 0.01:
            steps.insert(0, {"name": "prior", "value": None, "level": "", "weight": start})
    return [
        {
            "label": label(step["name"]),
            "level": str(step.get("level") or "").replace("_", " "),
            "value": _words(step.get("value")),
            "weight": round(step["weight"], 2),
        }
        for step in steps
    ]


def _words(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return ", ".join(_words(v) for v in value)
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_words(v)}" for k, v in value.items())
    text = str(value)
    album, bar, film = text.partition(" | ")  # the match writes what it compared as "album | film"
    if not bar:
        return text
    return album if album == film else f"album {album}, film {film}"


def report_data(catalogue: Catalogue) -> dict[str, Any]:
    """{"films": columns, "links": columns, "kinds": evidence steps in use, "left_out": rejected rows not in the page}.

    links.film and links.runner_up are positions in films (null: no film, or one that is not in the catalogue).
    links.steps: [[kind, value, weight], …]; a kind is [label, level].
    """
    view, left_out = shown_links(catalogue.view)
    films = catalogue.films
    ids = films["tmdb_id"]
    kinds: dict[tuple[str, str], int] = {}
    links = {
        "film": _positions(view["tmdb_id"], ids),
        "album_id": view["album_id"].to_pylist(),
        "title": view["album_title"].to_pylist(),
        "artist": view["album_artist"].to_pylist(),
        "year": pc.coalesce(view["album_first_year"], view["album_year"]).to_pylist(),
        "edition": view["album_year"].to_pylist(),
        "url": view["album_url"].to_pylist(),
        "decision": view["decision"].to_pylist(),
        "probability": _rounded(view["probability"], 4),
        "weight": _rounded(view["match_weight"], 2),
        "runner_up": _positions(view["runner_up_tmdb_id"], ids),
        "gap": _rounded(view["runner_up_gap"], 1),
        "reviewer": view["reviewer"].to_pylist(),
        "reviewed_at": view["reviewed_at"].to_pylist(),
        "steps": [
            [[kinds.setdefault((s["label"], s["level"]), len(kinds)), s["value"], s["weight"]] for s in read_steps(e, w)]
            for e, w in zip(view["evidence"].to_pylist(), view["match_weight"].to_pylist(), strict=True)
        ],
    }
    return {"films": film_columns(films), "links": links, "kinds": [list(kind) for kind in kinds], "left_out": left_out}


def film_columns(films: pa.Table) -> dict[str, list[Any]]:
    """What is shown of a film. `title` is never null: the id stands in."""
    return {
        "id": films["tmdb_id"].to_pylist(),
        "title": pc.coalesce(films["title"], films["tmdb_id"]).to_pylist(),
        "original": films["original_title"].to_pylist(),
        "year": films["year"].to_pylist(),
        "language": films["language"].to_pylist(),
        "composers": [c or [] for c in films["composers"].to_pylist()],
        "url": [film_url(i) for i in films["tmdb_id"].to_pylist()],
    }


def shown_links(view: pa.Table) -> tuple[pa.Table, int]:
    """The rows of the view that the page holds: all but the least likely rejected ones; and how many were left out."""
    rejected = pc.equal(view["decision"], "reject")
    count = pc.sum(rejected).as_py() or 0
    if count <= MAX_REJECTED:
        return view, 0
    rows = view.append_column("row", pa.array(range(view.num_rows)))
    likeliest = rows.filter(rejected).sort_by([("match_weight", "descending"), ("row", "ascending")]).slice(0, MAX_REJECTED)
    kept = pa.concat_tables([rows.filter(pc.invert(rejected)), likeliest]).sort_by("row")
    return kept.drop_columns(["row"]).combine_chunks(), count - MAX_REJECTED


def _positions(wanted: pa.ChunkedArray, ids: pa.ChunkedArray) -> list[int | None]:
    # a null id must not meet a null in the set
    positions: list[int | None] = pc.index_in(wanted, value_set=ids, skip_nulls=True).to_pylist()
    return positions


def _rounded(column: pa.ChunkedArray, digits: int) -> list[float | None]:
    return [None if v is None else round(v, digits) for v in column.to_pylist()]


def count_decisions(decisions: Iterable[str]) -> dict[str, int]:
    """{"accept": …, "review": …, "reject": …}, with zeros."""
    counts = dict.fromkeys(("accept", "review", "reject"), 0)
    for decision in decisions:
        counts[decision] = counts.get(decision, 0) + 1
    return counts
