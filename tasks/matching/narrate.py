"""The evidence of a link as JSON: name -> value, level, weight (bits), in the order of the model's table.

Made for the rows that leave the match only, so it may look at what the comparisons no longer need. "prior" comes first;
"competition" comes last: what the other candidates of the album take from the odds.
"""

from json.encoder import encode_basestring
from math import log2
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.matching.evidence import EVIDENCE, NAMES, NULL, Levels

if TYPE_CHECKING:
    from tasks.matching.model import Model


def evidence_json(
    model: "Model",
    albums: pa.Table,
    pairs: pa.Table,
    films: pa.Table,
    levels: Levels,
    bits: npt.NDArray[np.float64],
    rows: list[int],
    others: list[int],
    probability: npt.NDArray[np.float64],
) -> list[str]:
    """One JSON object for each of `rows` (pairs)."""
    if not rows:
        return []
    taken = pa.array(rows)
    pair = pairs.take(taken)
    album = albums.take(pair["album"])
    film = films.take(taken)
    values = _values(pair, album, film)
    endings = _endings(model)
    start = f'{{"prior": {{"value": null, "level": "any candidate", "weight": {model.prior:.2f}}}'
    out = []
    for n, row in enumerate(rows):
        parts = [start]
        for at, name in enumerate(NAMES):
            value = values[name][n]
            text = encode_basestring(value) if value is not None else "null"
            parts.append(f'"{name}": {{"value": {text}, {endings[at][levels[row, at]]}')
        taken_away = _logit(float(probability[n])) - (model.prior + float(bits[row].sum()))
        level = "other candidates" if others[n] >= 0 else "none"
        if others[n] >= 0:
            parts.append(f'"competition": {{"value": null, "level": "{level}", "weight": {min(taken_away, 0.0) + 0.0:.2f}}}')
        out.append(", ".join(parts) + "}")
    return out


def _values(pair: pa.Table, album: pa.Table, film: pa.Table) -> dict[str, list[str | None]]:
    """What was compared, to be read by people; null where nothing stood there."""
    album_key, film_key = pair["album_key"].to_pylist(), pair["film_key"].to_pylist()
    film_year = film["year"].to_pylist()
    artist = album["artist"].to_pylist()
    return {
        "title": [a if a == f else f"{a} | {f}" for a, f in zip(album_key, film_key, strict=True)],
        "name": film_key,
        "numeral": [None] * len(film_key),
        "year": [_both(a, f) for a, f in zip(album["year"].to_pylist(), film_year, strict=True)],
        "first year": [_both(a, f) for a, f in zip(_list(album, "first_year"), film_year, strict=True)],
        "credit": [_both(a, ", ".join(c) if c else None) for a, c in zip(artist, film["composers"].to_pylist(), strict=True)],
        "performers": [_both(a, ", ".join(c)) if c else None for a, c in zip(artist, _list(film, "performers"), strict=True)],
        "soundtrack": [
            _both(t, ", ".join(s) if s else None) for t, s in zip(album["title"].to_pylist(), _list(album, "styles"), strict=True)
        ],
        "record": [", ".join(g) if g else None for g in _list(album, "genres")],
        "format": [", ".join(f) if f else None for f in _list(album, "formats")],
        "popularity": [None if p is None else f"{p:.1f}" for p in _list(film, "popularity")],
    }


def _endings(model: "Model") -> list[dict[int, str]]:
    """For each piece of evidence and level the end of its JSON."""
    out = []
    for name in NAMES:
        of_level = {NULL: '"level": "unknown", "weight": 0.0}'}
        for number, label in enumerate(EVIDENCE[name]):
            of_level[number] = f'"level": {encode_basestring(label)}, "weight": {model.table[name][number]:.2f}}}'
        out.append(of_level)
    return out


def _both(album: object, film: object) -> str | None:
    return None if album is None and film is None else f"{_or_dash(album)} | {_or_dash(film)}"


def _or_dash(value: object) -> object:
    return "–" if value is None else value


def _list(table: pa.Table, name: str) -> list[Any]:
    return table[name].to_pylist() if name in table.column_names else [None] * len(table)


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-12), 1 - 1e-12)
    return log2(bounded / (1 - bounded))
