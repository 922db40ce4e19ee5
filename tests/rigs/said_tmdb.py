"""TMDB as a case tells it, without a service."""

from soundtracks.errors import NotFound, Unavailable


class Said:
    """One answer to every search, own records, deleted ones; the one of id 500 fails."""

    def __init__(self, search: list[dict], details: dict[str, dict] | None = None, gone: tuple[int, ...] = ()) -> None:
        self.found, self.details, self.gone, self.asked = search, details or {}, gone, []

    def get(self, path: str, params: dict, count: str = "") -> dict:
        self.asked.append(path)
        if path == "/search/movie":
            return {"results": self.found}
        number = int(path.rpartition("/")[2])
        if number in self.gone:
            raise NotFound("tmdb", "deleted")
        if number == 500:
            raise Unavailable("tmdb", "answered 500.")
        return self.details.get(str(number)) or next(one for one in self.found if one["id"] == number)


def film(number: int, title: str, date: str, popularity: float = 10.0, **more: object) -> dict:
    """A hit of a search, and the film's own record."""
    return {"id": number, "title": title, "release_date": date, "popularity": popularity} | more
