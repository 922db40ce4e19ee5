"""musicbrainz.csv: one work a row, with the address that looks it up and the one that adds what MusicBrainz lacks."""

import re
from collections.abc import Iterable
from urllib.parse import urlencode

import pyarrow as pa

from soundtracks.publishing.catalogue import Catalogue, imdb_url
from soundtracks.publishing.credits import VARIOUS_ARTISTS_ID, Credit
from soundtracks.publishing.editors import Work, works
from soundtracks.publishing.options import Options
from soundtracks.publishing.tables import spreadsheet_csv

# MusicBrainz' ids of the primary type Album and the secondary type Soundtrack.
_ALBUM, _SOUNDTRACK = 1, 2
SITE = "https://musicbrainz.org"

#: Columns of musicbrainz.csv and what they hold.
MUSICBRAINZ_COLUMNS = {
    "album_title": "The release group's title as Discogs has the master's.",
    "album_artist": "The artist credit, in names as people write them.",
    "first_year": "Year of the first release, if known.",
    "discogs_url": "Discogs' page: the master, or the release where there is none.",
    "film_title": "The film.",
    "film_year": "Its year, if known.",
    "imdb_url": "The film on IMDb, which MusicBrainz links soundtracks to, if known.",
    "release_group": "The release group's page, where it is known from an imported dump.",
    "lacks": "What MusicBrainz lacks: release group, or of a known one the links to discogs, imdb.",
    "look_up": "MusicBrainz' search: is the release group there already? Empty where it is known.",
    "add": "MusicBrainz' form, filled in: for a new release group, or with the links that a known one lacks.",
}


def write_musicbrainz(catalogue: Catalogue, _: Options) -> bytes:
    """musicbrainz.csv: works that MusicBrainz lacks, or whose release group lacks a link (MUSICBRAINZ_COLUMNS)."""
    rows = [row for work in catalogue.once(works) if (row := _row(work))]
    types = {"first_year": pa.int32(), "film_year": pa.int32()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in MUSICBRAINZ_COLUMNS])
    return spreadsheet_csv(pa.Table.from_pylist(rows, schema))


def _row(work: Work) -> dict[str, object] | None:
    imdb = imdb_url(work.film["imdb_id"])
    urls = {"discogs": work.url} | ({"imdb": imdb} if imdb else {})
    if work.musicbrainz_id:
        there = {"discogs": work.id, "imdb": work.film["imdb_id"]}
        urls = {name: url for name, url in urls.items() if there[name] not in work.musicbrainz_has}
        if not urls:
            return None
        page = f"{SITE}/release-group/{work.musicbrainz_id}"
        known = {"release_group": page, "lacks": ", ".join(urls), "add": f"{page}/edit?{urlencode(_links(urls.values()))}"}
    else:
        known = {
            "lacks": "release group",
            "look_up": _look_up(work),
            "add": f"{SITE}/release-group/create?{urlencode(_form(work, urls))}",
        }
    return {
        "album_title": work.title,
        "album_artist": work.credit or None,
        "first_year": work.year,
        "discogs_url": work.url,
        "film_title": work.film["title"],
        "film_year": work.film["year"],
        "imdb_url": imdb,
    } | known


#: Characters of a name in an address at most: the longest title known has 444, and no server takes an address without end.
MAX_LENGTH = 500


def _look_up(work: Work) -> str:
    query = f"releasegroup:{_lucene_phrase(work.title[:MAX_LENGTH])} AND secondarytype:soundtrack"
    return f"{SITE}/search?{urlencode({'query': query, 'type': 'release_group', 'method': 'advanced'})}"


def _form(work: Work, urls: dict[str, str]) -> dict[str, object]:
    """Fields of the form for a new release group, as its page reads them from the address."""
    fields: dict[str, object] = {
        "edit-release-group.name": work.title[:MAX_LENGTH],
        "edit-release-group.primary_type_id": _ALBUM,
        "edit-release-group.secondary_type_ids": _SOUNDTRACK,
    }
    if len(work.credits) == 1 and work.credits[0].is_various:
        fields["artist"] = VARIOUS_ARTISTS_ID
    for n, credit in enumerate(work.credits):
        fields |= {f"edit-release-group.artist_credit.names.{n}.{name}": value for name, value in _credit(credit).items()}
    return fields | _links(urls.values())


def _credit(credit: Credit) -> dict[str, str]:
    fields = {"name": credit.credited[:MAX_LENGTH], "artist.name": credit.name[:MAX_LENGTH]}
    if credit.is_various:
        fields["mbid"] = VARIOUS_ARTISTS_ID
    return fields | ({"join_phrase": credit.join} if credit.join else {})


def _links(urls: Iterable[str]) -> dict[str, object]:
    return {f"edit-release-group.url.{n}.text": url for n, url in enumerate(urls)}


def _lucene_phrase(text: str) -> str:
    """A phrase of Lucene's query language, which MusicBrainz' search reads.

    Quotes and backslashes, which no index of words holds, are left out rather than escaped: an escape that a proxy or a form
    takes away would end the phrase.
    """
    return '"' + " ".join(re.sub(r'["“”„«»\\]', " ", text).split()) + '"'
