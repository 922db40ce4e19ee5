"""The labelled sets as worlds: which albums, which films stand in the list, and which film each album is of.

A world is a set at a share of its films, drawn as `random.Random(seed).sample(sorted(ids), round(share * count))`. All
albums come along; an album whose film is not in the list is of no film, and whoever links it is wrong.
"""

import random
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.quality.truth import Truth, read_truth
from sandbox.catalogue import load_catalogue, load_truth
from soundtracks.lists.catalogues import read_catalogue
from soundtracks.matching.coverage import UNKNOWN
from soundtracks.matching.evidence import Levels, compare
from soundtracks.matching.features import album_features
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import candidates, covering
from soundtracks.matching.trades import compose_for_films
from soundtracks.records import ALBUMS, FILMS
from soundtracks.text.canonical import album_names, film_names

#: Beside the project, where it is there.
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"

#: The project's own: facts only, written by hand, each row a hard one.
OWN = Path(__file__).parent / "labelled"


@dataclass(frozen=True)
class LabelledSet:
    """Films, albums, and of each album its group and its films' ids (none: empty)."""

    name: str
    films: pa.Table
    albums: pa.Table
    groups: list[str]
    wanted: list[frozenset[str]]

    @classmethod
    def read(cls, folder: Path, films: Path | None = None) -> "LabelledSet":
        """`films`: default films.csv of the folder. Raises BadInput."""
        read = read_catalogue(films or folder / "films.csv", "films").table
        albums = read_catalogue(folder / "albums.csv", "albums").table
        truth: Truth = read_truth(folder / "truth.csv")
        ids = albums["album_id"].to_pylist()
        return cls(
            "own" if folder == OWN else folder.name,
            read.sort_by("tmdb_id"),
            albums,
            [truth[i][0] for i in ids],
            [truth[i][1] for i in ids],
        )

    @cached_property
    def film_names(self) -> pa.Table:
        return film_names(self.films)

    @cached_property
    def album_names(self) -> pa.Table:
        return album_names(self.albums)

    @cached_property
    def album_features(self) -> pa.Table:
        return album_features(self.albums)

    @cached_property
    def keys(self) -> list[str]:
        """What must not stand in training and test at once: the film's title, or the album's where it has no film."""
        title = dict(zip(self.films["tmdb_id"].to_pylist(), self.films["title"].to_pylist(), strict=True))
        own = self.albums["title"].to_pylist()
        return [(title.get(min(w), min(w)) if w else t or "").lower() for w, t in zip(self.wanted, own, strict=True)]

    @cached_property
    def _worlds(self) -> dict[tuple[float, int], "World"]:
        return {}

    def world(self, share: float = 1.0, seed: int = 0) -> "World":
        """The set with a share of its films in the list, drawn by `seed`; made once."""
        if (share, seed) not in self._worlds:
            self._worlds[share, seed] = self._drawn(share, seed)
        return self._worlds[share, seed]

    def _drawn(self, share: float, seed: int) -> "World":
        ids = self.films["tmdb_id"].to_pylist()
        listed = set(ids) if share >= 1 else set(random.Random(seed).sample(sorted(ids), round(share * len(ids))))
        return World(self, share, seed, frozenset(listed))


