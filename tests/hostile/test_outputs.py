"""Every text of the collection through every output, read by the programs that read them."""

import csv
import io
import json
import re
import shutil
import sqlite3
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page
from python_calamine import CalamineWorkbook

from soundtracks.cli.results import write_csv
from soundtracks.lists.catalogues import write_aside
from soundtracks.metrics import RunMetrics, SourceMetrics, ValidationMetrics
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.collection import Shelf, compare, write_wantlist
from soundtracks.publishing.editions import ranked_editions
from soundtracks.publishing.options import Options
from soundtracks.publishing.outputs import OUTPUTS, render
from soundtracks.publishing.runs_table import SCHEMA
from soundtracks.publishing.static_files import Everything, static_files
from soundtracks.publishing.terms import Origin
from soundtracks.publishing.workbook import cell_text
from soundtracks.reporting.history import render_page
from soundtracks.reporting.report import render_report
from soundtracks.text.foreign import one_line
from soundtracks.text.spreadsheet import plain_cell
from tasks.artifacts import headline, link_rows, reason_rows, summary
from tasks.outcome import what_to_do
from tests.hostile.quickstatements import read_version_2, read_version_3
from tests.hostile.texts import TEXTS
from tests.rigs.browser import chromium
from tests.soundtracks.text.test_foreign import drawn

pytestmark = pytest.mark.slow

QUARANTINED = [
    {"dataset": "titles", "row": text, "rule": "expect_known", "column": text, "value": text, "reason": text}
    for text in TEXTS.values()
]


@pytest.fixture(scope="module")
def outputs(catalogue: Catalogue) -> dict[str, bytes]:
    return dict(render(catalogue, Options(retrieved=datetime(2026, 11, 1, tzinfo=UTC).date())))


def test_every_output_is_written_twice_the_same(catalogue: Catalogue, outputs: dict[str, bytes]) -> None:
    assert list(outputs) == [output.name for output in OUTPUTS]
    assert all(outputs.values())
    assert outputs["links.csv"] == dict(render(catalogue, Options()))["links.csv"]


def test_parquet_holds_the_texts_as_they_are(outputs: dict[str, bytes]) -> None:
    titles = pq.read_table(pa.BufferReader(outputs["links.parquet"]))["album_title"].to_pylist()
    assert set(titles) == set(TEXTS.values())


def test_sqlite_holds_the_texts_as_they_are(outputs: dict[str, bytes]) -> None:
    with sqlite3.connect(":memory:") as database:
        database.deserialize(outputs["links.sqlite"])
        titles = [row[0] for row in database.execute("SELECT title FROM films WHERE title IS NOT NULL")]
        assert [row[0] for row in database.execute("PRAGMA integrity_check")] == ["ok"]
    assert sorted(titles) == sorted(TEXTS.values())


def test_json_holds_the_texts_as_they_are_and_may_stand_in_a_page(outputs: dict[str, bytes]) -> None:
    films = json.loads(outputs["soundtracks-by-tmdb-id.json"])["films"]
    assert {film["title"] for film in films.values()} <= set(TEXTS.values())
    assert len(films) > 100
    for name in ("soundtracks-by-tmdb-id.json", "links.jsonld"):
        assert not re.search("[<>\u2028\u2029]", outputs[name].decode())
    movies = [node for node in json.loads(outputs["links.jsonld"])["@graph"] if node["@type"] == "Movie"]
    assert {url for movie in movies for url in movie.get("sameAs", [])} <= {"http://www.wikidata.org/entity/Q103569"}


def test_quickstatements_do_what_was_meant_and_nothing_else(outputs: dict[str, bytes]) -> None:
    batch = outputs["wikidata-quickstatements.tsv"].decode()
    for found in (read_version_2(batch), read_version_3(batch)):
        meant = {
            ("create", "", ""), ("label", "LAST", "en"), ("description", "LAST", "en"), ("statement", "LAST", "P31"),
            ("statement", "LAST", "P1954"), ("statement", "LAST", "P2206"), ("statement", "LAST", "P577"),
        }  # fmt: skip
        assert {(c.what, c.entity, c.key) for c in found} <= meant
        made = list(
            zip((c.value for c in found if c.what == "label"), (c.value for c in found if c.what == "description"), strict=True)
        )
        assert sum(c.what == "create" for c in found) == len(set(made)) == len(made) > 30


