import pyarrow as pa
import pytest

from soundtracks.matching.renown import LEVELS, NOTHING_TOLD, told_levels, told_of
from soundtracks.records import FILMS

FILMS_OF = pa.Table.from_pylist(
    [
        {"tmdb_id": "1", "title": "Known", "original_title": "Known", "alternative_titles": ["Bekannt"], "composers": ["A B"]},
        {"tmdb_id": "2", "title": "Half", "original_title": "Half", "alternative_titles": []},
        {"tmdb_id": "3", "title": "Obscure"},
        {"tmdb_id": "4", "title": "Blank", "original_title": "", "composers": []},
    ],
    schema=FILMS,
)


def test_what_a_list_tells_of_most_of_its_films() -> None:
    assert told_of(FILMS_OF) == (0.5, 0.25, 0.25)
    assert told_of(FILMS_OF.slice(0, 0)) == NOTHING_TOLD


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ((0.5, 0.25, 0.25), ["far more", "as much as of others", "far less", "far less"]),
        # where hardly anything is told of any film, it says little that nothing is told of this one
        ((0.1, 0.0, 0.0), ["far more", "more", "as much as of others", "as much as of others"]),
        ((1.0, 1.0, 1.0), ["as much as of others", "far less", "far less", "far less"]),
    ],
)
def test_films_are_compared_with_their_list(told: tuple[float, ...], expected: list[str]) -> None:
    assert [LEVELS[level] for level in told_levels(FILMS_OF, told)] == expected
