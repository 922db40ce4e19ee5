"""The linked albums as Lidarr reads them from another Lidarr (Settings, Import Lists, Lidarr).

Lidarr's Custom List knows artists only, so that whole discographies would come; a Lidarr is asked for albums. It asks with a key,
which a web server ignores, for /api/v1/album and /api/v1/artist, and takes the albums that are monitored by the id of their
release group. An artist without an id it looks up by the album's (src/NzbDrone.Core/ImportLists of github.com/Lidarr/Lidarr).
"""

from typing import Any

from soundtracks.publishing.catalogue import musicbrainz_mbid
from soundtracks.publishing.credits import VARIOUS_ARTISTS, VARIOUS_ARTISTS_ID, is_various, plain_name
from soundtracks.publishing.works import AlbumLink
from soundtracks.text.foreign import one_line

FOLDER = "lidarr/api/v1"


def lidarr_files(links: list[AlbumLink]) -> dict[str, list[dict[str, Any]]]:
    """Name below lidarr/ -> content: albums with a MusicBrainz release group, their artists, and what its form asks for.

    Lidarr keeps one album of each artist and title, so equal titles of one artist are told apart by the id.
    """
    groups = {
        mbid: link
        for link in links
        for row in (*link.pressings, link.row)  # a master that is no row itself has its group at its pressings
        if (mbid := musicbrainz_mbid(row["album_musicbrainz_id"]))
    }
    artists: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    albums: list[dict[str, Any]] = []
    for mbid, link in sorted(groups.items()):
        artist = _artist(link.row["album_artist"])
        title = one_line(link.row["album_title"] or "") or mbid
        title = f"{title} [{mbid}]" if (artist, title) in seen else title
        seen.add((artist, title))
        number = artists.setdefault(artist, len(artists) + 1)
        albums.append({"id": len(albums) + 1, "artistId": number, "title": title, "foreignAlbumId": mbid, "monitored": True})
    return {
        f"{FOLDER}/album": albums,
        f"{FOLDER}/artist": [_entry(artist, number) for artist, number in artists.items()],
        f"{FOLDER}/qualityprofile": [{"id": 1, "name": "Soundtracks"}],
        f"{FOLDER}/tag": [],
        f"{FOLDER}/rootfolder": [],
    }


def _artist(artist: str | None) -> str:
    return VARIOUS_ARTISTS if artist and is_various(artist) else plain_name(artist or "") or "Unknown"


def _entry(artist: str, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "artistName": artist,
        "foreignArtistId": VARIOUS_ARTISTS_ID if artist == VARIOUS_ARTISTS else None,
        "monitored": True,
        "qualityProfileId": 1,
        "rootFolderPath": "",
        "tags": [],
    }
