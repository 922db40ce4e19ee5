"""Forty files in the shapes that programs and services export, each with the rows that it means (tests/data/exports)."""

import json
from pathlib import Path
from typing import Any

import pytest

from soundtracks.cli.check import as_json
from soundtracks.lists.exports import EXPORTS
from soundtracks.lists.read import read_path
from tests.soundtracks.lists.corpus.of_albums import OF_ALBUMS
from tests.soundtracks.lists.corpus.of_films import OF_FILMS

FOLDER = Path(__file__).parents[2] / "data" / "exports"
WANTED = json.loads((FOLDER / "expectations.json").read_text("utf-8"))["files"]
IDS = {"films": ("imdb", "tmdb", "wikidata"), "albums": ("discogs", "musicbrainz_release", "musicbrainz_release_group")}


def plain(text: str | None) -> str:
    return " ".join((text or "").casefold().split())


def is_same(got: dict[str, Any], want: dict[str, Any], kind: str) -> bool:
    titles = {plain(want["title"]), *map(plain, want.get("other_titles", []))}
    ids = {k: str(v) for k, v in want["ids"].items() if k in IDS[kind]}
    return (
        plain(got["title"]) in titles
        and got["year"] == want["year"]
        and {k: str(v) for k, v in got["ids"].items() if k in IDS[kind]} == ids
        and (kind == "films" or plain(got["artist"]) == plain(want["artist"]))
    )


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: wanted["file"])
def test_export(wanted: dict[str, Any]) -> None:
    read = as_json(read_path(FOLDER / wanted["file"]))
    kind = wanted["kind"]
    meant = [row for row in wanted["rows"] if row.get("type") in (None, "film")]
    rows: list[dict[str, Any]] = read["rows"]  # type: ignore[assignment]
    assert [row for row in rows if not any(is_same(row, want, kind) for want in meant)] == []
    assert [want["title"] for want in meant if not any(is_same(row, want, kind) for row in rows)] == []
    assert len(rows) == wanted["counts"].get(f"distinct_{kind}", len(rows))
    assert sum(read["left_out"].values()) == sum(wanted["counts"]["left_out"].values())  # type: ignore[attr-defined]
    assert read["unreadable"] == wanted["counts"]["unreadable"]
    assert not rows or read["kind"] == kind


def test_each_export_is_told_from_the_others() -> None:
    """No export needs only what a more general one asks for and lacks less: it could never be recognised."""
    shapes = [(export.needs, export.lacks) for export in EXPORTS]
    assert len(shapes) == len(set(shapes))


def test_each_row_of_the_table_of_exports_has_its_test_file() -> None:
    page = (Path(__file__).parents[3] / "docs" / "lists.md").read_text("utf-8")
    tested = [
        line.rstrip(" |").rpartition("| ")[2] for line in page.splitlines() if line.startswith("| ") and "tested with" not in line
    ]
    known = {path.name for path in FOLDER.iterdir()} | {case.name for case in (*OF_FILMS, *OF_ALBUMS)}
    assert len(tested) > 35
    assert [name for name in tested if name not in known] == []
