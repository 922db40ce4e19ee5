import csv
import json
import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundtracks.matching.same_kind import RECORD_LINKS, Records, candidates, link_records, number, number_levels

SONGS = Path(__file__).parents[4] / "shared" / "data" / "musicbrainz20k"

LEFT = Records(
    ["a", "b", "c", "d", "e"],
    {
        "title": ["The Seventh Seal", "Solaris", "Solaris", "Stalker", ""],
        "director": ["Ingmar Bergman", "Andrei Tarkovsky", "Steven Soderbergh", "Andrei Tarkovsky", ""],
        "year": ["1957", "1972", "2002", "1979", ""],
        "minutes": ["96", "167", "99", "", ""],
    },
)
RIGHT = Records(
    ["1", "2", "3", "4"],
    {
        "name": ["Solaris (Tarkovsky, Andrei)", "The 7th Seal - Bergman, Ingmar", "Solaris - Soderbergh", "Playtime (Tati)"],
        "year": ["'72", "'57", "'02", "'67"],
        "minutes": ["2:47:00", "1:36:00", "1:39:00", "2:04:00"],
    },
)


def test_records_of_one_kind_are_linked_whatever_their_columns() -> None:
    links = link_records(LEFT, RIGHT, one_to_one=True)
    assert links.schema == RECORD_LINKS
    rows = {row["left_id"]: row for row in links.to_pylist()}
    assert list(rows) == LEFT.ids
    assert [rows[name]["right_id"] for name in "abc"] == ["2", "1", "3"]
    assert [rows[name]["decision"] for name in "abc"] == ["accept"] * 3
    assert rows["e"] == {"left_id": "e", "decision": "reject"} | dict.fromkeys(rows["e"].keys() - {"left_id", "decision"})
    evidence = json.loads(rows["b"]["evidence"])
    assert evidence["year"]["level"] == "the same"
    assert list(evidence) == ["text", "minutes", "year"]
    assert rows["b"]["runner_up_right_id"] == "3"


def test_one_to_one_links_a_record_once() -> None:
    twice = Records(["a", "b"], {"title": ["Solaris", "Solaris"], "director": ["Tarkovsky", "Tarkovsky"]})
    once = Records(["1"], {"title": ["Solaris"], "director": ["Tarkovsky"]})
    assert link_records(twice, once)["right_id"].to_pylist() == ["1", "1"]
    assert link_records(twice, once, one_to_one=True)["right_id"].to_pylist() == ["1", None]


@pytest.mark.parametrize(
    ("left", "right"), [(Records([], {}), RIGHT), (LEFT, Records([], {})), (Records(["x"], {"title": [""]}), RIGHT)]
)
def test_nothing_to_link_is_no_error(left: Records, right: Records) -> None:
    assert set(link_records(left, right)["decision"].to_pylist()) <= {"reject"}
    assert len(link_records(left, right)) == len(left)


def test_other_scripts_are_read_in_latin_letters() -> None:
    rows, others, cosine = candidates(["солярис тарковский".upper(), "x"], ["nothing like it", "солярис тарковский".upper()])
    assert (rows.tolist(), others.tolist()) == ([0], [1])
    assert cosine == pytest.approx([1.0])
    russian = Records(["a"], {"title": ["Солярис"], "by": ["Тарковский"]})
    latin = Records(["1", "2"], {"title": ["Solyaris", "Stalker"], "by": ["Tarkovskiy", "Tarkovskiy"]})
    assert link_records(russian, latin)["right_id"].to_pylist() == ["1"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("007", 7),
        ("'94", 94),
        ("’94", 94),
        ("4.367", 4.367),
        ("04:37", 277),
        ("1:02:03", 3723),
        ("3m 58sec", 238),
        ("1h 2m 3s", 3723),
        ("-3", -3),
        ("unk.", None),
        ("", None),
        ("20 03", None),
        ("1:2:3:4", None),
        ("Blade 2", None),
        ("٣", 3),
    ],
)
def test_numbers_as_people_write_them(text: str, value: float | None) -> None:
    assert math.isnan(number(text)) if value is None else number(text) == value


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_none(text: str) -> None:
    assert isinstance(number(text), float)


@pytest.mark.parametrize(
    ("left", "right", "levels"),
    [
        ([1994, 1995, 2001], [1994, 1996, 1990], [0, 1, 3]),
        ([94, 95, 1], [1994, 1995, 2001], [0, 0, 0]),  # centuries
        ([180, 200, 240], [180_000, 200_400, 240_000], [0, 2, 0]),  # seconds and milliseconds
        ([math.nan, 5], [4, math.nan], [-1, -1]),
        ([0, 0], [0, 7], [0, 5]),
        ([60], [1], [5]),  # one pair tells no unit
    ],
)
def test_number_levels(left: list[float], right: list[float], levels: list[int]) -> None:
    sure = np.ones(len(left), dtype=bool)
    assert number_levels(np.array(left, float), np.array(right, float), sure).tolist() == levels


@pytest.mark.skipif(not SONGS.is_dir(), reason="needs ../shared/data/musicbrainz20k")
@pytest.mark.slow
def test_dirty_sources_of_songs_are_linked() -> None:
    """Two of ten pairs of sources; benchmarks.same_kind measures all."""
    tables = {source: _songs(source) for source in (1, 2, 4)}
    for (left, of_left), (right, of_right) in list(combinations(tables.values(), 2))[:2]:
        accepted = [row for row in link_records(left, right, one_to_one=True).to_pylist() if row["decision"] == "accept"]
        right_ones = sum(of_left[row["left_id"]] == of_right[row["right_id"]] for row in accepted)
        assert right_ones / len(accepted) > 0.99
        assert right_ones / len(set(of_left.values()) & set(of_right.values())) > 0.95


def _songs(source: int) -> tuple[Records, dict[str, str]]:
    with (SONGS / f"{source}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: [row[name] for row in rows] for name in rows[0] if name not in ("id", "cluster_id", "source")}
    return Records([row["id"] for row in rows], columns), {row["id"]: row["cluster_id"] for row in rows}
