"""Plain lines: decoration is passed over, titles keep the years that they end in, two films on a line are two."""

import pytest

from soundtracks.lists.read import read_bytes


def read(*lines: str) -> tuple[list[tuple[str | None, int | None]], list[str]]:
    """(films, notes without the format) of a plain list."""
    reading = read_bytes("films.txt", "\n".join(lines).encode())
    return [(film.title, film.year) for film in reading.films], reading.notes[1:]


@pytest.mark.parametrize(
    ("line", "films"),
    [
        ("Alien (1979), Aliens (1986)", [("Alien", 1979), ("Aliens", 1986)]),
        ("Blade Runner (1982) / Blade Runner 2049 (2017)", [("Blade Runner", 1982), ("Blade Runner 2049", 2017)]),
        ("Jaws (1975); Jaws 2 (1978) & Ran [1985]", [("Jaws", 1975), ("Jaws 2", 1978), ("Ran", 1985)]),
        ("七人の侍（１９５４）、乱（1985年）", [("七人の侍", 1954), ("乱", 1985)]),
        ("The Good, the Bad and the Ugly (1966)", [("The Good, the Bad and the Ugly", 1966)]),
        ("Alien (1979), seen twice", [("Alien", 1979)]),
        ("Dune (1984), (2021)", [("Dune (1984),", 2021)]),
        ("/films/Alien (1979)/Alien (1979).mkv", [("Alien", 1979)]),
    ],
)
def test_films_that_share_a_line(line: str, films: list[tuple[str, int]]) -> None:
    assert read(line) == (films, [])


@pytest.mark.parametrize(
    ("line", "title", "year"),
    [
        ("Heat (1995), seen with Ann (2019)", "Heat (1995), seen with Ann", 2019),
        ("Heat (1995), Seen with Ann (2019)", "Heat (1995), Seen with Ann", 2019),
        ("Alien (1979), director's cut (2003)", "Alien (1979), director's cut", 2003),
        ("Alien (1979), The Director's Cut (2003)", "Alien (1979), The Director's Cut", 2003),
        ("Kill Bill: Vol. 1 (2003) & Vol. 2 (2004)", "Kill Bill: Vol. 1 (2003) & Vol. 2", 2004),
        ("Godfather (1972), II (1974)", "Godfather (1972), II", 1974),
        ("Heat (1995), 4K (2017)", "Heat (1995), 4K", 2017),
        ("Les Diaboliques (1955) / Diabolique (1955)", "Les Diaboliques (1955) / Diabolique", 1955),
    ],
)
def test_a_remark_with_a_year_of_its_own_is_no_film(line: str, title: str, year: int) -> None:
    assert read(line) == ([(title, year)], [f"1 line with several years is read as one film: {line!r}"])


def test_a_line_that_may_hold_several_films_is_told() -> None:
    note = "1 line with several years is read as one film: 'Heat (1995) Ronin (1998)'"
    assert read("Heat (1995) Ronin (1998)", "Ran (1985)") == ([("Heat (1995) Ronin", 1998), ("Ran", 1985)], [note])


@pytest.mark.parametrize(
    ("line", "title", "year"),
    [
        ("🎬 Amélie (2001)", "Amélie", 2001),
        ("🍿Amélie ❤️", "Amélie", None),
        ("Up 🎈 (2009) ⭐⭐⭐⭐", "Up", 2009),
        ("👨‍👩‍👧 Family Plot 🇺🇸", "Family Plot", None),
        ("Ran ★★★★½", "Ran", None),
        ("I ♥ Huckabees", "I ♥ Huckabees", None),
        ("Lucky ☆", "Lucky ☆", None),
        ("$", "$", None),
        ("☆", "☆", None),
        ("☆☆☆☆ (2011)", "☆☆☆☆", 2011),
        ("☆☆☆☆（２０１１）", "☆☆☆☆", 2011),
    ],
)
def test_pictures_around_a_title_are_taken_off(line: str, title: str, year: int | None) -> None:
    assert read(line) == ([(title, year)], [])


@pytest.mark.parametrize("line", ["🔥🔥🔥", "====", "- - -", "...", "🎬"])
def test_lines_without_a_word_are_passed_over(line: str) -> None:
    assert read("Ran (1985)", line) == ([("Ran", 1985)], ["1 line without a word passed over"])


@pytest.mark.parametrize("line", ["-- done --", "== Seen ==", "=====Seen====="])
def test_words_that_lines_are_drawn_around_are_headings(line: str) -> None:
    assert read("Ran (1985)", line) == ([("Ran", 1985)], ["1 heading line passed over"])


@pytest.mark.parametrize(
    ("lines", "films"),
    [
        (
            ["Blade Runner 2049", "Wonder Woman 1984", "Death Race 2000", "Class of 1984", "Heat 1995"],
            [
                (title, None)
                for title in ("Blade Runner 2049", "Wonder Woman 1984", "Death Race 2000", "Class of 1984", "Heat 1995")
            ],
        ),
        (
            ["Heat, seen 2019", "Ran, seen 2020", "Up, seen 2021"],
            [("Heat, seen 2019", None), ("Ran, seen 2020", None), ("Up, seen 2021", None)],
        ),
        (["Alien, 1979", "Ran - 1985", "Up | 2009"], [("Alien", 1979), ("Ran", 1985), ("Up", 2009)]),
        (
            ["Dune 1984 (2021)", "Ran 1985 (1985)", "Up 2009 (2009)"],
            [("Dune 1984", 2021), ("Ran 1985", 1985), ("Up 2009", 2009)],
        ),
    ],
)
def test_titles_keep_years_that_no_sign_sets_off(lines: list[str], films: list[tuple[str, int | None]]) -> None:
    assert read(*lines) == (films, [])


@pytest.mark.parametrize(
    ("line", "title", "year"),
    [
        ("باب الحديد (١٩٥٨)", "باب الحديد", 1958),
        ("七人の侍 （１９５４）", "七人の侍", 1954),
        ("シン・ゴジラ, ２０１６", "シン・ゴジラ", 2016),
        ("शोले (१९७५)", "शोले", 1975),
        ("１９８４", "１９８４", None),
    ],
)
def test_digits_of_other_scripts_are_years(line: str, title: str, year: int | None) -> None:
    assert read(line) == ([(title, year)], [])
