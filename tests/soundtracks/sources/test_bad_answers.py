"""Answers that no well-meaning service sends, over real sockets: each costs its own film, is never kept, and ends."""

import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zstandard

from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import Edit, Fault
from sandbox.tmdb import Tmdb as TmdbService
from soundtracks.errors import BadAnswer, Unavailable
from soundtracks.lake.lake import Lake
from soundtracks.sources import http, network
from soundtracks.sources.answers import Unreadable, parse
from soundtracks.sources.batches import fetch_albums, fetch_films
from soundtracks.sources.discogs import Discogs, Film
from soundtracks.sources.http import Source
from soundtracks.sources.tmdb import Title, Tmdb

pytestmark = pytest.mark.slow

Opener = Callable[..., Source]
SEARCH = {"q": "Blade Runner soundtrack", "per_page": 5}

#: Bodies that come whole with status 200, and cannot be parsed or kept.
HOPELESS = {
    "lone surrogate": Fault(status=200, body='{"results": [{"id": 1, "title": "a\\ud800b"}]}'),
    "raw surrogate": Fault(status=200, body='{"results": [{"id": 1, "title": "a\ud800b"}]}'),
    "latin-1 that says utf-8": Fault(status=200, body='{"title": "Amélie"}', encoding="latin-1"),
    "nested 900 deep": Fault(status=200, body='{"results": ' + "[" * 900 + "]" * 900 + "}"),
    "nested 100,000 deep": Fault(status=200, body='{"results": ' + "[" * 100_000 + "]" * 100_000 + "}"),
    "unfinished nesting": Fault(status=200, body="[" * 100_000),
    "a number of 10,000 digits": Fault(status=200, body='{"id": 1' + "0" * 10_000 + "}"),
    "NaN": Fault(status=200, body='{"popularity": NaN}'),
    "control character": Fault(status=200, body='{"title": "a\x07"}'),
    "two documents": Fault(status=200, body='{"results": []}{"results": []}'),
}


def kept(lake: Lake) -> list[Path]:
    return list(Path(lake.url.removeprefix("file://")).rglob("raw/**/*.zst"))


@pytest.mark.parametrize("fault", HOPELESS.values(), ids=HOPELESS)
def test_what_cannot_be_kept_is_one_bad_answer(
    open_discogs: Opener, discogs_service: DiscogsService, lake: Lake, fault: Fault
) -> None:
    """Whatever its kind: no second request, no circuit, nothing kept; the next film has its answer."""
    source = open_discogs(extract_circuit=1)
    discogs_service.faults.add(fault.model_copy(update={"path": "Alien", "times": None}))
    batch = fetch_albums([Film(tmdb_id="1", title="Alien", year=1979), Film(tmdb_id="78", title="Blade Runner")], Discogs(source))
    assert [failure.name for failure in batch.failures] == ["Alien (1979)"]
    assert "no JSON that could be kept" in batch.failures[0].reason
    assert batch.interrupted is None
    assert batch.rows.num_rows > 5
    assert sum(request.fault is not None for request in discogs_service.log.requests) == 1, "not asked again"
    assert kept(lake)
    assert not [path for path in kept(lake) if b"Alien" in json_of(path)]


def json_of(path: Path) -> bytes:
    return zstandard.ZstdDecompressor().decompress(path.read_bytes())


@pytest.mark.parametrize("fault", HOPELESS.values(), ids=HOPELESS)
def test_a_film_of_tmdb_fails_alone_too(tmdb_source: Source, tmdb_service: TmdbService, fault: Fault) -> None:
    tmdb_service.faults.add(fault.model_copy(update={"path": "/movie/98", "times": None}))
    titles = [Title(row=1, title="Gladiator", tmdb_id="98"), Title(row=2, title="Inception", tmdb_id="27205")]
    batch = fetch_films(titles, Tmdb(tmdb_source))
    assert [failure.name for failure in batch.failures] == ["Gladiator"]
    assert batch.interrupted is None
    assert batch.rows["title"].to_pylist() == ["Inception"]


