"""Films of whose albums more must be known before they are decided: where an answer of TMDB would change a decision.

- An album of a film's name that would be linked, or nearly, though its year, its people or its title do not fit: it may belong to
  a television series of that name, or to another part of the film's collection. Where albums say that there is such a series,
  the film's other albums must fit in year and people.
- An album that would be linked if whoever it credits were the film's composer: the composer may go by another name.

Only names that are equal are looked at, so this costs less than the match.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from soundtracks.matching import people
from soundtracks.matching.blocking import find_candidates
from soundtracks.matching.coverage import UNKNOWN
from soundtracks.matching.evidence import NAMES, Levels, compare
from soundtracks.matching.features import album_features, column_of
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import BATCH, covering
from soundtracks.matching.model import Model, rivals
from soundtracks.matching.title_levels import EQUAL, MAIN_TITLE, ONE_OF_TWO, OWN_NAMES, SUBTITLE
from soundtracks.records import STRINGS
from soundtracks.text.canonical import album_names
from soundtracks.text.signals import TELEVISION
from soundtracks.text.spelling import SPELT

#: Listed films in doubt. `series`: canonical names by which a television series may be called; `parts`: whether albums may be
#: those of other parts of its collection; `people`: whether composers' other names would change a decision.
DOUBTS = pa.schema(
    [pa.field("tmdb_id", pa.string(), nullable=False), ("series", STRINGS), ("parts", pa.bool_()), ("people", pa.bool_())]
)
#: Levels of "year" and "first year": hardly an album of its film; late, where nothing says that it is a reissue; as it should be.
_EARLY = {"year": (0, 1), "first year": (0, 1)}
_LATE = {"year": (2, 4), "first year": (2, 3)}
_SAME = {"year": (5, 6), "first year": (4, 5)}
#: Levels of "credit" that name somebody else.
_OTHERS = (people.OTHERS, people.OTHERS_OF_SEVERAL, people.ANOTHER_COMPOSER)
_PARTS = (MAIN_TITLE, SUBTITLE, ONE_OF_TWO)

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass
class _Films:
    """What was found so far, by tmdb_id. `broadcast`: films, with their names, of which albums say that a series is called so."""

    series: dict[str, set[str]] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    broadcast: dict[str, set[str]] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)

    def table(self) -> pa.Table:
        for film in self.unsure & self.broadcast.keys():
            self.series.setdefault(film, set()).update(self.broadcast[film])
        every = sorted({*self.series, *self.parts, *self.people}, key=lambda film: (len(film), film))
        rows = [
            {
                "tmdb_id": film,
                "series": sorted(self.series.get(film, ())) or None,
                "parts": film in self.parts,
                "people": film in self.people,
            }
            for film in every
        ]
        return pa.Table.from_pylist(rows, schema=DOUBTS)


def doubts(films: pa.Table, albums: pa.Table, model: Model) -> pa.Table:
    """The listed films in doubt (DOUBTS, by id). `films`: FILMS, each id once; `albums`: ALBUMS, all of the job."""
    found = _Films()
    if len(films) and len(albums):
        index = covering(FilmIndex.build(films), albums)
        for at in range(0, len(albums), BATCH):
            _look(albums.slice(at, BATCH).combine_chunks(), index, model, found)
    return found.table()


def _look(albums: pa.Table, index: FilmIndex, model: Model, found: _Films) -> None:
    """Adds what a batch of albums puts in doubt."""
    pairs = find_candidates(albums, album_names(albums), index, similar=False)
    if not len(pairs):
        return
    films = index.taken(pairs["film"].combine_chunks())
    features = album_features(albums, index.statistics.composers).take(pairs["album"])
    levels = _compared(pairs, films, features, index)
    of = {name: levels[:, at] for at, name in enumerate(NAMES)}
    odds = np.exp2(np.minimum(model.weights(levels), 60))
    album = pairs["album"].to_numpy()
    total = 1 + np.bincount(album, odds, len(albums))[album]
    chance = np.where(rivals(films), 0, odds / total)
    likely, open_yet = chance >= model.review, np.bincount(album, chance >= model.accept, len(albums))[album] == 0

    title, credit = of["title"], of["credit"]
    same, agree = _any(of, _SAME), credit >= people.AMONG_OTHERS
    partly = np.isin(title, _PARTS)
    strange = _any(of, _EARLY) | np.isin(credit, _OTHERS) | (_any(of, _LATE) & ~agree) | (partly & ~same)
    ids, names = films["tmdb_id"].to_pylist(), pairs["film_key"].to_pylist()
    called = partly | np.isin(title, OWN_NAMES)
    for row in np.flatnonzero(likely & called & strange).tolist():
        if not names[row].startswith(SPELT):
            found.series.setdefault(ids[row], set()).add(names[row])
    for row in np.flatnonzero((of["record"] == TELEVISION) & (title == EQUAL)).tolist():
        found.broadcast.setdefault(ids[row], set()).add(names[row])
    found.unsure.update(ids[row] for row in np.flatnonzero(likely & ~(same & agree)).tolist())
    found.parts.update(ids[row] for row in np.flatnonzero(likely & (strange | ~np.isin(title, OWN_NAMES))).tolist())

    known = np.array([bool(names) for names in column_of(films, "composers")], dtype=bool)
    others = np.flatnonzero(open_yet & ~rivals(films) & known & np.isin(credit, _OTHERS) & np.isin(title, OWN_NAMES))
    if len(others):
        rows = pa.array(others)
        some = films.take(rows)
        at = some.schema.get_field_index("f_composers")
        as_if = some.set_column(at, "f_composers", features["a_credit"].take(rows).cast(pa.string()))
        weights = model.weights(_compared(pairs.take(rows), as_if, features.take(rows), index))
        then = np.exp2(np.minimum(weights, 60))
        sure = then / (total[others] - odds[others] + then) >= model.accept
        found.people.update(ids[row] for row in others[sure].tolist())


def _compared(pairs: pa.Table, films: pa.Table, features: pa.Table, index: FilmIndex) -> Levels:
    return compare(pairs, films, features, index.statistics.coverage or UNKNOWN, index.statistics.standards)


def _any(levels: Mapping[str, Levels], of_each: Mapping[str, tuple[int, ...]]) -> Flags:
    """Pairs of which one of the features has one of the levels."""
    found: Flags = np.any([np.isin(levels[name], some) for name, some in of_each.items()], axis=0)
    return found
