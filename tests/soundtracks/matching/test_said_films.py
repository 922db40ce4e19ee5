"""Films that MusicBrainz or Wikidata name: evidence, also where no name would bring the pair together."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soundtracks.matching.evidence import EVIDENCE, NULL
from soundtracks.matching.id_levels import film_id_levels
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import link_batch
from soundtracks.matching.model import Model
from soundtracks.matching.pipeline import match, match_files
from soundtracks.matching.said_films import agreement, said_films
from soundtracks.records import ALBUMS, FILMS, LINKS

STEALING = {
    "tmdb_id": "14553", "title": "Stealing Beauty", "year": 1996, "imdb_id": "tt0117737", "wikidata_id": "Q1168622",
    "composers": ["Richard Hartley"],
}  # fmt: skip
BLADE = {"tmdb_id": "78", "title": "Blade Runner", "year": 1982, "imdb_id": "tt0083658", "composers": ["Vangelis"]}
NAMESAKE = {"tmdb_id": "7801", "title": "Blade Runner", "year": 1983, "imdb_id": "tt9999999"}
NO_IDS = {"tmdb_id": "9", "title": "Jaws", "year": 1975}


def linked(films: list[dict[str, Any]], *albums: dict[str, Any]) -> list[tuple[str | None, str]]:
    rows = [{"album_id": f"master:{n}"} | album for n, album in enumerate(albums, 1)]
    links, _ = match(pa.Table.from_pylist(films, FILMS), pa.Table.from_pylist(rows, ALBUMS), engine="local")
    return list(zip(links["tmdb_id"].to_pylist(), links["decision"].to_pylist(), strict=True))


FOREIGN = {"title": "Io Ballo Da Sola (Colonna Sonora Originale Del Film)", "artist": "Various", "year": 1996}


def test_a_title_in_another_language_is_linked_by_either_id() -> None:
    assert linked([STEALING, BLADE], FOREIGN) == [(None, "reject")]
    for said in ("tt0117737", "Q1168622"):
        assert linked([STEALING, BLADE], FOREIGN | {"film_ids": [said]}) == [("14553", "accept")]


def test_an_id_alone_waits_for_a_person() -> None:
    bare = {"title": "Qwertzu", "film_ids": ["tt0117737"]}
    assert linked([STEALING, BLADE], bare) == [("14553", "review")]


def test_of_two_namesakes_the_one_that_is_said_is_linked() -> None:
    album = {"title": "Blade Runner (Original Motion Picture Soundtrack)", "artist": "Various", "year": 1983}
    assert linked([BLADE, NAMESAKE], album)[0][0] == "7801"
    assert linked([BLADE, NAMESAKE], album | {"film_ids": ["tt0083658"]}) == [("78", "accept")]


OF_VANGELIS = {"title": "Blade Runner", "artist": "Vangelis", "year": 1982, "styles": ["Soundtrack"]}


@pytest.mark.parametrize(
    ("blade", "title", "composer", "found"),
    [
        ({}, "Chariots of Fire", "Vangelis", "78"),
        ({}, "Blade", "Vangelis", "78"),
        ({}, "Blade Runner: The Other One", "Vangelis", "9443"),  # the album says its main title: the id tells which is meant
        ({}, "Blade Runner", None, "9443"),  # it has the name too
        ({"year": 1980}, "Chariots of Fire", "Vangelis", "9443"),
        ({"composers": ["Someone Else"]}, "Chariots of Fire", "Vangelis", "9443"),
    ],
)
def test_one_wrong_id_does_not_beat_name_composer_and_year(
    blade: dict[str, Any], title: str, composer: str | None, found: str
) -> None:
    said = {"tmdb_id": "9443", "title": title, "year": 1982, "imdb_id": "tt0082158"}
    said |= {"composers": [composer] if composer else None}
    assert linked([BLADE | blade, said], OF_VANGELIS | {"film_ids": ["tt0082158"]}) == [(found, "accept")]


def test_an_album_of_two_films_has_both() -> None:
    ids = ["tt0083658", "Q1168622"]
    named = {"title": "Blade Runner / Stealing Beauty (Original Scores)", "film_ids": ids}
    called_otherwise = {"title": "Musiche Originali Dei Film (Colonna Sonora)", "film_ids": ids}
    for album in (named, called_otherwise):
        by_both = album | {"artist": "Vangelis, Richard Hartley"}
        assert set(linked([BLADE, STEALING, NO_IDS], by_both)) == {("78", "accept"), ("14553", "accept")}


def test_the_evidence_names_both_ids() -> None:
    films, album = pa.Table.from_pylist([STEALING], FILMS), {"album_id": "master:1", "film_ids": ["tt0117737"]} | FOREIGN
    links, metrics = match(films, pa.Table.from_pylist([album], ALBUMS), engine="local")
    assert metrics.agreement == "MusicBrainz or Wikidata name the film of 1 albums: 1 are linked to it, 0 to another."
    piece = json.loads(links["evidence"][0].as_py())["film id"]
    assert piece == {"value": "tt0117737 | tt0117737", "level": "equal", "weight": 12.0}


@pytest.mark.parametrize(
    ("said", "imdb", "wikidata", "level"),
    [
        (["tt1"], "tt1", None, "equal"),
        (["tt1", "tt2"], "tt2", None, "equal"),
        (["tt1"], "tt2", None, "of another film"),
        (["tt1", "Q5"], "tt2", "Q5", "equal"),
        (["tt1"], None, "Q5", None),  # no id of the same kind: nothing is said
        (["Q4"], "tt1", "Q5", "of another film"),
        ([], "tt1", "Q5", None),
        (None, "tt1", "Q5", None),
        (["tt1"], None, None, None),
    ],
)
def test_levels(said: list[str] | None, imdb: str | None, wikidata: str | None, level: str | None) -> None:
    column = pa.chunked_array([pa.array([said], pa.list_(pa.string()))])
    found = film_id_levels(
        column, pa.table({"imdb_id": pa.array([imdb], pa.string()), "wikidata_id": pa.array([wikidata], pa.string())})
    )
    assert found.tolist() == [NULL if level is None else EVIDENCE["film id"].index(level)]


@pytest.mark.slow
def test_ids_that_no_film_has_change_nothing() -> None:
    album = {"title": "Blade Runner (Original Soundtrack)", "artist": "Vangelis", "year": 1982}
    strange = album | {"film_ids": ["", "tt", "Q0", "no id at all"]}
    assert linked([BLADE, NO_IDS], album) == linked([BLADE, NO_IDS], strange) == [("78", "accept")]


def test_albums_of_a_film_that_is_new_are_matched_again(tmp_path: Path) -> None:
    album = {"album_id": "master:1", "film_ids": ["tt0117737"]} | FOREIGN
    others = [BLADE | {"tmdb_id": str(n), "title": f"Film number {n}", "imdb_id": f"tt{n}"} for n in range(100, 120)]
    pq.write_table(pa.Table.from_pylist([album], ALBUMS), tmp_path / "albums")
    for films in (others, [*others, STEALING]):
        pq.write_table(pa.Table.from_pylist(films, FILMS), tmp_path / "films")
        paths = [tmp_path / name for name in ("films", "albums", "links")]
        match_files(*paths, engine="local", state=tmp_path / "state")
    assert pq.read_table(tmp_path / "links")["tmdb_id"].to_pylist() == ["14553"]


def test_links_do_not_depend_on_the_place_in_a_batch() -> None:
    films = [BLADE | {"tmdb_id": str(n), "title": f"Film number {n}", "imdb_id": f"tt{n}"} for n in range(1, 80)]
    index = FilmIndex.build(pa.Table.from_pylist(films, FILMS))
    rows = [{"album_id": f"{n:02}", "title": "Qwertzu", "film_ids": [f"tt{n}", f"tt{n + 1}"]} for n in range(1, 40)]
    rows[0]["film_ids"] = ["tt79"]  # one of one film: those behind it begin at an odd place
    albums = pa.Table.from_pylist(rows, ALBUMS)
    model = Model.load()
    whole = link_batch(albums, index, model)
    for cut in (1, 2, 17, 38):
        pieces = [albums.slice(0, cut), albums.slice(cut)]
        assert pa.concat_tables([link_batch(piece.combine_chunks(), index, model) for piece in pieces]).equals(whole)


def test_which_albums_are_said_to_be_of_films_of_an_index() -> None:
    index = FilmIndex.build(pa.Table.from_pylist([STEALING, BLADE], FILMS))
    rows = [
        {"album_id": str(n), "film_ids": ids} for n, ids in enumerate([["tt0083658"], ["tt1"], None, [], ["Q1168622", "tt1"]])
    ]
    album, film = said_films(pa.Table.from_pylist(rows, ALBUMS), index)
    assert list(zip(album.tolist(), index.films["tmdb_id"].take(pa.array(film)).to_pylist(), strict=True)) == [
        (0, BLADE["tmdb_id"]),
        (4, STEALING["tmdb_id"]),
    ]
    assert len(said_films(pa.table({"album_id": ["1"]}), index)[0]) == 0


def test_agreement_counts_albums() -> None:
    films = pa.Table.from_pylist([{"tmdb_id": str(n), "imdb_id": f"tt{n}"} for n in (1, 2)], FILMS)
    said = {"a": ["tt1"], "b": ["tt2"], "c": ["tt1"], "d": ["tt9"], "e": None}
    albums = pa.Table.from_pylist([{"album_id": album, "film_ids": named} for album, named in said.items()], ALBUMS)
    linked = [("a", "1", "accept"), ("b", "1", "accept"), ("c", "2", "review"), ("d", "1", "accept"), ("e", "1", "accept")]
    links = pa.Table.from_pylist([{"album_id": a, "tmdb_id": f, "decision": d} for a, f, d in linked], LINKS)
    assert agreement(links, albums, films) == {"said": 3, "said_same": 1, "said_other": 1}