@pytest.mark.parametrize("at", ["results.*.popularity", "results.*.id", "results.*.release_date", "total_results"])
def test_numbers_out_of_range_are_unknown(tmdb_source: Source, tmdb_service: TmdbService, at: str) -> None:
    for value in (10**400, -(10**400), 10**25, 0, "1e999"):
        tmdb_service.faults.add(
            Fault(path=f"query=Inception.*page={abs(hash(str(value)))}", kind="edit", edit=[Edit(at=at, set=value)])
        )
        tmdb_source.get("/search/movie", {"query": "Inception", "page": abs(hash(str(value))) % 500 + 1})
    tmdb_service.faults.add(Fault(path="Blade", kind="edit", edit=[Edit(at=at, set=10**400)]))
    batch = fetch_films([Title(row=1, title="Blade Runner", year=1982), Title(row=2, title="Inception")], Tmdb(tmdb_source))
    found = batch.rows["title"].to_pylist()
    assert "Inception" in found
    assert batch.interrupted is None


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"success": true}',
        '{"results": []}',
        '{"id": null, "movie_results": null}',
        '{"id": 1' + "0" * 400 + ', "movie_results": [{"id": 1' + "0" * 400 + "}]}",
        '{"id": 12345, "title": "Another film", "movie_results": [{"title": "no id"}]}',
    ],
    ids=["nothing", "success", "a search's", "null", "ids beyond all", "another record's"],
)
@pytest.mark.parametrize(
    ("title", "path"),
    [
        (Title(row=1, title="Titanic", imdb_id="tt0120338"), "/find/"),
        (Title(row=1, title="Gladiator", tmdb_id="98"), "/movie/"),
    ],
    ids=["find", "record"],
)
def test_what_was_not_asked_for_is_never_kept(
    tmdb_source: Source, tmdb_service: TmdbService, title: Title, path: str, body: str
) -> None:
    """It would mean "TMDB knows no such film" for as long as answers are kept."""
    tmdb_service.faults.add(Fault(path=path, status=200, body=body))
    (failure,) = fetch_films([title], Tmdb(tmdb_source)).failures
    assert f"answered {path}" in failure.reason
    assert fetch_films([title], Tmdb(tmdb_source)).rows["title"].to_pylist() == [title.title]


@pytest.mark.parametrize("at", ["results.*.id", "results.*.year", "results.*.master_id", "pagination.items", "pagination.pages"])
def test_numbers_out_of_range_from_discogs(discogs_source: Source, discogs_service: DiscogsService, at: str) -> None:
    discogs_service.faults.add(Fault(path="Alien", kind="edit", edit=[Edit(at=at, set=10**400)]))
    batch = fetch_albums([Film(tmdb_id="1", title="Alien"), Film(tmdb_id="78", title="Blade Runner")], Discogs(discogs_source))
    # without a single id an answer names nothing: told, not taken for "nothing found"
    assert [failure.name for failure in batch.failures] == (["Alien"] if at == "results.*.id" else [])
    assert batch.rows.num_rows > 5


@pytest.mark.parametrize("count", ["²", "١٢", "-1", "1e3", "9" * 5000, "sixty"])
def test_counts_of_the_allowance_that_are_no_numbers(discogs_source: Source, discogs_service: DiscogsService, count: str) -> None:
    given = count.encode().decode("latin-1")
    headers = {f"X-Discogs-Ratelimit{part}": given for part in ("", "-Used", "-Remaining")}
    discogs_service.faults.add(Fault(status=200, headers=headers, body='{"results": []}'))
    assert discogs_source.get("/database/search", SEARCH) == {"results": []}
    assert discogs_source.pacer.limit == 60


def test_a_byte_order_mark_is_no_fault(discogs_source: Source, discogs_service: DiscogsService) -> None:
    discogs_service.faults.add(Fault(status=200, body="\ufeff" + '{"results": [], "title": "Amélie"}'))
    assert discogs_source.get("/database/search", SEARCH)["title"] == "Amélie"


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "utf-7", "idna", "no-such-charset", "zlib"])
def test_a_lying_charset_changes_nothing(discogs_source: Source, discogs_service: DiscogsService, charset: str) -> None:
    headers = {"Content-Type": f"application/json; charset={charset}"}
    discogs_service.faults.add(Fault(status=200, headers=headers, body='{"results": [], "title": "Amélie"}'))
    assert discogs_source.get("/database/search", SEARCH)["title"] == "Amélie"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_a_body_that_is_not_packed_as_it_says(open_discogs: Opener, discogs_service: DiscogsService, coding: str) -> None:
    discogs_service.faults.add(Fault(status=200, headers={"Content-Encoding": coding}, body='{"results": []}', times=2))
    source = open_discogs()
    assert source.get("/database/search", SEARCH)["results"], "asked again"
    assert source.metrics.retries == 2


