"""What TMDB knows besides films, as its API shows it: series, collections, and people with their other names."""

from typing import Any
from zlib import crc32

from sandbox.catalogue import Broadcast, Catalogue, Collection, Person


def number(name: str) -> int:
    """A person's id: made up, but always the same."""
    return crc32(name.encode()) % 3_000_000


class People:
    """Whoever made a film or series of the catalogue, by id."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._known = {person.name: person for person in catalogue.people}
        credited = [one for film in catalogue.films for one in film.composers]
        credited += [one for series in catalogue.broadcasts for one in series.composers]
        named = {name for name, _ in credited} | {name for film in catalogue.films for name in film.cast}
        self._names = {
            number(name): name for name in sorted(named | {film.director for film in catalogue.films if film.director})
        }

    def of(self, name: str) -> Person:
        return self._known.get(name) or Person(name, name, ())

    def credit(self, name: str, department: str) -> dict[str, Any]:
        """Somebody as credits show them."""
        return {
            "adult": False,
            "gender": 0,
            "id": number(name),
            "known_for_department": department,
            "name": name,
            "original_name": self.of(name).original_name,
            "popularity": 1.0,
            "profile_path": None,
            "credit_id": f"{crc32(name.encode()):024x}",
        }

    def details(self, person_id: int) -> dict[str, Any] | None:
        """Somebody's own record; None for an id that nobody has."""
        name = self._names.get(person_id)
        if name is None:
            return None
        return {
            "adult": False,
            "also_known_as": list(self.of(name).also_known_as),
            "biography": "",
            "birthday": None,
            "deathday": None,
            "gender": 0,
            "homepage": None,
            "id": person_id,
            "imdb_id": None,
            "known_for_department": "Sound",
            "name": name,
            "place_of_birth": None,
            "popularity": 1.0,
            "profile_path": None,
        }


def series_brief(one: Broadcast) -> dict[str, Any]:
    """A series as searches list it."""
    return {
        "adult": False,
        "backdrop_path": None,
        "first_air_date": one.first_air_date,
        "genre_ids": [],
        "id": one.tmdb_id,
        "name": one.name,
        "origin_country": ["US"],
        "original_language": "en",
        "original_name": one.name,
        "overview": "",
        "popularity": one.popularity,
        "poster_path": None,
        "vote_average": 0.0,
        "vote_count": int(one.popularity * 50),
    }


def broadcast(one: Broadcast) -> dict[str, Any]:
    """A series or an episode as /find shows it."""
    if one.kind == "series":
        return series_brief(one) | {"media_type": "tv"}
    shared = {"id": one.tmdb_id, "name": one.name, "overview": "", "vote_average": 0.0, "vote_count": int(one.popularity * 50)}
    return shared | {"media_type": "tv_episode", "air_date": one.first_air_date, "episode_number": 1, "season_number": 1}


def series_details(one: Broadcast, people: People, parts: list[str]) -> dict[str, Any]:
    """A series' own record, with the parts that were asked for. Its credits are summed over its episodes, by job."""
    record = series_brief(one)
    del record["genre_ids"]
    crew = [
        people.credit(name, "Sound")
        | {"department": "Sound", "jobs": [{"credit_id": f"{crc32(job.encode()):024x}", "job": job, "episode_count": 9}]}
        for name, job in one.composers
    ]
    known = {
        "aggregate_credits": {"cast": [], "crew": crew},
        "alternative_titles": {"results": []},
        "external_ids": {"imdb_id": one.imdb_id, "wikidata_id": None, "tvdb_id": None, "freebase_id": None},
    }
    return record | {
        "created_by": [],
        "episode_run_time": [],
        "genres": [],
        "homepage": "",
        "in_production": False,
        "languages": ["en"],
        "last_air_date": one.last_air_date or None,
        "networks": [],
        "next_episode_to_air": None,
        "number_of_episodes": 9,
        "number_of_seasons": 1,
        "production_companies": [],
        "production_countries": [],
        "seasons": [],
        "spoken_languages": [],
        "status": "Ended",
        "tagline": "",
        "type": "Scripted",
        **{part: known[part] for part in parts if part in known},
    }


def collection_brief(one: Collection) -> dict[str, Any]:
    """A collection as a film's record names it."""
    return {"id": one.id, "name": one.name, "poster_path": None, "backdrop_path": None}


def collection_details(one: Collection, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """A collection's own record. `parts`: films as searches list them."""
    return collection_brief(one) | {"overview": "", "parts": [part | {"media_type": "movie"} for part in parts]}
