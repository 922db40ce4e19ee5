"""Which films are asked for once more, one album a case."""

from typing import Any

import pyarrow as pa
import pytest

from soundtracks.matching.doubts import DOUBTS, doubts
from soundtracks.matching.model import Model

Row = dict[str, Any]
LABELS = {"genres": ["Stage & Screen"], "styles": ["Soundtrack", "Score"], "formats": ["CD", "Album"]}
X_FILES = {"title": "The X-Files", "year": 1998, "composers": ["Mark Snow"]}
TWIN_PEAKS = {"title": "Twin Peaks: Fire Walk with Me", "year": 1992, "composers": ["Angelo Badalamenti"]}
STAR_WARS = {"title": "Star Wars", "year": 1977, "composers": ["John Williams"]}
GOOD_TIME = {"title": "Good Time", "year": 2017, "composers": ["Daniel Lopatin"]}


def doubt(series: list[str] | None = None, *, parts: bool = False, people: bool = False) -> Row:
    return {"series": series, "parts": parts, "people": people}


@pytest.mark.parametrize(
    ("film", "records", "expected"),
    [
        pytest.param(
            X_FILES,
            [{"title": "Music From The X-Files", "artist": "Mark Snow", "year": 1997} | LABELS],
            doubt(["x files"], parts=True),
            id="a year before its film",
        ),
        pytest.param(
            X_FILES,
            [{"title": "The X-Files (The Album)", "artist": "Mark Snow", "year": 1998} | LABELS],
            None,
            id="of its film in every respect",
        ),
        pytest.param(
            X_FILES,
            [
                {"title": "The X-Files", "artist": "Various", "year": None} | LABELS,
                {"title": "The X-Files: Original Television Soundtrack", "artist": "Mark Snow", "year": 2011},
            ],
            doubt(["x files"]),
            id="there is a series, as another album says",
        ),
        pytest.param(
            X_FILES, [{"title": "The X-Files", "artist": "Various", "year": None} | LABELS], None, id="nothing against it"
        ),
        pytest.param(
            TWIN_PEAKS,
            [{"title": "Music From Twin Peaks", "artist": "Angelo Badalamenti", "year": None} | LABELS],
            doubt(["twin peaks"], parts=True),
            id="main title without a year",
        ),
        pytest.param(
            STAR_WARS,
            [{"title": "Star Wars: Return Of The Jedi", "artist": "John Williams", "year": None} | LABELS],
            doubt(parts=True),
            id="a title that goes on",
        ),
        pytest.param(
            GOOD_TIME, [{"title": "Good Time", "artist": "Oneohtrix Point Never"}], doubt(people=True), id="somebody else"
        ),
        pytest.param(
            GOOD_TIME | {"composer_aliases": ["Oneohtrix Point Never"]},
            [{"title": "Good Time", "artist": "Oneohtrix Point Never", "year": 2017}],
            None,
            id="the composer by another name",
        ),
        pytest.param(
            GOOD_TIME | {"composers": None}, [{"title": "Good Time", "artist": "Oneohtrix Point Never"}], None, id="no composer"
        ),
        pytest.param(
            GOOD_TIME,
            [{"title": "Good Time", "artist": "Leroy", "year": 1974}],
            None,
            id="too early for any composer of the film",
        ),
        pytest.param(GOOD_TIME | {"listed": False}, [{"title": "Good Time", "artist": "OPN"}], None, id="a rival"),
    ],
)
@pytest.mark.slow
def test_doubts(film: Row, records: list[Row], expected: Row | None, films: Any, albums: Any) -> None:
    found = doubts(films(film), albums(*records), Model.load())
    assert found.schema == DOUBTS
    assert found.to_pylist() == ([] if expected is None else [{"tmdb_id": "1"} | expected])


@pytest.mark.parametrize("rows", [(0, 1), (1, 0), (0, 0)])
def test_without_films_or_albums_nothing_is_in_doubt(rows: tuple[int, int], films: Any, albums: Any) -> None:
    some_films, some_albums = films(*[X_FILES] * rows[0]), albums(*[{"title": "The X-Files"}] * rows[1])
    assert doubts(some_films, some_albums, Model.load()) == pa.table({name: [] for name in DOUBTS.names}, DOUBTS)
