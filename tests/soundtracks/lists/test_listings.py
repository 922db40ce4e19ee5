"""Printouts that are lists between other words: chats, directories, trees of folders."""

import pytest

from soundtracks.lists.read import Reading, read_bytes
from tests.soundtracks.lists.corpus import text

ALIEN, HEAT, JAWS, UP = ("Alien", 1979), ("Heat", 1995), ("Jaws", 1975), ("Up", 2009)
LONG = [f"Film {letter} (19{number})" for number, letter in enumerate("ABCDEFGHIJ", 60)]
TOMS = ["[12.03.24, 20:15:01] Tom: my list:", "Alien (1979)", "Heat (1995)"]
ANDROIDS = ["12/03/24, 8:15 PM - Messages are encrypted.", "12/03/24, 8:15 PM - Tom: Alien (1979)", "Heat"]


def films(reading: Reading) -> list[tuple[str | None, int | None]]:
    return [(film.title, film.year) for film in reading.films]


@pytest.mark.parametrize(
    ("lines", "wanted", "notes"),
    [
        (
            [*TOMS, "[12.03.24, 20:16:01] Ann: and mine", "Jaws (1975)", "Up (2009)"],
            [ALIEN, HEAT, JAWS, UP],
            ["chat, UTF-8", "2 other lines of the chat passed over"],
        ),
        (
            [*ANDROIDS, "12/03/24, 8:16 PM - Ann: <Media omitted>", "12/03/24, 8:17 PM - Ann:", "", "Jaws (1975)"],
            [ALIEN, ("Heat", None), JAWS],
            ["chat, UTF-8", "3 other lines of the chat passed over"],
        ),
        (
            ["[12.03.24, 20:15:01] Tom: Alien: Covenant", "[12.03.24, 20:16:01] Ann: Heat (1995)"],
            [("Alien: Covenant", None), HEAT],
            ["chat, UTF-8"],
        ),
        (
            ["[12.03.24, 20:15:01] Tom: my list:", *LONG, "[12.03.24, 20:16:01] Ann: Heat (1995)"],
            [*((line[:6], int(line[8:12])) for line in LONG), HEAT],
            ["chat, UTF-8", "1 other line of the chat passed over"],
        ),
        (
            [
                "[12.03.24, 20:15:01] Tom: \u200eimage omitted",
                "[12.03.24, 20:16:01] Tom: 1. Alien (1979)",
                "2. Heat (1995)",
                "3. Up (2009)",
            ],
            [ALIEN, HEAT, UP],
            ["chat, UTF-8", "the numbers of the lines were taken off", "1 other line of the chat passed over"],
        ),
    ],
    ids=["two lists", "Android's", "one line each", "one long list", "numbered"],
)
def test_chat(lines: list[str], wanted: list[tuple[str | None, int | None]], notes: list[str]) -> None:
    reading = read_bytes("chat.txt", text(*lines))
    assert (films(reading), reading.notes, reading.unreadable) == (wanted, notes, 0)


def test_the_lines_of_a_message_have_their_own_numbers() -> None:
    reading = read_bytes(
        "chat.txt", text("[12.03.24, 20:15:01] Tom: my list:", "", "Alien (1979)", "Heat (1995)", "[12.03.24, 20:15:01] Tom: Up")
    )
    assert [film.row for film in reading.films] == [3, 4, 5]


def test_what_a_tree_of_folders_has_beside_its_names_is_counted() -> None:
    reading = read_bytes("tree.txt", text(".", "├── Alien (1979)", "└── Heat (1995)", "", "2 directories, 0 files"))
    assert films(reading) == [ALIEN, HEAT]
    assert reading.notes == ["tree of folders, UTF-8", "2 other lines of the tree of folders passed over"]
