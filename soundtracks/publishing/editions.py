"""editions.csv: every edition of a film's music, ranked for somebody who collects it.

The rule, from what Discogs says of each edition. Albums of a film, one after the other:

1. albums, then EPs, then singles, then what was only made for promotion, then what is not official; by the best of its editions;
2. records of the film's composer or of various artists, before others' renderings of its music;
3. the album whose first release lies nearest to the film's year; an unknown year last;
4. the likelier link.

Editions of one album:

1. official before promotional before unofficial;
2. first editions before reissues, represses and remasters;
3. the older; an unknown year last.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.credits import is_various
from soundtracks.publishing.options import Options
from soundtracks.publishing.tables import spreadsheet_csv
from soundtracks.publishing.works import AlbumLink, Row, accepted_links, pressing_facts
from soundtracks.text.folding import fold

#: What an edition is, best first, by the words that Discogs' formats have for it (as its pages and its exports write them).
KINDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("album", frozenset(("album", "lp", "mini-album", "compilation", "comp", "box set", "mixtape"))),
    ("EP", frozenset(("ep", '10"'))),
    ("single", frozenset(("single", "maxi-single", "maxi", '7"', "flexi-disc", "flexi"))),
    (
        "promotional",
        frozenset(
            ("promo", "test pressing", "tp", "white label", "w/lbl", "advance", "sampler", "smplr", "transcription", "acetate")
        ),
    ),
    ("unofficial", frozenset(("unofficial release", "unofficial", "bootleg"))),
)
_RANK = {name: rank for rank, (name, _) in enumerate(KINDS)}
_AGAIN = frozenset(("reissue", "re", "repress", "rp", "remastered", "rm", "club edition", "club"))
_UNKNOWN = 9999

#: Columns of editions.csv and what they hold.
EDITION_COLUMNS: dict[str, tuple[pa.DataType, str]] = {
    "film": (pa.string(), "The film."),
    "film_year": (pa.int32(), "Its year."),
    "tmdb_id": (pa.string(), "Its id at TMDB."),
    "album_rank": (pa.int32(), "Which of the film's albums to get first: 1, 2, …"),
    "edition_rank": (pa.int32(), "Which edition of that album to get first: 1, 2, …"),
    "album": (pa.string(), "The edition's title."),
    "artist": (pa.string(), "Its artist credit."),
    "kind": (pa.string(), "album, EP, single, promotional or unofficial."),
    "reissue": (pa.bool_(), "Whether Discogs calls it a reissue, repress or remaster."),
    "format": (pa.string(), "Such as Vinyl, LP."),
    "country": (pa.string(), "Where it was released."),
    "label": (pa.string(), "Its labels."),
    "catalogue_number": (pa.string(), "The labels' numbers."),
    "year": (pa.int32(), "When it was released."),
    "work_id": (pa.string(), "The album: Discogs' master, or the release without one."),
    "edition_id": (pa.string(), "The edition: Discogs' release; the master where no release of it is known."),
    "url": (pa.string(), "Its page on Discogs."),
}


@dataclass(frozen=True)
class Edition:
    """One edition of an album that is linked to a film. `row`: its row of the view (schema VIEW). Ranks begin at 1.

    `rendered`: by others than the film's composer, where he or she is known, and not by various artists.
    """

    link: AlbumLink
    row: Row
    kind: str
    reissue: bool
    rendered: bool
    album_rank: int = 0
    edition_rank: int = 0

    @property
    def film_id(self) -> str:
        return str(self.row["tmdb_id"])

    @property
    def id(self) -> str:
        return str(self.row["album_id"])

    @property
    def film_name(self) -> str:
        """The film as people read it: title and year, or its id where no title is known."""
        if not self.row["film_title"]:
            return f"TMDB {self.film_id}"
        return f"{self.row['film_title']} ({self.row['film_year']})" if self.row["film_year"] else str(self.row["film_title"])

    def as_row(self) -> Row:
        """EDITION_COLUMNS."""
        return {
            "film": self.row["film_title"],
            "film_year": self.row["film_year"],
            "tmdb_id": self.row["tmdb_id"],
            "album_rank": self.album_rank,
            "edition_rank": self.edition_rank,
            "album": self.row["album_title"],
            "artist": self.row["album_artist"],
            "kind": self.kind,
            "reissue": self.reissue,
            "work_id": self.link.work_id,
            "edition_id": self.id,
            "url": self.row["album_url"],
        } | pressing_facts(self.row)


def ranked_editions(catalogue: Catalogue) -> list[Edition]:
    """All editions of the accepted albums of each film, by film and rank."""
    links = catalogue.once(accepted_links)
    albums = catalogue.album_rows(i for link in links for i in link.ids)
    composers = {i: film["composers"] or [] for i, film in catalogue.film_rows(link.row["tmdb_id"] for link in links).items()}
    by_film: dict[str, list[list[Edition]]] = {}
    for link in links:
        of_film = composers.get(link.row["tmdb_id"], [])
        editions = [_edition(link, row, albums.get(row["album_id"], {}), of_film) for row in link.pressings or [link.row]]
        by_film.setdefault(link.row["tmdb_id"], []).append(sorted(editions, key=_edition_order))
    films = sorted(by_film.values(), key=lambda albums: _film_order(albums[0][0].row))
    return [edition for albums in films for edition in _ranked(albums)]


def kind_of(formats: Iterable[str]) -> str:
    """What an edition is, by Discogs' formats; an album where they do not say."""
    words = {word.casefold() for word in formats}
    for name, signs in reversed(KINDS[3:]):
        if words & signs:
            return name
    return next((name for name, signs in KINDS if words & signs), KINDS[0][0])


