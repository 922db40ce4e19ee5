"""TMDB's API v3 over the sample films, as https://developer.themoviedb.org describes it and recorded answers show it."""

import json
import math
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.catalogue import Catalogue, Collection, Film, load_catalogue
from sandbox.clock import Clock
from sandbox.search import tokens
from sandbox.service import Service, shifted
from sandbox.tmdb_others import People, broadcast, collection_brief, collection_details, series_brief, series_details
from sandbox.window import MovingWindow

# Keys of the sample: anyone may know them.
TOKEN = "sample-tmdb-token"  # noqa: S105
API_KEY = "sample-tmdb-key"
PAGE = 20
LAST_PAGE = 500
MAX_PARTS = 20

# status_code → (HTTP status, message), from TMDB's table of errors
ERRORS = {
    5: (422, "Invalid parameters: Your request parameters are incorrect."),
    7: (401, "Invalid API key: You must be granted a valid key."),
    11: (500, "Internal error: Something went wrong, contact TMDb."),
    22: (400, "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer."),
    24: (504, "Your request to the backend server timed out. Try again."),
    25: (429, "Your request count is over the allowed limit."),
    27: (400, "Too many append to response objects: The maximum number of remote calls is 20."),
    34: (404, "The resource you requested could not be found."),
    43: (502, "Couldn't connect to the backend server."),
    46: (503, "The API is undergoing maintenance. Try again later."),
}
GENRES = {
    "Action": 28, "Adventure": 12, "Animation": 16, "Comedy": 35, "Crime": 80, "Documentary": 99, "Drama": 18, "Family": 10751,
    "Fantasy": 14, "History": 36, "Horror": 27, "Music": 10402, "Mystery": 9648, "Romance": 10749, "Science Fiction": 878,
    "TV Movie": 10770, "Thriller": 53, "War": 10752, "Western": 37,
}  # fmt: skip
COUNTRIES = {
    "US": "United States of America", "GB": "United Kingdom", "FR": "France", "DE": "Germany", "IT": "Italy", "JP": "Japan",
    "SE": "Sweden", "RU": "Russia", "SU": "Soviet Union", "ES": "Spain", "PL": "Poland", "GR": "Greece", "BR": "Brazil",
    "KR": "South Korea", "HK": "Hong Kong", "CN": "China", "TW": "Taiwan", "IN": "India", "MX": "Mexico", "AU": "Australia",
    "NZ": "New Zealand", "CA": "Canada", "IE": "Ireland", "DK": "Denmark", "NO": "Norway", "YU": "Yugoslavia",
}  # fmt: skip
# The language a country's title stands for in the translations.
LANGUAGE_OF = {
    "FR": "fr", "DE": "de", "IT": "it", "JP": "ja", "ES": "es", "RU": "ru", "SU": "ru", "PL": "pl", "GR": "el", "BR": "pt",
    "KR": "ko", "CN": "zh", "TW": "zh", "HK": "zh", "SE": "sv", "MX": "es", "US": "en", "GB": "en",
    "DK": "da", "NO": "no", "IN": "hi",
}  # fmt: skip


# Wikidata's items of some films of the sample, and where else ids may come from.
WIKIDATA = {78: "Q184843", 550: "Q190050", 597: "Q44578"}
EXTERNAL_SOURCES = (
    "imdb_id", "wikidata_id", "tvdb_id", "facebook_id", "instagram_id", "twitter_id", "tiktok_id", "youtube_id"
)  # fmt: skip


def failure(code: int, message: str = "") -> JSONResponse:
    status, words = ERRORS[code]
    return JSONResponse({"status_code": code, "status_message": message or words, "success": False}, status)


