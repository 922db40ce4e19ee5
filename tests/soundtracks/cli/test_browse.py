"""`soundtracks browse` on a lake, up to Datasette answering on this machine."""

import asyncio
import csv
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import StringIO
from pathlib import Path

import httpx
import pyarrow as pa
import pytest
from playwright.sync_api import Route
from starlette.types import ASGIApp

from soundtracks.cli import browse as browse_module
from soundtracks.cli.browse import browse, create_app, free_port, put_database
from soundtracks.errors import BadInput, LakeError, SoundtracksError
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.publish import publish
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.text.spreadsheet import plain_cell, safe_cell
from tests.rigs.browser import chromium
from tests.rigs.full_disk import files_of_at_most
from tests.waiting import until

#: Playwright has a loop of its own in the tests' thread.
ANSWERS = ThreadPoolExecutor(1)

pytestmark = pytest.mark.slow

NOTHING = Catalogue(FILMS.empty_table(), ALBUMS.empty_table(), LINKS.empty_table())


def test_nothing_published(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Nothing is published"):
        put_database(lake, "", tmp_path)


def test_the_catalogue_of_all_runs_or_a_run(lake: Lake, tmp_path: Path) -> None:
    for number in ("1", "2"):
        film = pa.Table.from_pylist([{"tmdb_id": number, "title": f"Film {number}"}], FILMS)
        album = pa.Table.from_pylist([{"album_id": f"master:{number}", "title": "Album"}], ALBUMS)
        link = pa.Table.from_pylist([{"album_id": f"master:{number}", "tmdb_id": number, "decision": "accept"}], LINKS)
        publish(lake, f"r{number}", Catalogue(film, album, link))

    def accepted() -> list[str]:
        with closing(sqlite3.connect(tmp_path / "links.sqlite")) as database:
            return [album for (album,) in database.execute("SELECT album_id FROM accepted ORDER BY album_id")]

    assert put_database(lake, "", tmp_path) == "The catalogue"
    assert accepted() == ["master:1", "master:2"]
    assert put_database(lake, "r1", tmp_path) == "Run r1"
    assert accepted() == ["master:1"]


@pytest.mark.parametrize("run", ["", "r1"])
def test_a_full_disk_of_this_machine_is_told_as_one(lake: Lake, tmp_path: Path, run: str) -> None:
    publish(lake, "r1", NOTHING)
    with files_of_at_most(100), pytest.raises(LakeError, match=r"need room on this machine: .*TMPDIR"):
        put_database(lake, run, tmp_path)


def test_a_run_without_links(lake: Lake, tmp_path: Path) -> None:
    lake.write_json("runs/r2/metrics.json", {})
    with pytest.raises(BadInput, match="The run r2 published no links"):
        put_database(lake, "r2", tmp_path)
    with pytest.raises(BadInput, match="There is no run r3"):
        put_database(lake, "r3", tmp_path)


def test_without_datasette_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse_module, "find_spec", lambda name: None)
    with pytest.raises(SoundtracksError) as caught:
        browse()
    assert "pip install 'soundtrack-links[browse]'" in caught.value.hint