def _edition(link: AlbumLink, row: Row, album: Row, composers: Sequence[str]) -> Edition:
    """`album`: of schema ALBUMS; empty where the catalogue lacks it."""
    formats = album.get("formats") or []
    again = not _AGAIN.isdisjoint(word.casefold() for word in formats)
    artist = album.get("artist") or ""
    line, known = f" {fold(artist)} ", [f" {folded} " for name in composers if (folded := fold(name))]
    others = bool(known and line.strip()) and not is_various(artist) and not any(name in line for name in known)
    return Edition(link, row, kind_of(formats), again, others)


def _edition_order(edition: Edition) -> tuple[int, bool, int, str]:
    return _RANK[edition.kind], edition.reissue, edition.row["album_year"] or _UNKNOWN, edition.id


def _album_order(editions: Sequence[Edition]) -> tuple[int, bool, int, float, str]:
    best, link = editions[0], editions[0].link
    apart = abs(link.year - best.row["film_year"]) if link.year and best.row["film_year"] else _UNKNOWN
    sure = 1.0 if link.row["probability"] is None else link.row["probability"]
    return _RANK[best.kind], all(one.rendered for one in editions), apart, -sure, link.work_id


def _film_order(row: Row) -> tuple[str, int, str]:
    return row["film_title"] or "", row["film_year"] or _UNKNOWN, row["tmdb_id"]


def _ranked(albums: list[list[Edition]]) -> Iterable[Edition]:
    for album_rank, editions in enumerate(sorted(albums, key=_album_order), 1):
        for rank, one in enumerate(editions, 1):
            yield replace(one, album_rank=album_rank, edition_rank=rank)


EDITIONS = pa.schema([(name, kind) for name, (kind, _) in EDITION_COLUMNS.items()])


def write_editions(catalogue: Catalogue, _: Options) -> bytes:
    """editions.csv: EDITION_COLUMNS, by film, best first."""
    return spreadsheet_csv(pa.Table.from_pylist([edition.as_row() for edition in catalogue.once(ranked_editions)], EDITIONS))
