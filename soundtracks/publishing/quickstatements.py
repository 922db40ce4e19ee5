"""wikidata-quickstatements.tsv: what Wikidata lacks of the links, as commands for QuickStatements 2 and 3 (version 1 syntax).

An album that has an item gets what that lacks; one that has none gets an item. LAST, the item created before, only ever is what
a line speaks of: QuickStatements 3 does not resolve it as a value. So a new album's film learns of it in a second batch, made
after the new items were imported (docs/outputs.md).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from soundtracks.publishing.catalogue import Catalogue, wikidata_item
from soundtracks.publishing.editors import Work, works
from soundtracks.publishing.options import Options
from soundtracks.text.foreign import one_line

# Wikidata's properties and items, as in their labels there.
INSTANCE_OF, PUBLICATION_DATE, SOUNDTRACK_RELEASE = "P31", "P577", "P406"
DISCOGS_MASTER_ID, DISCOGS_RELEASE_ID, MUSICBRAINZ_RELEASE_GROUP_ID = "P1954", "P2206", "P436"
BASED_ON_HEURISTIC, STATED_IN, REFERENCE_URL, RETRIEVED = "S887", "S248", "S854", "S813"  # S: as a reference
SOUNDTRACK_ALBUM, RECORD_LINKAGE, DISCOGS, MUSICBRAINZ = "Q4176708", "Q1266546", "Q504063", "Q14005"
_LABEL_LIMIT = 250  # characters, Wikibase's limit

Line = list[str]


def write_quickstatements(catalogue: Catalogue, options: Options) -> bytes:
    """For each work whose film has a Wikidata item and whose link is likely enough (or a person's): statements with references
    on the items of album and film where both exist, else an item for the album.

    No two items are created with one label and description, which Wikibase refuses. None is created for a film that has a
    soundtrack item already of which nobody says which record of Discogs' it is: it may be this one.
    """
    wanted = [
        w
        for w in catalogue.once(works)
        if wikidata_item(w.film["wikidata_id"]) and (w.by_person or w.probability >= options.wikidata_probability)
    ]
    new = [w for w in wanted if not w.wikidata_id and not w.film["untied_soundtracks"]]
    described = _descriptions(new)
    lines: list[Line] = []
    for work in wanted:
        if work.wikidata_id:
            lines += _added(work, work.wikidata_id, options)
        elif work.id in described:
            lines += _created(work, described[work.id], options)
    return "".join("\t".join(line) + "\n" for line in lines).encode()


def _added(work: Work, item: str, options: Options) -> Iterator[Line]:
    """What the album's item and the film's lack."""
    film, source = str(wikidata_item(work.film["wikidata_id"])), _source(work, options)
    if film not in work.wikidata_has:
        yield [film, SOUNDTRACK_RELEASE, item, *([] if work.by_person else [BASED_ON_HEURISTIC, RECORD_LINKAGE]), *source]
    if work.id not in work.wikidata_has:
        yield [item, *_discogs_id(work), *source]
    if work.musicbrainz_id and work.musicbrainz_id not in work.wikidata_has:
        yield [item, MUSICBRAINZ_RELEASE_GROUP_ID, _string(work.musicbrainz_id), STATED_IN, MUSICBRAINZ]


def _created(work: Work, description: str, options: Options) -> Iterator[Line]:
    source = _source(work, options)
    yield ["CREATE"]
    yield ["LAST", "Len", _string(work.title)]
    yield ["LAST", "Den", description]
    yield ["LAST", INSTANCE_OF, SOUNDTRACK_ALBUM, *source]
    yield ["LAST", *_discogs_id(work)]
    if work.musicbrainz_id:
        yield ["LAST", MUSICBRAINZ_RELEASE_GROUP_ID, _string(work.musicbrainz_id)]
    if work.year:
        yield ["LAST", PUBLICATION_DATE, f"+{work.year:04d}-00-00T00:00:00Z/9", *source]


def _discogs_id(work: Work) -> Line:
    kind, _, number = work.id.partition(":")
    return [DISCOGS_MASTER_ID if kind == "master" else DISCOGS_RELEASE_ID, _string(number)]


def _source(work: Work, options: Options) -> Line:
    source = [STATED_IN, DISCOGS, REFERENCE_URL, _string(work.url)]
    return [*source, RETRIEVED, f"+{options.retrieved.isoformat()}T00:00:00Z/11"] if options.retrieved else source


def _descriptions(new: Iterable[Work]) -> Mapping[str, str]:
    """A description for each work, by id: as short as tells it from all others of its label; at last by its Discogs id."""
    left, found = list(new), dict[str, str]()
    for describe in _DESCRIPTIONS:
        made = {work.id: (_string(work.title), _string(describe(work))) for work in left}
        # what differs in capitals only is one label to a person who looks
        count = Counter((label.casefold(), text.casefold()) for label, text in made.values())
        unique = {one: text for one, (label, text) in made.items() if count[label.casefold(), text.casefold()] == 1}
        found |= unique
        left = [work for work in left if work.id not in unique]
    return found


def _by_film(work: Work) -> str:
    film = f"{work.film['title']} ({work.film['year']})" if work.film["year"] else str(work.film["title"])
    return f"soundtrack album of the film {film}"


def _by_artist(work: Work) -> str:
    return f"{_by_film(work)} by {work.credit}" if work.credit else _by_film(work)


def _by_year(work: Work) -> str:
    return f"{work.year} {_by_artist(work)}" if work.year else _by_artist(work)


def _by_discogs_id(work: Work) -> str:
    """The id stands first, where nothing that is cut can take it away."""
    return f"Discogs {work.id.replace(':', ' ')}, {_by_artist(work)}"


_DESCRIPTIONS: tuple[Callable[[Work], str], ...] = (_by_film, _by_artist, _by_year, _by_discogs_id)

#: QuickStatements 3 makes columns of `|` and lines of `||` before it looks for quotes, so that no title may hold one.
_BAR = str.maketrans("|", "¦")
#: It reads “ and ” as ", and three in a row around a value as another kind of value, which may be empty.
_QUOTES = re.compile('["“”]+(?=["“”])')


def _string(text: str) -> str:
    """A string of QuickStatements: one line, no tab, no `|`, no two quotes in a row, at most as long as Wikibase takes."""
    return f'"{_QUOTES.sub("", one_line(text).translate(_BAR))[:_LABEL_LIMIT].strip()}"'
