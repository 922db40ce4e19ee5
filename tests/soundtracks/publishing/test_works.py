"""Albums as works: what stands for one, what a decision on it covers, what it takes back."""

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import DECISIONS, Catalogue, effective_decisions, words_on_pressings
from soundtracks.publishing.works import album_links, pressing_facts

Word = tuple[str, str, str]  # album_id, tmdb_id, decision


def decided(catalogue: Catalogue, *words: Word) -> dict[tuple[str, str], tuple[str, str]]:
    rows = [
        {"album_id": album, "tmdb_id": film, "decision": decision, "by": "Ann", "at": f"2026-01-0{at}"}
        for at, (album, film, decision) in enumerate(words, 1)
    ]
    decisions = pa.Table.from_pylist(rows, DECISIONS)
    view = Catalogue(catalogue.films, catalogue.albums, catalogue.links, decisions).view
    return {(row["album_id"], row["tmdb_id"]): (row["decision"], row["decided_by"]) for row in view.to_pylist()}


def test_the_master_speaks_for_its_pressings_which_come_by_year(pressed: Catalogue) -> None:
    (link,) = album_links(pressed.view)
    assert (link.work_id, link.row["album_id"], link.year) == ("master:1", "master:1", 1979)
    assert [row["album_id"] for row in link.pressings] == ["release:11", "release:12"]
    assert list(pressing_facts(link.pressings[0]).values()) == ["Vinyl, LP", "US", "20th Century Fox", "T-593", 1979, 2]


def test_without_its_master_the_likeliest_pressing_speaks_and_the_earliest_year_counts(pressed: Catalogue) -> None:
    links = pressed.links.to_pylist()[1:]
    links[0]["probability"] = 0.95
    catalogue = Catalogue(pressed.films, pressed.albums, pa.Table.from_pylist(links, pressed.links.schema))
    (link,) = album_links(catalogue.view)
    assert (link.row["album_id"], link.url) == ("release:12", "https://www.discogs.com/master/1")
    assert link.year == 1979


def test_an_album_without_master_is_its_own_pressing(catalogue: Catalogue) -> None:
    found = {link.work_id: [row["album_id"] for row in link.pressings] for link in album_links(catalogue.view)}
    assert found == {
        "master:1": [],
        "master:20": ["release:2"],
        "release:3": ["release:3"],
        "release:4": ["release:4"],
        "release:5": ["release:5"],
    }


ALL = [("master:1", "348"), ("release:11", "348"), ("release:12", "348")]
MODEL, NO, YES = ("accept", "model"), ("reject", "person"), ("accept", "person")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([("master:1", "348", "reject")], [NO, NO, NO]),
        ([("master:1", "348", "accept"), ("release:12", "348", "reject")], [YES, YES, NO]),
        ([("release:12", "348", "reject"), ("master:1", "348", "accept")], [YES, YES, NO]),  # excepted, whatever came first
        ([("release:12", "348", "reject")], [MODEL, MODEL, NO]),
        ([("master:1", "348", "reject"), ("master:1", "348", "undo")], [MODEL, MODEL, MODEL]),
        ([("master:1", "348", "reject"), ("release:12", "348", "accept"), ("release:12", "348", "undo")], [NO, NO, NO]),
    ],
    ids=str,
)
def test_a_decision_covers_the_work(pressed: Catalogue, words: list[Word], expected: list[tuple[str, str]]) -> None:
    found = decided(pressed, *words)
    assert [found[pair] for pair in ALL] == expected


def test_another_film_for_a_work_is_given_to_every_pressing(pressed: Catalogue) -> None:
    found = decided(pressed, ("master:1", "194", "accept"), ("master:1", "348", "reject"))
    assert {pair: decision for pair, (decision, _) in found.items()} == {
        **{(album, "348"): "reject" for album, _ in ALL},
        **{(album, "194"): "accept" for album, _ in ALL},
    }


def test_a_pressing_that_a_later_run_finds_is_covered(pressed: Catalogue) -> None:
    later = {"album_id": "release:13", "title": "Alien", "master_id": "master:1"}
    albums = pa.Table.from_pylist([*pressed.albums.to_pylist(), later], pressed.albums.schema)
    link = {"album_id": "release:13", "tmdb_id": "348", "decision": "review", "probability": 0.4}
    links = pa.Table.from_pylist([*pressed.links.to_pylist(), link], pressed.links.schema)
    found = decided(Catalogue(pressed.films, albums, links), ("master:1", "348", "reject"))
    assert found["release:13", "348"] == NO


def test_a_work_of_which_no_pressing_is_known_stands_for_itself() -> None:
    row = {"album_id": "master:9", "tmdb_id": "1", "decision": "accept", "by": "Ann", "at": "2026"}
    words = effective_decisions(pa.Table.from_pylist([row], DECISIONS))
    assert list(words_on_pressings(words, {"release:1": "release:1"})) == [("master:9", "1")]