class Guard:
    """Checks the token, then the rate: TMDB refuses more than about 50 requests a second from one address."""

    def __init__(self, app: ASGIApp, window: MovingWindow, limit: int) -> None:
        self._app, self._window, self._limit = app, window, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        bearer = request.headers.get("authorization") == f"Bearer {TOKEN}"
        if not bearer and request.query_params.get("api_key") != API_KEY:
            await failure(7)(scope, receive, send)
        elif not self._window.admit(request.client.host if request.client else "", self._limit):
            refusal = failure(25, f"Your request count ({self._limit + 1}) is over the allowed limit of ({self._limit}).")
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class Tmdb(Service):
    """`rate` requests are let through in any `window` seconds."""

    def __init__(self, catalogue: Catalogue, *, rate: int = 50, window: float = 1.0, clock: Clock | None = None) -> None:
        clock = clock or Clock()
        self._films = {film.tmdb_id: film for film in catalogue.films}
        self._broadcasts = catalogue.broadcasts
        self._people = People(catalogue)
        self._collections = {one.id: one for one in catalogue.collections}
        self._collection_of = {film: one for one in catalogue.collections for film in one.tmdb_ids}
        self._titles = [(film, [tokens(title) for title in every_title(film)]) for film in catalogue.films]
        routes = [
            Route("/3/search/movie", self._search),
            Route("/3/movie/{film_id}", self._movie),
            Route("/3/movie/{film_id}/{part}", self._part),
            Route("/3/find/{external_id}", self._find),
            Route("/3/search/tv", self._search_series),
            Route("/3/tv/{series_id}", self._series),
            Route("/3/collection/{collection_id}", self._collection),
            Route("/3/person/{person_id}", self._person),
            Route("/3/configuration", self._configuration),
            Route("/3/authentication", self._authentication),
        ]
        guard = Middleware(Guard, window=MovingWindow(window, clock), limit=rate)
        app = Starlette(routes=routes, middleware=[guard], exception_handlers={404: self._missing})
        super().__init__("tmdb", app, clock)

    def error_body(self, status: int) -> str:
        code = next((code for code, (answer, _) in ERRORS.items() if answer == status), 11)
        return json.dumps({"status_code": code, "status_message": ERRORS[code][1], "success": False})

    async def _missing(self, _request: Request, _error: Exception) -> Response:
        return failure(34)

    async def _configuration(self, _request: Request) -> Response:
        images = {"base_url": "http://image.tmdb.org/t/p/", "secure_base_url": "https://image.tmdb.org/t/p/"}
        return JSONResponse({"images": images, "change_keys": []})

    async def _authentication(self, _request: Request) -> Response:
        return JSONResponse({"success": True, "status_code": 1, "status_message": "Success."})

    async def _find(self, request: Request) -> Response:
        """What an id of another service stands for, by kind; nothing found is no error."""
        wanted, source = request.path_params["external_id"], request.query_params.get("external_source", "")
        if source not in EXTERNAL_SOURCES:
            return failure(5)
        films = [film for film in self._films.values() if wanted == external_ids(film).get(source)]
        shown = [broadcast(one) for one in self._broadcasts if source == "imdb_id" and one.imdb_id == wanted]
        return JSONResponse(
            {
                "movie_results": [brief(film, "") | {"media_type": "movie"} for film in films],
                "person_results": [],
                "tv_results": [one for one in shown if one["media_type"] == "tv"],
                "tv_episode_results": [one for one in shown if one["media_type"] == "tv_episode"],
                "tv_season_results": [],
            }
        )

    async def _search(self, request: Request) -> Response:
        asked = request.query_params
        year = asked.get("primary_release_year") or asked.get("year") or ""
        language = asked.get("language", "")
        found = (film for film in self._matching(asked.get("query", "")) if film.release_date.startswith(year))
        return self._page(request, [brief(film, language) for film in found])

    async def _search_series(self, request: Request) -> Response:
        """Series whose name holds every word asked for: the same name first, then by popularity."""
        asked = request.query_params
        words, year = tokens(asked.get("query", "")), asked.get("first_air_date_year") or asked.get("year") or ""
        series = (one for one in self._broadcasts if one.kind == "series" and one.first_air_date.startswith(year))
        found = [one for one in series if words and set(words) <= set(tokens(one.name))]
        found.sort(key=lambda one: (words != tokens(one.name), -one.popularity, one.tmdb_id))
        return self._page(request, [series_brief(one) for one in found])

    def _page(self, request: Request, found: list[dict[str, Any]]) -> Response:
        """The page of a search's hits that was asked for."""
        page = request.query_params.get("page", "1")
        if not page.isdigit() or not 1 <= int(page) <= LAST_PAGE:
            return failure(22)
        if "query" not in request.query_params:
            return JSONResponse({"errors": ["query must be provided"]}, 422)
        first = (int(page) - 1) * PAGE - shifted(request, int(page))
        return JSONResponse(
            {
                "page": int(page),
                "results": found[max(first, 0) : first + PAGE],
                "total_pages": math.ceil(len(found) / PAGE),
                "total_results": len(found),
            }
        )

    async def _series(self, request: Request) -> Response:
        wanted = request.path_params["series_id"]
        one = next((one for one in self._broadcasts if one.kind == "series" and str(one.tmdb_id) == wanted), None)
        parts = _parts(request)
        if one is None:
            return failure(34)
        return failure(27) if len(parts) > MAX_PARTS else JSONResponse(series_details(one, self._people, parts))

    async def _collection(self, request: Request) -> Response:
        wanted = request.path_params["collection_id"]
        one = self._collections.get(int(wanted)) if wanted.isdigit() else None
        if one is None:
            return failure(34)
        language = request.query_params.get("language", "")
        films = [brief(self._films[film], language) for film in one.tmdb_ids if film in self._films]
        return JSONResponse(collection_details(one, films))

    async def _person(self, request: Request) -> Response:
        wanted = request.path_params["person_id"]
        found = self._people.details(int(wanted)) if wanted.isdigit() else None
        return failure(34) if found is None else JSONResponse(found)

    def _matching(self, query: str) -> list[Film]:
        """Films one of whose titles holds every word asked for: the same title first, then by popularity."""
        words = tokens(query)
        ranked = []
        for film, titles in self._titles:
            holding = [title for title in titles if set(words) <= set(title)]
            if words and holding:
                ranked.append((words not in titles, -film.popularity, len(min(holding, key=len)), film.tmdb_id, film))
        return [film for *_, film in sorted(ranked, key=lambda entry: entry[:4])]

    def _asked_for(self, request: Request) -> Film | None:
        number = request.path_params["film_id"]
        return self._films.get(int(number)) if number.isdigit() else None

    async def _movie(self, request: Request) -> Response:
        film = self._asked_for(request)
        if film is None:
            return failure(34)
        wanted = _parts(request)
        if len(wanted) > MAX_PARTS:
            return failure(27)
        answer = details(film, request.query_params.get("language", ""), self._collection_of.get(film.tmdb_id))
        answer.update({part: found for part in wanted if (found := self._appended(part, film)) is not None})
        return JSONResponse(answer)

    def _appended(self, part: str, film: Film) -> dict[str, Any] | None:
        """A part of a film's record; None for one that TMDB has not."""
        if part == "credits":
            return credits(film, self._people)
        return PARTS[part](film) if part in PARTS else None

    async def _part(self, request: Request) -> Response:
        film, part = self._asked_for(request), request.path_params["part"]
        found = None if film is None else self._appended(part, film)
        if film is None or found is None:
            return failure(34)
        return JSONResponse({"id": film.tmdb_id, **found})


