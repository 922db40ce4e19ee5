"""Discogs' records as its API shows them: search results, masters, releases, artists and labels, and the pages of lists.

Every address in them stays inside the sandbox: a client that follows links must not end up at the real service.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zlib import crc32

from starlette.requests import Request
from starlette.responses import Response

from sandbox.catalogue import Album
from sandbox.search import Facets
from sandbox.service import shifted

MAX_PER_PAGE = 100
Record = dict[str, Any]


class Json(Response):
    """JSON as Discogs formats it: a blank behind every comma and colon, other than ASCII escaped."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode()


def base(request: Request) -> str:
    """Where the service is asked at: what its addresses begin with."""
    return str(request.base_url).rstrip("/")


def number_of(name: str) -> int:
    """The id of an artist or a label: made up, but always the same."""
    return crc32(name.encode()) % 10_000_000


def searchable(album: Album) -> list[tuple[str, float]]:
    """What the free-text search looks at. Title and artist weigh most, but the rest is searched too, as it is there."""
    rest = " ".join((*album.styles, *album.genres, *album.formats, *album.labels, album.catno, album.country, album.year))
    return [(album.title, 1.5), (album.artist, 1.0), (rest, 0.4)]


def facets_of(albums: Sequence[Album]) -> Facets:
    facets = Facets()
    for position, album in enumerate(albums):
        facets.add(position, "type", [album.kind])
        facets.add(position, "year", [album.year] if album.year else [])
        facets.add(position, "country", [album.country])
        facets.add(position, "style", album.styles)
        facets.add(position, "genre", album.genres)
        facets.add(position, "format", album.formats)
        facets.add(position, "label", album.labels)
        facets.add(position, "barcode", album.barcodes)
        facets.add(position, "catno", [album.catno])
    return facets


def slug(album: Album) -> str:
    return re.sub(r"\W+", "-", f"{album.artist} {album.title}").strip("-")


def formats(album: Album) -> Record:
    return {"name": album.formats[0] if album.formats else "", "qty": "1", "descriptions": list(album.formats[1:])}


def names_of(album: Album) -> list[tuple[str, str, str]]:
    """Who an album is by: canonical name (`Name (2)` keeps its number), name variation or "", and the joining word.

    Shown with a `*` is a variation; written in two scripts, it is one of the name before the `=`.
    """
    parts = re.split(r"\s(&|/|,|And|Feat\.)\s", album.artist)
    found = []
    for shown, join in zip(parts[::2], [*parts[1::2], ""], strict=True):
        variation = shown.removesuffix("*") if shown.endswith("*") else ""
        found.append((variation.partition(" = ")[0] if variation else shown, variation, join))
    return found


def artists(album: Album, root: str) -> list[Record]:
    return [
        {
            "name": name,
            "anv": variation,
            "join": join,
            "role": "",
            "tracks": "",
            "id": number_of(name),
            "resource_url": f"{root}/artists/{number_of(name)}",
        }
        for name, variation, join in names_of(album)
    ]


def labels(album: Album, root: str) -> list[Record]:
    return [
        {
            "name": name,
            "catno": album.catno or "none",
            "entity_type": "1",
            "entity_type_name": "Label",
            "id": number_of(name),
            "resource_url": f"{root}/labels/{number_of(name)}",
        }
        for name in album.labels
    ]


