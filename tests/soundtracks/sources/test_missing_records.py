"""404: a record that is gone when the service says so in its own words, and nothing of the kind when somebody else does."""

import pytest

from sandbox import tmdb
from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import Fault
from sandbox.serve import serving
from sandbox.tmdb import Tmdb as TmdbService
from soundtracks.errors import BadAnswer, NotFound, SourceError, Unavailable
from soundtracks.lake.lake import Lake
from soundtracks.settings import Settings
from soundtracks.sources.batches import fetch_films
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.http import ATTEMPTS, Source
from soundtracks.sources.rawstore import Answer, Asked, RawStore
from soundtracks.sources.services import open_source
from soundtracks.sources.tmdb import Title, Tmdb
from tests.rigs.moved_clock import NOW, MovedClock

pytestmark = pytest.mark.slow

MASTER = "/masters/90684973"


@pytest.mark.parametrize(
    ("body", "error", "attempts"),
    [
        ("<html>404 page not found</html>", Unavailable, ATTEMPTS),
        ("", Unavailable, ATTEMPTS),
        ("[]", BadAnswer, 1),
        ("null", BadAnswer, 1),
    ],
)
def test_a_404_of_somebody_else_is_never_kept(
    discogs_source: Source, discogs_service: DiscogsService, body: str, error: type[SourceError], attempts: int
) -> None:
    discogs_service.faults.add(Fault(status=404, body=body, times=attempts))
    with pytest.raises(error, match="answered 404"):
        discogs_source.get(MASTER, {})
    assert discogs_service.log.count() == attempts
    assert discogs_source.get(MASTER, {})["id"] == 90684973


def test_a_404_that_was_kept_without_its_words_is_asked_again(discogs_source: Source, lake: Lake) -> None:
    """As all of them were: nobody can tell any more whose they are."""
    asked = Asked(source="discogs", host="127.0.0.1", path=MASTER, params={})
    RawStore(lake, {"discogs": 6}).save(Answer(request=asked, at=NOW, status=404, body=None))
    assert discogs_source.get(MASTER, {})["id"] == 90684973


@pytest.mark.parametrize("wrong", ["", "/", "/4", "/proxy/3"])
def test_nothing_of_a_wrong_address_survives_its_correction(
    tmdb_service: TmdbService, lake: Lake, clock: MovedClock, wrong: str
) -> None:
    with serving(tmdb_service) as url:
        for path in (wrong, "/3", "/3/"):
            settings = Settings(_env_file=None, tmdb_token=tmdb.TOKEN, tmdb_base_url=f"{url}{path}")
            with open_source(access_to("tmdb", settings), lake, settings, clock=clock) as source:
                if path == wrong:
                    tmdb_service.faults.add(Fault(status=404))
                    with pytest.raises(NotFound):
                        source.get("/movie/78", {})
                else:
                    assert source.get("/movie/78", {})["id"] == 78
    assert tmdb_service.log.count() == 2, "the last of the three is a cached response"


@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("", "raw/tmdb/6c/e78e22c1b9ab51575a61643a44c883011336fe.json.zst"),
        ("/4", "raw/tmdb/02/599840021b409929ab8cf3c6be51640135ab8c.json.zst"),
    ],
)
def test_what_was_kept_under_the_own_address_keeps_its_name(base: str, name: str) -> None:
    assert Asked(source="tmdb", host="api.themoviedb.org", base=base, path="/movie/78", params={}).name == name


@pytest.mark.parametrize(
    ("title", "ids", "reason"),
    [
        (Title(row=1, title="Blade Runner", year=1982, imdb_id="tt0083658"), ["78"], []),
        (Title(row=1, title="Blade Runner", year=1982, imdb_id="tt0083658", wikidata_id="Q184843"), ["78"], []),
        (Title(row=1, imdb_id="tt0083658"), [], ["TMDB knows no film with the id tt0083658."]),
    ],
)
def test_an_id_that_find_does_not_take_costs_only_itself(
    tmdb_source: Source, tmdb_service: TmdbService, title: Title, ids: list[str], reason: list[str]
) -> None:
    tmdb_service.faults.add(Fault(path="/find/", status=404, times=None))
    batch = fetch_films([title], Tmdb(tmdb_source))
    assert batch.rows["tmdb_id"].to_pylist() == ids
    assert [failure.reason for failure in batch.failures] == reason
