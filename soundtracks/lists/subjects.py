"""What a part of a file lists, and which of its columns were read: told to the person whose file it is."""

from collections.abc import Sequence

from soundtracks.lists.columns import Columns, first_text
from soundtracks.lists.exports import Export, Subject
from soundtracks.lists.headings import roles_of
from soundtracks.lists.kinds import ALBUM, EPISODE, FILM, SERIES, compact, kind_of
from soundtracks.lists.parts import Fields, Part

#: Elements of MusicBrainz' XML, and what their `id` is. (Only what has the form of its ids is ever read from it.)
_OF_MUSICBRAINZ = {"release": "mb release", "releasegroup": "mb group"}
#: Columns of unknown names that are named.
MAX_UNKNOWN = 8
_NO_LISTS = ("user", "list", "person", "collection", "trailer")


def subject_of(columns: Columns, export: Export | None, part: Part) -> tuple[Subject | None, str | None]:
    """What a part lists, and the kind that its group tells of each record; None where it is no list that can be used."""
    group = kind_of(part.group.rsplit(".")[-1]) if part.group else None
    if compact(part.group) in _OF_MUSICBRAINZ and "id" in columns.names and columns.has("artist"):
        columns.without("plain id", "id")
        columns.roles.setdefault(_OF_MUSICBRAINZ[compact(part.group)], []).append("id")
    stem = part.member.rpartition("/")[2].partition(".")[0]
    if part.group in ("", "items", "Items", "data", "results") and stem:
        of_file = kind_of(stem)
        group = group or (of_file if of_file not in _NO_LISTS else None)
    if export and export.subject and not (export.subject == "films" and group not in (None, FILM)):
        return export.subject, export.kind or group
    if group in _NO_LISTS:
        return None, group
    if group == "music video":
        return "other", group
    if columns.has("series title") and not columns.has("title", "weak title", "original", "other title", "album"):
        return "other", EPISODE if columns.has("episode") else SERIES
    film_signs = columns.has("imdb", "tmdb", "director", "original", "film sign")
    if columns.has("game sign") and not columns.has("imdb", "tmdb", "director"):
        return "other", "game"
    if columns.has("book sign") and not film_signs and not _tells_kinds(columns):
        return "other", "book"
    if group == ALBUM or (
        columns.has("artist", "album", "mb release", "mb group", "discogs") and not columns.has("imdb", "tmdb", "director")
    ):
        if columns.has("album") and columns.has("track", "title", "weak title") and group != ALBUM:
            return "tracks", group
        if columns.has("title", "album", "weak title") and (
            columns.has("artist", "last name", "mb release", "discogs", "mb group") or group == ALBUM
        ):
            return "albums", group
    if film_signs and columns.has("album") and not columns.has("title", "weak title", "artist", "track"):
        columns.roles["title"] = columns.roles.pop("album")  # Box Office Mojo calls films releases
    if columns.has("title", "original", "imdb", "tmdb", "wikidata", "other title"):
        return "films", group
    if columns.has("weak title") and (columns.has("year", "date", "kind") or group):
        if part.member and not columns.has("year", "date") and group is None:
            return None, None
        return "films", group
    if columns.has("weak title") and not part.member and not part.group and len(columns.names) == 1:
        columns.notes.append(f"column {columns.of('weak title')[0]} is taken for the title")
        return "films", group
    return None, group


def lists_only_albums(columns: Columns, sample: Sequence[tuple[int, Fields]]) -> bool:
    """Whether the kinds of the first records are those of music alone."""
    kinds = {kind_of(first_text(fields.get(name, ""))) for _, fields in sample for name in columns.of("kind")} - {None}
    return ALBUM in kinds and kinds <= {ALBUM, "track", "person"} and not columns.has("imdb", "tmdb", "director")


def _tells_kinds(columns: Columns) -> bool:
    return any(compact(name) in ("itemtype", "mediatype", "titletype", "type") for name in columns.of("kind"))


_FILM_COLUMNS: dict[str, tuple[str, ...]] = {
    "title": ("title", "original", "weak title"),
    "year": ("year", "date"),
    "IMDb id": ("imdb",),
    "TMDB id": ("tmdb",),
    "Wikidata id": ("wikidata",),
    "kind": ("kind",),
}
_ALBUM_COLUMNS: dict[str, tuple[str, ...]] = {
    "artist": ("artist", "track artist", "last name"),
    "year": ("year", "date", "loose date"),
    "barcode": ("barcode",),
    "Discogs id": ("discogs", "master"),
    "MusicBrainz id": ("mb release", "mb group"),
}


def used(columns: Columns, subject: Subject) -> list[str]:
    """What was read from which column."""
    titles = ("album",) if subject == "tracks" else ("title", "album", "weak title")
    wanted = _FILM_COLUMNS if subject == "films" else {"title": titles} | _ALBUM_COLUMNS
    found = [f"{what} from {', '.join(names[:3])}" for what, roles in wanted.items() if (names := columns.of(*roles))]
    return ["; ".join(found)] if found else []


def unused(columns: Columns, subject: Subject) -> list[str]:
    """What looks like a year or an id and was not used, and columns of unknown names."""
    known = {name for names in columns.roles.values() for name in names}
    unknown = sorted(n for n in columns.names if n not in known and "." not in n and not n.startswith("#") and not roles_of(n))
    more = f" and {len(unknown) - MAX_UNKNOWN} more" if len(unknown) > MAX_UNKNOWN else ""
    notes = [f"not known and not read: {', '.join(unknown[:MAX_UNKNOWN])}{more}"] if unknown else []
    if subject != "films":
        return notes
    if columns.has("plain id") and not columns.has("source"):
        names = [n for n in columns.of("plain id") if "." not in n or compact(n).endswith("tmdbcollection")][:4]
        if names:
            notes.append(f"not used: {', '.join(names)} (no id of TMDB, IMDb or Wikidata)")
    if not columns.has("year"):
        names = [n for n in columns.of("other date", "loose date") if n not in columns.of("date")][:4]
        if names:
            notes.append(f"not used: {', '.join(names)} (no year of the film)")
    return notes
