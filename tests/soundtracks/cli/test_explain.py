"""Explaining a link: steps that add up to its weight, and what would have changed it."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soundtracks.cli.explain import explain
from soundtracks.errors import BadInput
from soundtracks.matching.explain import steps, turning_points
from soundtracks.records import LINKS

EVIDENCE = json.dumps(
    {"title": {"value": "Alien", "level": "equal", "weight": 9.0}, "year": {"value": 0, "level": "same", "weight": 3.0}}
)
LINK = {
    "album_id": "master:1",
    "tmdb_id": "348",
    "decision": "accept",
    "probability": 0.9,
    "match_weight": 4.0,
    "runner_up_tmdb_id": "679",
    "runner_up_gap": 2.5,
    "evidence": EVIDENCE,
}


def test_steps_start_at_the_prior_and_add_up_to_the_weight() -> None:
    found = steps(EVIDENCE, 4.0)
    assert [(s.name, s.weight, s.total) for s in found] == [("prior", -8.0, -8.0), ("title", 9.0, 1.0), ("year", 3.0, 4.0)]


def test_no_evidence_gives_no_steps() -> None:
    assert steps(None, None) == []


def test_what_would_have_changed_an_accepted_link() -> None:
    # odds of 0.9 are 3.17 bits, of the threshold 0.8 are 2: a piece of more than 1.17 bits decides
    assert turning_points(steps(EVIDENCE, 4.0), 0.9, 0.8) == [
        "Without title (equal) it would not have been accepted.",
        "Without year (same) it would not have been accepted.",
    ]
    assert turning_points(steps(EVIDENCE, 4.0), 0.999, 0.5) == []


def test_what_would_have_changed_a_rejected_link() -> None:
    against = json.dumps({"title": {"level": "equal", "weight": 9.0}, "cast": {"level": "yes", "weight": -12.0}})
    assert turning_points(steps(against, -3.0), 0.1, 0.8) == ["Without cast (yes) it would have been accepted."]


def test_the_command_shows_weights_and_runner_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pq.write_table(pa.Table.from_pylist([LINK], schema=LINKS), tmp_path / "links.parquet")
    explain("master:1", tmp_path / "links.parquet")
    shown = capsys.readouterr().out
    assert "master:1 → 348: accept" in shown
    assert "+9.00" in shown
    assert "Runner-up: film 679, 2.50 bits behind." in shown


def test_an_unknown_album_is_told_with_similar_ids(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([LINK], schema=LINKS), tmp_path / "links.parquet")
    with pytest.raises(BadInput, match="Nothing among the links is 'master:2'") as caught:
        explain("master:2", tmp_path / "links.parquet")
    assert caught.value.hint.startswith("Similar ids: master:1. ")


def test_the_albums_of_a_film_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        LINK | {"album_id": f"master:{n}", "album_title": f"Alien {n}", "film_title": "Alien", "film_year": 1979} for n in (1, 2)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "links.parquet")
    for asked in ("Alien (1979)", "348", "https://www.themoviedb.org/movie/348-alien"):
        explain(asked, tmp_path / "links.parquet")
        shown = capsys.readouterr().out
        assert shown.startswith("Alien (1979) [348]")
        assert "master:1" in shown
        assert "master:2" in shown
    explain("https://www.discogs.com/master/2-Alien", tmp_path / "links.parquet")
    assert "Alien 2 [master:2] → Alien (1979) [348]: accept" in capsys.readouterr().out


def test_names_are_shown_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = LINK | {"album_title": "[rec] OST", "film_title": "[REC]", "film_year": 2007, "reviewer": "Ann"}
    named["evidence"] = json.dumps({"title": {"value": "[rec]", "level": "equal", "weight": 4.0}})
    pq.write_table(pa.Table.from_pylist([named]), tmp_path / "links.parquet")
    explain("master:1", tmp_path / "links.parquet")
    printed = capsys.readouterr().out
    assert "[rec] OST [master:1] → [REC] (2007) [348]: accept, by Ann" in printed
    assert "│ [rec]" in printed


@pytest.mark.parametrize(
    ("name", "made", "message"),
    [
        ("bad.parquet", b"no Parquet", "does not hold links: "),
        ("bad.csv", b"a,b\n1,2\n", "does not hold links: "),
        ("films.parquet", {"tmdb_id": ["348"], "title": ["Alien"]}, "does not hold links: it lacks album_id, decision, "),
        ("pairs.parquet", {name: ["1"] for name in LINKS.names if name != "album_id"}, "does not hold links: it lacks album_id."),
        ("types.parquet", {name: [b"\xff"] for name in LINKS.names}, "does not hold links: "),
    ],
)
def test_a_file_without_links_is_told(tmp_path: Path, name: str, made: bytes | dict[str, list[str]], message: str) -> None:
    if isinstance(made, bytes):
        (tmp_path / name).write_bytes(made)
    else:
        pq.write_table(pa.table(made), tmp_path / name)
    with pytest.raises(BadInput) as caught:
        explain("master:1", tmp_path / name)
    assert message in caught.value.message
    assert caught.value.hint == f"Give the links{Path(name).suffix} that `soundtracks link` wrote of films and albums."