def test_files_by_id_have_safe_names_and_a_feed_that_is_read(catalogue: Catalogue) -> None:
    now, linked = datetime(2026, 11, 26, tzinfo=UTC), catalogue.links.select(["album_id", "tmdb_id"]).to_pylist()
    origins = dict.fromkeys((id_ for row in linked for id_ in row.values()), Origin("wikidata", None))
    decided = {(row["album_id"], row["tmdb_id"]): now for row in linked}
    known = Everything(catalogue, origins, origins, decided)
    files = dict(static_files(known, known.publishable(now)))
    assert all(re.fullmatch(r"[a-z]+(/[a-z0-9]+)*/[a-z0-9.]+|[a-z]+\.[a-z]+", name) for name in files), files.keys()
    for name in (name for name in files if name.endswith(".json")):
        json.loads(files[name])
    feed = ElementTree.fromstring(files["feed.atom"])
    assert {element.tag.rpartition("}")[2] for element in feed.iter()} == {
        "feed",
        "id",
        "title",
        "updated",
        "author",
        "name",
        "link",
        "entry",
    }
    links = {element.get("href", "") for element in feed.iter() if element.tag.endswith("link")}
    assert all(
        link == "feed.atom" or link.startswith(("https://www.discogs.com/", "https://www.themoviedb.org/")) for link in links
    )
    assert len(feed.findall("{*}entry")) == 100  # the newest


def tables(catalogue: Catalogue, outputs: dict[str, bytes], folder: Path) -> list[Path]:
    """Every table that leaves the house, as a file."""
    for name in ("links.csv", "soundtracks.csv", "editions.csv", "musicbrainz.csv"):
        (folder / name).write_bytes(outputs[name])
    (folder / "wantlist.csv").write_bytes(write_wantlist(compare(ranked_editions(catalogue), Shelf(), Shelf())))
    pq.write_table(catalogue.links, folder / "links.parquet")
    write_csv(folder / "links.parquet", folder / "link.csv")
    write_aside([(text, n, text, text) for n, text in enumerate(TEXTS.values(), 1001)], folder / "quarantine.csv")
    return sorted(folder.glob("*.csv"))


def test_no_cell_of_any_table_begins_a_formula(catalogue: Catalogue, outputs: dict[str, bytes], tmp_path: Path) -> None:
    csv.field_size_limit(2**24)  # split by a separator that is none, much is one cell
    for path in tables(catalogue, outputs, tmp_path):
        text = path.read_text(encoding="utf-8-sig")
        for separator in ",;\t|":
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
                assert [cell for cell in row if re.match("[\\s\ufeff\u200b]*[=+@＝﹢﹦−]|-(?![0-9.]+$)", cell)] == [], (
                    path.name,
                    separator,
                )


def test_titles_come_back_from_a_table(outputs: dict[str, bytes]) -> None:
    rows = csv.DictReader(io.StringIO(outputs["links.csv"].decode("utf-8-sig"), newline=""))
    titles = {plain_cell(row["album_title"]) for row in rows}
    assert {re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip() for text in TEXTS.values()} == titles


def test_a_workbook_holds_the_texts_and_no_formula(outputs: dict[str, bytes]) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(outputs["soundtracks.xlsx"]))
    films = {row[0] for row in book.get_sheet_by_name("Soundtracks").to_python()[1:]}
    assert len(films) > 100
    assert films <= {cell_text(text) for text in TEXTS.values()}
    with zipfile.ZipFile(io.BytesIO(outputs["soundtracks.xlsx"])) as archive:
        trees = [ElementTree.fromstring(archive.read(name)) for name in archive.namelist() if name.endswith(".xml")]
    assert not [element.tag for tree in trees for element in tree.iter() if element.tag.rpartition("}")[2] in ("f", "hyperlink")]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("separators", ["44", "59", "44/59", "9", "59/9/44"])
def test_libreoffice_shows_no_result_of_a_formula(
    catalogue: Catalogue, outputs: dict[str, bytes], tmp_path: Path, separators: str
) -> None:
    """Opened with commas (English), semicolons (German, French) and both, formulas allowed: 42 is what ours come to."""
    paths = tables(catalogue, outputs, tmp_path)
    control = tmp_path / "control.csv"
    control.write_text("a;b,c\nx;=1+41;y,=1+41,z\nx\t=1+41\ty\n")
    shown = opened([*paths, control], separators, tmp_path)
    assert "42" in shown.pop("control.csv")  # or this test could not fail
    assert len(shown) == 7
    for name, cells in shown.items():
        assert not {"42", "#NAME?", "#REF!", "Err:508", "Err:509", "Err:510", "#VALUE!"} & set(cells), name
        assert len(cells) > 50