@pytest.mark.parametrize("kind", ["bomb", "endless"])
def test_an_answer_is_bounded(kind: str, open_discogs: Opener, discogs_service: DiscogsService, lake: Lake) -> None:
    """A gzip bomb of 400 MB, and a body that never ends: at most MAX_ANSWER of it is read."""
    discogs_service.faults.add(Fault(kind=kind, megabytes=400))  # type: ignore[arg-type]
    source = open_discogs()
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswer, match="larger than 16 MB"):
            source.get("/database/search", SEARCH)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 80 << 20
    assert discogs_service.log.count() == 1
    assert not kept(lake)
    assert source.get("/database/search", SEARCH)["results"]


def test_a_dripping_body_ends(open_discogs: Opener, discogs_service: DiscogsService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "DEADLINE", 0.3)
    monkeypatch.setattr(http, "ATTEMPTS", 2)
    discogs_service.faults.add(Fault(kind="drip", pause=0.02, times=2))
    source = open_discogs()
    start = time.monotonic()
    with pytest.raises(Unavailable, match="TooSlow: the whole answer takes longer than"):
        source.get("/database/search", SEARCH)
    assert time.monotonic() - start < 60  # seconds; all of it would take minutes
    assert source.get("/database/search", SEARCH)["results"]


@contextmanager
def dripping_head() -> Iterator[str]:
    """A server that sends the head of its answer a byte every 20 ms."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)

        def serve() -> None:
            while not stop.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.recv(65536)
                    try:
                        for byte in b"HTTP/1.1 200 OK\r\nX-Filler: " + b"x" * 10_000:
                            connection.sendall(bytes([byte]))
                            if stop.wait(0.02):
                                break
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


def test_a_dripping_head_ends(open_discogs: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "DEADLINE", 0.3)
    monkeypatch.setattr(http, "ATTEMPTS", 1)
    with dripping_head() as url:
        start = time.monotonic()
        with pytest.raises(Unavailable, match="TooSlow: the whole answer takes longer than"):
            open_discogs(discogs_base_url=url).get("/database/search", SEARCH)
        assert time.monotonic() - start < 60  # seconds; all of it would take minutes


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        (b"<html>", True),
        (b"", True),
        (b"{", True),
        (b'{"a": [1, 2', True),
        (b'{"a": "\\ud800"}', False),
        (b"[" * 300 + b"]" * 300, False),
        (b"[" * 300, False),
        (b'{"a": 1} trailing}', False),
    ],
)
def test_what_is_worth_asking_again(body: bytes, passes: bool) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(body)
    assert caught.value.passes is passes


def test_what_is_parsed_is_what_was_sent() -> None:
    document = {"title": "千と千尋 🎬", "year": 2001, "deep": [[[{"a": None}]]], "big": 2**63}
    assert parse(json.dumps(document).encode()) == document
    assert parse(b"\xef\xbb\xbf \n" + json.dumps(document, ensure_ascii=False).encode()) == document


@pytest.mark.parametrize(
    "edit",
    [
        Edit(at="results.*.id", set="x"),
        Edit(at="results.*.id", drop=True),
        Edit(at="results.*.id", set=10**400),
        Edit(at="results", set=None),
        Edit(at="results", drop=True),
        Edit(at="results.*", set=7),
    ],
    ids=["ids as words", "no ids", "ids beyond 64 bits", "null", "none", "numbers"],
)
def test_hits_of_which_none_can_be_named_are_no_empty_answer(
    open_discogs: Opener, discogs_service: DiscogsService, lake: Lake, edit: Edit
) -> None:
    """Kept, they would mean "nothing found" to every run for hours."""
    discogs_service.faults.add(Fault(kind="edit", times=1, edit=[edit]))
    source = open_discogs()
    with pytest.raises(BadAnswer, match="none has an id"):
        source.get("/database/search", SEARCH)
    assert kept(lake) == []
    assert len(source.get("/database/search", SEARCH)["results"]) == 5


def test_a_404_to_a_search_is_about_no_record_and_is_not_kept(
    open_discogs: Opener, discogs_service: DiscogsService, lake: Lake
) -> None:
    discogs_service.faults.add(Fault(status=404, path="/search"))
    source = open_discogs()
    with pytest.raises(BadAnswer, match="answered 404 to /database/search"):
        source.get("/database/search", SEARCH)
    assert kept(lake) == []
    assert len(source.get("/database/search", SEARCH)["results"]) == 5
