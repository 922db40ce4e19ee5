"""People's exported decisions are a truth table that the quality benchmark runs on."""

from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.quality import labels
from soundtracks.decisions import Decision, DecisionStore, export_labels, read_decisions
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.records import ALBUMS, FILMS

FILMS_KNOWN = [
    {"tmdb_id": "348", "title": "Alien", "year": 1979, "composers": ["Jerry Goldsmith"]},
    {"tmdb_id": "679", "title": "Aliens", "year": 1986, "composers": ["James Horner"]},
]
ALBUMS_KNOWN = [
    {"album_id": "master:1", "title": "Alien (Original Motion Picture Soundtrack)", "artist": "Jerry Goldsmith", "year": 1979},
    {"album_id": "master:2", "title": "Aliens (Original Motion Picture Soundtrack)", "artist": "James Horner", "year": 1986},
    {"album_id": "master:3", "title": "Never Looked At", "artist": "Nobody"},
]


@pytest.fixture
def reviewed(lake: Lake, tmp_path: Path) -> Path:
    """The model is right about master:1, and wrong about master:2, where a person saw no soundtrack."""
    lake.publish_table("silver/films", pa.Table.from_pylist(FILMS_KNOWN, FILMS))
    lake.publish_table("silver/albums", pa.Table.from_pylist(ALBUMS_KNOWN, ALBUMS))
    store = DecisionStore(lake)
    store.add(Decision(album_id="master:1", tmdb_id="348", decision="accept", by="Ann"))
    store.add(Decision(album_id="master:2", tmdb_id="679", decision="reject", by="Ann"))
    path = tmp_path / "labels.csv"
    path.write_text(export_labels(read_decisions(lake)))
    return path


def test_the_model_is_measured_on_what_people_said(lake: Lake, reviewed: Path) -> None:
    data = labels.load_reviewed(reviewed, lake)
    assert data.of.albums["album_id"].to_pylist() == ["master:1", "master:2"]
    assert labels.cells(labels.judge(data), 0.02) == ["2", "1", "0.500", "1.000", "0", "0"]


def test_a_share_of_nothing_is_no_number(lake: Lake, reviewed: Path) -> None:
    reviewed.write_text("album_id,group,tmdb_ids\nmaster:2,review_rejected,\n")
    data = labels.load_reviewed(reviewed, lake)
    assert labels.cells(labels.judge(data), 1.1) == ["1", "0", "0.000", "–", "0", "0"]


def test_it_prints_a_table(
    lake: Lake, reviewed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(labels.Lake, "from_settings", lambda: lake)
    labels.main([str(reviewed)])
    printed = capsys.readouterr().out
    assert "2 albums that people decided; 1 are soundtracks of a film" in printed
    assert "old rule" in printed


def test_labels_of_another_lake(lake: Lake, reviewed: Path) -> None:
    reviewed.write_text("album_id,group,tmdb_ids\nmaster:9,review_accepted,348\n")
    with pytest.raises(BadInput, match="None of the 1 labelled albums"):
        labels.load_reviewed(reviewed, lake)


def test_what_is_no_truth_table(lake: Lake, reviewed: Path) -> None:
    reviewed.write_text("album,film\n1,2\n")
    with pytest.raises(BadInput, match="lacks the column album_id, group, tmdb_ids"):
        labels.load_reviewed(reviewed, lake)
