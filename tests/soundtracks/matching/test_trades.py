import pyarrow as pa
import pytest

from soundtracks.matching.trades import NOBODY, compose_for_films, film_composers

KNOWN = film_composers(pa.chunked_array([["ennio morricone|bruno nicolai", None], ["vangelis"]]))


@pytest.mark.parametrize(
    ("credit", "expected"),
    [
        ("ennio morricone", True),
        ("ennio morricone london symphony orchestra", True),
        ("the best of bruno nicolai", True),
        ("vangelis", True),
        ("vangelis papathanassiou", False),  # one name among others may be anybody's
        ("morricone ennio", False),
        ("pink floyd", False),
        ("", False),
        (None, False),
    ],
)
def test_who_composes_for_films(credit: str | None, expected: bool) -> None:
    assert compose_for_films(pa.array([credit, "pink floyd"], pa.string()), KNOWN).tolist() == [expected, False]


def test_each_composer_counts_once_and_nobody_is_known_of_no_film() -> None:
    assert len(KNOWN) == 3
    assert len(film_composers(pa.array([None, None], pa.string()))) == 0
    assert compose_for_films(pa.array(["vangelis"]), NOBODY).tolist() == [False]
