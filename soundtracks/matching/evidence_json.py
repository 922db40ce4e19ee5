"""The evidence of a link as JSON: name -> value, level, weight (bits), in the order of the model's table.

Made for the rows that leave the match only, so it may look at what the comparisons no longer need. "prior" comes first.
Last comes what the other candidates of the album take from the odds: "competition", or "rival" where the strongest of them
is a known film outside the list, or a television series; it names that one, too: tmdb_id, title, year, and the probability that
the album is its.
Put together column by column.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.evidence import EVIDENCE, NAMES, Levels
from soundtracks.matching.people import by_another_name, credited, joined_people
from soundtracks.odds import all_log_odds
from soundtracks.records import SERIES

_NO_TEXT = pa.scalar(None, pa.string())
#: What may not stand in a JSON string as it is.
_TO_ESCAPE = r'["\\\x00-\x1f]'
Table = Mapping[str, Sequence[float]]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Decided:
    """Links to be told of: `rows` and `others` are pairs (-1: none), by link; `films` are in the pairs' order."""

    albums: pa.Table
    pairs: pa.Table
    films: pa.Table
    levels: Levels
    bits: Floats
    rows: Ints
    others: Ints
    probability: Floats
    probability_of_others: Floats


def evidence_json(prior: float, table: Table, found: Decided) -> pa.Array:
    """One JSON object for each link."""
    linked = np.flatnonzero(found.rows >= 0)
    rows = found.rows[linked]
    pair = found.pairs.take(pa.array(rows))
    values = _values(pair, found.albums.take(pair["album"]), found.films.take(pa.array(rows)))
    pieces: list[pa.Array | str] = [f'{{"prior": {{"value": null, "level": "any candidate", "weight": {prior:.2f}}}']
    for at, name in enumerate(NAMES):
        ending = pa.array(found.levels[rows, at] + 1)
        begun = f', "{name}": {{"value": '
        if name not in values:
            pieces.append(_whole(name, tuple(table[name]), begun, "").take(ending))
        elif values[name].null_count == len(rows):
            pieces.append(_whole(name, tuple(table[name]), begun, f"{begun}null{_UNKNOWN}").take(ending))
        else:
            pieces += [begun, _json_strings(values[name]), _endings(name, tuple(table[name])).take(ending)]
    taken_away = np.minimum(all_log_odds(found.probability[linked]) - (prior + found.bits[rows].sum(axis=1)), 0.0) + 0.0
    rivals = _rivals(found)
    last = [
        f', "rival": {rivals[other](bits, float(found.probability_of_others[n]))}'
        if other in rivals
        else f', "competition": {{"value": null, "level": "other candidates", "weight": {bits:.2f}}}'
        if other >= 0
        else ""
        for n, bits, other in zip(linked.tolist(), taken_away.tolist(), found.others[linked].tolist(), strict=True)
    ]
    story = pc.binary_join_element_wise(*pieces, pa.array(last, pa.string()), "}", "")
    outside = np.flatnonzero((found.rows < 0) & (found.others >= 0))
    of_rivals = [
        f'{{"rival": {rivals[other](0.0, chance)}}}'
        for other, chance in zip(found.others[outside].tolist(), found.probability_of_others[outside].tolist(), strict=True)
    ]
    place = np.full(len(found.rows), -1)
    place[linked] = np.arange(len(linked))
    place[outside] = len(linked) + np.arange(len(outside))
    both = pa.concat_arrays([story, pa.array(of_rivals, pa.string())])
    return both.take(pa.array(place, mask=place < 0))


def _rivals(found: Decided) -> dict[int, "_Telling"]:
    """The runners-up that are known films outside the list, by pair."""
    if "listed" not in found.films.column_names:
        return {}
    others = np.unique(found.others[found.others >= 0])
    listed = pc.fill_null(found.films["listed"].take(pa.array(others)), True)
    others = others[~np.asarray(listed)]
    film = found.films.select(["tmdb_id", "title", "year"]).take(pa.array(others)).to_pylist()
    return {int(other): _Telling(row) for other, row in zip(others, film, strict=True)}