@dataclass(frozen=True)
class World:
    """A set and which of its films stand in the list."""

    of: LabelledSet
    share: float
    seed: int
    listed: frozenset[str]
    rivals: bool = False  # the other films are known too, as films outside the list

    @cached_property
    def films(self) -> pa.Table:
        """The films that the match knows."""
        return self.of.films.filter(pa.array(self._known))

    @cached_property
    def _known(self) -> npt.NDArray[np.bool_]:
        return np.array([self.rivals or i in self.listed for i in self.of.films["tmdb_id"].to_pylist()], dtype=bool)

    @cached_property
    def index(self) -> FilmIndex:
        keep = self._known
        names, row = self.of.film_names, np.cumsum(keep) - 1
        film = names["film"].to_numpy()
        mine = names.filter(pa.array(keep[film]))
        mine = mine.set_column(0, "film", pa.array(row[mine["film"].to_numpy()], pa.int32()))
        films = self.films
        listed = pa.array([i in self.listed for i in films["tmdb_id"].to_pylist()], pa.bool_())
        films = films.set_column(films.column_names.index("listed"), "listed", listed)
        index = FilmIndex.build(films, names=mine)
        return covering(index, self.of.albums)

    @cached_property
    def pairs(self) -> pa.Table:
        return candidates(self.of.albums, self.of.album_names, self.index)

    @cached_property
    def pair_films(self) -> pa.Table:
        return self.index.taken(self.pairs["film"].combine_chunks())

    @property
    def _album_features(self) -> pa.Table:
        """The set's, but for what depends on the films of this world."""
        features = self.of.album_features
        by_trade = compose_for_films(features["a_credit"].combine_chunks(), self.index.statistics.composers)
        return features.set_column(features.column_names.index("a_trade"), "a_trade", pa.array(by_trade))

    @cached_property
    def levels(self) -> Levels:
        return compare(
            self.pairs,
            self.pair_films,
            self._album_features.take(self.pairs["album"]),
            self.index.statistics.coverage or UNKNOWN,
            self.index.statistics.standards,
        )

    @cached_property
    def wanted(self) -> list[frozenset[str]]:
        return [films & self.listed for films in self.of.wanted]

    @cached_property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether a pair is of the album and its film."""
        albums, ids = self.pairs["album"].to_pylist(), self.pair_films["tmdb_id"].to_pylist()
        return np.array([i in self.wanted[a] for a, i in zip(albums, ids, strict=True)], dtype=bool)


def sample_set() -> LabelledSet:
    """The demo's films and albums, every album of the sample with the films that it is of."""
    catalogue, truth = load_catalogue(), load_truth()
    films = [
        {
            "tmdb_id": str(film.tmdb_id),
            "title": film.title,
            "original_title": film.original_title,
            "alternative_titles": [title for _, title in film.alternative_titles],
            "year": int(film.release_date[:4]) if film.release_date else None,
            "composers": [name for name, _ in film.composers],
        }
        for film in catalogue.films
    ]
    first = {album.id: int(album.year) for album in catalogue.albums if album.kind == "master" and album.year not in ("", "0")}
    albums = [
        {
            "album_id": album.album_id,
            "title": album.title,
            "artist": album.artist,
            "year": int(album.year) if album.year not in ("", "0") else None,
            "first_year": first.get(album.master_id),
            "master_id": str(album.master_id) if album.master_id else None,
            "country": album.country,
            **{name: list(getattr(album, name)) or None for name in ("genres", "styles", "formats", "labels")},
        }
        for album in catalogue.albums
    ]
    kinds = [truth[album.album_id].kind for album in catalogue.albums]
    wanted = [frozenset(truth[album.album_id].tmdb_ids) for album in catalogue.albums]
    table = pa.Table.from_pylist(films, schema=FILMS).sort_by("tmdb_id")
    return LabelledSet("sample", table, pa.Table.from_pylist(albums, schema=ALBUMS), kinds, wanted)


def namesake_worlds(of: LabelledSet, *, rivals: bool, draws: int = 8) -> list[World]:
    """Lists of one film of each title that several films bear, drawn at random."""
    bearers: dict[str, list[str]] = {}
    for film, title in zip(of.films["tmdb_id"].to_pylist(), of.films["title"].to_pylist(), strict=True):
        bearers.setdefault((title or "").casefold(), []).append(film)
    shared = [films for films in bearers.values() if len(films) > 1]
    return [
        World(of, 0.0, seed, frozenset(random.Random(seed * 1000 + n).choice(films) for n, films in enumerate(shared)), rivals)
        for seed in range(draws)
    ]


def read_sets() -> dict[str, LabelledSet]:
    """The labelled sets that are here: the project's own and, beside the project, the shared ones."""
    found = {"own": LabelledSet.read(OWN)} if OWN.is_dir() else {}
    for name in ("eval", "eval_hindi", "eval_world", "eval_records", "eval_bare"):
        if (SHARED / name / "truth.csv").is_file():
            found[name] = LabelledSet.read(SHARED / name, SHARED / "eval" / "films.csv" if name == "eval_bare" else None)
    return found | {"sample": sample_set()}
