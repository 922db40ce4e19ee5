"""Exports of programs and services, known by their fields. Most need nothing but a name to be called by; a few mean
something by a field that means another thing elsewhere.
"""

from dataclasses import dataclass, field
from typing import Literal

from soundtracks.lists.columns import Columns
from soundtracks.lists.kinds import compact

Subject = Literal["films", "albums", "tracks", "other"]


@dataclass(frozen=True)
class Export:
    """`needs`: names that it has, compared without signs and case. `lacks`: names that it has not. `roles`: what its fields mean.

    `brackets`: a bracket behind a title holds another title. `kind`: of every record, where no field tells it.
    """

    name: str
    needs: str
    lacks: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    subject: Subject | None = None
    brackets: bool = False
    kind: str | None = None
    episodes_in_titles: bool = False


EXPORTS = (
    Export("Letterboxd", "name letterboxduri"),
    Export("Letterboxd list", "position name year url", subject="films"),
    Export("IMDb list", "const titletype"),
    Export("IMDb list", "const title"),
    Export("IMDb title.basics", "tconst primarytitle"),
    Export("TMDB ratings or watchlist", "tmdbid type name daterated"),
    Export("TMDB daily ids", "id originaltitle adult", lacks="tmdbid imdbid", roles={"id": "tmdb"}, subject="films"),
    Export("TMDB answer", "id originaltitle genreids", lacks="tmdbid", roles={"id": "tmdb"}, subject="films"),
    Export("TMDB answer", "id originaltitle voteaverage", lacks="tmdbid", roles={"id": "tmdb"}, subject="films"),
    Export("TMDB daily ids of series", "id originalname popularity", lacks="title tmdbid", kind="series"),
    Export("MovieLens", "movieid title genres", brackets=True, subject="films"),
    Export("Netflix catalogue (Kaggle)", "showid type title releaseyear"),
    Export("Netflix viewing history", "title date", lacks="year artist album barcode status", episodes_in_titles=True),
    Export("Netflix viewing history", "title starttime duration", lacks="year artist", episodes_in_titles=True),
    Export("Yamtrack", "mediaid source mediatype"),
    Export("Radarr", "tmdbid titleslug qualityprofileid"),
    Export("Sonarr", "tvdbid titleslug qualityprofileid", lacks="tmdbid", kind="series"),
    Export("Plex (ExportTools)", "mediaid title metadblink"),
    Export("Plex (Tautulli)", "ratingkey title"),
    Export("Kodi", "movieid label imdbnumber", roles={"imdbnumber": "link"}),  # tt…, or the number of whatever scraper there was
    Export(
        "Letterboxd feed",
        "filmtitle filmyear title",
        roles={"title": "other", "filmTitle": "title", "movieId": "tmdb"},
        subject="films",
    ),
    Export("Jellyfin or Emby", "name serverid"),
    Export("SIMKL", "simklid title type"),
    Export("Movary", "tmdbid imdbid watchedat title"),
    Export("Filmweb", "movieid pltitle"),
    Export("Kinorium", "listtitle title originaltitle type"),
    Export("Kinopoisk", "русскоязычноеназвание год"),
    Export("Criticker", "filmid filmname"),
    Export("Criticker", "filmname score"),
    Export("GCstar", "original webpage date", roles={"date": "date"}, subject="films"),
    Export("Wikidata query", "item itemlabel", roles={"item": "wikidata", "date": "date"}, subject="films"),
    Export("Wikidata query", "film filmlabel", roles={"film": "wikidata", "date": "date"}, subject="films"),
    Export("Wikidata query", "movie movielabel", roles={"movie": "wikidata", "date": "date"}, subject="films"),
    Export("Libib", "itemtype title eanisbn13"),
    Export("MyAnimeList", "seriesanimedbid seriestitle", kind="series"),
    Export("Discogs collection", "releaseid artist title collectionfolder", subject="albums"),
    Export("Discogs inventory", "listingid artist title releaseid", subject="albums"),
    Export("Discogs wantlist", "releaseid artist title released", subject="albums"),
    Export(
        "Discogs answer",
        "basicinformationtitle",
        roles={"basic_information.id": "discogs", "basic_information.master_id": "master"},
        subject="albums",
    ),
    Export("Discogs dump", "id title artistsartistname released", roles={"id": "discogs"}, subject="albums"),
    Export("discogs-xml2db releases", "id title released dataquality", roles={"id": "discogs"}, subject="albums"),
    Export("discogs-xml2db masters", "id title mainrelease dataquality", roles={"id": "master"}, subject="albums"),
    Export("Rate Your Music", "rymalbum title", subject="albums"),
    Export("MusicBrainz releases", "id title releasegroupid", roles={"id": "mb release"}, subject="albums"),
    Export("MusicBrainz releases", "id title statusid barcode", roles={"id": "mb release"}, subject="albums"),
    Export("MusicBrainz release groups", "id title primarytype", roles={"id": "mb group"}, subject="albums"),
    Export("MusicBrainz release groups", "id title firstreleasedate", roles={"id": "mb group"}, subject="albums"),
    Export("MusicBrainz CSV", "gid name artistcredit", roles={"gid": "mb release", "name": "title"}, subject="albums"),
    Export("Lidarr", "foreignalbumid title", subject="albums"),
    Export("iTunes library", "trackid name kind", subject="tracks"),
    Export("iTunes library", "trackid album", subject="tracks"),
    Export("Roon", "albumartist album title isdup", subject="tracks"),
    Export("Roon", "albumartist title isdup", lacks="album", subject="albums"),
    Export("beets", "mbalbumid albumartist title", subject="tracks"),
    Export("beets", "mbalbumid albumartist album", lacks="title track", subject="albums"),
    Export("ListenBrainz listens", "trackmetadatareleasename", subject="tracks"),
    Export("Spotify streaming history", "mastermetadataalbumalbumname", subject="tracks"),
)


def recognise(columns: Columns) -> Export | None:
    """The export whose fields these are; where several fit, the one that asks for most."""
    names = {compact(name) for name in columns.names}
    fitting = [e for e in EXPORTS if set(e.needs.split()) <= names and not set(e.lacks.split()) & names]
    fitting = [e for e in fitting if not (e.episodes_in_titles and len(names) > 12)]
    return max(fitting, key=lambda e: len(e.needs.split()), default=None)


def apply(export: Export, columns: Columns) -> None:
    """Gives an export's fields the roles that they have there."""
    for name in list(columns.names):
        for known, role in export.roles.items():
            if compact(name) == compact(known):
                for other in list(columns.roles):
                    columns.without(other, name)
                columns.roles.setdefault(role, []).insert(0, name)
