from pathlib import Path

import pytest

from soundtracks.errors import BadInput
from soundtracks.lists.any_table import read_any_table
from soundtracks.settings import Settings


def _file(folder: Path, text: str, name: str = "songs.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding", "ids", "columns"),
    [
        ("id,title,year\n7,Ä,1999\n9,B,\n", "utf-8", ["7", "9"], {"title": ["Ä", "B"], "year": ["1999", ""]}),
        ("title;song_id\nÜber den Dächern;x\nGrün;y\n", "cp1252", ["x", "y"], {"title": ["Über den Dächern", "Grün"]}),
        # an id that is not everybody's, or not each row's own, is none
        ("id,title\n7,A\n7,B\n", "utf-8", ["2", "3"], {"id": ["7", "7"], "title": ["A", "B"]}),
        ("imdb_id,title\n,A\ntt2,B\n", "utf-8", ["2", "3"], {"imdb_id": ["", "tt2"], "title": ["A", "B"]}),
        ("year_id,title,no_id\n1,A,5\n1,B,6\n", "utf-16", ["5", "6"], {"year_id": ["1", "1"], "title": ["A", "B"]}),
    ],
)
def test_rows_are_read_with_their_ids(
    text: str, encoding: str, ids: list[str], columns: dict[str, list[str]], tmp_path: Path
) -> None:
    table = read_any_table(_file(tmp_path, text, encoding=encoding))
    assert table.ids == ids
    assert table.columns == columns
    assert list(table.columns) == list(columns)
    assert any("known by their line" in note for note in table.notes) == (ids == ["2", "3"])


def test_rows_without_ids_are_called_by_their_lines_each_once(tmp_path: Path) -> None:
    tables = "".join(f"<table><tr><td>title</td><td>year</td></tr><tr><td>{t}</td><td>1999</td></tr></table>" for t in "AB")
    assert read_any_table(_file(tmp_path, tables, "songs.html")).ids == ["2", "2.2"]


def test_json_records_may_lack_fields_and_repeat_them(tmp_path: Path) -> None:
    table = read_any_table(_file(tmp_path, '[{"id": "1", "title": "A"}, {"id": "2", "by": ["X", "Y"]}]', "songs.json"))
    assert (table.ids, table.columns) == (["1", "2"], {"title": ["A", ""], "by": ["", "X Y"]})


@pytest.mark.parametrize("text", ["", "id,title\n"])
def test_a_table_without_rows_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_any_table(_file(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_any_table(tmp_path / "none.csv")


def test_more_rows_than_the_setting_allows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundtracks.lists.read.get_settings", lambda: Settings(max_rows=2, _env_file=None))
    with pytest.raises(BadInput, match="more than 2 rows"):
        read_any_table(_file(tmp_path, "id,title\n1,A\n2,B\n3,C\n"))
