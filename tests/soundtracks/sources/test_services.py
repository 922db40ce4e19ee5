"""Whether the services take the keys: what `soundtracks doctor` asks."""

import logging

import httpx
import pytest

from sandbox import discogs, tmdb
from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import Fault
from sandbox.serve import serving
from sandbox.tmdb import Tmdb as TmdbService
from soundtracks.errors import MissingSetting, Unauthorized, Unavailable
from soundtracks.settings import Settings
from soundtracks.sources.endpoints import access_to, connection_problem
from soundtracks.sources.services import check_access

pytestmark = pytest.mark.slow


def settings(**given: str) -> Settings:
    return Settings(_env_file=None, **({"tmdb_token": tmdb.TOKEN, "discogs_token": discogs.TOKEN} | given))


def test_right_keys_are_taken(tmdb_service: TmdbService, discogs_service: DiscogsService) -> None:
    with serving(tmdb_service) as films, serving(discogs_service) as albums:
        given = settings(tmdb_base_url=f"{films}/3", discogs_base_url=albums)
        assert [check_access(name, given) for name in ("tmdb", "discogs")] == ["127.0.0.1"] * 2


def test_a_pair_of_key_and_secret_is_tested_by_a_search(discogs_service: DiscogsService) -> None:
    """Discogs answers /oauth/identity with 401 for a pair, which belongs to no user."""
    with serving(discogs_service) as url:
        pair = {"discogs_token": None, "discogs_key": discogs.KEY, "discogs_secret": discogs.SECRET, "discogs_base_url": url}
        assert check_access("discogs", settings(**pair)) == "127.0.0.1"
        with pytest.raises(Unauthorized, match="SOUNDTRACKS_DISCOGS_KEY and SOUNDTRACKS_DISCOGS_SECRET"):
            check_access("discogs", settings(**pair | {"discogs_secret": "wrong-and-secret"}))


def test_the_short_key_of_tmdb_is_taken_and_never_seen(tmdb_service: TmdbService, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(tmdb_service) as url:
        given = settings(tmdb_token=None, tmdb_key=tmdb.API_KEY, tmdb_base_url=f"{url}/3")
        assert check_access("tmdb", given) == "127.0.0.1"
        with pytest.raises(Unauthorized, match="SOUNDTRACKS_TMDB_KEY"):
            check_access("tmdb", settings(tmdb_token=None, tmdb_key="wrong-and-secret", tmdb_base_url=f"{url}/3"))
    assert caplog.records
    assert tmdb.API_KEY not in caplog.text
    assert "wrong-and-secret" not in caplog.text


@pytest.mark.parametrize(
    ("given", "header", "parameters", "setting"),
    [
        ({"tmdb_token": "eyJhbGciOi.x.y"}, "Bearer eyJhbGciOi.x.y", [], "SOUNDTRACKS_TMDB_TOKEN"),
        ({"tmdb_key": "0123456789abcdef" * 2}, None, ["api_key"], "SOUNDTRACKS_TMDB_KEY"),
        ({"tmdb_token": "0123456789abcdef" * 2}, None, ["api_key"], "SOUNDTRACKS_TMDB_TOKEN"),  # the short one by mistake
        ({"tmdb_key": "eyJhbGciOi.x.y"}, "Bearer eyJhbGciOi.x.y", [], "SOUNDTRACKS_TMDB_KEY"),
        ({"tmdb_token": "eyJhbGciOi.x.y", "tmdb_key": "abc"}, "Bearer eyJhbGciOi.x.y", [], "SOUNDTRACKS_TMDB_TOKEN"),
    ],
)
def test_tmdb_takes_a_token_or_a_short_key(
    given: dict[str, str], header: str | None, parameters: list[str], setting: str
) -> None:
    access = access_to("tmdb", Settings(_env_file=None, **given))
    assert (access.authorization.get_secret_value() if access.authorization else None) == header
    assert (list(access.parameters), access.setting) == (parameters, setting)


def test_without_any_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMDB_API_KEY", raising=False)
    with pytest.raises(MissingSetting, match=r"SOUNDTRACKS_TMDB_TOKEN.*SOUNDTRACKS_TMDB_KEY"):
        access_to("tmdb", Settings(_env_file=None, tmdb_token=None))


def test_another_host_than_the_services_own_is_said(discogs_service: DiscogsService) -> None:
    said = {
        host: access_to("tmdb", settings(tmdb_base_url=f"https://{host}/3")).foreign_host
        for host in ("api.themoviedb.org", "api.tmdb.org", "127.0.0.1", "tmdb.evil.test")
    }
    assert [host for host, text in said.items() if text] == ["tmdb.evil.test"]
    assert "the key is sent there, as SOUNDTRACKS_TMDB_BASE_URL says" in said["tmdb.evil.test"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ConnectError("[Errno -2] Name or service not known"), "is not known here"),
        (httpx.ConnectError("[Errno -3] Temporary failure in name resolution"), "is not known here"),
        (httpx.ConnectError("[Errno 8] nodename nor servname provided, or not known"), "is not known here"),
        (
            httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch"),
            "Somebody else answers",
        ),
        (httpx.ConnectError("[Errno 111] Connection refused"), "cannot be reached"),
        (httpx.ConnectTimeout("timed out"), "cannot be reached"),
        (httpx.ProxyError("407 Proxy Authentication Required"), "HTTPS_PROXY"),
    ],
)
def test_a_name_that_is_blocked_is_told_from_a_wrong_key(error: httpx.TransportError, said: str) -> None:
    assert said in connection_problem("api.themoviedb.org", error)
    hint = access_to("tmdb", settings()).unreachable(error)
    assert "SOUNDTRACKS_TMDB_BASE_URL=https://api.tmdb.org/3" in hint
    assert access_to("tmdb", settings()).unreachable(httpx.ReadError("reset")) == "", "a connection that broke later is none"


