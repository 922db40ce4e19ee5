"""Lists for the people who edit Wikidata and MusicBrainz. Nothing is sent: an editor looks, then submits.

Both think in works, not editions: Wikidata's album items and MusicBrainz' release groups correspond to Discogs' masters.
So editions of one master become one entry, under the master.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa

from soundtracks.publishing.catalogue import Catalogue, album_url, imdb_url, wikidata_item
from soundtracks.publishing.options import Options
from soundtracks.publishing.tables import spreadsheet_csv
from soundtracks.text.foreign import one_line

# Wikidata's properties and items, as in their labels there.
INSTANCE_OF, PUBLICATION_DATE, SOUNDTRACK_RELEASE = "P31", "P577", "P406"
DISCOGS_MASTER_ID, DISCOGS_RELEASE_ID = "P1954", "P2206"
BASED_ON_HEURISTIC, STATED_IN, REFERENCE_URL, RETRIEVED = "S887", "S248", "S854", "S813"  # S: as a reference
SOUNDTRACK_ALBUM, RECORD_LINKAGE, DISCOGS = "Q4176708", "Q1266546", "Q504063"
_LABEL_LIMIT = 250  # characters, Wikibase's limit

# MusicBrainz' ids of the primary type Album and the secondary type Soundtrack.
_MB_ALBUM, _MB_SOUNDTRACK = 1, 2


@dataclass(frozen=True)
class Work:
    """An album apart from its editions, and the one film that it belongs to. `id`: Discogs' master, else the release.

    Named as the master is, or as its likeliest edition where the master is not among the albums.
    """

    id: str
    url: str
    title: str
    artist: str | None
    year: int | None
    film: dict[str, Any]
    probability: float
    by_person: bool


def works(catalogue: Catalogue) -> list[Work]:
    """Accepted links to Discogs' albums, editions folded into their master, by id.

    Albums of several films are left out: which statement is right then is for an editor to say.
    """
    links = catalogue.accepted.to_pylist()
    albums = catalogue.album_rows(row["album_id"] for row in links)
    films = catalogue.film_rows(row["tmdb_id"] for row in links)
    found: dict[str, list[tuple[str, Work]]] = {}
    for row in links:
        album, film = albums.get(row["album_id"]), films.get(row["tmdb_id"])
        work_id = _master(album) or row["album_id"] if album else row["album_id"]
        url = album_url(work_id)
        if not (album and film and url and _can_be_read(album["title"]) and _can_be_read(film["title"])):
            continue
        year = album["first_year"] or (album["year"] if work_id == row["album_id"] else None)
        by_person = row["decided_by"] == "person"
        work = Work(
            work_id,
            url,
            one_line(album["title"]),
            one_line(album["artist"] or "") or None,
            year,
            film,
            row["probability"] or 0.0,
            by_person,
        )
        found.setdefault(work_id, []).append((row["album_id"], work))
    single = [editions for editions in found.values() if len({w.film["tmdb_id"] for _, w in editions}) == 1]
    return sorted(map(_folded, single), key=lambda w: (w.id.partition(":")[0], int(w.id.partition(":")[2])))


def _folded(editions: list[tuple[str, Work]]) -> Work:
    """One work of its editions (album_id and work): as sure as the surest of them."""
    _, named = min(editions, key=lambda e: (e[0] != e[1].id, -e[1].probability, e[1].title))
    by_person = any(work.by_person for _, work in editions)
    return replace(named, probability=max(work.probability for _, work in editions), by_person=by_person)


def _master(album: dict[str, Any]) -> str | None:
    """The master's album_id; Discogs' 0 and null both mean that there is none."""
    number = (album["master_id"] or "").removeprefix("master:")
    return f"master:{number}" if number.isascii() and number.isdigit() and int(number) else None


def write_quickstatements(catalogue: Catalogue, options: Options) -> bytes:
    """wikidata-quickstatements.tsv: commands (version 1 syntax, tabs) for QuickStatements 2 and 3.

    For each work whose film has a Wikidata item and whose link is likely enough (or a person's): an item for the album,
    then the film's statement P406 (soundtrack release) with its references. The film's line comes last, since LAST means the
    item created before it. Items that exist already must be looked up first (docs/outputs.md has the query).
    """
    lines: list[list[str]] = []
    for work in works(catalogue):
        film_item = wikidata_item(work.film["wikidata_id"])
        if not film_item or not (work.by_person or work.probability >= options.wikidata_probability):
            continue
        kind, _, number = work.id.partition(":")
        source = [STATED_IN, DISCOGS, REFERENCE_URL, _string(work.url)]
        if options.retrieved:
            source += [RETRIEVED, f"+{options.retrieved.isoformat()}T00:00:00Z/11"]
        film = f"{work.film['title']} ({work.film['year']})" if work.film["year"] else str(work.film["title"])
        lines += [
            ["CREATE"],
            ["LAST", "Len", _string(work.title)],
            ["LAST", "Den", _string(f"soundtrack album of the film {film}")],
            ["LAST", INSTANCE_OF, SOUNDTRACK_ALBUM, *source],
            ["LAST", DISCOGS_MASTER_ID if kind == "master" else DISCOGS_RELEASE_ID, _string(number)],
            *([["LAST", PUBLICATION_DATE, f"+{work.year:04d}-00-00T00:00:00Z/9", *source]] if work.year else []),
            [film_item, SOUNDTRACK_RELEASE, "LAST", *([] if work.by_person else [BASED_ON_HEURISTIC, RECORD_LINKAGE]), *source],
        ]
    return "".join("\t".join(line) + "\n" for line in lines).encode()


def _can_be_read(title: str | None) -> bool:
    """Whether anything is to be seen of a title: QuickStatements takes an empty label for the removal of one."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in one_line(title or ""))


#: QuickStatements 3 makes columns of `|` and lines of `||` before it looks for quotes, so that no title may hold one.
_BAR = str.maketrans("|", "¦")
#: It reads “ and ” as ", and three in a row around a value as another kind of value, which may be empty.
_QUOTES = re.compile('["“”]+(?=["“”])')


def _string(text: str) -> str:
    """A string of QuickStatements: one line, no tab, no `|`, no two quotes in a row, at most as long as Wikibase takes."""
    return f'"{_QUOTES.sub("", one_line(text).translate(_BAR))[:_LABEL_LIMIT].strip()}"'


def _lucene_phrase(text: str) -> str:
    """A phrase of Lucene's query language, which MusicBrainz' search reads: quotes and backslashes do not end it."""
    return '"' + re.sub(r'["\\]', r"\\\g<0>", text) + '"'


#: Columns of musicbrainz.csv and what they hold.
MUSICBRAINZ_COLUMNS = {
    "album_title": "The release group's title as Discogs has the master's.",
    "album_artist": "The artist credit.",
    "first_year": "Year of the first release, if known.",
    "discogs_url": "Discogs' page: the master, or the release where there is none.",
    "film_title": "The film.",
    "film_year": "Its year, if known.",
    "imdb_url": "The film on IMDb, which MusicBrainz links soundtracks to, if known.",
    "look_up": "MusicBrainz' search: is the release group there already?",
    "add": "MusicBrainz' form for a new release group, filled in.",
}


def write_musicbrainz(catalogue: Catalogue, _: Options) -> bytes:
    """musicbrainz.csv: one work a row (MUSICBRAINZ_COLUMNS), with the address that looks it up and the one that adds it."""
    rows = []
    for work in works(catalogue):
        imdb = imdb_url(work.film["imdb_id"])
        query = f"releasegroup:{_lucene_phrase(work.title)} AND secondarytype:soundtrack"
        form = {
            "edit-release-group.name": work.title,
            "edit-release-group.primary_type_id": _MB_ALBUM,
            "edit-release-group.secondary_type_ids": _MB_SOUNDTRACK,
            "edit-release-group.artist_credit.names.0.name": work.artist or "",
        } | {f"edit-release-group.url.{i}.text": url for i, url in enumerate(filter(None, (work.url, imdb)))}
        look_up = urlencode({"query": query, "type": "release_group", "method": "advanced"})
        cells = (
            work.title,
            work.artist,
            work.year,
            work.url,
            work.film["title"],
            work.film["year"],
            imdb,
            f"https://musicbrainz.org/search?{look_up}",
            f"https://musicbrainz.org/release-group/create?{urlencode(form)}",
        )
        rows.append(dict(zip(MUSICBRAINZ_COLUMNS, cells, strict=True)))
    types = {"first_year": pa.int32(), "film_year": pa.int32()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in MUSICBRAINZ_COLUMNS])
    return spreadsheet_csv(pa.Table.from_pylist(rows, schema))
