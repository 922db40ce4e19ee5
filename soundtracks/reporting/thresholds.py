"""What the threshold page draws: every link by how sure it is, the model's weights, and examples of each pattern of evidence."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from soundtracks.matching.evidence import EVIDENCE
from soundtracks.matching.model import Model
from soundtracks.odds import all_log_odds, log_odds
from soundtracks.publishing.works import AlbumLink
from soundtracks.reporting.data import UNKNOWN, label

#: Links that the page holds; of more, every so-manieth.
MAX_LINKS = 50_000
#: Patterns of evidence that are listed, the most frequent first.
MAX_PATTERNS = 60
#: Bits beyond which nobody sets a threshold.
MAX_BITS = 20.0
#: Pieces of evidence that are sums over others: they would make every pattern its own.
_DERIVED = (
    "signs together",
    "title and signs",
    "none of these",
    "unmarked records",
    "composers known",
    "name",
    "popularity",
    "prior",
)


def threshold_data(links: Sequence[AlbumLink], model: Model) -> dict[str, Any]:
    """{"links": columns by certainty, surest first, "accept", "review": thresholds in bits, "weights": …, "patterns": …}.

    links: bits (log2 of the odds of the probability), film, album, album_id, decided (by a person: "accept", "reject"; else "").
    """
    known = [link for link in links if link.row["probability"] is not None and link.row["tmdb_id"]]
    known.sort(key=lambda link: -link.row["probability"])
    shown = known[:: len(known) // MAX_LINKS + 1]
    bits = all_log_odds(np.array([link.row["probability"] for link in shown], dtype=np.float64), MAX_BITS).tolist()
    return {
        "links": {
            "bits": [round(one, 2) for one in bits],
            "film": [_named(link.row["film_title"] or link.row["tmdb_id"], link.row["film_year"]) for link in shown],
            "album": [_named(link.row["album_title"] or link.work_id, link.year) for link in shown],
            "album_id": [link.work_id for link in shown],
            "decided": [link.row["decision"] if link.row["decided_by"] == "person" else "" for link in shown],
        },
        "accept": round(log_odds(model.accept, MAX_BITS), 2),
        "review": round(log_odds(model.review, MAX_BITS), 2),
        "weights": weights(model),
        "patterns": patterns(known),
    }


def _named(title: str, year: int | None) -> str:
    return f"{title} ({year})" if year else title


def weights(model: Model) -> list[dict[str, Any]]:
    """[{"evidence", "levels": [[level, bits], …]}, …] in the model's order; levels that weigh nothing are left out."""
    found = []
    for name, levels in EVIDENCE.items():
        rows = sorted(zip(levels, model.table[name], strict=True), key=lambda row: -row[1])
        if some := [[level, round(bits, 2)] for level, bits in rows if bits]:
            found.append({"evidence": label(name), "levels": some})
    return found


def patterns(links: Sequence[AlbumLink]) -> list[dict[str, Any]]:
    """Links by their pattern of evidence, the most frequent first: levels, counts by decision, the surest and least sure one."""
    groups: dict[tuple[str, ...], list[AlbumLink]] = {}
    for link in links:
        groups.setdefault(pattern_of(link.row["evidence"]), []).append(link)
    found = []
    for levels, members in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))[:MAX_PATTERNS]:
        ends = members[:1] if len(members) == 1 else [members[0], members[-1]]
        found.append(
            {
                "levels": list(levels),
                "counts": {d: sum(m.row["decision"] == d for m in members) for d in ("accept", "review", "reject")},
                "examples": [_example(member) for member in ends],
            }
        )
    return found


def pattern_of(evidence: str | None) -> tuple[str, ...]:
    """The levels of a link's evidence, in the model's order, without what is unknown or only sums up others."""
    try:
        pieces = json.loads(evidence) if evidence else {}
    except ValueError:
        return ()
    if not isinstance(pieces, Mapping):
        return ()
    return tuple(
        f"{label(name)}: {piece['level']}"
        for name, piece in pieces.items()
        if isinstance(piece, Mapping) and name not in _DERIVED and piece.get("level") and piece["level"] != UNKNOWN
    )


def _example(link: AlbumLink) -> dict[str, Any]:
    row = link.row
    return {
        "film": _named(row["film_title"] or row["tmdb_id"], row["film_year"]),
        "album": _named(row["album_title"] or link.work_id, link.year),
        "album_id": link.work_id,
        "decision": row["decision"],
        "probability": row["probability"],
    }
