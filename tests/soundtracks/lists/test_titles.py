"""Titles as people and programs write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundtracks.lists.titles import ListStyle, parse_line, parse_title, plain_markdown


@pytest.mark.parametrize(
    ("line", "title", "year"),
    [
        ("Alien", "Alien", None),
        ("Alien (1979)", "Alien", 1979),
        ("Alien [1979]", "Alien", 1979),
        ("Alien, 1979", "Alien", 1979),
        ("Alien – 1979", "Alien", 1979),
        ("  Alien   (1979)  ", "Alien", 1979),
        ("Alien (1979) – seen twice", "Alien", 1979),
        ("Alien (1979 film)", "Alien", 1979),
        ("Alien (Ridley Scott, 1979)", "Alien", 1979),
        ("Duel (TV) (1971)", "Duel", 1971),
        ("Duel (1971) (TV)", "Duel", 1971),
        ("Duel (TV Movie 1971)", "Duel", 1971),
        ("Duel (TV)", "Duel", None),
        ("Dark (2017–2020)", "Dark", 2017),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
        ("(500) Days of Summer", "(500) Days of Summer", None),
        ("2012 (2009)", "2012", 2009),
        ("1917", "1917", None),
        ("Blade Runner 2049", "Blade Runner 2049", None),
        ("#Alive (2020)", "#Alive", 2020),
        ("Godfather, The (1972)", "The Godfather", 1972),
        ("Avventura, L' (1960)", "L'Avventura", 1960),
        ("The Good, the Bad and the Ugly (1966)", "The Good, the Bad and the Ugly", 1966),
        ('"Alien" (1979)', "Alien", 1979),
        ("«Чужой» (1979)", "Чужой", 1979),
        ("Amélie", "Amélie", None),
        ("AmÃ©lie (2001)", "Amélie", 2001),
        ("Thelma &amp; Louise", "Thelma & Louise", None),
        ("千と千尋の神隠し (2001)", "千と千尋の神隠し", 2001),
        ("🎬🍿", "🎬🍿", None),
        ('"""', '"""', None),
        ("a, b; c", "a, b; c", None),
        ("<script>alert(1)</script> (1999)", "<script>alert(1)</script>", 1999),
        ("Movie (director's cut)", "Movie (director's cut)", None),
        ("Alien [Blu-ray]", "Alien", None),
        ("(1999)", "(1999)", None),
        ("Frost/Nixon", "Frost/Nixon", None),
        ("Blade.Runner.1982.1080p.BluRay.x264-GRP.mkv", "Blade Runner", 1982),
        ("/films/Alien (1979)/alien.mkv", "Alien", 1979),
        ("https://letterboxd.com/film/blade-runner/", "blade runner", None),
        ("https://trakt.tv/movies/blade-runner-1982", "blade runner", 1982),
        ("[Alien](https://www.imdb.com/title/tt0078748/) (1979)", "Alien", 1979),
        ("**Alien** (1979)", "Alien", 1979),
        ("~~Alien (1979)~~", "Alien", 1979),
    ],
)
def test_line(line: str, title: str, year: int | None) -> None:
    written = parse_line(line)
    assert (written.title, written.year) == (title, year)


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("tt0083658", ("tt0083658", None, None)),
        ("https://www.imdb.com/title/tt0083658/?ref_=x", ("tt0083658", None, None)),
        ("https://www.themoviedb.org/movie/78-blade-runner", (None, "78", None)),
        ("https://www.wikidata.org/wiki/Q184843", (None, None, "Q184843")),
        ("Blade Runner (1982) {tmdb-78}", (None, "78", None)),
        ("Blade Runner (1982) [tmdbid=78]", (None, "78", None)),
        ("Blade Runner [imdbid-tt0083658]", ("tt0083658", None, None)),
        ("Blade Runner {tvdb-78}", (None, None, None)),
    ],
)
def test_ids_of_a_line(line: str, ids: tuple[str | None, str | None, str | None]) -> None:
    written = parse_line(line)
    assert (written.imdb_id, written.tmdb_id, written.wikidata_id) == ids


@pytest.mark.parametrize(
    ("cell", "brackets", "title", "others"),
    [
        ("Amélie (Fabuleux destin d'Amélie Poulain, Le) (2001)", True, "Amélie", ["Le Fabuleux destin d'Amélie Poulain"]),
        ("Seven (a.k.a. Se7en) (1995)", False, "Seven", ["Se7en"]),
        ("Shanghai Triad (Yao a yao) (1995)", True, "Shanghai Triad", ["Yao a yao"]),
        ("Amelie (Le Fabuleux destin) (2001)", False, "Amelie (Le Fabuleux destin)", ["Amelie"]),
        ("Das Boot = The Boat", False, "Das Boot", ["The Boat"]),
    ],
)
def test_other_titles(cell: str, brackets: bool, title: str, others: list[str]) -> None:
    written = parse_title(cell, other_in_brackets=brackets)
    assert (written.title, written.other_titles) == (title, others)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("**Ran**", "Ran"),
        ("**Ran** (1985)", "Ran (1985)"),
        ("~~**Up**~~", "Up"),
        ("*Alien*", "Alien"),
        ("_Alien_", "Alien"),
        ("`M`", "M"),
        ("*batteries not included", "*batteries not included"),
        ("M*A*S*H", "M*A*S*H"),
        ("****", "****"),
    ],
)
def test_marks_of_markdown_are_taken_off(cell: str, text: str) -> None:
    assert plain_markdown(cell) == text


def test_a_link_in_a_cell_is_its_text_and_its_ids() -> None:
    written = parse_title("[Heat](https://www.imdb.com/title/tt0113277/) (1995)")
    assert (written.title, written.year, written.imdb_id) == ("Heat", 1995, "tt0113277")


@pytest.mark.parametrize(
    ("lines", "bare"),
    [
        (["1. The Godfather", "2. Ran", " 3) Heat", "#4 Solaris"], ["The Godfather", "Ran", "Heat", "Solaris"]),
        (["10. Ran", "9. Heat", "8. 12 Angry Men"], ["Ran", "Heat", "12 Angry Men"]),
        (["1 Alien", "2 Heat", "3 12 Angry Men"], ["Alien", "Heat", "12 Angry Men"]),
        (["3 Alien", "2 Heat", "1 Ran"], ["Alien", "Heat", "Ran"]),
        ([f"{number} Film" for number in range(99, 70, -1)], ["Film"] * 29),
        (["10 Cloverfield Lane", "11 Minutes", "12 Years a Slave", "13 Assassins"],) * 2,
        (["12 Angry Men", "13 Assassins"],) * 2,
        (["10 Cloverfield Lane", "11:14", "12 Years a Slave"],) * 2,
        (["2:37", "3:10 to Yuma"],) * 2,
        (["10. Ran", "11. 11:14", "12. 3:10 to Yuma", "13: Heat"], ["Ran", "11:14", "3:10 to Yuma", "Heat"]),
        (["1. Ran", "2. Heat", "3. Alien", "12 Angry Men"], ["Ran", "Heat", "Alien", "12 Angry Men"]),
        (["12 Angry Men", "2001: A Space Odyssey", "1. April"], ["12 Angry Men", "2001: A Space Odyssey", "1. April"]),
        (["- Ran", "- [x] Heat", "• 8½"], ["Ran", "Heat", "8½"]),
        (["# Best", "- Ran", "Seen:", "- Heat"], [None, "Ran", None, "Heat"]),
        (["(1985) Ran", "(1995) Heat"], ["Ran (1985)", "Heat (1995)"]),
    ],
)
def test_what_belongs_to_the_list_is_taken_off(lines: list[str], bare: list[str | None]) -> None:
    style = ListStyle.of(lines)
    assert [style.strip(line) for line in lines] == bare


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=200))
@pytest.mark.slow
def test_any_line_is_read(text: str) -> None:
    written = parse_line(text)
    assert written.title == written.title.strip()
    assert written.year is None or 1870 <= written.year <= 2035
