"""From evidence to decisions.

The match weight of a pair is the sum of a prior and of one weight for each piece of evidence, in bits (log2 of a
likelihood ratio, Fellegi and Sunter 1969). The weights stand in weights.csv, one row a level, and were estimated by
benchmarks/quality/estimate.py. The candidates of an album then compete: it has one film, or none of those known,

    P(film i) = 2^w_i / (1 + sum over its candidates of 2^w_j)

which is what the weights were fitted to, so that namesakes take from each other and the probability is calibrated. Rivals,
films that are known but do not stand in the list, compete like all others, but only a listed film is ever linked.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.errors import MatchError
from soundtracks.matching.evidence import EVIDENCE, NAMES, Levels
from soundtracks.matching.evidence_json import Decided, evidence_json
from soundtracks.records import LINKS
from soundtracks.text import canonical

WEIGHTS = Path(__file__).with_name("weights.csv")
#: A name that so many films bear or begin with is the name of a series: "Star Wars / The Empire Strikes Back" is one film.
SERIES = 3

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """Prior and weights in bits, and the probabilities from which a link is accepted or shown for review."""

    prior: float
    table: dict[str, tuple[float, ...]]
    accept: float
    review: float

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> "Model":
        """Reads a table of weights: evidence, level, bits, … Raises MatchError if levels are missing."""
        with path.open(encoding="utf-8", newline="") as file:
            rows = {(row["evidence"], row["level"]): float(row["bits"]) for row in csv.DictReader(file)}
        try:
            table = {name: tuple(rows[name, level] for level in levels) for name, levels in EVIDENCE.items()}
            return cls(rows["prior", ""], table, rows["threshold", "accept"], rows["threshold", "review"])
        except KeyError as error:
            raise MatchError(
                f"{path} has no row for {error}.", hint="Make it again: python -m benchmarks.quality.estimate"
            ) from error

    def bits(self, levels: Levels) -> Floats:
        """Weight of each piece of evidence: pairs × NAMES; 0 for the null level."""
        return np.stack([np.append(self.table[name], 0.0)[levels[:, n]] for n, name in enumerate(NAMES)], axis=1)

    def weights(self, levels: Levels) -> Floats:
        """Match weight of each pair, bits."""
        total: Floats = self.prior + self.bits(levels).sum(axis=1)
        return total

    def decide(self, albums: pa.Table, pairs: pa.Table, films: pa.Table, levels: Levels) -> pa.Table:
        """LINKS of whole albums: one row an album, or one for each accepted film of an album of several.

        `albums`: schema ALBUMS; `pairs`: blocking.PAIRS, all of each album; `films` (taken to the pairs' order) has
        tmdb_id; `levels` as `compare` gives them. Ties go to the lower tmdb_id and are never accepted.
        """
        bits = self.bits(levels)
        weight = self.prior + bits.sum(axis=1)
        chosen = self._choose(pairs, weight, films) if len(pairs) else _NONE
        chosen = chosen.with_bare(np.setdiff1d(np.arange(len(albums)), chosen.album))
        found = Decided(albums, pairs, films, levels, bits, chosen.row, chosen.other, chosen.probability, chosen.others)
        rows, others, ids = chosen.row, chosen.other, films["tmdb_id"]
        linked = rows >= 0
        decision = np.where(
            chosen.probability >= self.accept, "accept", np.where(chosen.probability >= self.review, "review", "reject")
        )
        links = pa.table(
            [
                albums["album_id"].take(pa.array(chosen.album)),
                _taken(ids, rows),
                pa.array(decision.tolist(), pa.string()),
                pa.array(chosen.probability, mask=~linked),
                _rounded(weight, rows, linked),
                _taken(ids, others),
                _rounded(weight, rows, linked & (others >= 0), others),
                evidence_json(self.prior, self.table, found),
            ],
            schema=LINKS,
        )
        return links.take(pa.array(np.argsort(chosen.album, kind="stable")))

    def _choose(self, pairs: pa.Table, weight: Floats, films: pa.Table) -> "Chosen":
        """The best listed film of each album, or of each film of an album of several, with its runner-up and probability.

        An album whose candidates are rivals alone has no pair (-1) and the best rival as runner-up.
        """
        album, part = pairs["album"].to_numpy().astype(np.int64), pairs["part"].to_numpy().astype(np.int64)
        part = _one_part_unless_several(pairs, album, part, weight)
        key = album * 128 + part
        rival = rivals(films)
        by_id = pc.utf8_lpad(films["tmdb_id"], 12, "0")
        competing = pa.table({"key": key, "weight": np.round(weight, 9), "id": by_id})
        best_first = [("key", "ascending"), ("weight", "descending"), ("id", "ascending")]
        order = pc.sort_indices(competing, sort_keys=best_first).to_numpy().astype(np.int64)
        first = np.flatnonzero(np.append(True, key[order][1:] != key[order][:-1]))
        odds = np.exp2(np.minimum(weight[order], 60))
        group = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(order))))
        total = np.add.reduceat(odds, first)
        place, end = np.arange(len(order)), len(order)
        listed = np.minimum.reduceat(np.where(rival[order], end, place), first)  # the best listed film of each group
        second = np.minimum.reduceat(np.where(place == listed[group], end, place), first)  # the best of the others
        row = np.where(listed < end, order[np.minimum(listed, end - 1)], -1)
        other = np.where(second < end, order[np.minimum(second, end - 1)], -1)
        probability = np.where(listed < end, odds[np.minimum(listed, end - 1)], 0) / (1 + total)
        others = np.where(second < end, odds[np.minimum(second, end - 1)], 0) / (1 + total)
        album = album[order[first]]
        # of several parts only those that are sure stay; the surest stays in any case
        several = np.lexsort((-probability, album))
        lead = np.append(True, album[several][1:] != album[several][:-1])
        keep = np.zeros(len(row), dtype=bool)
        keep[several[lead]] = True
        keep |= probability >= self.accept
        # one film under two parts counts once
        at = several[keep[several]]
        again = np.append(False, album[at][1:] == album[at][:-1])
        if again.any():
            ids = films["tmdb_id"].to_pylist()
            seen: set[tuple[int, str]] = set()
            for n, chosen in enumerate(at.tolist()):
                pair = (int(album[chosen]), ids[row[chosen]] if row[chosen] >= 0 else "")
                again[n] = pair in seen
                seen.add(pair)
        at = at[~again]
        return Chosen(album[at], row[at], other[at], np.round(probability[at], 6), np.round(others[at], 6))


def rivals(films: pa.Table) -> npt.NDArray[np.bool_]:
    """Which films are known not to stand in the list."""
    if "listed" not in films.column_names:
        return np.zeros(len(films), dtype=bool)
    return np.asarray(pc.invert(pc.fill_null(films["listed"], True)))


@dataclass(frozen=True)
class Chosen:
    """Arrays by link: album (row), pair (row) or -1, the runner-up's pair or -1, probabilities of both."""

    album: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    other: npt.NDArray[np.int64]
    probability: Floats
    others: Floats

    def with_bare(self, albums: npt.NDArray[np.int64]) -> "Chosen":
        """Behind them albums without any candidate, which stand in the result too."""
        none, nothing = np.full(len(albums), -1), np.zeros(len(albums))
        columns = zip(
            (self.album, self.row, self.other, self.probability, self.others), (albums, none, none, nothing, nothing), strict=True
        )
        return Chosen(*(np.concatenate(both) for both in columns))


def _taken(column: pa.ChunkedArray, rows: npt.NDArray[np.int64]) -> pa.ChunkedArray:
    """The values of some rows; null for -1."""
    return column.take(pa.array(rows, mask=rows < 0))


def _rounded(
    bits: Floats, rows: npt.NDArray[np.int64], known: npt.NDArray[np.bool_], less: npt.NDArray[np.int64] | None = None
) -> pa.Array:
    """Bits of some rows, null where not `known`, less those of other rows, to four places."""
    values = bits[rows[known]] - (0 if less is None else bits[less[known]])
    out = np.zeros(len(rows))
    out[known] = [round(value, 4) for value in values.tolist()]  # np.round is not exact
    return pa.array(out, mask=~known)


_NOWHERE = np.zeros(0, dtype=np.int64)
_NONE = Chosen(_NOWHERE, _NOWHERE, _NOWHERE, np.zeros(0), np.zeros(0))


def _one_part_unless_several(
    pairs: pa.Table, album: npt.NDArray[np.int64], part: npt.NDArray[np.int64], weight: Floats
) -> npt.NDArray[np.int64]:
    """Parts of albums of several films; 0 where all candidates compete for one.

    A part that is the name of a series gives way to the film beside it. An album whose surest reading is one title
    ("Face / Off") is no album of several.
    """
    if not part.any():
        return part
    out = part.copy()
    series = (part > 0) & (pairs["namesakes"].to_numpy() >= SERIES)
    for a in np.unique(album[part > 0]):
        of_album = np.flatnonzero(album == a)
        best = of_album[np.argmax(weight[of_album])]
        parts = set(part[of_album].tolist()) - {0}
        named_series = {p for p in parts if series[of_album[part[of_album] == p]].any()}
        plain = part[best] == 0 or pairs["album_kind"][int(best)].as_py() == canonical.CUT
        if plain or len(parts) == 1 or (named_series and len(parts - named_series) >= 1):
            out[of_album] = 0
            if named_series and not plain:
                gives_way = of_album[np.isin(part[of_album], list(named_series))]
                weight[gives_way] -= 4.0
    return out
