"""Every text of the collection through every reading: title files, catalogues, canonical titles, the match, the commands."""

import csv
import io
import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console
from typer.testing import CliRunner

from soundtracks.cli.main import app
from soundtracks.cli.run_summary import print_summary
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.lists.catalogues import read_catalogue
from soundtracks.lists.landed import read_landed
from soundtracks.metrics import RunMetrics, SourceMetrics
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.settings import get_settings
from soundtracks.text.canonical import album_names, film_names
from tests.hostile.texts import TEXTS

#: What a terminal obeys, and what turns the direction of a line.
OBEYED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def test_a_list_of_titles_loses_none_and_stops_at_none(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "titles.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["title", "year"], *([text, "1979"] for text in TEXTS.values() if text.strip())])
    found = read_landed(str(path), lake).reading
    assert found.count + found.duplicates == found.rows
    assert found.rows + found.unreadable + found.left_out.total() >= len(TEXTS) - 2


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_of_one_line_is_read_or_refused_with_a_reason(name: str, lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "titles.txt"
    path.write_text(f"Alien (1979)\n{TEXTS[name]}\n", encoding="utf-8")
    with suppress(BadInput):  # with a reason: all other errors are ours
        assert read_landed(str(path), lake).reading.table["title"].to_pylist()[0] == "Alien"


def test_names_are_made_of_every_text(catalogue: Catalogue) -> None:
    assert film_names(catalogue.films).num_rows >= len(TEXTS) - 10
    assert album_names(catalogue.albums).num_rows >= len(TEXTS) - 10


@pytest.fixture(scope="module")
def linked(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `soundtracks link` wrote of the collection, read from CSV."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, table, columns in (
        ("films", catalogue.films, ["tmdb_id", "title", "original_title", "alternative_titles", "year", "composers"]),
        ("albums", catalogue.albums, ["album_id", "title", "artist", "year", "genres", "styles", "formats", "country"]),
    ):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for row in table.select(columns).to_pylist():
                writer.writerow("|".join(value) if isinstance(value, list) else value for value in row.values())
    done = CliRunner().invoke(
        app, ["link", "--films", str(folder / "films.csv"), "--albums", str(folder / "albums.csv"), "--out", str(folder / "out")]
    )
    assert done.exit_code == 0, done.output
    return folder


@pytest.mark.slow
def test_the_match_links_what_is_equal_and_writes_every_row(linked: Path) -> None:
    films = read_catalogue(linked / "films.csv", "films").table
    albums = read_catalogue(linked / "albums.csv", "albums").table
    links = pq.read_table(linked / "out" / "links.parquet")
    assert films.num_rows > 150
    assert set(links["album_id"].to_pylist()) == set(albums["album_id"].to_pylist())
    for evidence in links["evidence"].to_pylist():
        assert isinstance(json.loads(evidence or "{}"), dict)
    with (linked / "out" / "links.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == links.num_rows


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_explain_prints_text_only(linked: Path, ending: str) -> None:
    ids = pq.read_table(linked / "out" / "links.parquet")["album_id"].unique().to_pylist()
    told = [i for i in ids if not i.startswith("-")]  # an option to any command line
    if ending == "csv":
        told = [i for i in told if i == i.strip() and not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", i)][::4]
    for album_id in told:
        done = CliRunner().invoke(app, ["explain", "--links", str(linked / "out" / f"links.{ending}"), album_id])
        assert done.exit_code == 0, (album_id, done.output, done.exception)
        assert not OBEYED.search(done.output), album_id


@pytest.mark.slow
def test_history_prints_text_only(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in TEXTS.values():
        name = re.sub(r"[/\\\x00]", "-", text)[:60].strip(". ")
        if name and name.encode("utf-8", "ignore").decode() == name and len(name.encode()) < 200:
            lake.write_bytes(
                f"runs/{name}/metrics.json", json.dumps({"run_id": text, "started": text, "stages": {text: 10**400}}).encode()
            )
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", lake.url)
    get_settings.cache_clear()
    for arguments in (["history"], ["history", "--json"]):
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.exception
        assert not OBEYED.search(done.output)
    get_settings.cache_clear()


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.slow
def test_a_run_prints_its_file_and_plan_as_text(name: str, lake: Lake) -> None:
    metrics = RunMetrics(
        run_id="run-1",
        started=datetime(2026, 11, 24, tzinfo=UTC),
        titles={"file": TEXTS[name], "unique": 1},
        extraction={"discogs": SourceMetrics(requests=1, plan=TEXTS[name], plan_reason=TEXTS[name], interrupted=TEXTS[name])},
        links=dict.fromkeys(
            ("films_with_albums", "films_to_review", "films_without", "links", "albums_to_review", "decided_by_people"), 1
        ),
    )
    sink = io.StringIO()
    print_summary(metrics, lake, Console(file=sink, width=200, emoji=False))
    assert not OBEYED.search(sink.getvalue())
    assert "Report: " in sink.getvalue()
