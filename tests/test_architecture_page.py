"""docs/architecture.md is held to the code: rooms, retries, the error tree, the glossary."""

import re
from pathlib import Path

import pytest

from soundtracks import errors
from soundtracks.cli.main import app

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    return TEXT.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]


def cells(name: str) -> list[list[str]]:
    """The rows of a section's tables, without their heads."""
    lines = [line for line in section(name).splitlines() if line.startswith("|")]
    heads = [number for number, line in enumerate(lines) if set(line) <= set("|-")]
    body = [line for number, line in enumerate(lines) if number not in heads and number + 1 not in heads]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body]


def test_every_room_has_its_row() -> None:
    named = set(re.findall(r"`([a-z_]+)(?:/|\.py)`", section("Rooms")))
    rooms = {p.stem for p in (ROOT / "soundtracks").iterdir() if not p.name.startswith("__")}
    tops = {p.name for p in ROOT.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    assert rooms | tops <= named | {"tests", "spark"}


@pytest.mark.parametrize("name", ["The way of a title", "The way of an album", "Where a change goes"])
def test_every_file_on_the_way_exists(name: str) -> None:
    paths = re.findall(r"`([a-z_]+/(?:[a-z_]+/)*(?:[a-z_]+\.(?:py|csv))?)`", section(name))
    paths = [path for path in paths if not path.startswith("titles/")]  # of the lake
    assert len(paths) > 5
    assert [path for path in paths if not any((root / path).exists() for root in (ROOT, ROOT / "soundtracks"))] == []


@pytest.mark.parametrize("row", cells("Every retry in the system"), ids=lambda row: row[0])
def test_every_retry_stands_where_the_table_says(row: list[str]) -> None:
    files = [ROOT / name for name in re.findall(r"`([a-z_/]+\.py)`", row[1])]
    said = [text for cell in row[1:3] for text in re.findall(r"`([^`]+)`", cell) if not text.endswith(".py")]
    assert files
    for file in files:
        assert [text for text in said if text not in file.read_text(encoding="utf-8")] == []


#: What makes code retry; a file that has it stands in the table, or is the way in which a row's retry is done.
RETRIES = re.compile(r"tenacity|ExponentialRetry\(|retries=\d|^TRIES|^ATTEMPTS|AwaitingRetry\(", re.MULTILINE)
PARTS = {"soundtracks/inbox/queue.py", "soundtracks/operations/cleanup.py"}


def test_no_retry_is_missing_in_the_table() -> None:
    found = {
        file.relative_to(ROOT).as_posix()
        for package in ("soundtracks", "tasks", "flows", "expectations")
        for file in (ROOT / package).rglob("*.py")
        if RETRIES.search(file.read_text(encoding="utf-8"))
    }
    assert found - PARTS - set(re.findall(r"`([a-z_/]+\.py)`", section("Every retry in the system"))) == set()


def test_the_error_tree_is_drawn_as_in_the_code() -> None:
    drawn = section("Errors").split("```text\n")[1].split("\n```")[0]
    assert drawn in (errors.__doc__ or "")
    assert drawn.startswith("SoundtracksError")
    assert (errors.__doc__ or "").rstrip().endswith(drawn.rstrip().splitlines()[-1])


GLOSSARY = {word.strip(): row[2] for row in cells("Glossary") for word in row[0].split(",")}


def test_no_word_stands_twice_in_the_glossary() -> None:
    words = [word.strip() for row in cells("Glossary") for word in row[0].split(",")]
    assert sorted(words) == sorted(set(words))


def test_words_of_the_right_name_no_file_and_no_command() -> None:
    avoided = {word.strip() for right in GLOSSARY.values() for word in right.split(",") if word.strip()} - set(GLOSSARY)
    assert avoided >= {"movie", "record"}
    names = {part for file in (ROOT / "soundtracks").rglob("*.py") for part in file.stem.split("_")}
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert avoided & (names | commands) == set()


def test_sweep_means_discogs_catalogue_alone() -> None:
    files = {file.relative_to(ROOT).as_posix() for file in (ROOT / "soundtracks").rglob("*sweep*.py")}
    assert files == {"soundtracks/sources/sweep.py"}
    assert "sweep" not in {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
