"""Links records of one kind: two lists of films, or of albums or songs, whatever columns they have.

Nothing here knows of soundtracks. Candidates are records whose texts share rare 3-grams; they are compared by
all their text together and by each column of numbers that both have (years, lengths, counts, in whatever unit), and what
each level of evidence weighs is learned from the candidates themselves (mixture.py).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from anyascii import anyascii
from scipy.sparse import csr_matrix

from soundtracks.matching.grams import BUCKETS, gram_matrix, most_alike, normalised, rarest, rarity
from soundtracks.matching.mixture import NULL, Floats, Levels, learn, probabilities
from soundtracks.text.folding import fold

#: `runner_up_right_id`: the next best candidate of the left record.
RECORD_LINKS = pa.schema(
    [
        pa.field("left_id", pa.string(), nullable=False),
        ("right_id", pa.string()),
        pa.field("decision", pa.string(), nullable=False),  # accept | review | reject
        ("probability", pa.float64()),
        ("match_weight", pa.float64()),  # bits
        ("runner_up_right_id", pa.string()),
        ("evidence", pa.string()),  # JSON object, name -> {"value": …, "level": …, "weight": bits}
    ]
)
#: Probabilities from which a pair is accepted, or shown for review.
ACCEPT, REVIEW = 0.5, 0.1

#: Candidates of a record, and the least cosine of their texts.
FETCHED, MIN_COSINE = 10, 0.2
#: Postings read for one record, and grams looked up whatever their number.
MAX_POSTINGS, AT_LEAST_GRAMS = 40_000, 8
#: Lower bounds of the levels of the texts' cosine, above the lowest.
COSINES = (0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9)
#: Upper bounds of the levels of how far two numbers are apart, as a share of the greater: equal, a year of a century …
APART = (1e-9, 6e-4, 5e-3, 0.02, 0.1)
#: A pair whose texts are nearest to each other on both sides, and at least so near, is a first guess at a match.
SEED_COSINE = 0.5
#: What is expected of texts before any pair is seen: as if so many pairs had been looked at.
_BEFOREHAND = 20.0
#: Share of a column's values that must be numbers for it to be one of numbers.
_NUMBERS = 0.8
#: Records looked up at once.
_BATCH = 20_000

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Records:
    """`columns`: name -> texts, "" where unknown, a row a record."""

    ids: list[str]
    columns: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.ids)


def link_records(left: Records, right: Records, *, one_to_one: bool = False) -> pa.Table:
    """RECORD_LINKS: one row for each left record, with its best right one.

    `one_to_one`: a right record is linked once at most; otherwise several left records may have the same.
    """
    of_left, of_right = _numbers(left), _numbers(right)
    shared = sorted(of_left.keys() & of_right.keys())
    rows, others, cosine = candidates(texts(left, without=set(of_left)), texts(right, without=set(of_right)))
    nearest = _mutual(rows, others, cosine)
    sure = nearest & (cosine >= SEED_COSINE)
    levels: dict[str, Levels] = {"text": np.searchsorted(COSINES, cosine, side="right").astype(np.int8)}
    for name in shared:
        levels[name] = number_levels(of_left[name][rows], of_right[name][others], sure)
    sizes = {name: len(APART) + 1 for name in shared} | {"text": len(COSINES) + 1}
    mixture = learn(levels, sizes, np.where(sure, 0.9, 0.05), {"text": _expected_of_text()})
    # a tie in evidence goes to the nearer text
    weight = mixture.match_weights(levels)
    order = np.lexsort((others, rows, -cosine, -weight))
    chosen = _chosen(order, rows, others, one_to_one)
    return _links(left, right, (rows, others), (chosen, order), (cosine, levels, weight, mixture.bits(levels)))


def texts(records: Records, without: set[str]) -> list[str]:
    """All text of each record, in Latin letters."""
    columns = [values for name, values in records.columns.items() if name not in without]
    return [fold(anyascii(" ".join(filter(None, row)))) for row in zip(*columns, strict=True)] if columns else [""] * len(records)


def candidates(left: list[str], right: list[str]) -> tuple[Ints, Ints, Floats]:
    """(left row, right row, cosine of their texts' 3-grams) of the FETCHED nearest of each left record."""
    nowhere = np.zeros(0, dtype=np.int64)
    if not left or not right:
        return nowhere, nowhere, np.zeros(0)
    ours, theirs = gram_matrix(left), gram_matrix(right)
    frequency = np.bincount(theirs.indices, minlength=BUCKETS)
    both = frequency + np.bincount(ours.indices, minlength=BUCKETS)
    weight = rarity(len(left) + len(right), both)
    ours, theirs = normalised(ours, weight), normalised(theirs, weight)
    looked_up = rarest(ours, frequency, MAX_POSTINGS, AT_LEAST_GRAMS)
    by_gram = theirs.T.tocsr()
    found = [_nearest(looked_up, ours, theirs, by_gram, at) for at in range(0, len(left), _BATCH)]
    rows, others, cosine = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return rows, others, cosine


def _nearest(
    looked_up: csr_matrix, ours: csr_matrix, theirs: csr_matrix, by_gram: csr_matrix, at: int
) -> tuple[Ints, Ints, Floats]:
    """Candidates of a batch; the cosine is that of all grams, not only of those looked up."""
    rows, others = most_alike(looked_up[at : at + _BATCH], by_gram, FETCHED, MIN_COSINE / 2)
    rows += at
    cosine = np.asarray(ours[rows].multiply(theirs[others]).sum(axis=1), dtype=np.float64).ravel()
    near = cosine >= MIN_COSINE
    return rows[near], others[near], cosine[near]


_CLOCK = re.compile(
    r"(?:(\d+)\s*(?::|h(?:ours?|rs?)?)\s*)?(\d+)\s*(?::|m(?:in(?:utes?|s)?)?)\s*(\d+)\s*(?:s(?:ec(?:onds?|s)?)?)?\.?"
)
_PLAIN = re.compile(r"[’']?([+-]?\d+(?:\.\d+)?)")


def number(text: str) -> float:
    """The number that a text is, in seconds where it is a length of time ("4:37", "1h 2m 3s"); NaN where it is none."""
    text = text.strip().lower()
    if found := _PLAIN.fullmatch(text):
        return float(found[1])
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds
    return float("nan")


def _numbers(records: Records) -> dict[str, Floats]:
    """The columns of numbers."""
    found = {}
    for name, values in records.columns.items():
        numbers = np.array([number(value) if value else np.nan for value in values])
        if np.isfinite(numbers).sum() >= max(1, _NUMBERS * sum(map(bool, values))):
            found[name] = numbers
    return found


def number_levels(left: Floats, right: Floats, sure: Bools) -> Levels:
    """How far the numbers of pairs are apart: 0 is the same, NULL not known.

    Lists write one thing in several ways: seconds or milliseconds, 1994 or '94. Another way than the plain one is taken where
    more of the `sure` pairs agree under it, and most of three or more do.
    """
    known = np.isfinite(left) & np.isfinite(right)
    looked_at = known & sure
    positive = looked_at & (left > 0) & (right > 0)
    scale = float(np.median(left[positive] / right[positive])) if positive.any() else 1.0
    readings: list[Callable[[], tuple[Floats, Floats]]] = [
        lambda: (left, right),
        lambda: (left, right * scale),
        lambda: (left % 100, right % 100),
    ]
    apart = [_apart(*reading()) for reading in readings]
    agreeing = [int(np.sum(far[looked_at] <= APART[2])) for far in apart]
    best = int(np.argmax(agreeing))
    count = int(looked_at.sum())
    plain = count < 3 or 2 * agreeing[best] <= count
    levels = np.searchsorted(APART, apart[0 if plain else best], side="left")
    return np.where(known, levels, NULL).astype(np.int8)


def _apart(left: Floats, right: Floats) -> Floats:
    """The difference as a share of the greater number."""
    greater = np.maximum(np.maximum(np.abs(left), np.abs(right)), 1e-12)
    share: Floats = np.abs(left - right) / greater
    return share


def _expected_of_text() -> tuple[Floats, Floats]:
    """Levels of text that pairs of one thing, and of two, are taken to have had: near ones, and far ones."""
    middle = np.array([MIN_COSINE, *COSINES])
    near, far = middle**4, (1 - middle) ** 4
    return near / near.sum() * _BEFOREHAND, far / far.sum() * _BEFOREHAND


def _mutual(rows: Ints, others: Ints, cosine: Floats) -> Bools:
    """Pairs of which each is the other's nearest."""
    order = np.lexsort((others, rows, -cosine))
    best = np.zeros(len(rows), dtype=np.int8)
    for side in (rows, others):
        _, first = np.unique(side[order], return_index=True)
        best[order[first]] += 1
    mutual: Bools = best == 2
    return mutual


def _chosen(order: Ints, rows: Ints, others: Ints, one_to_one: bool) -> Ints:
    """The pair of each left record that has one, the surest pairs first."""
    if not one_to_one:
        _, first = np.unique(rows[order], return_index=True)
        return order[first]
    ours, theirs, kept = set[int](), set[int](), list[int]()
    for pair, row, other in zip(order.tolist(), rows[order].tolist(), others[order].tolist(), strict=True):
        if row not in ours and other not in theirs:
            ours.add(row)
            theirs.add(other)
            kept.append(pair)
    return np.array(kept, dtype=np.int64)


def _links(
    left: Records,
    right: Records,
    pairs: tuple[Ints, Ints],
    picked: tuple[Ints, Ints],
    found: tuple[Floats, dict[str, Levels], Floats, dict[str, Floats]],
) -> pa.Table:
    rows, others = pairs
    chosen, order = picked
    cosine, levels, weight, bits = found
    probability = probabilities(weight)
    next_best = _next_best(order, rows, chosen)
    pair_of = dict(zip(rows[chosen].tolist(), chosen.tolist(), strict=True))
    made: list[dict[str, Any]] = []
    for row, name in enumerate(left.ids):
        pair = pair_of.get(row)
        if pair is None:
            made.append({"left_id": name, "decision": "reject"})
            continue
        sure = float(probability[pair])
        story = {
            what: {
                "value": _value(what, pair, cosine),
                "level": _level(what, int(of[pair])),
                "weight": round(float(bits[what][pair]), 4),
            }
            for what, of in levels.items()
            if of[pair] != NULL
        }
        runner_up = next_best.get(row)
        made.append(
            {
                "left_id": name,
                "right_id": right.ids[int(others[pair])],
                "decision": "accept" if sure >= ACCEPT else "review" if sure >= REVIEW else "reject",
                "probability": round(sure, 6),
                "match_weight": round(float(weight[pair]), 4),
                "runner_up_right_id": right.ids[int(others[runner_up])] if runner_up is not None else None,
                "evidence": json.dumps(story),
            }
        )
    return pa.Table.from_pylist(made, RECORD_LINKS)


def _next_best(order: Ints, rows: Ints, chosen: Ints) -> dict[int, int]:
    """The best pair of each left record but the chosen one."""
    others = order[~np.isin(order, chosen)]
    owner, first = np.unique(rows[others], return_index=True)
    return dict(zip(owner.tolist(), others[first].tolist(), strict=True))


def _value(name: str, pair: int, cosine: Floats) -> float | None:
    return round(float(cosine[pair]), 3) if name == "text" else None


def _level(name: str, level: int) -> str:
    """In words."""
    if name == "text":
        bounds = (MIN_COSINE, *COSINES, 1.0)
        return f"{bounds[level]}–{bounds[level + 1]} alike"
    names = ("the same", *(f"within {bound * 100:g} %" for bound in APART[1:]), "apart")
    return names[level]
