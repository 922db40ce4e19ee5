"""`soundtracks import-dump`: what it says, also about what is wrong; a real kill."""

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from soundtracks.cli.main import app
from soundtracks.errors import BadDump
from soundtracks.lake.lake import Lake

ROOT = Path(__file__).parents[3]


def dump(path: Path, records: int) -> Path:
    body = "".join(
        f'<master id="{i}"><title>Heat, Vol. {i} (Soundtrack)</title><year>1995</year><notes>{os.urandom(200).hex()}</notes></master>'
        for i in range(1, records + 1)
    )
    path.write_bytes(gzip.compress(f"<masters>{body}</masters>".encode(), 1))
    return path


def test_it_says_what_it_did(lake: Lake, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["import-dump", str(dump(tmp_path / "m.xml.gz", 3)), "--lake", lake.url])
    assert result.exit_code == 0, result.output
    assert "Discogs masters: 3 read, 3 kept in silver/albums-dump-masters." in result.output
    assert "No checksum was at hand" in result.output


@pytest.mark.parametrize(("name", "message"), [("nowhere.gz", "There is no file"), ("other.gz", "no dump that can be read")])
def test_bad_files(lake: Lake, tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "other.gz").write_bytes(b"hello")
    result = CliRunner().invoke(app, ["import-dump", str(tmp_path / name), "--lake", lake.url])
    assert isinstance(result.exception, BadDump)
    assert message in result.exception.message
    assert result.exception.exit_code == 2


def test_imported_files_can_be_linked_as_they_are(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "movie_ids.json").write_text('{"id": 949, "original_title": "Heat", "popularity": 60.5, "video": false}\n')
    (tmp_path / "m.xml").write_text(
        '<masters><master id="1"><title>Heat (Music From The Motion Picture)</title><year>1995</year>'
        "<genres><genre>Stage &amp; Screen</genre></genres><styles><style>Soundtrack</style></styles></master></masters>"
    )
    for name in ("movie_ids.json", "m.xml"):
        assert CliRunner().invoke(app, ["import-dump", str(tmp_path / name), "--lake", lake.url]).exit_code == 0
    films, albums = (
        str(lake.path(f"{lake.current(dataset).folder}/data.parquet"))  # type: ignore[union-attr]
        for dataset in ("silver/films-export", "silver/albums-dump-masters")
    )
    result = CliRunner().invoke(app, ["link", "--films", films, "--albums", albums, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    ((album, film),) = pq.read_table(tmp_path / "out" / "links.parquet").select(["album_id", "tmdb_id"]).to_pandas().to_numpy()
    assert (album, film) == ("master:1", "949")


@pytest.mark.slow
def test_killed_and_continued(lake: Lake, tmp_path: Path) -> None:
    """kill -9 as soon as a part is written; the next import continues behind it and ends with the same bytes."""
    path = dump(tmp_path / "m.xml.gz", 60_000)
    command = [sys.executable, "-W", "ignore", "-m", "soundtracks.cli.main", "import-dump", str(path), "--lake"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    whole = subprocess.run(
        [*command, str(tmp_path / "whole")], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    process = subprocess.Popen([*command, lake.url], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
    while process.poll() is None and not any(e.name.endswith("progress.json") for e in lake.list("raw")):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert lake.current("silver/albums-dump-masters") is None
    again = subprocess.run([*command, lake.url], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert "Continued after" in again.stdout
    assert "Continued after" not in whole.stdout
    assert lake.current("silver/albums-dump-masters") == Lake(str(tmp_path / "whole")).current("silver/albums-dump-masters")