def test_doctor_says_that_a_name_is_not_known() -> None:
    given = settings(tmdb_base_url="https://api.themoviedb.invalid/3")
    with pytest.raises(Unavailable, match=r"is not known here.*SOUNDTRACKS_TMDB_BASE_URL=https://api\.tmdb\.org/3"):
        check_access("tmdb", given)


@pytest.mark.parametrize("status", [200, 403])
def test_a_page_of_somebody_else_is_no_wrong_key(tmdb_service: TmdbService, status: int) -> None:
    tmdb_service.faults.add(Fault(status=status, body="<html>This site is blocked by order of …</html>"))
    with serving(tmdb_service) as url, pytest.raises(Unavailable):
        check_access("tmdb", settings(tmdb_base_url=f"{url}/3"))


@pytest.mark.parametrize("name", ["tmdb", "discogs"])
def test_a_wrong_key_is_refused_and_not_shown(name: str, tmdb_service: TmdbService, discogs_service: DiscogsService) -> None:
    with serving(tmdb_service if name == "tmdb" else discogs_service) as url:
        given = settings(**{f"{name}_token": "wrong-and-secret", f"{name}_base_url": f"{url}/3" if name == "tmdb" else url})
        with pytest.raises(Unauthorized, match=rf"refused \(401\).*SOUNDTRACKS_{name.upper()}_TOKEN") as caught:
            check_access(name, given)
    assert "wrong-and-secret" not in str(caught.value)


def test_a_service_that_is_down_is_told(discogs_service: DiscogsService) -> None:
    discogs_service.faults.add(Fault(status=503))
    with serving(discogs_service) as url, pytest.raises(Unavailable, match=r"answers 503\. Try again later"):
        check_access("discogs", settings(discogs_base_url=url))
    with pytest.raises(Unavailable, match="does not answer"):
        check_access("discogs", settings(discogs_base_url=url))  # nobody listens there any more
