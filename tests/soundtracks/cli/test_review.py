"""`soundtracks review`: exports labels, says what is missing, and serves this machine alone until it is ended."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from soundtracks.cli.main import app
from soundtracks.cli.review import listen, write_opener
from soundtracks.decisions import Decision, DecisionStore
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.publish import publish
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.settings import get_settings


@pytest.fixture(autouse=True)
def _settings(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", lake.url)
    get_settings.cache_clear()


def test_labels_are_exported(lake: Lake, tmp_path: Path) -> None:
    DecisionStore(lake).add(Decision(album_id="master:1", tmdb_id="348", decision="accept", by="Ann"))
    result = CliRunner().invoke(app, ["review", "--export", str(tmp_path / "labels.csv")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "labels.csv").read_text() == "album_id,group,tmdb_ids\nmaster:1,review_accepted,348\n"


def test_export_to_nowhere(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["review", "--export", str(tmp_path / "no" / "labels.csv")])
    assert isinstance(result.exception, BadInput)


def test_before_the_first_run() -> None:
    result = CliRunner().invoke(app, ["review", "--no-browser"])
    assert isinstance(result.exception, BadInput)
    assert "has no links yet" in str(result.exception)


def test_a_port_in_use_is_avoided() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, listen(taken.getsockname()[1]) as other:
        assert other.getsockname()[0] == "127.0.0.1"
        assert other.getsockname()[1] != taken.getsockname()[1]


def test_the_browser_is_given_a_file_of_ours_and_not_the_key(tmp_path: Path) -> None:
    page = write_opener(tmp_path, "http://127.0.0.1:1/#token=secret")
    assert page.stat().st_mode & 0o777 == 0o600
    assert 'content="0;url=http://127.0.0.1:1/#token=secret"' in page.read_text()


@pytest.mark.slow
def test_served_until_ended(lake: Lake) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "679", "title": "Aliens"}], FILMS)
    albums = pa.Table.from_pylist([{"album_id": "release:3", "title": "Aliens?"}], ALBUMS)
    links = pa.Table.from_pylist([{"album_id": "release:3", "tmdb_id": "679", "decision": "review", "probability": 0.4}], LINKS)
    publish(lake, "run-1", Catalogue(films, albums, links))
    command = [sys.executable, "-c", "from soundtracks.cli.main import main; main()", "review", "--no-browser", "--port", "0"]
    environment = os.environ | {"SOUNDTRACKS_LAKE_URL": lake.url, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    with subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("1 links to review")
        url = re.search(r"http://127\.0\.0\.1:\d+/(?=#token=[\w-]{43} )", process.stdout.readline())
        assert url is not None
        transport = httpx.HTTPTransport(retries=5)  # the socket is open before the service answers
        with httpx.Client(transport=transport) as client:
            assert client.get(f"{url.group()}api/queue").json()["items"][0]["film"]["title"] == "Aliens"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, 130, -signal.SIGINT)
