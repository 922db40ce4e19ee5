"""soundtracks-by-tmdb-id.json for media servers and links.jsonld for the web of data: accepted links only."""

import json
from typing import Any

from soundtracks.publishing.catalogue import Catalogue, album_url, film_url, imdb_url, wikidata_item
from soundtracks.publishing.notices import NOTICES
from soundtracks.publishing.options import Options


def write_by_tmdb_id(catalogue: Catalogue, _: Options) -> bytes:
    """{"notices": […], "films": {tmdb_id: {title, year, imdb_id, albums: [{album_id, title, artist, year, …}]}}}.

    A film's albums come likeliest first; unknown values are null. Films without an accepted album are absent.
    """
    links = catalogue.accepted.to_pylist()
    known = catalogue.film_rows(row["tmdb_id"] for row in links)
    films: dict[str, dict[str, Any]] = {}
    for row in sorted(links, key=lambda r: (r["tmdb_id"], -(r["probability"] or 1), r["album_id"])):
        film = films.setdefault(
            row["tmdb_id"],
            {
                "title": row["film_title"],
                "year": row["film_year"],
                "imdb_id": known.get(row["tmdb_id"], {}).get("imdb_id"),
                "albums": [],
            },
        )
        film["albums"].append(
            {
                "album_id": row["album_id"],
                "title": row["album_title"],
                "artist": row["album_artist"],
                "year": row["album_first_year"] or row["album_year"],
                "url": row["album_url"],
                "probability": row["probability"],
                "decided_by": row["decided_by"],
            }
        )
    return _json({"notices": NOTICES, "films": films})


#: schema.org's terms, and which of their values are addresses or dates: a reader needs no request to understand the file.
CONTEXT: dict[str, Any] = {
    "@vocab": "https://schema.org/",
    "sameAs": {"@type": "@id"},
    "url": {"@type": "@id"},
    "license": {"@type": "@id"},
    "albumProductionType": {"@type": "@vocab"},
    "isBasedOn": {"@type": "@id"},
    "hasPart": {"@type": "@id"},
}


def write_jsonld(catalogue: Catalogue, _: Options) -> bytes:
    """JSON-LD of schema.org: a Dataset with the notices, its Movies, and MusicAlbums (SoundtrackAlbum) based on them.

    Only links between TMDB's films and Discogs' albums: other ids have no address to stand for them.
    """
    links = [row for row in catalogue.accepted.to_pylist() if row["album_url"] and row["film_url"]]
    film_rows = catalogue.film_rows(row["tmdb_id"] for row in links)
    album_rows = catalogue.album_rows(row["album_id"] for row in links)
    films = [_movie(film_rows[i]) for i in sorted(film_rows)]
    based_on: dict[str, list[str]] = {}
    for row in links:
        based_on.setdefault(row["album_id"], []).append(row["film_url"])
    albums = [_album(album_rows[i], based_on[i]) for i in sorted(album_rows)]
    dataset = {
        "@type": "Dataset",
        "@id": "#links",
        "name": "Films and their soundtrack albums",
        "creditText": " ".join(NOTICES),
        "hasPart": [node["@id"] for node in films + albums],
    }
    return _json({"@context": CONTEXT, "@graph": [dataset, *films, *albums]})


def _json(value: Any) -> bytes:
    """JSON that may be put into a page's <script> as it is: nothing in it ends the element or opens a comment."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return text.translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}).encode()


def _known(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if value}


def _movie(film: dict[str, Any]) -> dict[str, Any]:
    item = wikidata_item(film["wikidata_id"])
    same_as = [imdb_url(film["imdb_id"]), f"http://www.wikidata.org/entity/{item}" if item else None]
    return _known(
        {
            "@type": "Movie",
            "@id": film_url(film["tmdb_id"]),
            "name": film["title"],
            "alternateName": film["alternative_titles"],
            "datePublished": film["year"] and f"{film['year']:04d}",
            "musicBy": [{"@type": "Person", "name": name} for name in film["composers"] or []],
            "sameAs": [address for address in same_as if address],
        }
    )


def _album(album: dict[str, Any], films: list[str]) -> dict[str, Any]:
    year = album["first_year"] or album["year"]
    return _known(
        {
            "@type": "MusicAlbum",
            "@id": album_url(album["album_id"]),
            "name": album["title"],
            "byArtist": album["artist"] and {"@type": "MusicGroup", "name": album["artist"]},
            "datePublished": year and f"{year:04d}",
            "genre": (album["genres"] or []) + (album["styles"] or []),
            "albumProductionType": "SoundtrackAlbum",
            "isBasedOn": sorted(films),
        }
    )
