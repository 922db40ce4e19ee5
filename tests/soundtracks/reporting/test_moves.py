"""How far a run would move links that stand: counted by albums, whatever their pressings, before anything is published."""

import pyarrow as pa
import pytest

from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import DECISIONS
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.reporting.moves import Moves, count_moves

Row = tuple[str, str | None, str]  # album, film, decision
#: Two pressings of one master, a master alone, a release without one.
MASTERS = {"release:1": "1", "release:2": "1", "master:3": None, "release:4": None}
BEFORE: tuple[Row, ...] = (
    ("release:1", "10", "accept"),
    ("release:2", "10", "accept"),
    ("master:3", "10", "accept"),
    ("release:4", "20", "accept"),
)


def result(*rows: Row, listed: tuple[str, ...] = ("10", "20", "30"), said: tuple[Row, ...] = ()) -> RunResult:
    films = [{"tmdb_id": i, "title": f"Film {i}", "listed": i in listed} for i in ("10", "20", "30")]
    albums = [{"album_id": a, "title": f"Album {a}", "master_id": MASTERS[a]} for a in dict.fromkeys(row[0] for row in rows)]
    words = [{"album_id": a, "tmdb_id": f, "decision": d, "by": "Ann", "at": "2026-11-26T10:00:00Z"} for a, f, d in said]
    links = [{"album_id": a, "tmdb_id": f, "decision": d, "match_weight": 5.0} for a, f, d in rows]
    return RunResult(
        "r",
        pa.Table.from_pylist(films, FILMS),
        pa.Table.from_pylist(albums, ALBUMS),
        pa.Table.from_pylist(links, LINKS),
        pa.Table.from_pylist(words, DECISIONS),
    )


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> CatalogueTables:
    """A catalogue that no test changes."""
    tables = CatalogueTables(Lake(str(tmp_path_factory.mktemp("lake"))))
    tables.publish(result(*BEFORE))
    return tables


@pytest.mark.parametrize(
    ("run", "standing", "moved"),
    [
        (result(*BEFORE), 3, []),
        # two pressings of an album that go to another film are one link that moves
        (
            result(("release:1", "30", "accept"), ("release:2", "30", "accept")),
            3,
            [("master:1", "Album release:1", ["Film 10"], ["Film 30"])],
        ),
        # one of its pressings still has the film: the album has it
        (result(("release:1", "30", "accept")), 3, []),
        (result(("master:3", "10", "review")), 3, [("master:3", "Album master:3", ["Film 10"], [])]),
        # another album's link is new, and no link that stood moves
        (result(("master:3", "10", "accept"), ("master:3", "30", "accept")), 3, []),
        # an album of another list's film counts, because the run takes it
        (result(("release:4", "30", "accept"), listed=("30",)), 1, [("release:4", "Album release:4", ["Film 20"], ["Film 30"])]),
        # what people say against a link is their own word: nobody need approve it
        (result(*BEFORE[:3], ("release:4", "20", "accept"), said=(("release:4", "20", "reject"),)), 2, []),
        # and what they said for one the model does not take away
        (result(("master:3", None, "reject"), said=(("master:3", "10", "accept"),)), 3, []),
        (result(listed=("30",)), 0, []),
    ],
)
def test_links_that_stood_and_would_not_any_more(
    tables: CatalogueTables, run: RunResult, standing: int, moved: list[tuple[str, str, list[str], list[str]]]
) -> None:
    version = tables.links.version
    found = count_moves(tables, run)
    titles = [(c.album_id, c.album, [title for _, title in c.before], [title for _, title in c.after]) for c in found.changes]
    assert (found.standing, found.moved, titles) == (standing, len(moved), moved)
    assert tables.links.version == version  # a look changes nothing


def test_a_first_run_moves_nothing(lake: Lake) -> None:
    assert count_moves(CatalogueTables(lake), result(*BEFORE)) == Moves(0, 0, [])


@pytest.mark.parametrize(
    ("standing", "moved", "share", "links", "asked"),
    [
        (100, 20, 0.2, 10, False),  # as many as the setting allows
        (100, 21, 0.2, 10, True),
        (3, 3, 0.2, 10, False),  # a film or two: no reason to stop
        (12, 10, 0.2, 10, True),
        (100, 100, 1, 10, False),  # switched off
        (100, 0, 0, 0, False),
        (100, 1, 0, 0, True),
        (0, 0, 0, 0, False),
    ],
)
def test_when_a_person_is_asked(standing: int, moved: int, share: float, links: int, asked: bool) -> None:
    assert Moves(standing, moved, []).need_approval(share, links) is asked
