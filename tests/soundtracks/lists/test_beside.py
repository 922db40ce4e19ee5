"""What stands beside a table is read where it is a list, and counted where it is not."""

import pytest

from soundtracks.lists.beside import Beside
from soundtracks.lists.read import Reading, read_bytes

TABLE = "| Title | Year |\n|---|---|\n| Up | 2009 |\n"
WATCHLIST = """# Watchlist
Some notes.
- [x] **Blade Runner** (1982)
- [ ] Brazil (1985) – dir. Terry Gilliam
* [Solaris](https://www.imdb.com/title/tt0069293/) (1972)
1. The Thing (1982)
2. Alien
  - seen with Bob
> Bob says: Possession (1981)
"""
PAGE = "<table><tr><th>Title</th><th>Year</th></tr><tr><td>Heat</td><td>1995</td></tr></table>"
ITEMS = "<li>Up (2009)</li><li>Ran (1985)</li><li>Stalker (1979)</li>"


def films(reading: Reading) -> list[tuple[str | None, int | None]]:
    return [(film.title, film.year) for film in reading.films]


@pytest.mark.parametrize(
    ("lines", "titles", "others"),
    [
        (["- Heat (1995)", "- Ran (1985)", "- Up"], ["Heat (1995)", "Ran (1985)", "Up"], 0),
        (["- Heat (1995)", "- fast", "- small"], ["Heat (1995)"], 2),
        (
            ["* Films", "** TODO Heat (1995)", "** DONE Ran (1985)", "- [ ] Up (2009)"],
            ["Heat (1995)", "Ran (1985)", "Up (2009)"],
            1,
        ),
        (["My list", "Heat (1995)", "Ran (1985)", "by Ann (2024)"], [], 4),
        (["- Heat (1995)", "- Up"], ["Heat (1995)"], 1),
        (["- Heat (1995)", "- Ran (1985)", "- Up", "- Jaws"], ["Heat (1995)", "Ran (1985)"], 2),
        (["- Heat (1995)", "- Ran (1985)", "", "## More", "- Up"], ["Heat (1995)", "Ran (1985)"], 1),
        (["- Heat (1995)", "  - Ran (1985)", "  - fast", "- Up (2009) ⭐⭐"], ["Heat (1995)", "Ran (1985)", "Up (2009) ⭐⭐"], 1),
        (
            ["- [Heat (1995)](https://a.org/heat)", "- [x] **Ran** (1985)"],
            ["[Heat (1995)](https://a.org/heat)", "**Ran** (1985)"],
            0,
        ),
        (
            ["- tt0113277", "- https://www.themoviedb.org/movie/949-heat"],
            ["tt0113277", "https://www.themoviedb.org/movie/949-heat"],
            0,
        ),
        (["```", "- Heat (1995)", "```", "- Up (2009)"], ["Up (2009)"], 1),
        (["<!-- - Ran (1985)", "- Heat (1995)", "-->", "- Up (2009)"], ["Up (2009)"], 2),
        (["* TODO Heat (1995)", "* Ran"], ["Heat (1995)"], 1),
        (["The best of a year (2020)", "and more of them."], [], 2),
        (["# Films (2020)", "---", ""], [], 0),
    ],
)
def test_titles_are_told_from_other_lines(lines: list[str], titles: list[str], others: int) -> None:
    beside = Beside.of(enumerate(lines, 1))
    assert ([text for _, text in beside.titles], beside.others) == (titles, others)


@pytest.mark.parametrize(
    "line",
    [
        "- Added 5 films, 2024",
        "- Started",
        "- © Ann, 2024",
        "- © Ann (2024)",
        "- Copyright Ann (2024)",
        "- version 1.2 (2024)",
        "- Last updated by Ann (2024)",
        "- Source: Ebert (2002)",
        "1. Ebert, Great Movies, 2002",
        "- [Poster](https://www.themoviedb.org/movie/949-heat/images)",
        "- by Ann (2024)",
        "- The World to Come (2095)",
    ],
)
def test_notes_beside_a_table_are_no_films(line: str) -> None:
    beside = Beside.of([(1, line)])
    assert (beside.titles, beside.others) == ([], 1)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("u.md", TABLE + "\n- Heat (1995)\n- Ran (1985)\n", [("Up", 2009), ("Heat", 1995), ("Ran", 1985)]),
        (
            "w.md",
            f"{WATCHLIST}\n{TABLE}",
            [("Up", 2009), ("Blade Runner", 1982), ("Solaris", 1972), ("The Thing", 1982)],
        ),
        ("p.txt", f"Heat (1995)\nRan (1985)\n\n{TABLE}", [("Up", 2009)]),
        ("p.html", f"{PAGE}<ul>{ITEMS}</ul>", [("Heat", 1995), ("Up", 2009), ("Ran", 1985), ("Stalker", 1979)]),
    ],
)
def test_lists_beside_others_are_read(name: str, text: str, expected: list[tuple[str, int | None]]) -> None:
    assert films(read_bytes(name, text.encode())) == expected


def test_lines_that_are_no_titles_are_counted() -> None:
    assert "5 lines beside the table not read" in read_bytes("w.md", f"{WATCHLIST}\n{TABLE}".encode()).notes


@pytest.mark.parametrize(
    ("block", "count"),
    [
        (f"<nav><ul>{ITEMS}</ul></nav>", 3),
        (f'<ul class="wp-block-archives-list">{ITEMS}</ul>', 3),
        (f'<div id="siteFooter"><ul>{ITEMS}</ul></div>', 3),
        (f'<div role="navigation"><ol>{ITEMS}</ol></div>', 3),
        (f'<div class="reflist"><ol>{ITEMS}</ol></div>', 3),
        (f"<ul>{ITEMS}<li>Contact</li></ul>", 4),
        ("<ul><li>Up (2009)</li><li>© Ann (2024)</li></ul>", 2),
        ("<ul><li>Up (2009)</li></ul>", 1),
    ],
)
def test_other_lists_beside_the_table_of_a_page_are_counted(block: str, count: int) -> None:
    reading = read_bytes("p.html", f"{PAGE}{block}".encode())
    assert films(reading) == [("Heat", 1995)]
    assert f"{count} item{'s' if count > 1 else ''} of lists beside the table not read" in reading.notes