async def fetch(app: ASGIApp, url: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await client.get(url)


def test_downloads_hold_no_formula(lake: Lake, tmp_path: Path) -> None:
    hostile = ['=HYPERLINK("https://evil.example")', "a;=1+1", "\ufeff=1", 'b"\n=2+2', "plain, 'quoted' and \"double\""]
    films = pa.Table.from_pylist([{"tmdb_id": str(n), "title": title} for n, title in enumerate(hostile, 1)], FILMS)
    publish(lake, "r1", Catalogue(films, ALBUMS.empty_table(), LINKS.empty_table()))
    put_database(lake, "r1", tmp_path)
    app = create_app(tmp_path, 8001)
    for asked in ("links/films.csv", "links/films.csv?_dl=1", "links/films.csv?_stream=1"):
        answer = asyncio.run(fetch(app, f"http://127.0.0.1:8001/{asked}"))
        assert answer.status_code == 200
        rows = list(csv.DictReader(StringIO(answer.text, newline="")))
        assert [row["title"] for row in rows] == [safe_cell(title) for title in hostile]
        assert plain_cell(rows[0]["title"]) == hostile[0]


def test_tables_can_be_narrowed_by_facets(lake: Lake, tmp_path: Path) -> None:
    albums = [
        {"album_id": "master:1", "title": "A", "formats": ["CD", "Album"], "country": "US"},
        {"album_id": "master:2", "title": "B", "formats": ["Vinyl", "Album", "a|b"], "country": "UK"},
    ]
    publish(lake, "r1", Catalogue(FILMS.empty_table(), pa.Table.from_pylist(albums, ALBUMS), LINKS.empty_table()))
    put_database(lake, "r1", tmp_path)
    found = asyncio.run(fetch(create_app(tmp_path, 8001), "http://127.0.0.1:8001/links/albums.json?_shape=objects")).json()
    counts = {name: {r["value"]: r["count"] for r in facet["results"]} for name, facet in found["facet_results"].items()}
    assert counts["formats"] == {"Album": 2, "CD": 1, "Vinyl": 1, "a|b": 1}
    assert counts["country"] == {"UK": 1, "US": 1}


@pytest.mark.browser
def test_a_row_of_a_table_is_one_line(lake: Lake, tmp_path: Path) -> None:
    """At a desk; a long value stands whole on the row's own page."""
    long = "A Title That Goes On And On = " * 30 + "the end"
    film = {"tmdb_id": "1", "title": long, "original_title": long, "alternative_titles": [long] * 9, "performers": [long]}
    album = {"album_id": "master:1", "title": long, "artist": long, "styles": ["Soundtrack"] * 40}
    link = {"album_id": "master:1", "tmdb_id": "1", "decision": "accept"}
    rows = ((film, FILMS), (album, ALBUMS), (link, LINKS))
    publish(lake, "r1", Catalogue(*(pa.Table.from_pylist([row], schema) for row, schema in rows)))
    put_database(lake, "r1", tmp_path)
    app = create_app(tmp_path, 8001)
    assert "the end" in asyncio.run(fetch(app, "http://127.0.0.1:8001/links/films/1")).text
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})

        def answer(route: Route) -> None:
            found = ANSWERS.submit(asyncio.run, fetch(app, route.request.url)).result()
            route.fulfill(status=found.status_code, body=found.content, content_type=found.headers["content-type"])

        page.route("**/*", answer)
        for table in ("films", "albums", "accepted"):
            page.goto(f"http://127.0.0.1:8001/links/{table}")
            heights = page.eval_on_selector_all(".rows-and-columns tbody td", "cells => cells.map(c => c.clientHeight)")
            size = page.eval_on_selector(".rows-and-columns tbody td", "c => parseFloat(getComputedStyle(c).fontSize)")
            assert len(heights) >= 10, table
            assert max(heights) < 3 * size, table


def test_datasette_answers_on_this_machine(lake: Lake, tmp_path: Path) -> None:
    publish(lake, "r1", NOTHING)
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "soundtracks.cli.main", "browse", "--no-open", "--port", str(port)]
    environment = {**os.environ, "SOUNDTRACKS_LAKE_URL": lake.url, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            assert process.stdout
            assert f"http://127.0.0.1:{port}/links".encode() in process.stdout.readline()
            url = f"http://127.0.0.1:{port}/links.json"
            answer = until(lambda: httpx.get(url, trust_env=False, timeout=30).raise_for_status().json(), 60, "Datasette")
            assert httpx.get(url, headers={"host": "evil.example"}, trust_env=False).status_code == 421
            for path in ("links.json?sql=select+1", "links/films.json?_where=1%3D1", "-/sql"):
                assert httpx.get(f"http://127.0.0.1:{port}/{path}", trust_env=False).status_code in (403, 404), path
            search = httpx.get(f"http://127.0.0.1:{port}/links/search.json?words=alien", trust_env=False)
            assert search.status_code == 200
            assert search.headers["x-frame-options"] == "DENY"
            assert "review_queue" in answer["views"] or any(v["name"] == "review_queue" for v in answer["views"])
        finally:
            process.terminate()
