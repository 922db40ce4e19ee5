"""The stand-ins against clients that people use for the real services: what these cannot read, we made up."""

from collections.abc import Iterator

import discogs_client as discogs_library
import pytest
import tmdbsimple
from discogs_client.exceptions import HTTPError
from discogs_client.models import Artist, Label, Master, Release
from requests.exceptions import HTTPError as TmdbError

from sandbox import discogs, tmdb
from sandbox.discogs import Discogs
from sandbox.serve import serving
from sandbox.tmdb import Tmdb

AGENT = "SoundtrackLinksTests/1.0"


@pytest.fixture
def discogs_url(discogs_service: Discogs) -> Iterator[str]:
    with serving(discogs_service) as url:
        yield url


def discogs_client(url: str, token: str | None = discogs.TOKEN) -> discogs_library.Client:
    client = discogs_library.Client(AGENT, user_token=token)
    client._base_url = url
    client.backoff_enabled = False
    return client


@pytest.fixture
def tmdb_library(tmdb_service: Tmdb, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with serving(tmdb_service) as url:
        monkeypatch.setattr(tmdbsimple, "API_KEY", tmdb.API_KEY)
        monkeypatch.setattr(tmdbsimple.base.TMDB, "_get_complete_url", lambda self, path: f"{url}/3/{path}")
        yield


def test_discogs_search_pages_and_records(discogs_url: str) -> None:
    client = discogs_client(discogs_url)
    found = client.search("Star Is Born", artist="Gaga", type="master")
    assert found.count >= 1
    master = found[0]
    assert isinstance(master, Master)
    assert [artist.name for artist in master.main_release.artists] == ["Lady Gaga", "Bradley Cooper"]
    release = next(iter(master.versions))
    assert isinstance(release, Release)
    assert release.master.id == master.id
    label = release.labels[0]
    assert isinstance(label, Label)
    assert label.data["resource_url"].startswith(discogs_url)
    label.refresh()
    assert label.name == release.labels[0].name
    assert len(list(client.search(style="Score", per_page=100))) > 60, "every page by its `next`"


def test_discogs_searches_find_artists_and_labels_too(discogs_url: str) -> None:
    client = discogs_client(discogs_url)
    kinds = {type(one) for one in client.search("James Horner").page(1)}
    assert {Artist, Release, Master} <= kinds
    (artist,) = (one for one in client.search("James Horner", type="artist") if one.name == "James Horner")
    artist.refresh()
    assert artist.releases.count > 3
    varied = client.search(anv="ジェームズ・ホーナー").page(1)
    assert [credit["name"] for credit in varied[0].fetch("artists")] == ["James Horner"]
    assert {one.id for one in varied} <= {one.id for one in client.search(credit="James Horner", per_page=100)}


def test_discogs_identity_is_a_users(discogs_url: str) -> None:
    assert discogs_client(discogs_url).identity().username == "sample"
    with pytest.raises(HTTPError, match="You must authenticate") as caught:
        discogs_client(discogs_url, None).identity()
    assert caught.value.status_code == 401
    with pytest.raises(HTTPError, match="Release not found"):
        discogs_client(discogs_url).release(1).fetch("title")


@pytest.mark.usefixtures("tmdb_library")
def test_tmdb_search_details_and_find() -> None:
    found = tmdbsimple.Search().movie(query="Blade Runner", year=1982)
    assert [film["id"] for film in found["results"]] == [78]
    film = tmdbsimple.Movies(78)
    assert film.info(append_to_response="credits,external_ids")["external_ids"]["wikidata_id"] == "Q184843"
    assert film.external_ids()["imdb_id"] == "tt0083658"
    assert [one["id"] for one in tmdbsimple.Find("tt0083658").info(external_source="imdb_id")["movie_results"]] == [78]
    assert [one["id"] for one in tmdbsimple.Find("Q184843").info(external_source="wikidata_id")["movie_results"]] == [78]
    series = tmdbsimple.Find("tt0944947").info(external_source="imdb_id")
    assert (series["movie_results"], [one["name"] for one in series["tv_results"]]) == ([], ["Game of Thrones"])
    episode = tmdbsimple.Find("tt2301451").info(external_source="imdb_id")
    assert [one["name"] for one in episode["tv_episode_results"]] == ["Ozymandias"]
    assert tmdbsimple.Configuration().info()["images"]["secure_base_url"].startswith("https://")


@pytest.mark.usefixtures("tmdb_library")
def test_tmdb_series_collections_and_people() -> None:
    found = tmdbsimple.Search().tv(query="twin peaks")["results"]
    assert [(one["id"], one["name"], one["first_air_date"]) for one in found] == [(1920, "Twin Peaks", "1990-04-08")]
    assert tmdbsimple.Search().tv(query="twin peaks", first_air_date_year=2017)["results"] == []
    series = tmdbsimple.TV(1920).info(append_to_response="aggregate_credits,external_ids")
    crew = [(one["name"], [job["job"] for job in one["jobs"]]) for one in series["aggregate_credits"]["crew"]]
    assert (series["last_air_date"], crew) == ("2017-09-03", [("Angelo Badalamenti", ["Original Music Composer"])])
    film = tmdbsimple.Movies(11).info(append_to_response="credits")
    collection = tmdbsimple.Collections(film["belongs_to_collection"]["id"]).info()
    assert [part["id"] for part in collection["parts"]] == [11, 1891, 1892]
    assert tmdbsimple.Movies(601).info()["belongs_to_collection"] is None
    (composer,) = (one for one in tmdbsimple.Movies(129).credits()["crew"] if one["job"] == "Original Music Composer")
    assert (composer["name"], composer["original_name"]) == ("Joe Hisaishi", "久石譲")
    assert "Mamoru Fujisawa" in tmdbsimple.People(composer["id"]).info()["also_known_as"]


@pytest.mark.parametrize("asked", [tmdbsimple.TV, tmdbsimple.Collections, tmdbsimple.People])
@pytest.mark.usefixtures("tmdb_library")
def test_tmdb_says_what_it_does_not_know(asked: type[tmdbsimple.TV | tmdbsimple.Collections | tmdbsimple.People]) -> None:
    with pytest.raises(TmdbError, match="404"):
        asked(999_999_999).info()


@pytest.mark.usefixtures("tmdb_library")
def test_tmdb_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TmdbError, match="404"):
        tmdbsimple.Movies(999_999_999).info()
    with pytest.raises(TmdbError, match="422"):
        tmdbsimple.Find("tt0083658").info(external_source="elsewhere")
    monkeypatch.setattr(tmdbsimple, "API_KEY", "wrong")
    with pytest.raises(TmdbError, match="401"):
        tmdbsimple.Configuration().info()
