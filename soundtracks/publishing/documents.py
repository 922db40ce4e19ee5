"""soundtracks-by-tmdb-id.json for media servers and links.jsonld for the web of data: accepted links only."""

import io
import json
from itertools import islice
from typing import Any

from soundtracks.publishing.catalogue import Catalogue, album_url, film_url, imdb_url, musicbrainz_mbid, wikidata_item
from soundtracks.publishing.credits import VARIOUS_ARTISTS_ID, credits
from soundtracks.publishing.notices import CC0_URL
from soundtracks.publishing.options import Options
from soundtracks.publishing.works import AlbumLink, Row, accepted_links, pressing_facts


def write_by_tmdb_id(catalogue: Catalogue, options: Options) -> bytes:
    """{"notices": […], "films": {tmdb_id: {title, year, imdb_id, wikidata_id, albums: [{album_id, title, …, pressings}]}}}.

    An album is a work: its pressings stand in it, each with format, country, label, catalogue number and year. A film's albums
    come likeliest first; unknown values are null. Films without an accepted album are absent.
    """
    links = catalogue.once(accepted_links)
    films: dict[str, dict[str, Any]] = {}
    for link in sorted(links, key=lambda k: (k.row["tmdb_id"], -(k.row["probability"] or 1), k.work_id)):
        row = link.row
        film = films.setdefault(
            row["tmdb_id"],
            {
                "title": row["film_title"],
                "year": row["film_year"],
                "imdb_id": row["film_imdb_id"],
                "wikidata_id": row["film_wikidata_id"],
                "albums": [],
            },
        )
        film["albums"].append(
            {
                "album_id": link.work_id,
                "title": row["album_title"],
                "artist": row["album_artist"],
                "year": link.year,
                "url": link.url,
                "musicbrainz_id": row["album_musicbrainz_id"],
                "wikidata_id": row["album_wikidata_id"],
                "probability": row["probability"],
                "decided_by": row["decided_by"],
                "pressings": [
                    {"album_id": p["album_id"], "title": p["album_title"], "url": p["album_url"]} | pressing_facts(p)
                    for p in link.pressings
                ],
            }
        )
    return _json({"notices": options.notices, "films": films})


#: schema.org's terms, and which of their values are addresses or dates: a reader needs no request to understand the file.
CONTEXT: dict[str, Any] = {
    "@vocab": "https://schema.org/",
    "sameAs": {"@type": "@id"},
    "url": {"@type": "@id"},
    "license": {"@type": "@id"},
    "albumProductionType": {"@type": "@vocab"},
    "musicReleaseFormat": {"@type": "@vocab"},
    "isBasedOn": {"@type": "@id"},
    "hasPart": {"@type": "@id"},
}


def write_jsonld(catalogue: Catalogue, options: Options) -> bytes:
    """JSON-LD of schema.org: a Dataset with the notices, its Movies, and MusicAlbums (SoundtrackAlbum) based on them.

    Each album is a work; its pressings are MusicReleases under albumRelease. Only links between TMDB's films and Discogs'
    albums: other ids have no address to stand for them.
    """
    links = [link for link in catalogue.once(accepted_links) if link.url and link.row["film_url"]]
    film_rows = catalogue.film_rows(link.row["tmdb_id"] for link in links)
    films = [_movie(film_rows[i]) for i in sorted(film_rows)]
    by_work: dict[str, list[AlbumLink]] = {}
    for link in links:
        by_work.setdefault(link.work_id, []).append(link)
    rows = catalogue.album_rows(p["album_id"] for link in links for p in (link.row, *link.pressings))
    albums = [
        _album(by_work[i], rows, [film_rows[k.row["tmdb_id"]] for k in by_work[i] if k.row["tmdb_id"] in film_rows])
        for i in sorted(by_work)
        if by_work[i][0].row["album_id"] in rows
    ]
    dataset = {
        "@type": "Dataset",
        "@id": "#links",
        "name": "Films and their soundtrack albums",
        "creditText": " ".join(options.notices),
        **({"license": CC0_URL} if options.open_data else {}),
        "hasPart": [node["@id"] for node in films + albums],
    }
    return _json({"@context": CONTEXT, "@graph": [dataset, *films, *albums]})


