"""The extraction flows on a real Prefect server, against the sample services."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import zstandard
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW, temporary_settings

from flows.extract_albums import extract_albums
from flows.extract_films import extract_films
from sandbox import discogs, tmdb
from sandbox.catalogue import load_truth
from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import Fault
from sandbox.serve import serving
from sandbox.tmdb import Tmdb as TmdbService
from soundtracks.errors import BadInput, CircuitOpen, DatasetBroken, MissingSetting, Unauthorized
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.records import FILMS, TITLES, listed_films
from soundtracks.settings import get_settings
from soundtracks.sources.dumps.importer import import_dump
from soundtracks.sources.http import Source
from soundtracks.sources.models import Failure
from tasks import extract_albums as albums_tasks
from tasks import extract_films as films_tasks
from tasks import services as service_module
from tasks.batches import BatchRef
from tasks.progress import Progress
from tasks.services import service

pytestmark = pytest.mark.server

Show = Callable[[Progress, Source, int], None]

ASKED = [("Blade Runner", 1982), ("Gladiator", 2000), ("Inception", 2010), ("Solaris", None), ("No Such Film", 1990)]


@pytest.fixture
def services(prefect_server: None, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TmdbService, DiscogsService]]:
    films, albums = tmdb.tmdb_app(rate=6000), discogs.discogs_app(rate=60_000)
    with serving(films) as tmdb_url, serving(albums) as discogs_url:
        for name, value in {
            "LAKE_URL": lake.url,
            "TMDB_TOKEN": tmdb.TOKEN,
            "TMDB_BASE_URL": f"{tmdb_url}/3",
            "DISCOGS_TOKEN": discogs.TOKEN,
            "DISCOGS_BASE_URL": discogs_url,
            "EXTRACT_BATCH": "2",
            "EXTRACT_CIRCUIT": "8",
        }.items():
            monkeypatch.setenv(f"SOUNDTRACKS_{name}", value)
        for task in (films_tasks.fetch_film_batch, albums_tasks.fetch_album_batch, albums_tasks.fetch_sweep_batch):
            monkeypatch.setattr(task, "retry_delay_seconds", 0)
        monkeypatch.setattr("soundtracks.sources.http.BACKOFF", lambda _state: 0.0)
        get_settings.cache_clear()
        yield films, albums
    get_settings.cache_clear()


@pytest.fixture
def titles(lake: Lake) -> DatasetRef:
    rows = [{"row": row, "title": title, "year": year} for row, (title, year) in enumerate(ASKED, 1)]
    return lake.publish_table("silver/titles", pa.Table.from_pylist(rows, schema=TITLES))


def test_titles_become_films_and_albums(services: tuple[TmdbService, DiscogsService], titles: DatasetRef, lake: Lake) -> None:
    films = extract_films(titles, "run-1")
    assert lake.current("silver/films") == films.ref
    table = lake.read_table(films.ref)
    assert set(listed_films(table)["title"].to_pylist()) == {"Blade Runner", "Gladiator", "Inception", "Solaris"}
    assert table.filter(pc.invert(table["listed"]))["title"].to_pylist() == ["Gladiator", "Blade Runner 2049"]
    assert (films.metrics.rivals, films.metrics.rival_requests) == (2, None)
    assert [(failure.name, failure.reason[:12]) for failure in films.failures] == [("No Such Film (1990)", "TMDB knows n")]
    assert films.resolved is not None
    assert lake.read_table(films.resolved).num_rows == 6, "two films are called Solaris"
    assert films.metrics.requests == services[0].log.count()

    albums = extract_albums(films.ref, "run-1")
    found = set(lake.read_table(albums.ref)["album_id"].to_pylist())
    wanted = set(listed_films(table)["tmdb_id"].to_pylist())
    true = {album for album, truth in load_truth().items() if truth.tmdb_ids and set(truth.tmdb_ids) <= wanted}
    assert true <= found
    assert (albums.failed, albums.interrupted) == (0, None)
    assert albums.metrics.plan == "search"

    again = extract_films(titles, "run-2"), extract_albums(films.ref, "run-2")
    assert [one.ref for one in again] == [films.ref, albums.ref]
    assert [one.metrics.requests for one in again] == [0, 0]
    assert again[0].metrics.cache_hits == films.metrics.requests


def test_a_new_title_asks_only_for_itself(services: tuple[TmdbService, DiscogsService], titles: DatasetRef, lake: Lake) -> None:
    extract_films(titles, "run-1")
    services[0].log.clear()
    rows = [*lake.read_table(titles).to_pylist(), {"row": 9, "title": "Titanic", "year": 1997}]
    extract_films(lake.publish_table("silver/titles", pa.Table.from_pylist(rows, schema=TITLES)), "run-2")
    assert services[0].log.count() == 2


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        (["A Film \x1b[2JThat Has None"], r"Discogs lists no album that could be the soundtrack of A Film +\[2JThat Has None\."),
        (["One", "Another"], r"Discogs lists no album that could be the soundtrack of any of the 2 films\."),
    ],
)
def test_films_that_discogs_lists_nothing_for_are_no_riddle(titles: list[str], said: str) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": str(n), "title": title} for n, title in enumerate(titles, 1)], FILMS)
    with pytest.raises(DatasetBroken, match=said) as broken:
        albums_tasks.check_listed(0, [], films)
    assert "look it up at discogs.com" in broken.value.hint
    albums_tasks.check_listed(1, [], films)
    albums_tasks.check_listed(0, [Failure(name="One", reason="no answer")], films)  # what failed is told by the gate


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["Blade Runer"], r"No film was found for Blade Runer \(1982\): TMDB knows no"),
        (
            ["Blade Runer", "Aliens No More"],
            r"No film was found for any of the 2 titles, such as Blade Runer \(1982\): TMDB knows no",
        ),
    ],
)
def test_a_list_of_which_no_film_is_known_says_which_and_what_to_do(
    services: tuple[TmdbService, DiscogsService], lake: Lake, asked: list[str], said: str
) -> None:
    rows = [{"row": number, "title": title, "year": 1982} for number, title in enumerate(asked)]
    with pytest.raises(DatasetBroken, match=said) as broken:
        extract_films(lake.publish_table("silver/titles", pa.Table.from_pylist(rows, schema=TITLES)), "run-1")
    assert broken.value.hint == "Check spelling and year, or give ids: tt0083658, tmdb:78."


def test_a_sweep_finds_the_same(services: tuple[TmdbService, DiscogsService], titles: DatasetRef, lake: Lake) -> None:
    films = extract_films(titles, "run-1")
    swept = extract_albums(films.ref, "run-2", "sweep")
    assert swept.metrics.plan == "sweep"
    assert "to sweep the masters" in (swept.metrics.plan_reason or "")
    found = set(lake.read_table(swept.ref)["album_id"].to_pylist())
    assert "master:90684973" in found


def test_imported_dumps_serve_without_key_and_request(
    services: tuple[TmdbService, DiscogsService], titles: DatasetRef, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = extract_films(titles, "run-1")
    monkeypatch.delenv("SOUNDTRACKS_DISCOGS_TOKEN")
    get_settings.cache_clear()
    with pytest.raises(BadInput, match=r"No dump of Discogs is imported.*soundtracks import-dump"):
        extract_albums(films.ref, "run-2", "dump")
    records = '<master id="1"><title>Blade Runner (Soundtrack)</title></master><master id="2"><title>Heat (OST)</title></master>'
    (tmp_path / "masters.xml").write_text(f"<masters>{records}</masters>")
    import_dump(lake, tmp_path / "masters.xml")
    taken = extract_albums(films.ref, "run-3", "dump")
    assert lake.current("silver/albums") == taken.ref
    assert lake.read_table(taken.ref)["album_id"].to_pylist() == ["master:1"]
    assert (taken.metrics.plan, taken.metrics.requests, services[1].log.count()) == ("dump", 0, 0)
    assert taken.metrics.plan_reason == "dumps were asked for: 1 albums of 2 of Discogs masters hold a film's title; no requests"
    monkeypatch.setenv("SOUNDTRACKS_DISCOGS_TOKEN", discogs.TOKEN)
    get_settings.cache_clear()
    searched = extract_albums(films.ref, "run-4")
    assert (searched.metrics.plan_reason or "").endswith("the imported dumps would take none: --plan dump")


def test_a_batch_without_answers_is_repeated_once(
    services: tuple[TmdbService, DiscogsService], titles: DatasetRef, lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    services[0].faults.add(Fault(path="/movie/78", status=503, times=6))
    films = extract_films(titles, "run-1")
    assert "78" in lake.read_table(films.ref)["tmdb_id"].to_pylist()
    assert "1 got no answer, e.g. Blade Runner (1982): tmdb: answered 503." in caplog.text
    assert caplog.text.count("Retry 1/1 will start") == 1
    assert services[0].log.repeated() == {}


def test_a_failing_service_ends_the_run_early_and_the_next_goes_on(
    services: tuple[TmdbService, DiscogsService], titles: DatasetRef, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = extract_films(titles, "run-1")
    monkeypatch.setenv("SOUNDTRACKS_EXTRACT_CIRCUIT", "2")  # different questions, of five films'
    get_settings.cache_clear()
    services[1].faults.add(Fault(status=503, times=None, after=2))
    first = extract_albums(films.ref, "run-1")
    assert "attempts in a row failed" in (first.interrupted or "")
    assert first.failed
    assert first.metrics.interrupted == first.interrupted, "metrics.json tells it too"
    assert first.ref.rows > 0, "what it got is there"
    services[1].faults.clear()
    second = extract_albums(films.ref, "run-2")
    assert (second.failed, second.interrupted) == (0, None)
    assert second.ref.rows > first.ref.rows
    assert services[1].log.repeated() == {}


def test_a_service_that_is_down_says_so(services: tuple[TmdbService, DiscogsService], titles: DatasetRef) -> None:
    services[0].faults.add(Fault(status=503, times=None))
    with pytest.raises(CircuitOpen, match="Is the service down"):
        extract_films(titles, "run-1")


def test_a_wrong_key_stops_the_run(
    services: tuple[TmdbService, DiscogsService], titles: DatasetRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUNDTRACKS_TMDB_TOKEN", "wrong")
    get_settings.cache_clear()
    with pytest.raises(Unauthorized, match="SOUNDTRACKS_TMDB_TOKEN"):
        extract_films(titles, "run-1")
    assert 1 <= services[0].log.count() <= 2, "the batch's two titles were under way side by side"


def test_a_missing_key_names_setting_and_sample(
    services: tuple[TmdbService, DiscogsService], titles: DatasetRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOUNDTRACKS_DISCOGS_TOKEN")
    get_settings.cache_clear()
    with pytest.raises(MissingSetting, match=r"SOUNDTRACKS_DISCOGS_TOKEN.*up --sample"):
        extract_albums(titles, "run-1")


def noting(shown: list[int], show: Show) -> Show:
    def noted(progress: Progress, source: Source, done: int) -> None:
        shown.append(done)
        show(progress, source, done)

    return noted


def test_the_ui_shows_progress_and_no_key_anywhere(
    services: tuple[TmdbService, DiscogsService],
    titles: DatasetRef,
    lake: Lake,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("httpx", "httpcore", "tasks", "prefect.task_runs", "prefect.flow_runs"):
        caplog.set_level(logging.DEBUG, name)
    shown = []
    monkeypatch.setattr("tasks.progress.SHOWN_EVERY", 0.0)
    monkeypatch.setattr(Progress, "show", noting(shown, Progress.show))
    services[1].faults.add(Fault(status=429, times=2))
    films = extract_films(titles, "run-1")
    assert shown == [1, 2, 2, 3, 4, 4, 5, 5], "also while a batch is under way"
    extract_albums(films.ref, "run-1")
    with get_client(sync_client=True) as client:
        artifacts = client.request("POST", "/artifacts/filter", json={"sort": "CREATED_DESC", "limit": 2}).json()
        limits = {
            name: client.read_global_concurrency_limit_by_name(f"{name}-requests-127.0.0.1").limit for name in ("tmdb", "discogs")
        }
        seen = [
            client.request("POST", f"/{what}/filter", json={"limit": 200}).text for what in ("logs", "task_runs", "flow_runs")
        ]
    assert limits == {"tmdb": 50, "discogs": 60_000}, "all runs of the server share them; Discogs' follows what it says"
    assert {artifact["key"] for artifact in artifacts} == {"extract-films", "extract-albums"}
    for artifact in artifacts:
        assert artifact["data"] == 100
        assert "requests (" in artifact["description"]
        assert "expected end" in artifact["description"]
    files = Path(lake.url.removeprefix("file://")).rglob("*.zst")
    stored = [zstandard.ZstdDecompressor().decompress(file.read_bytes()).decode() for file in files]
    assert len(stored) > 10
    texts = [*seen, *stored, str(artifacts), caplog.text, films.model_dump_json()]
    assert not [text for text in texts if tmdb.TOKEN in text or discogs.TOKEN in text]


def test_a_task_stands_alone(services: tuple[TmdbService, DiscogsService], titles: DatasetRef) -> None:
    """Without the flow around it: it opens the service that it asks, and closes it."""
    with service("tmdb") as one, service("tmdb") as other:
        assert one is other
        progress = Progress(artifact=uuid4(), total=2, unit="titles", started=one.clock.monotonic())
    assert service_module._open == {}
    batch = BatchRef(ref=titles, run_id="run-1", start=0, stop=2)
    with temporary_settings({PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW: "ignore"}):
        fetched = films_tasks.fetch_film_batch(batch, progress)
    assert fetched.failures == []
    assert list(fetched.parts) == ["films", "resolved", "rivals"]
    assert service_module._open == {}


def test_open_data_alone_needs_no_key_and_asks_nobody(
    services: tuple[TmdbService, DiscogsService], titles: DatasetRef, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SOUNDTRACKS_DISCOGS_TOKEN", "SOUNDTRACKS_TMDB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    get_settings.cache_clear()
    with pytest.raises(BadInput, match=r"Nothing of Wikidata is imported.*soundtracks import-dump"):
        extract_films(titles, "run-1", "cc0")
    lines = ["film,filmLabel,tmdb,imdb,year", "Q184843,Blade Runner,78,tt0083658,1982", "Q1,Blade Runner,,tt0000001,1940"]
    (tmp_path / "query.csv").write_text("\n".join(lines))
    import_dump(lake, tmp_path / "query.csv")
    films = extract_films(titles, "run-1", "cc0")
    rows = lake.read_table(films.ref).to_pylist()
    assert [(row["tmdb_id"], row["listed"]) for row in rows] == [("78", True), ("tt0000001", False)]
    (tmp_path / "masters.xml").write_text('<masters><master id="1"><title>Blade Runner (Soundtrack)</title></master></masters>')
    import_dump(lake, tmp_path / "masters.xml")
    albums = extract_albums(films.ref, "run-1", "cc0")
    assert lake.read_table(albums.ref)["album_id"].to_pylist() == ["master:1"]
    assert (films.metrics.plan, albums.metrics.plan) == ("cc0", "cc0")
    assert (services[0].log.count(), services[1].log.count()) == (0, 0)
    assert films.resolved is not None
    reasons = {row["title"]: row["reason"] for row in lake.read_table(films.resolved).to_pylist() if row["tmdb_id"] is None}
    assert reasons
    assert all("imported" in (reason or "") for reason in reasons.values())
