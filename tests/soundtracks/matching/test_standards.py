import numpy as np
import pyarrow as pa
import pytest

from soundtracks.matching.standards import NONE_KNOWN, are_standards, standards
from tests.soundtracks.matching.conftest import Rows

TEA = [("Tea For Two", "Anita O'Day"), ("Tea For Two", "Bud Powell"), ("Tea For Two", "Art Tatum")]


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (TEA, True),
        (TEA[:2], False),
        ([TEA[0], ("TEA FOR TWO!", "Bud Powell"), ("  tea, for two ", "Art Tatum")], True),
        ([*TEA[:2], ("Blue Moon / Tea For Two", "Art Tatum")], True),  # a side is a record of its song
        ([*TEA[:2], ("Tea For Two Cha Cha", "Art Tatum")], False),
        ([*TEA[:2], ("Tea For Two", "BUD POWELL")], False),  # a reissue
        ([*TEA[:2], ("Tea For Two", None), ("Tea For Two", "")], False),
        ([("Home", "A"), ("Home", "B"), ("Home", "C")], False),
        ([(None, "A"), ("", "B"), ("!", "C")], False),
    ],
)
def test_a_standard_is_a_title_of_three_artists(
    records: list[tuple[str | None, str | None]], expected: bool, albums: Rows
) -> None:
    found = standards(albums(*({"title": title, "artist": artist} for title, artist in records)))
    assert are_standards(pa.array(["tea for 2", "unheard of"]), found).tolist() == [expected, False]


def test_order_and_cut_of_the_albums_change_nothing(albums: Rows) -> None:
    songs = ("Tea For Two", "TEA FOR TWO", "Body And Soul", "Чёрный ворон")
    table = albums(*({"title": song, "artist": f"Artist {n}"} for song in songs for n in range(4)))
    found = standards(table)
    turned = pa.concat_tables([table.slice(9), table.slice(0, 9)])
    assert len(found) == 3
    assert np.array_equal(standards(turned), found)
    assert np.array_equal(standards(turned.take(list(range(15, -1, -1)))), found)


def test_where_nothing_was_counted_nothing_is_a_standard(albums: Rows) -> None:
    assert len(standards(albums())) == 0
    assert are_standards(pa.array(["home"]), NONE_KNOWN).tolist() == [False]