_ESCAPED = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
#: Of a text that are joined at a time: json.dumps holds all of them, which takes a large text four times over.
_PARTS = 100_000


def _json(value: Any) -> bytes:
    """JSON that may be put into a page's <script> as it is: nothing in it ends the element or opens a comment."""
    sink, parts = io.BytesIO(), json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(value)
    while text := "".join(islice(parts, _PARTS)):
        sink.write(text.translate(_ESCAPED).encode())
    return sink.getvalue()


def _known(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if value}


def _entity(wikidata_id: str | None) -> str | None:
    """The address that stands for an item of Wikidata."""
    item = wikidata_item(wikidata_id)
    return item and f"http://www.wikidata.org/entity/{item}"


def _movie(film: dict[str, Any]) -> dict[str, Any]:
    same_as = [imdb_url(film["imdb_id"]), _entity(film["wikidata_id"])]
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


def _artists(album: Row, films: list[Row]) -> list[dict[str, Any]]:
    """The artists one by one; a film's composer is a person, of others nobody says whether they are a group."""
    composers = [name for film in films for name in film["composers"] or []]
    return [
        _known(
            {
                "@type": "Person" if credit.name in composers else "MusicGroup",
                "name": credit.name,
                "sameAs": f"https://musicbrainz.org/artist/{VARIOUS_ARTISTS_ID}" if credit.is_various else None,
            }
        )
        for credit in credits(album["artist"], album["artist_names"], composers)
    ]


def _album(links: list[AlbumLink], rows: dict[str, Row], films: list[Row]) -> dict[str, Any]:
    """An album with the films of all its links; `rows`: of its pressings (schema ALBUMS), by album_id; `films`: schema FILMS."""
    link = links[0]
    album = rows[link.row["album_id"]]
    pressings = {p["album_id"] for other in links for p in other.pressings}
    group = musicbrainz_mbid(album["musicbrainz_id"])
    same_as = [group and f"https://musicbrainz.org/release-group/{group}", _entity(album["wikidata_id"])]
    return _known(
        {
            "@type": "MusicAlbum",
            "@id": link.url,
            "name": album["title"],
            "byArtist": _artists(album, films),
            "datePublished": link.year and f"{link.year:04d}",
            "genre": (album["genres"] or []) + (album["styles"] or []),
            "albumProductionType": "SoundtrackAlbum",
            "isBasedOn": sorted({other.row["film_url"] for other in links}),
            "sameAs": [address for address in same_as if address],
            "albumRelease": [_release(rows[i], link.url) for i in sorted(pressings) if i in rows],
        }
    )


#: schema.org's MusicReleaseFormatType, by what Discogs calls the format.
FORMATS = {
    "Vinyl": "VinylFormat",
    "CD": "CDFormat",
    "Cassette": "CassetteFormat",
    "File": "DigitalFormat",
    "DAT": "DigitalAudioTapeFormat",
    "Laserdisc": "LaserDiscFormat",
    "DVD": "DVDFormat",
}


def _release(pressing: Row, album: str | None) -> dict[str, Any]:
    """A pressing. One without a master has the album's own address, which cannot stand for two things: its `url` has it."""
    url, year = album_url(pressing["album_id"]), pressing["year"] and f"{pressing['year']:04d}"
    country = pressing["country"] and {"@type": "Country", "name": pressing["country"]}
    return _known(
        {
            "@type": "MusicRelease",
            "@id": url if url != album else None,
            "url": url,
            "name": pressing["title"],
            "datePublished": year,
            "musicReleaseFormat": [FORMATS[name] for name in pressing["formats"] or [] if name in FORMATS],
            "recordLabel": [{"@type": "Organization", "name": name} for name in pressing["labels"] or []],
            "catalogNumber": pressing["catalogue_numbers"],
            "numTracks": pressing["tracks"],
            "releasedEvent": country and _known({"@type": "PublicationEvent", "location": country, "startDate": year}),
        }
    )