@dataclass(frozen=True)
class _Telling:
    film: dict[str, Any]

    def __call__(self, bits: float, probability: float) -> str:
        series = str(self.film["tmdb_id"]).startswith(SERIES)
        facts = ", ".join(["series"] * series + [str(self.film["year"])] * bool(self.film["year"]))
        name = f"{self.film['title']} ({facts})" if facts else str(self.film["title"])
        level = "a television series" if series else "a film outside the list"
        known = {"tmdb_id": self.film["tmdb_id"], "title": self.film["title"], "year": self.film["year"]}
        piece = {"value": name, "level": level, "weight": round(bits, 2)}
        return json.dumps(piece | known | {"probability": round(probability, 6)}, ensure_ascii=False)


def _values(pair: pa.Table, album: pa.Table, film: pa.Table) -> dict[str, pa.Array]:
    """What was compared, to be read by people; null where nothing stood there. Features that weigh what others show have none,
    and are told of where they weigh something."""
    album_key, film_key = _column(pair, "album_key"), _column(pair, "film_key")
    artist, film_year, performers = _column(album, "artist"), _column(film, "year"), _joined(film, "performers")
    popularity = _column(film, "popularity").to_pylist()
    film_ids, known = _joined(album, "film_ids"), pc.coalesce(_column(film, "imdb_id"), _column(film, "wikidata_id"))
    return {
        "title": pc.if_else(pc.equal(album_key, film_key), album_key, _both(album_key, film_key)),
        "name": film_key,
        "year": _both(_column(album, "year"), film_year),
        "first year": _both(_column(album, "first_year"), film_year),
        "credit": _both(artist, _with_other_names(film, album)),
        "film id": pc.if_else(pc.is_valid(film_ids), _both(film_ids, known), _NO_TEXT),
        "performers": pc.if_else(pc.is_valid(performers), _both(artist, performers), _NO_TEXT),
        "soundtrack": _both(_column(album, "title"), _joined(album, "styles")),
        "record": _joined(album, "genres"),
        "label": _joined(album, "labels"),
        "format": _joined(album, "formats"),
        "tracks": _joined(album, "tracks"),
        "popularity": pa.array([None if p is None else f"{p:.1f}" for p in popularity], pa.string()),
    }


def _with_other_names(film: pa.Table, album: pa.Table) -> pa.Array:
    """The composers of each film, with the other name by which the credit is one of them: "Daniel Lopatin = Oneohtrix …"."""
    composers, aliases = _joined(film, "composers"), (_column(film, "f_aliases"), _joined(album, "artist_aliases"))
    rows = np.flatnonzero(pc.or_(*map(pc.is_valid, aliases)))
    if not len(rows):
        return composers
    texts, some = composers.to_pylist(), pa.array(rows)
    canonical = (_column(film, name).take(some).to_pylist() for name in ("f_composers", "f_aliases"))
    artists = (_column(album, name).take(some).to_pylist() for name in ("artist", "artist_aliases"))
    for row, artist, others, known, known_too in zip(rows.tolist(), *artists, *canonical, strict=True):
        if artist and (name := by_another_name(credited(artist), joined_people(others), known, known_too)):
            texts[row] = f"{texts[row]} = {name}"
    return pa.array(texts, pa.string())


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


#: The end of a piece's JSON for the null level.
_UNKNOWN = ', "level": "unknown", "weight": 0.0}'


@lru_cache(maxsize=4 * len(NAMES))
def _endings(name: str, weights: tuple[float, ...]) -> pa.Array:
    """The end of a piece's JSON for the null level, then for each level."""
    known = zip(EVIDENCE[name], weights, strict=True)
    return pa.array([_UNKNOWN, *(f', "level": {encode_basestring(label)}, "weight": {weight:.2f}}}' for label, weight in known)])


@lru_cache(maxsize=4 * len(NAMES))
def _whole(name: str, weights: tuple[float, ...], begun: str, unknown: str) -> pa.Array:
    """A piece's JSON without value, for the null level and for each level."""
    return pa.array([unknown, *(f"{begun}null{end}" for end in _endings(name, weights).to_pylist()[1:])])


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
