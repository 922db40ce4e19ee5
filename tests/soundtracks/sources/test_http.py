"""What goes wrong, through the real stack of transports against the sample services: one row an outcome (http.py's table)."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import zstandard

from sandbox import discogs
from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import CLOUDFLARE_403, Edit, Fault, black_hole
from soundtracks.errors import BadAnswer, MissingSetting, NotFound, SourceError, Unauthorized, Unavailable
from soundtracks.lake.lake import Lake
from soundtracks.settings import Settings
from soundtracks.sources import http
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.http import ATTEMPTS, MAX_WAIT, Source, retry_after
from tests.rigs.moved_clock import NOW, MovedClock

pytestmark = pytest.mark.slow

Opener = Callable[..., Source]
SEARCH = {"q": "Blade Runner soundtrack", "per_page": 5}
HTML = "<html>maintenance</html>"


def ask(source: Source) -> dict[str, object]:
    return source.get("/database/search", SEARCH)


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault(status=status) for status in (429, 500, 502, 503, 504)),
        Fault(status=403, body=CLOUDFLARE_403),
        Fault(status=200, body=HTML),
        Fault(kind="truncate"),
        Fault(kind="reset"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_what_passes_is_asked_again(discogs_source: Source, discogs_service: DiscogsService, fault: Fault) -> None:
    discogs_service.faults.add(fault.model_copy(update={"times": 2}))
    assert ask(discogs_source)["results"]
    assert discogs_service.log.count() == 3
    metrics = discogs_source.metrics
    assert (metrics.requests, metrics.retries, metrics.cache_hits) == (3, 2, 0)
    assert 2 <= metrics.wait_seconds <= 10


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        (Fault(status=503), Unavailable, "answered 503"),
        (Fault(status=429), Unavailable, "too many requests"),
        (Fault(status=403, body=CLOUDFLARE_403), Unavailable, "answered 403"),
        (Fault(status=200, body=HTML), BadAnswer, "no JSON, or is cut off"),
        (Fault(kind="truncate"), BadAnswer, "no JSON, or is cut off"),
        (Fault(kind="reset"), Unavailable, "no answer"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else None,
)
def test_what_does_not_pass_fails_by_itself(
    discogs_source: Source, discogs_service: DiscogsService, fault: Fault, error: type[SourceError], message: str
) -> None:
    discogs_service.faults.add(fault.model_copy(update={"times": ATTEMPTS}))
    with pytest.raises(error, match=message):
        ask(discogs_source)
    assert discogs_service.log.count() == ATTEMPTS
    assert ask(discogs_source)["results"], "nothing of the failure was kept, and the next request goes through"


@pytest.mark.parametrize("silent", ["connect", "read"])
def test_time_outs_are_failures(
    silent: str, open_discogs: Opener, discogs_service: DiscogsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.05)
    monkeypatch.setattr(http, "ATTEMPTS", 2)
    discogs_service.faults.add(Fault(kind="hang", times=None))
    with black_hole() as nowhere:
        source = open_discogs(**({"discogs_base_url": nowhere} if silent == "connect" else {}))
        with pytest.raises(Unavailable, match="ConnectTimeout" if silent == "connect" else "ReadTimeout"):
            ask(source)
    assert source.metrics.retries == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", None),
        ("-5", None),
        ("86400", MAX_WAIT),
        (format_datetime(NOW + timedelta(seconds=45)), 45.0),
        (format_datetime(NOW - timedelta(days=400)), None),
        (format_datetime(NOW + timedelta(days=4000)), MAX_WAIT),
        ("soon", None),
        ("nan", None),
        ("-inf", None),
        ("1e400", MAX_WAIT),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None, clock: MovedClock) -> None:
    assert retry_after(header, clock) == seconds


def test_retry_after_is_waited_for_once(discogs_source: Source, discogs_service: DiscogsService, clock: MovedClock) -> None:
    discogs_service.faults.add(Fault(status=429, headers={"Retry-After": "50"}))
    start = clock.monotonic()
    ask(discogs_source)
    assert 50 <= clock.monotonic() - start <= 52
    assert discogs_source.metrics.too_many_requests == 1


@pytest.mark.parametrize("header", ["0", "-3", format_datetime(NOW - timedelta(hours=1)), "²", None])
@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_says_come_at_once_is_not_hammered(
    discogs_source: Source, discogs_service: DiscogsService, clock: MovedClock, header: str | None, status: int
) -> None:
    headers = {} if header is None else {"Retry-After": header.encode().decode("latin-1")}
    discogs_service.faults.add(Fault(status=status, headers=headers, times=ATTEMPTS - 1))
    start = clock.monotonic()
    assert ask(discogs_source)["results"]
    assert clock.monotonic() - start >= (60 if status == 429 else 30), "after 429 all of Discogs' window has passed"


def test_the_waits_for_one_answer_have_a_budget(
    discogs_source: Source, discogs_service: DiscogsService, clock: MovedClock
) -> None:
    discogs_service.faults.add(Fault(status=503, headers={"Retry-After": "100000"}, times=None))
    start = clock.monotonic()
    with pytest.raises(Unavailable):
        ask(discogs_source)
    assert discogs_service.log.count() == 3, "two waits of 120 s; the third would be beyond 300 s"
    assert clock.monotonic() - start <= 300


def test_a_wrong_key_stops_at_once_and_names_the_setting(open_discogs: Opener, discogs_service: DiscogsService) -> None:
    source = open_discogs(discogs_token="wrong-and-secret")
    with pytest.raises(Unauthorized, match=r"refused the key \(401\)\. Check SOUNDTRACKS_DISCOGS_TOKEN"):
        ask(source)
    assert discogs_service.log.count() == 1


def test_a_missing_key_names_the_setting_and_the_sample() -> None:
    for name in ("tmdb", "discogs"):
        with pytest.raises(MissingSetting, match=f"SOUNDTRACKS_{name.upper()}_TOKEN.*soundtracks up --sample"):
            access_to(name, Settings(_env_file=None, tmdb_token=None, discogs_token=None, discogs_key=None))


def test_key_and_secret_do_as_well(open_discogs: Opener) -> None:
    source = open_discogs(discogs_token=None, discogs_key=discogs.KEY, discogs_secret=discogs.SECRET)
    assert ask(source)["results"]


def test_a_deleted_id_is_remembered(discogs_source: Source, discogs_service: DiscogsService) -> None:
    for _ in range(2):
        with pytest.raises(NotFound, match="deleted, or merged"):
            discogs_source.get("/masters/1", {})
    assert discogs_service.log.count() == 1


def test_other_refusals_are_not_repeated(discogs_source: Source, discogs_service: DiscogsService) -> None:
    discogs_service.faults.add(Fault(status=422, body=json.dumps({"message": "no such thing"})))
    with pytest.raises(BadAnswer, match="no such thing"):
        ask(discogs_source)
    assert discogs_service.log.count() == 1


def test_a_list_where_an_object_belongs_is_no_answer(discogs_source: Source, discogs_service: DiscogsService) -> None:
    discogs_service.faults.add(Fault(status=200, body="[]"))
    with pytest.raises(BadAnswer, match="with list, not an object"):
        ask(discogs_source)
    assert ask(discogs_source)["results"]


def test_nothing_is_asked_twice(open_discogs: Opener, discogs_service: DiscogsService) -> None:
    first, second = open_discogs(), open_discogs()
    assert ask(first) == ask(first) == ask(second)
    assert discogs_service.log.count() == 1
    assert (first.metrics.cache_hits, second.metrics.cache_hits, second.metrics.requests) == (1, 1, 0)


def test_answers_outlive_their_retention_only_unused(
    open_discogs: Opener, discogs_service: DiscogsService, clock: MovedClock
) -> None:
    source = open_discogs(discogs_retention_hours=6)
    ask(source)
    clock.sleep(6 * 3600 - 5)
    ask(source)
    assert discogs_service.log.count() == 1
    clock.sleep(10)
    ask(source)
    assert discogs_service.log.count() == 2


@pytest.mark.parametrize(
    "edit",
    [
        Edit(at="results.*.year", drop=True),
        Edit(at="results.*.year", set=""),
        Edit(at="results.*.genre", set="Stage & Screen"),
        Edit(at="results.*.master_id", set=0),
        Edit(at="pagination", set=[]),
    ],
    ids=lambda edit: f"{edit.at}={'dropped' if edit.drop else edit.set!r}",
)
def test_fields_of_another_type_go_through(discogs_source: Source, discogs_service: DiscogsService, edit: Edit) -> None:
    discogs_service.faults.add(Fault(kind="edit", edit=[edit]))
    assert ask(discogs_source)["results"]


def test_the_request_carries_agent_key_and_gzip(discogs_source: Source, discogs_service: DiscogsService) -> None:
    ask(discogs_source)
    (request,) = discogs_service.log.requests
    assert request.user_agent.startswith("SoundtrackLinks/")
    assert request.authenticated
    assert "token" not in request.url


def test_no_key_is_seen_anywhere(
    open_discogs: Opener, discogs_service: DiscogsService, lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = json.dumps({"results": [], "you_sent": f"Discogs token={discogs.TOKEN}"})
    discogs_service.faults.add(
        Fault(path="echo", status=200, body=echo),
        Fault(path="bad", status=422, body=echo),
        Fault(path="down", status=503, times=None),
    )
    source = open_discogs()
    assert source.get("/database/search", {"q": "echo"})["you_sent"] == "Discogs token=[key]"
    texts = [repr(source), str(vars(source))]
    for query in ("bad", "down"):
        with pytest.raises(SourceError) as caught:
            source.get("/database/search", {"q": query})
        error: BaseException | None = caught.value
        while error:
            texts += [str(error), repr(error), repr(vars(error))]
            error = error.__cause__ or error.__context__
    ask(source)
    files = list(Path(lake.container).rglob("*.zst"))
    assert len(files) == 2
    texts += [zstandard.ZstdDecompressor().decompress(path.read_bytes()).decode() for path in files]
    assert caplog.records
    assert not [text for text in (*texts, caplog.text) if discogs.TOKEN in text]
