"""Dumps of MusicBrainz and Wikidata in their real formats, written for these tests: the shapes are theirs, most ids made up."""

import io
import json
import lzma
import tarfile
from pathlib import Path
from typing import Any

BLADE_RUNNER, TITANIC, ALIEN = "Q184843", "Q44578", "Q103569"
BLADE_ALBUM, TITANIC_ALBUM = "Q887497", "Q1192386"
BLADE_GROUP = "0a1b2c3d-0000-4000-8000-000000000078"


def relation(kind: str, address: str, **more: Any) -> dict[str, Any]:
    """A relation to an address, as the web service of MusicBrainz and its dumps write it."""
    return {
        "type": kind,
        "type-id": "99e550f3-5ab4-3110-b5b9-fe01d970b126",
        "target-type": "url",
        "direction": "forward",
        "begin": None,
        "end": None,
        "ended": False,
        "attributes": [],
        "attribute-ids": {},
        "attribute-values": {},
        "source-credit": "",
        "target-credit": "",
        "url": {"id": "6d3bb21a-0000-4000-8000-000000000001", "resource": address},
    } | more


def release_group(mbid: str, title: str, *relations: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A line of mbdump/release-group."""
    artist = {"id": "f27ec8db-af05-4f36-916e-3d57f91ecf5e", "name": "Vangelis", "sort-name": "Vangelis", "disambiguation": ""}
    return {
        "id": mbid,
        "title": title,
        "disambiguation": "",
        "primary-type": "Album",
        "primary-type-id": "f529b476-6e62-324f-b0aa-1f3e33d313fc",
        "secondary-types": ["Soundtrack"],
        "secondary-type-ids": ["22a628ad-c082-3c4f-b1b6-d41665107b88"],
        "first-release-date": "1994-06-06",
        "artist-credit": [{"name": "Vangelis", "joinphrase": "", "artist": artist}],
        "aliases": [],
        "tags": [],
        "genres": [],
        "rating": {"votes-count": 0, "value": None},
        "annotation": None,
        "relations": list(relations),
    } | more


GROUPS = [
    release_group(
        BLADE_GROUP,
        "Blade Runner",
        relation("discogs", "https://www.discogs.com/master/3575"),
        relation("wikidata", f"https://www.wikidata.org/wiki/{BLADE_ALBUM}"),
        relation("IMDb", "https://www.imdb.com/title/tt0083658/"),
        relation("allmusic", "https://www.allmusic.com/album/mw0000116430"),
        relation("discogs", "https://www.discogs.com/master/1", ended=True),
    ),
    # known to MusicBrainz by its item alone
    release_group(
        "0a1b2c3d-0000-4000-8000-000000000044",
        "Titanic: Music From the Motion Picture",
        relation("wikidata", f"https://www.wikidata.org/wiki/{TITANIC_ALBUM}"),
        relation("discogs", "https://www.discogs.com/release/777"),
    ),
    # score and songs under one master: neither is its id, both say the film
    *(
        release_group(
            f"0a1b2c3d-0000-4000-8000-00000000010{n}",
            f"Alien, {n}",
            relation("discogs", "https://www.discogs.com/master/900"),
            relation("IMDb", "https://www.imdb.com/title/tt0078748/"),
        )
        for n in (1, 2)
    ),
    release_group("0a1b2c3d-0000-4000-8000-000000000999", "Abbey Road", **{"secondary-types": []}),
]


def musicbrainz_dump(folder: Path, groups: list[Any] | None = None, name: str = "release-group.tar.xz") -> Path:
    """The archive as MusicBrainz makes it: licence and time stamp, then the data."""
    lines = "".join((line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n" for line in groups or GROUPS)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for member, text in (
            ("TIMESTAMP", "2026-11-21 00:10:01.512356+00"),
            ("COPYING", "This data is in the public domain (CC0).\n"),
            ("JSON_DUMPS_SCHEMA_NUMBER", "1\n"),
            ("REPLICATION_SEQUENCE", "170000\n"),
            ("mbdump/release-group", lines),
        ):
            data = text.encode()
            entry = tarfile.TarInfo(member)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    path = folder / name
    path.write_bytes(lzma.compress(packed.getvalue()) if name.endswith(".xz") else packed.getvalue())
    return path


def uri(item: str) -> dict[str, str]:
    return {"type": "uri", "value": f"http://www.wikidata.org/entity/{item}"}


def text(value: str, language: str = "") -> dict[str, str]:
    return {"xml:lang": language, "type": "literal", "value": value} if language else {"type": "literal", "value": value}


#: Rows of a query result, film by film and label by label.
ROWS: list[dict[str, dict[str, str]]] = [
    {
        "film": uri(BLADE_RUNNER),
        "filmLabel": text("Blade Runner", "en"),
        "tmdb": text("78"),
        "imdb": text("tt0083658"),
        "date": text("1982-06-25T00:00:00Z"),
        "composer": uri("Q179497"),
        "composerLabel": text("Vangelis", "en"),
        "album": uri(BLADE_ALBUM),
        "albumLabel": text("Blade Runner", "en"),
        "master": text("3575"),
    },
    {"film": uri(BLADE_RUNNER), "filmAltLabel": text("ブレードランナー", "ja"), "date": text("1982-12-01T00:00:00Z")},
    {
        "film": uri(TITANIC),
        "filmLabel": text("Titanic", "en"),
        "tmdb": text("597"),
        "imdb": text("tt0120338"),
        "date": text("1997"),
    },
    {"film": uri(ALIEN), "filmLabel": text(ALIEN), "tmdb": text("348"), "imdb": text("tt0078748")},
    {"film": uri(TITANIC), "filmAltLabel": text("Титаник", "ru"), "album": uri(TITANIC_ALBUM), "master": text("42")},
]
NAMES = list(dict.fromkeys(name for row in ROWS for name in row))


def service_json() -> bytes:
    """application/sparql-results+json, as the service itself answers."""
    return json.dumps({"head": {"vars": NAMES}, "results": {"bindings": ROWS}}, ensure_ascii=False, indent=2).encode()


def page_json() -> bytes:
    """The JSON file that the query page downloads."""
    return json.dumps([{name: value["value"] for name, value in row.items()} for row in ROWS], ensure_ascii=False).encode()


def page_csv() -> bytes:
    lines = [",".join(NAMES)]
    for row in ROWS:
        cells = [row[name]["value"] if name in row else "" for name in NAMES]
        lines.append(",".join(f'"{cell}"' if "," in cell else cell for cell in cells))
    return "\r\n".join(lines).encode() + b"\r\n"


def service_tsv() -> bytes:
    """text/tab-separated-values of the service: variables with ?, terms as in Turtle."""
    lines = ["\t".join(f"?{name}" for name in NAMES)]
    for row in ROWS:
        cells = []
        for name in NAMES:
            value = row.get(name)
            if value is None:
                cells.append("")
            elif value["type"] == "uri":
                cells.append(f"<{value['value']}>")
            else:
                language = value.get("xml:lang")
                cells.append(f'"{value["value"]}"@{language}' if language else f'"{value["value"]}"')
        lines.append("\t".join(cells))
    return "\n".join(lines).encode() + b"\n"


_ENTITY, _DIRECT = "http://www.wikidata.org/entity/", "http://www.wikidata.org/prop/direct/"


def truthy() -> bytes:
    """Lines of latest-truthy.nt, as grep leaves them: an item's statements together, composers by their item."""

    def of(item: str, predicate: str, value: str) -> str:
        return f"<{_ENTITY}{item}> <{predicate}> {value} ."

    label, alias = "http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/2004/02/skos/core#altLabel"
    return "\n".join(
        [
            of(BLADE_RUNNER, label, '"Blade Runner"@en'),
            of(BLADE_RUNNER, alias, '"\\u30D6\\u30EC\\u30FC\\u30C9\\u30E9\\u30F3\\u30CA\\u30FC"@ja'),
            of(BLADE_RUNNER, f"{_DIRECT}P31", f"<{_ENTITY}Q11424>"),
            of(BLADE_RUNNER, f"{_DIRECT}P4947", '"78"'),
            of(BLADE_RUNNER, f"{_DIRECT}P345", '"tt0083658"'),
            of(BLADE_RUNNER, f"{_DIRECT}P577", '"1982-12-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>'),
            of(BLADE_RUNNER, f"{_DIRECT}P577", '"1982-06-25T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>'),
            of(BLADE_RUNNER, f"{_DIRECT}P86", f"<{_ENTITY}Q179497>"),
            of(BLADE_RUNNER, f"{_DIRECT}P406", f"<{_ENTITY}{BLADE_ALBUM}>"),
            of("Q179497", label, '"Vangelis"@en'),
            of(TITANIC, label, '"Titanic"@fr'),
            of(TITANIC, label, '"Titanic"@en'),
            of(TITANIC, label, '"Титаник"@ru'),
            of(TITANIC, f"{_DIRECT}P4947", '"597"'),
            of(TITANIC, f"{_DIRECT}P345", '"tt0120338"'),
            of(TITANIC, f"{_DIRECT}P577", '"1997-11-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>'),
            of(TITANIC, f"{_DIRECT}P406", f"<{_ENTITY}{TITANIC_ALBUM}>"),
            of(BLADE_ALBUM, label, '"Blade Runner"@en'),
            of(BLADE_ALBUM, f"{_DIRECT}P1954", '"3575"'),
            of(TITANIC_ALBUM, f"{_DIRECT}P1954", '"42"'),
            of(ALIEN, f"{_DIRECT}P4947", '"348"'),
            of(ALIEN, f"{_DIRECT}P345", '"tt0078748"'),
        ]
    ).encode()  # fmt: skip
