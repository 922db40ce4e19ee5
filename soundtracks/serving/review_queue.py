"""What the review page shows: the doubtful links of the last published run, film by film."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import album_url, film_url, poster_url
from soundtracks.publishing.former import open_catalogue
from soundtracks.publishing.lookup import links_meant, tmdb_id
from soundtracks.publishing.works import AlbumLink, album_links
from soundtracks.records import FILMS, SERIES
from soundtracks.reporting.data import pressing_words, read_steps
from soundtracks.reporting.thresholds import pattern_of
from soundtracks.text.folding import fold

#: Films that a search answers with.
FOUND = 12


class ReviewQueue:
    """The links to review, and the films that may be chosen instead.

    An album is a work: what is decided on its `album_id`, the work's, covers its pressings. `view`: schema VIEW, of the published
    links. `films`: schema FILMS, may be empty or lack films of the view. `only`: albums or films
    (ids, addresses, titles) that are looked at again instead, whatever was decided on them.
    """

    def __init__(self, view: pa.Table, films: pa.Table, version: str = "", only: Collection[str] = ()) -> None:
        self.version = version
        self._films = _with_films_of(view, films)
        self._search = [(fold(_names(film)), one) for one, film in self._films.items() if self.may_be_linked(one)]
        links = self.links = album_links(view)
        self._links = {i: link for link in links for i in link.ids}
        self.albums = {*view["album_id"].to_pylist(), *view["work_id"].to_pylist()}
        if only:
            wanted = {id(link) for text in only for link in links_meant(links, text)}
            chosen = [link for link in links if id(link) in wanted]
        else:
            chosen = [link for link in links if link.row["decision"] == "review"]
        self.items = self._items(links, chosen)

    @classmethod
    def from_lake(cls, lake: Lake, only: Collection[str] = ()) -> "ReviewQueue":
        """The queue of the whole catalogue. Raises BadInput before the first run, and for an album that is not among them."""
        tables = open_catalogue(lake)
        catalogue = tables.catalogue()
        return cls(catalogue.view, catalogue.every_film, f"catalogue/links {tables.links.version}", only)

    def name_film(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Takes up a film that no run came across (fields of FILMS), so that it can be chosen; returns what is shown of it."""
        if row["tmdb_id"] not in self._films:
            self._films[row["tmdb_id"]] = film = dict.fromkeys(FILMS.names) | dict(row)
            self._search.append((fold(_names(film)), film["tmdb_id"]))
        return _film_card(self._films[row["tmdb_id"]])

    def name_album(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Takes up an album that no run came across (fields of ALBUMS); returns what is shown of it."""
        self.albums |= {row["album_id"], row.get("master_id") or row["album_id"]}
        card = {name: row.get(name) for name in ("title", "artist", "year")}
        return card | {"album_id": row.get("master_id") or row["album_id"], "url": album_url(row["album_id"])}

    def album(self, album_id: str) -> dict[str, Any] | None:
        """What is shown of an album of these links, by the id of its work or of a pressing."""
        link = self._links.get(album_id)
        if link is None:
            return None
        card = {"title": link.row["album_title"], "artist": link.row["album_artist"], "year": link.year}
        return card | {"album_id": link.work_id, "url": link.url}

    def knows_film(self, tmdb_id: str) -> bool:
        return tmdb_id in self._films

    @staticmethod
    def may_be_linked(tmdb_id: str) -> bool:
        """Whether it is a film: a series competes for albums, so that they are no film's, and gets none itself."""
        return not tmdb_id.startswith(SERIES)

    def search(self, text: str) -> list[dict[str, Any]]:
        """Films whose titles hold every word, best first: equal title, then its beginning, then the best known."""
        number = tmdb_id(text)
        if number and number in self._films:
            return [_film_card(self._films[number])]
        wanted = fold(text.strip())
        words = wanted.split()
        if not words:
            return []
        found = [self._films[i] for names, i in self._search if all(word in names for word in words)]

        def rank(film: Mapping[str, Any]) -> tuple[bool, bool, float, str]:
            title = fold(film["title"] or "")
            return title != wanted, not title.startswith(wanted), -(film["popularity"] or 0.0), film["tmdb_id"]

        return [_film_card(film) for film in sorted(found, key=rank)[:FOUND]]

    def _items(self, links: Iterable[AlbumLink], chosen: Sequence[AlbumLink]) -> list[dict[str, Any]]:
        """[{"film", "albums", "linked"}], the film with the likeliest album first: there a decision gains most."""
        linked: dict[str, list[str]] = {}
        for link in links:
            if link.row["decision"] == "accept":
                linked.setdefault(link.row["tmdb_id"], []).append(_album_name(link))
        albums: dict[str, list[dict[str, Any]]] = {}
        waiting = [(link, pattern_of(link.row["evidence"])) for link in chosen]
        patterns = Counter(pattern for _, pattern in waiting)
        numbers = {pattern: number for number, pattern in enumerate(patterns)}
        known = [(link, pattern) for link, pattern in waiting if link.row["tmdb_id"] is not None]
        for link, pattern in sorted(known, key=lambda one: (-(one[0].row["probability"] or 0.0), one[0].work_id)):
            card = self._album_card(link) | {"like": numbers[pattern], "teaches": _teaches(link, patterns[pattern])}
            albums.setdefault(link.row["tmdb_id"], []).append(card)
        return [
            {"film": _film_card(self._films[film]), "albums": cards, "linked": sorted(linked.get(film, []))}
            for film, cards in albums.items()
        ]

    def _album_card(self, link: AlbumLink) -> dict[str, Any]:
        row = link.row
        card = {name: row[name] for name in ("probability", "match_weight", "runner_up_gap")}
        card |= {
            "title": row["album_title"],
            "artist": row["album_artist"],
            "first_year": link.year,
            "tracks": link.tracks,
            "url": link.url,
        }
        runner_up = self._films.get(row["runner_up_tmdb_id"])
        return card | {
            "album_id": link.work_id,
            "pressings": [
                {"album_id": p["album_id"], "title": p["album_title"], "facts": pressing_words(p), "url": p["album_url"]}
                for p in link.pressings
            ],
            "runner_up": _film_card(runner_up) if runner_up else None,
            "steps": read_steps(row["evidence"], row["match_weight"]),
        }


def _teaches(link: AlbumLink, alike: int) -> float:
    """How much an answer would say: the model's doubt (1 at even odds), for every album that waits with the same evidence."""
    p = link.row["probability"] or 0.0
    return round(4 * p * (1 - p) * alike, 4)


def _with_films_of(view: pa.Table, films: pa.Table) -> dict[str, dict[str, Any]]:
    """Films by id: those of the table, and what the view knows of others."""
    known = {row["tmdb_id"]: dict.fromkeys(FILMS.names) | row for row in films.to_pylist()}
    for row in view.select(["tmdb_id", "film_title", "film_year"]).to_pylist():
        if row["tmdb_id"] is not None and row["tmdb_id"] not in known:
            known[row["tmdb_id"]] = dict.fromkeys(FILMS.names) | {
                "tmdb_id": row["tmdb_id"],
                "title": row["film_title"],
                "year": row["film_year"],
            }
    return known


def _names(film: Mapping[str, Any]) -> str:
    names = [film["title"], film["original_title"], *(film["alternative_titles"] or []), str(film["year"] or ""), film["tmdb_id"]]
    return "\n".join(name for name in names if name)


def _film_card(film: Mapping[str, Any]) -> dict[str, Any]:
    names = ("tmdb_id", "title", "original_title", "year", "language", "composers", "performers")
    others = [t for t in film["alternative_titles"] or [] if t not in (film["title"], film["original_title"])]
    return {n: film[n] for n in names} | {
        "other_titles": others[:8],
        "url": film_url(film["tmdb_id"]),
        "poster": poster_url(film["poster"]),
    }


def _album_name(link: AlbumLink) -> str:
    return f"{link.row['album_title'] or link.work_id}{f' ({link.year})' if link.year else ''}"
