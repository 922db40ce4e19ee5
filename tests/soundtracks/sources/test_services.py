"""Whether the services take the keys: what `soundtracks doctor` asks."""

import pytest

from sandbox import discogs, tmdb
from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import Fault
from sandbox.serve import serving
from sandbox.tmdb import Tmdb as TmdbService
from soundtracks.errors import Unauthorized, Unavailable
from soundtracks.settings import Settings
from soundtracks.sources.services import check_access


def settings(**given: str) -> Settings:
    return Settings(_env_file=None, **({"tmdb_token": tmdb.TOKEN, "discogs_token": discogs.TOKEN} | given))


def test_right_keys_are_taken(tmdb_service: TmdbService, discogs_service: DiscogsService) -> None:
    with serving(tmdb_service) as films, serving(discogs_service) as albums:
        given = settings(tmdb_base_url=f"{films}/3", discogs_base_url=albums)
        assert [check_access(name, given) for name in ("tmdb", "discogs")] == ["127.0.0.1"] * 2


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