def found_album(album: Album, root: str) -> Record:
    """An album as search results show it; what is unknown is missing, as it is there."""
    result: Record = {
        "country": album.country,
        "year": album.year,
        "format": list(album.formats),
        "label": list(album.labels),
        "type": album.kind,
        "genre": list(album.genres),
        "style": list(album.styles),
        "id": album.id,
        "barcode": list(album.barcodes),
        "master_id": album.master_id,
        "master_url": f"{root}/masters/{album.master_id}" if album.master_id else None,
        "uri": f"/{album.kind}/{album.id}-{slug(album)}",
        "catno": album.catno or "none",
        "title": f"{album.artist} - {album.title}",
        "thumb": "",
        "cover_image": "https://st.discogs.com/images/spacer.gif",
        "resource_url": f"{root}/{album.kind}s/{album.id}",
        "community": {"want": album.have // 2, "have": album.have},
    }
    if not album.year or album.year == "0":
        del result["year"]
    if not album.country:
        del result["country"]
    if album.kind == "release":
        result["format_quantity"] = 1
        result["formats"] = [formats(album)]
    return result


def found_name(kind: str, name: str, root: str) -> Record:
    """An artist or a label as search results show it."""
    number = number_of(name)
    return {
        "id": number,
        "type": kind,
        "master_id": None,
        "master_url": None,
        "uri": f"/{kind}/{number}-{re.sub(r'[^0-9A-Za-z]+', '-', name).strip('-')}",
        "title": name,
        "thumb": "",
        "cover_image": "https://st.discogs.com/images/spacer.gif",
        "resource_url": f"{root}/{kind}s/{number}",
    }


def named(kind: str, name: str, root: str) -> Record:
    """The record of an artist or a label."""
    place = f"{root}/{kind}s/{number_of(name)}"
    record = {
        "id": number_of(name),
        "name": name,
        "profile": "",
        "resource_url": place,
        "releases_url": f"{place}/releases",
        "uri": f"https://www.discogs.com/{kind}/{number_of(name)}",
        "data_quality": "Correct",
    }
    return record | ({"namevariations": [], "aliases": []} if kind == "artist" else {"contact_info": "", "sublabels": []})


def master(album: Album, versions: Sequence[Album], root: str) -> Record:
    main = versions[0].id
    return {
        "id": album.id,
        "main_release": main,
        "most_recent_release": versions[-1].id,
        "resource_url": f"{root}/masters/{album.id}",
        "uri": f"https://www.discogs.com/master/{album.id}-{slug(album)}",
        "versions_url": f"{root}/masters/{album.id}/versions",
        "main_release_url": f"{root}/releases/{main}",
        "num_for_sale": 0,
        "lowest_price": None,
        "genres": list(album.genres),
        "styles": list(album.styles),
        "year": int(album.year or 0),
        "tracklist": [],
        "artists": artists(album, root),
        "title": album.title,
        "data_quality": "Correct",
    }


def release(album: Album, root: str) -> Record:
    record: Record = {
        "id": album.id,
        "status": "Accepted",
        "year": int(album.year or 0),
        "resource_url": f"{root}/releases/{album.id}",
        "uri": f"https://www.discogs.com/release/{album.id}-{slug(album)}",
        "artists": artists(album, root),
        "artists_sort": album.artist,
        "labels": labels(album, root),
        "series": [],
        "companies": [],
        "formats": [formats(album)],
        "data_quality": "Correct",
        "community": {"have": album.have, "want": album.have // 2, "rating": {"count": 0, "average": 0}, "status": "Accepted"},
        "format_quantity": 1,
        "title": album.title,
        "country": album.country,
        "released": album.year,
        "released_formatted": album.year,
        "identifiers": [{"type": "Barcode", "value": code} for code in album.barcodes],
        "genres": list(album.genres),
        "styles": list(album.styles),
        "tracklist": [],
        "extraartists": [],
        "thumb": "",
    }
    if album.master_id:
        record |= {"master_id": album.master_id, "master_url": f"{root}/masters/{album.master_id}"}
    return record


def version(album: Album, root: str) -> Record:
    return {
        "id": album.id,
        "label": ", ".join(album.labels),
        "country": album.country,
        "title": album.title,
        "major_formats": list(album.formats[:1]),
        "format": ", ".join(album.formats[1:]),
        "catno": album.catno or "none",
        "released": album.year,
        "status": "Accepted",
        "resource_url": f"{root}/releases/{album.id}",
        "thumb": "",
        "stats": {"community": {"in_wantlist": album.have // 2, "in_collection": album.have}},
    }


def listed_release(album: Album, root: str) -> Record:
    """An album in the list of an artist's or a label's records."""
    return {
        "id": album.id,
        "title": album.title,
        "type": album.kind,
        "artist": album.artist,
        "year": int(album.year or 0),
        "resource_url": f"{root}/{album.kind}s/{album.id}",
        "thumb": "",
    }


def paged(request: Request, name: str, items: Sequence[Any], render: Callable[[Any, str], Record], most: int = 10**9) -> Response:
    """One page, with Discogs' `pagination` and `Link` header. Beyond the last page: 404.

    Only the first `most` records have pages (of 80,959 hits, five a page, Discogs names 2,000 pages); `items` counts all.
    """
    asked = request.query_params
    page, per_page = asked.get("page", "1"), asked.get("per_page", "50")
    if not (page.isdecimal() and per_page.isdecimal() and int(page) >= 1 and int(per_page) >= 1):
        return missing()
    at, size = int(page), min(int(per_page), MAX_PER_PAGE)
    pages = max(1, math.ceil(min(len(items), most) / size))
    if at > pages:
        return missing()
    first = max((at - 1) * size - shifted(request, at), 0)
    root = base(request)
    rest = [(key, value) for key, value in parse_qsl(request.url.query) if key not in ("page", "per_page")]

    def link(to: int) -> str:
        return f"{root}{request.url.path}?{urlencode([*rest, ('per_page', size), ('page', to)])}"

    urls: dict[str, str] = {}
    if at > 1:
        urls |= {"first": link(1), "prev": link(at - 1)}
    if at < pages:
        urls |= {"last": link(pages), "next": link(at + 1)}
    pagination = {"page": at, "pages": pages, "per_page": size, "items": len(items), "urls": urls}
    headers = {"Link": ", ".join(f'<{url}>; rel="{kind}"' for kind, url in urls.items())} if urls else None
    shown = [render(item, root) for item in items[first : min(first + size, most)]]
    return Json({"pagination": pagination, name: shown}, headers=headers)


def missing(message: str = "The requested resource was not found.") -> Response:
    return Json({"message": message}, 404)
