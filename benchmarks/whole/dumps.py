"""Dumps of Discogs' masters and releases, of any size, at the proportions of the real ones.

About one record in thirty is filed under Stage & Screen, and one in eight is a master. What an import keeps are the albums of
benchmarks/scale/catalogue.py that are film music, each once and of a text of its own. All else an import drops after a look at
its bytes, so that it is repeated: BLOCKS different blocks of RECORDS records, packed once, whose ids return. A release takes
4.5 kB and a master 1.3 kB, as the first thousand of Discogs' dumps do.
"""

import gzip
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa

from benchmarks.scale.words import ADJECTIVES, GIVEN, NOUNS

#: Of all records: masters, and what an import keeps.
MASTERS, KEPT = 1 / 8, 0.03
RECORDS, BLOCKS = 2_000, 24
#: Bytes of a record, unpacked.
SIZES = {"master": 1_300, "release": 4_500}
GENRES = (("Electronic", "Techno"), ("Rock", "Indie Rock"), ("Jazz", "Hard Bop"), ("Pop", "Ballad"), ("Classical", "Romantic"))

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Written:
    """`records`: of a dump. `kept`: those that an import has to keep. `unpacked`: bytes."""

    path: Path
    records: int
    kept: int
    unpacked: int


def write_dumps(folder: Path, albums: pa.Table, records: int, seed: int) -> list[Written]:
    """Writes masters.xml.gz and releases.xml.gz of so many records together, among them the albums (schema ALBUMS) that are
    film music, and their masters. Raises ValueError where these are more."""
    releases = [row for row in albums.to_pylist() if row["genres"] == ["Stage & Screen"]]
    masters = list({row["master_id"]: _master(row) for row in reversed(releases) if row["master_id"]}.values())
    share = {"master": MASTERS, "release": 1 - MASTERS}
    draw = random.Random(seed)
    return [
        _write(folder / f"{kind}s.xml.gz", kind, rows, round(records * share[kind]) - len(rows), draw)
        for kind, rows in (("master", masters), ("release", releases))
    ]


def _master(release: Row) -> Row:
    return {**release, "album_id": f"master:{release['master_id']}", "year": release["first_year"]}


def _write(path: Path, kind: str, rows: Sequence[Row], others: int, draw: random.Random) -> Written:
    """One dump: the kept records in packed pieces of their own between those of all others."""
    if others < 0:
        raise ValueError(f"{len(rows):,} {kind}s of film music are more than the whole dump")
    blocks = [_block(kind, draw) for _ in range(BLOCKS)]
    count = round(others / RECORDS)
    pieces = max(1, count)
    kept, each = iter(rows), -(-len(rows) // pieces)
    unpacked = 0
    with path.open("wb") as file:
        file.write(gzip.compress(f"<{kind}s>\n".encode()))
        for number in range(pieces):
            if own := list(islice(kept, each)):
                text = "".join(_record(kind, row, draw) for row in own).encode()
                file.write(gzip.compress(text))
                unpacked += len(text)
            if number < count:
                packed, size = blocks[number % BLOCKS]
                file.write(packed)
                unpacked += size
        file.write(gzip.compress(f"</{kind}s>\n".encode()))
    return Written(path, len(rows) + count * RECORDS, len(rows), unpacked)


def _block(kind: str, draw: random.Random) -> tuple[bytes, int]:
    """So many records that no import keeps, packed; and their bytes unpacked."""
    text = "".join(_record(kind, _other(draw), draw) for _ in range(RECORDS)).encode()
    return gzip.compress(text), len(text)


def _other(draw: random.Random) -> Row:
    genre, style = draw.choice(GENRES)
    title = f"{draw.choice(ADJECTIVES)} {draw.choice(NOUNS)}".title()
    artist = f"{draw.choice(GIVEN)} {draw.choice(NOUNS)}".title()
    number = draw.randrange(1, 40_000_000)
    return {"album_id": f"release:{number}", "title": title, "artist": artist, "genres": [genre], "styles": [style]} | {
        "formats": ["Vinyl", "LP", "Album"], "year": draw.randrange(1950, 2027), "master_id": None,
    }  # fmt: skip


def _record(kind: str, row: Row, draw: random.Random) -> str:
    """A record as Discogs writes it. What no import reads (tracks' credits, videos) is there in its usual length."""
    year, formats = row["year"] or "", row["formats"]
    parts = {
        "artists": f"<artist><id>{draw.randrange(9_000_000)}</id><name>{escape(row['artist'])}</name><anv/><join/></artist>",
        "title": escape(row["title"]),
        "genres": _each("genre", row["genres"]),
        "styles": _each("style", row["styles"] or []),
    }
    if kind == "master":
        parts |= {"main_release": str(draw.randrange(40_000_000)), "year": str(year)}
    else:
        descriptions = _each("description", formats[1:])
        parts |= {
            "labels": f'<label name="{draw.choice(NOUNS).title()} Records" catno="{draw.randrange(10**6)}" id="1"/>',
            "formats": f'<format name="{formats[0]}" qty="1" text=""><descriptions>{descriptions}</descriptions></format>',
            "country": "US",
            "released": str(year),
            **({"master_id": row["master_id"]} if row["master_id"] else {}),
            "tracklist": "".join(_track(number, draw) for number in range(1, 13)),
        }
    body = "".join(f"<{name}>{content}</{name}>" for name, content in parts.items())
    number = row["album_id"].rpartition(":")[2]
    missing = SIZES[kind] - len(body)
    videos = "".join(_video(draw) for _ in range(missing // 220))
    return f'<{kind} id="{number}" status="Accepted">{body}<videos>{videos}</videos></{kind}>\n'


def _each(name: str, texts: Sequence[str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for text in texts)


def _track(number: int, draw: random.Random) -> str:
    title = f"{draw.choice(ADJECTIVES)} {draw.choice(NOUNS)}".title()
    return f"<track><position>{number}</position><title>{title}</title><duration>{draw.randrange(2, 9)}:15</duration></track>"


def _video(draw: random.Random) -> str:
    name = f"{draw.choice(GIVEN)} – {draw.choice(ADJECTIVES)} {draw.choice(NOUNS)}".title()
    address = f"https://www.youtube.com/watch?v={draw.getrandbits(60):015x}"
    return (
        f'<video src="{address}" duration="{draw.randrange(90, 500)}" embed="true"><title>{name}</title>'
        f"<description>{name}, provided by its label, auto-generated</description></video>"
    )