def _parts(request: Request) -> list[str]:
    return [part for part in request.query_params.get("append_to_response", "").split(",") if part]


def every_title(film: Film) -> list[str]:
    return [film.title, film.original_title, *(title for _, title in film.alternative_titles)]


def title_in(film: Film, language: str) -> str:
    """The title in a language (`fr` or `fr-FR`); English where there is none."""
    wanted = language[:2]
    if wanted == film.original_language:
        return film.original_title
    return next((title for country, title in film.alternative_titles if LANGUAGE_OF.get(country) == wanted != "en"), film.title)


def brief(film: Film, language: str) -> dict[str, Any]:
    """A film as search results show it."""
    return {
        "adult": False,
        "backdrop_path": None,
        "genre_ids": [GENRES[genre] for genre in film.genres],
        "id": film.tmdb_id,
        "original_language": film.original_language,
        "original_title": film.original_title,
        "overview": "",
        "popularity": film.popularity,
        "poster_path": None,
        "release_date": film.release_date,
        "title": title_in(film, language),
        "video": False,
        "vote_average": 0.0,
        "vote_count": int(film.popularity * 50),
    }


def details(film: Film, language: str, collection: Collection | None = None) -> dict[str, Any]:
    """A film's own record."""
    record = brief(film, language)
    del record["genre_ids"]
    return record | {
        "belongs_to_collection": collection and collection_brief(collection),
        "budget": 0,
        "genres": [{"id": GENRES[genre], "name": genre} for genre in film.genres],
        "homepage": "",
        "imdb_id": film.imdb_id,
        "origin_country": list(film.countries),
        "production_companies": [],
        "production_countries": [{"iso_3166_1": country, "name": COUNTRIES[country]} for country in film.countries],
        "revenue": 0,
        "runtime": 0,
        "spoken_languages": [],
        "status": "Released" if film.release_date else "Planned",
        "tagline": "",
    }