def opened(paths: list[Path], separators: str, folder: Path) -> dict[str, list[str]]:
    """The cells of each file as LibreOffice shows them."""
    how = f"CSV:{separators},34,76,1,,0,false,true,false,false,false,-1,true"
    out, profile = folder / "opened", f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    shown = "csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true,false"
    command = [
        "soffice",
        profile,
        "--headless",
        f"--infilter={how}",
        "--convert-to",
        shown,
        "--outdir",
        str(out),
        *map(str, paths),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    read = {path.name: path.read_text(encoding="utf-8-sig") for path in out.glob("*.csv")}
    return {
        name: [c for row in csv.reader(io.StringIO(text, newline=""), delimiter="\t") for c in row] for name, text in read.items()
    }


@pytest.fixture
def metrics() -> RunMetrics:
    hostile = next(text for name, text in TEXTS.items() if name == "md-image")
    return RunMetrics(
        run_id="run-1",
        started=datetime(2026, 11, 24, 4, tzinfo=UTC),
        titles={"file": hostile, "rows": 3, "unique": 3, "left_out": hostile},
        read_as=list(TEXTS.values()),
        extraction={"discogs": SourceMetrics(requests=1, plan=hostile, plan_reason=hostile, interrupted=hostile)},
        validation={"titles": ValidationMetrics(rows=152, quarantined=1, warnings=0)},
        stages={"titles": 0.4},
        links=dict.fromkeys(
            ("films_with_albums", "films_to_review", "films_without", "links", "albums_to_review", "decided_by_people"), 1
        ),
    )


@pytest.mark.browser
def test_nothing_runs_in_the_pages(catalogue: Catalogue, metrics: RunMetrics, outputs: dict[str, bytes], tmp_path: Path) -> None:
    """Report, history, and a page with the JSON-LD in it, in a real browser: no script, no request, no dialog."""
    unresolved = [{"title": text, "year": None, "reason": text} for text in TEXTS.values()]
    report = render_report(
        catalogue,
        metrics,
        quarantine=QUARANTINED,
        unresolved=unresolved,
        previous=catalogue.links.slice(0, 50),
        files=list(TEXTS.values()),
    )
    runs = pa.Table.from_pylist([{"run_id": text, "problem": text} for text in TEXTS.values()], SCHEMA)
    embedded = f"<!doctype html><title>x</title><script type=application/ld+json>{outputs['links.jsonld'].decode()}</script>"
    pages = {"report.html": report, "history.html": render_page(runs), "embedded.html": embedded}
    trouble: list[str] = []
    with chromium() as browser:
        for name, html in pages.items():
            path = tmp_path / name
            path.write_text(html, encoding="utf-8")
            for fragment in ("", "#?length=1&q=alien", "#?q=%3Cscript%3E&namedItem=1&sort=none"):
                look_at(browser.new_page(), path.as_uri(), fragment, trouble)
    assert trouble == []


def look_at(page: Page, address: str, fragment: str, trouble: list[str]) -> None:
    """Opens a page and all that can be unfolded; whatever it says, asks for or runs that it should not is added to `trouble`."""
    page.on("console", lambda message: trouble.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.on("request", lambda request: trouble.append(request.url) if not request.url.startswith(address) else None)
    page.goto(address + fragment)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, iframe, object, embed, base, form:not(#filters)").count() == 0
    schemes = page.evaluate("[...document.links].map((link) => new URL(link.href).protocol)")
    assert set(schemes) <= {"https:", "file:"}
    page.close()


@pytest.mark.parametrize("name", TEXTS)
def test_artifacts_draw_what_we_wrote_and_no_more(name: str, metrics: RunMetrics) -> None:
    text = TEXTS[name]
    plain, hostile = metrics.model_copy(deep=True), metrics.model_copy(deep=True)
    for each, word in ((plain, "word"), (hostile, text)):
        each.titles["file"] = word
        each.extraction = {"discogs": SourceMetrics(requests=1, plan=word, plan_reason=word, interrupted=word)}
    assert drawn(summary(hostile)) == drawn(summary(plain))
    assert drawn(headline(plain)) == []
    state = type("State", (), {"name": "Failed", "message": text, "is_crashed": lambda self: False})()
    calm = type("State", (), {"name": "Failed", "message": "word", "is_crashed": lambda self: False})()
    assert drawn(what_to_do(text, "r1", state)) == drawn(what_to_do("word", "r1", calm))


def test_tables_of_artifacts_draw_links_to_our_own_addresses_only(catalogue: Catalogue) -> None:
    cells = [cell for row in [*link_rows(catalogue), *reason_rows(QUARANTINED)] for cell in row.values() if isinstance(cell, str)]
    assert len(cells) > 600
    for cell in cells:
        ours = re.fullmatch(r"\[(.*)\]\(https://www\.(?:discogs\.com|themoviedb\.org)/[a-z]+/[0-9]+\)", cell)
        assert drawn(ours[1] if ours else cell) == []
        assert drawn(cell) == (["link_open", "link_close"] if ours else [])


def test_the_collection_is_what_it_says() -> None:
    assert len(TEXTS) >= 100
    assert all(one_line(text) == one_line(one_line(text)) for text in TEXTS.values())
