"""Exports, dialects and damages of our own making, each read as it is meant."""

import pytest

from soundtracks.lists.read import Reading, read_bytes
from tests.soundtracks.lists.corpus import Case
from tests.soundtracks.lists.corpus.damages import DAMAGES
from tests.soundtracks.lists.corpus.dialects import DIALECTS
from tests.soundtracks.lists.corpus.of_albums import OF_ALBUMS
from tests.soundtracks.lists.corpus.of_films import OF_FILMS


def ids_of(**ids: str | None) -> str:
    return " ".join(sorted(f"{name}:{value}" for name, value in ids.items() if value))


def films(reading: Reading) -> list[tuple[str | None, int | None, str]]:
    return [
        (row["title"], row["year"], ids_of(imdb=row["imdb_id"], tmdb=row["tmdb_id"], wikidata=row["wikidata_id"]))
        for row in reading.table.to_pylist()
    ]


def albums(reading: Reading) -> list[tuple[str, str | None, int | None, str]]:
    return [
        (
            a.title,
            a.artist,
            a.year,
            ids_of(discogs=(a.discogs or "").removeprefix("release:"), mb=a.mb_release, group=a.mb_group, barcode=a.barcode),
        )
        for a in reading.albums
    ]


def sorted_ids(rows: list[tuple]) -> list[tuple]:  # type: ignore[type-arg]
    return [(*row[:-1], " ".join(sorted(row[-1].split()))) for row in rows]


def check(case: Case) -> None:
    reading = read_bytes(case.name, case.data)
    assert films(reading) == sorted_ids(case.films)
    assert albums(reading) == sorted_ids(case.albums)
    assert (dict(reading.left_out), reading.unreadable) == (case.left_out, case.unreadable)
    assert reading.kind == ("albums" if case.albums else "films")


@pytest.mark.parametrize("case", [*OF_FILMS, *OF_ALBUMS], ids=str)
def test_export(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", DIALECTS, ids=str)
def test_dialect(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", DAMAGES, ids=str)
def test_damage(case: Case) -> None:
    check(case)
