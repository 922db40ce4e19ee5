"""The rows that the report's script searches and draws, as columns: a list a column is a third of the size of a list of rows."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.publishing.catalogue import film_url, poster_url
from soundtracks.publishing.works import AlbumLink, Row, pressing_facts

#: Rejected albums beyond so many stay out of the page (the likeliest are kept); links.parquet has them all.
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
#: What stands left and right of the bar in a value, where it is not album and film.
COMPARED = {"soundtrack": ("title", "styles")}
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
            "value": _words(step.get("value"), *COMPARED.get(step["name"], ("album", "film"))),
            "weight": round(step["weight"], 2),
        }
        for step in steps
    ]


def _words(value: Any, left: str = "album", right: str = "film") -> str:
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
    one, bar, other = text.partition(" | ")  # the match writes what it looked at as "one | other"
    if not bar:
        return text
    return one if one == other else f"{left} {one}, {right} {other}"


def report_data(films: pa.Table, album_links: Sequence[AlbumLink], *, posters: bool = False) -> dict[str, Any]:
    """{"films": columns, "links": columns, "kinds": evidence steps in use, "left_out": rejected albums not in the page}.

    A link is an album (a work) and a film. links.film and links.runner_up are positions in films (null: no film, or one that is
    not in the catalogue). links.steps: [[kind, value, weight], …]; a kind is [label, level]. links.pressings: [[album_id, title
    where it is another than the album's, facts, decision and reviewer where they are others], …].
    """
    shown, left_out = shown_links(album_links)
    places = {film: at for at, film in enumerate(films["tmdb_id"].to_pylist())}
    rows = [link.row for link in shown]
    kinds: dict[tuple[str, str], int] = {}
    links = {
        "film": [places.get(row["tmdb_id"]) for row in rows],
        "album_id": [link.work_id for link in shown],
        "title": [row["album_title"] for row in rows],
        "artist": [row["album_artist"] for row in rows],
        "year": [link.year for link in shown],
        "tracks": [link.tracks for link in shown],
        "url": [link.url for link in shown],
        "decision": [row["decision"] for row in rows],
        "probability": [_rounded(row["probability"], 4) for row in rows],
        "weight": [_rounded(row["match_weight"], 2) for row in rows],
        "runner_up": [places.get(row["runner_up_tmdb_id"]) for row in rows],
        "gap": [_rounded(row["runner_up_gap"], 1) for row in rows],
        "reviewer": [row["reviewer"] for row in rows],
        "reviewed_at": [row["reviewed_at"] for row in rows],
        "steps": [
            [
                [kinds.setdefault((s["label"], s["level"]), len(kinds)), s["value"], s["weight"]]
                for s in read_steps(row["evidence"], row["match_weight"])
            ]
            for row in rows
        ],
        "pressings": [[_pressing(p, link.row) for p in link.pressings] for link in shown],
    }
    return {
        "films": film_columns(films, posters=posters),
        "links": links,
        "kinds": [list(kind) for kind in kinds],
        "left_out": left_out,
    }


def _pressing(row: Row, album: Row) -> list[str | None]:
    own = row["decision"] != album["decision"]
    title = row["album_title"] if row["album_title"] != album["album_title"] else None
    return [row["album_id"], title, pressing_words(row), row["decision"] if own else None, row["reviewer"] if own else None]


def pressing_words(row: Row) -> str:
    """What tells a pressing from its siblings: "Vinyl, LP · US · 20th Century Fox T-593 · 1979 · 12 tracks"."""
    facts = pressing_facts(row)
    made = " ".join(filter(None, (facts["label"], facts["catalogue_number"])))
    tracks = f"{facts['tracks']} track{'' if facts['tracks'] == 1 else 's'}" if facts["tracks"] else None
    return " · ".join(str(fact) for fact in (facts["format"], facts["country"], made, facts["year"], tracks) if fact)


def film_columns(films: pa.Table, *, posters: bool = False) -> dict[str, list[Any]]:
    """What is shown of a film. `title` is never null: the id stands in. `poster`: addresses, where they are wanted."""
    pictures = [poster_url(path) for path in films["poster"].to_pylist()] if posters else []
    return {
        "poster": pictures,
        "id": films["tmdb_id"].to_pylist(),
        "title": pc.coalesce(films["title"], films["tmdb_id"]).to_pylist(),
        "original": films["original_title"].to_pylist(),
        "year": films["year"].to_pylist(),
        "language": films["language"].to_pylist(),
        "composers": [c or [] for c in films["composers"].to_pylist()],
        "url": [film_url(i) for i in films["tmdb_id"].to_pylist()],
    }


def shown_links(links: Sequence[AlbumLink]) -> tuple[list[AlbumLink], int]:
    """The links that the page holds: all but the least likely rejected ones; and how many were left out."""
    rejected = [link for link in links if link.row["decision"] == "reject"]
    if len(rejected) <= MAX_REJECTED:
        return list(links), 0
    likeliest = sorted(rejected, key=lambda link: -(link.row["match_weight"] or -1e9))[:MAX_REJECTED]
    kept = set(map(id, likeliest))
    shown = [link for link in links if link.row["decision"] != "reject" or id(link) in kept]
    return shown, len(links) - len(shown)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def count_decisions(decisions: Iterable[str]) -> dict[str, int]:
    """{"accept": …, "review": …, "reject": …}, with zeros."""
    counts = dict.fromkeys(("accept", "review", "reject"), 0)
    for decision in decisions:
        counts[decision] = counts.get(decision, 0) + 1
    return counts
