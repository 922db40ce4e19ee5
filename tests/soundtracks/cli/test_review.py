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
from soundtracks.decisions import Decision, DecisionStore, read_decisions
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import Catalogue, effective_decisions
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


def publish_links(lake: Lake) -> None:
    """master:1 is linked to 679, release:2 to 348 in doubt, release:3 to nothing."""
    links = [
        {"album_id": "master:1", "tmdb_id": "679", "decision": "accept", "probability": 0.9},
        {"album_id": "release:2", "tmdb_id": "348", "decision": "review", "probability": 0.4},
        {"album_id": "release:3", "tmdb_id": "78", "decision": "reject", "probability": 0.1},
    ]
    films = pa.Table.from_pylist([{"tmdb_id": i, "title": i} for i in ("679", "348", "78")], FILMS)
    albums = pa.Table.from_pylist([{"album_id": link["album_id"], "title": "Album"} for link in links], ALBUMS)
    publish(lake, "run-1", Catalogue(films, albums, pa.Table.from_pylist(links, LINKS)))


def count(lake: Lake) -> dict[tuple[str, str], tuple[str, str]]:
    return {pair: (word["decision"], word["by"]) for pair, word in effective_decisions(read_decisions(lake)).items()}


def import_labels(path: Path, *more: str) -> str:
    result = CliRunner().invoke(app, ["review", "--import", str(path), *more])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
@pytest.mark.parametrize(("separator", "encoding"), [(",", "utf-8"), (";", "cp1252"), ("\t", "utf-16")])
def test_labels_come_back(lake: Lake, tmp_path: Path, separator: str, encoding: str) -> None:
    """Exported here, saved again by a spreadsheet, read in another lake with the same links: the same decisions count."""
    publish_links(lake)
    store = DecisionStore(lake)
    for album, film, decision in (
        ("master:1", "348", "accept"),
        ("master:1", "679", "reject"),
        ("release:2", "348", "reject"),
    ):
        store.add(Decision.model_validate({"album_id": album, "tmdb_id": film, "decision": decision, "by": "Ann"}))
    path = tmp_path / "labels.csv"
    CliRunner().invoke(app, ["review", "--export", str(path)])
    path.write_text(path.read_text(encoding="utf-8").replace(",", separator), encoding=encoding)
    assert "0 decisions kept from 2 labels" in import_labels(path)
    before = count(lake)
    for entry in lake.list("review/decisions"):
        lake.delete(entry.name)
    assert "3 decisions kept from 2 labels" in import_labels(path, "--by", "Ann")
    assert count(lake) == before
    assert len(before) == 3
    assert "0 decisions kept from 2 labels" in import_labels(path)


@pytest.mark.slow
def test_a_label_of_another_list_can_accept_but_not_reject(lake: Lake, tmp_path: Path) -> None:
    publish_links(lake)
    path = tmp_path / "labels.csv"
    path.write_text("album_id,group,tmdb_ids\nmaster:8,review_accepted,5\nmaster:9,review_rejected,\nmaster:7,maybe,5\n")
    output = import_labels(path)
    assert count(lake) == {("master:8", "5"): ("accept", "imported labels")}
    assert "Nothing to reject: no link of master:9 is published." in output
    assert "No label, line 4: the group is neither review_accepted nor review_rejected: maybe" in " ".join(output.split())


@pytest.mark.parametrize("more", [["--export", "x.csv"], ["--by", " "], ["--by", "a" * 81]])
def test_an_import_that_cannot_be_meant(tmp_path: Path, more: list[str]) -> None:
    (tmp_path / "labels.csv").write_text("album_id,group,tmdb_ids\nmaster:8,review_accepted,5\n")
    result = CliRunner().invoke(app, ["review", "--import", str(tmp_path / "labels.csv"), *more])
    assert isinstance(result.exception, BadInput)


def test_before_the_first_run() -> None:
    result = CliRunner().invoke(app, ["review", "--no-browser"])
    assert isinstance(result.exception, BadInput)
    assert "Nothing is published" in str(result.exception)


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
