"""The evidence of a link as JSON: name -> value, level, weight (bits), in the order of the model's table.

Made for the rows that leave the match only, so it may look at what the comparisons no longer need. "prior" comes first;
"competition" comes last: what the other candidates of the album take from the odds. Put together column by column.
"""

from json.encoder import encode_basestring
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.evidence import EVIDENCE, NAMES, Levels

if TYPE_CHECKING:
    from soundtracks.matching.model import Model

_NO_TEXT = pa.scalar(None, pa.string())
#: What may not stand in a JSON string as it is.
_TO_ESCAPE = r'["\\\x00-\x1f]'


def evidence_json(
    model: "Model",
    albums: pa.Table,
    pairs: pa.Table,
    films: pa.Table,
    levels: Levels,
    bits: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64],
    others: npt.NDArray[np.int64],
    probability: npt.NDArray[np.float64],
) -> pa.Array:
    """One JSON object for each of `rows` (pairs)."""
    taken = pa.array(rows)
    pair = pairs.take(taken)
    values = _values(pair, albums.take(pair["album"]), films.take(taken))
    pieces: list[pa.Array | str] = [f'{{"prior": {{"value": null, "level": "any candidate", "weight": {model.prior:.2f}}}']
    for at, name in enumerate(NAMES):
        pieces += [
            f', "{name}": {{"value": ',
            _json_strings(values[name]),
            _endings(model, name).take(pa.array(levels[rows, at] + 1)),
        ]
    taken_away = np.minimum(_logit(probability) - (model.prior + bits[rows].sum(axis=1)), 0.0) + 0.0
    competition = [
        f', "competition": {{"value": null, "level": "other candidates", "weight": {weight:.2f}}}' if other >= 0 else ""
        for weight, other in zip(taken_away.tolist(), others.tolist(), strict=True)
    ]
    return pc.binary_join_element_wise(*pieces, pa.array(competition, pa.string()), "}", "")


def _values(pair: pa.Table, album: pa.Table, film: pa.Table) -> dict[str, pa.Array]:
    """What was compared, to be read by people; null where nothing stood there."""
    album_key, film_key = _column(pair, "album_key"), _column(pair, "film_key")
    artist, film_year, performers = _column(album, "artist"), _column(film, "year"), _joined(film, "performers")
    popularity = _column(film, "popularity").to_pylist()
    return {
        "title": pc.if_else(pc.equal(album_key, film_key), album_key, _both(album_key, film_key)),
        "name": film_key,
        "numeral": pa.nulls(len(pair), pa.string()),
        "year": _both(_column(album, "year"), film_year),
        "first year": _both(_column(album, "first_year"), film_year),
        "credit": _both(artist, _joined(film, "composers")),
        "performers": pc.if_else(pc.is_valid(performers), _both(artist, performers), _NO_TEXT),
        "soundtrack": _both(_column(album, "title"), _joined(album, "styles")),
        "record": _joined(album, "genres"),
        "format": _joined(album, "formats"),
        "popularity": pa.array([None if p is None else f"{p:.1f}" for p in popularity], pa.string()),
    }


def _json_strings(texts: pa.Array) -> pa.Array:
    """JSON strings, null for null."""
    quoted = pc.binary_join_element_wise('"', texts, '"', "")
    special = np.flatnonzero(pc.fill_null(pc.match_substring_regex(texts, _TO_ESCAPE), False))
    if len(special):
        mask = np.zeros(len(texts), dtype=bool)
        mask[special] = True
        escaped = [encode_basestring(text) for text in texts.take(pa.array(special)).to_pylist()]
        quoted = pc.replace_with_mask(quoted, pa.array(mask), pa.array(escaped, pa.string()))
    return pc.fill_null(quoted, "null")


def _endings(model: "Model", name: str) -> pa.Array:
    """The end of a piece's JSON for the null level, then for each level."""
    known = zip(EVIDENCE[name], model.table[name], strict=True)
    return pa.array(
        [
            ', "level": "unknown", "weight": 0.0}',
            *(f', "level": {encode_basestring(label)}, "weight": {weight:.2f}}}' for label, weight in known),
        ]
    )


def _both(album: pa.Array, film: pa.Array) -> pa.Array:
    sides = [pc.fill_null(pc.cast(side, pa.string()), "–") for side in (album, film)]
    return pc.if_else(pc.or_(pc.is_valid(album), pc.is_valid(film)), pc.binary_join_element_wise(*sides, " | "), _NO_TEXT)


def _joined(table: pa.Table, name: str) -> pa.Array:
    """A column of lists as one text each; null where there is nothing."""
    if name not in table.column_names:
        return pa.nulls(len(table), pa.string())
    text = pc.binary_join(table[name].combine_chunks(), ", ")
    return pc.if_else(pc.equal(text, ""), _NO_TEXT, text)


def _column(table: pa.Table, name: str) -> pa.Array:
    return table[name].combine_chunks() if name in table.column_names else pa.nulls(len(table), pa.string())


def _logit(probability: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    bounded = np.clip(probability, 1e-12, 1 - 1e-12)
    return np.asarray(np.log2(bounded / (1 - bounded)))