def credits(film: Film, people: People) -> dict[str, Any]:
    cast = [
        people.credit(name, "Acting") | {"cast_id": order + 1, "character": "", "order": order}
        for order, name in enumerate(film.cast)
    ]
    crew = [people.credit(name, "Sound") | {"department": "Sound", "job": job} for name, job in film.composers]
    if film.director:
        crew.insert(0, people.credit(film.director, "Directing") | {"department": "Directing", "job": "Director"})
    return {"cast": cast, "crew": crew}


def alternative_titles(film: Film) -> dict[str, Any]:
    return {"titles": [{"iso_3166_1": country, "title": title, "type": ""} for country, title in film.alternative_titles]}


def external_ids(film: Film) -> dict[str, Any]:
    wikidata = WIKIDATA.get(film.tmdb_id)
    return {"imdb_id": film.imdb_id, "wikidata_id": wikidata, "facebook_id": None, "instagram_id": None, "twitter_id": None}


def translations(film: Film) -> dict[str, Any]:
    said = [("US", film.title), *film.alternative_titles]
    data = [
        {
            "iso_3166_1": country,
            "iso_639_1": LANGUAGE_OF.get(country, "en"),
            "name": "",
            "english_name": "",
            "data": {"homepage": "", "overview": "", "runtime": 0, "tagline": "", "title": title},
        }
        for country, title in said
    ]
    return {"translations": data}


def release_dates(film: Film) -> dict[str, Any]:
    if not film.release_date:
        return {"results": []}
    date = {
        "certification": "",
        "descriptors": [],
        "iso_639_1": "",
        "note": "",
        "release_date": f"{film.release_date}T00:00:00.000Z",
        "type": 3,
    }
    return {"results": [{"iso_3166_1": country, "release_dates": [date]} for country in film.countries]}


#: Parts of a film's record that may be appended, beside credits.
PARTS = {
    "alternative_titles": alternative_titles,
    "external_ids": external_ids,
    "translations": translations,
    "release_dates": release_dates,
}


def tmdb_app(*, rate: int = 50, window: float = 1.0, clock: Clock | None = None, catalogue: Catalogue | None = None) -> Tmdb:
    """The service over the sample films."""
    return Tmdb(catalogue or load_catalogue(), rate=rate, window=window, clock=clock)
