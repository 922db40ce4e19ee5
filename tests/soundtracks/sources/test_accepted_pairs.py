"""What the match accepts rightly is not lost before it: searches take it for plausible, and plans from dumps keep it."""

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.quality.worlds import LabelledSet, sample_set
from soundtracks.matching.pipeline import match
from soundtracks.sources.discogs import Film, FoundAlbum, plausible
from soundtracks.sources.dumps.albums import albums_of
from soundtracks.text.search_wording import fold


class Pair(NamedTuple):
    album: str
    film: str


def _accepted(of: LabelledSet) -> list[Pair]:
    """The true pairs that the match accepts."""
    links, _ = match(of.films, of.albums, engine="local")
    wanted = dict(zip(of.albums["album_id"].to_pylist(), of.wanted, strict=True))
    accepted = links.filter(pc.equal(links["decision"], "accept")).select(["album_id", "tmdb_id"]).to_pylist()
    return [Pair(*row.values()) for row in accepted if row["tmdb_id"] in wanted[row["album_id"]]]


def _films(of: LabelledSet) -> dict[str, Film]:
    columns = ["tmdb_id", "title", "original_title", "alternative_titles", "year"]
    return {row["tmdb_id"]: Film.model_validate(row) for row in of.films.select(columns).to_pylist()}


def _implausible(of: LabelledSet, pairs: list[Pair]) -> set[Pair]:
    """Pairs that a search with all titles of the film would not stop at. MusicBrainz knows no genres, Discogs' searches list
    them always: where a set has none, the album stands under Stage & Screen, and the titles decide."""
    albums, films = {row["album_id"]: row for row in of.albums.to_pylist()}, _films(of)
    found = set()
    for pair in pairs:
        album, film = albums[pair.album], films[pair.film]
        titles = [fold(title) for title in (*film.own_titles, *(film.alternative_titles or []))]
        listed = f"{album['artist'] or 'Various'} - {album['title']}"
        genres = album["genres"] or ["Stage & Screen"]
        hit = FoundAlbum(id=1, type="master", title=listed, genre=genres, style=album["styles"] or [])
        if not plausible(hit, titles):
            found.add(pair)
    return found


def _lost(of: LabelledSet, pairs: list[Pair]) -> set[Pair]:
    """Pairs whose album a plan from dumps would not take over: releases go with their master."""
    release = pc.starts_with(of.albums["album_id"], "release:")
    prefixed = pc.if_else(
        pc.starts_with(pc.fill_null(of.albums["master_id"], ""), "master:"),
        of.albums["master_id"],
        pc.binary_join_element_wise("master:", of.albums["master_id"], ""),
    )
    albums: pa.Table = of.albums.set_column(of.albums.column_names.index("master_id"), "master_id", prefixed)
    kept = albums_of(_films(of).values(), albums.filter(pc.invert(release)), albums.filter(release))
    ids = set(kept["album_id"].to_pylist())
    return {pair for pair in pairs if pair.album not in ids}


def test_the_sample_is_plausible_and_kept() -> None:
    of = sample_set()
    pairs = _accepted(of)
    assert len(pairs) > 700
    assert _lost(of, pairs) == set()
    # A title that says no more than the film's main title, or nothing, is accepted for its credit or its master:
    # Popol Vuh's "Nosferatu" for "Nosferatu the Vampyre". The film's next title is searched for, then.
    implausible = _implausible(of, pairs)
    assert len(implausible) / len(pairs) <= 0.01
    assert {_films(of)[pair.film].title for pair in implausible} <= {"Nosferatu the Vampyre"}


def test_the_evaluation_set_is_plausible_and_kept(shared_data: Path) -> None:
    """Floors, as measured: what is left are titles shortened by half, and names that only resemble (Borg McEnroe)."""
    of = LabelledSet.read(shared_data / "eval")
    pairs = _accepted(of)
    assert len(pairs) > 650
    assert len(_lost(of, pairs)) / len(pairs) <= 0.005
    assert len(_implausible(of, pairs)) / len(pairs) <= 0.03
