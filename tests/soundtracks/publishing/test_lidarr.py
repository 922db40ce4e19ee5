"""The linked albums as Lidarr imports them: read here as its import list "Lidarr" does (LidarrImport, ImportListBase and
ImportListSyncService of Lidarr 2)."""

import json
from typing import Any

import pyarrow as pa

from soundtracks.lists.read import read_bytes
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.credits import VARIOUS_ARTISTS_ID
from soundtracks.publishing.lidarr import FOLDER, lidarr_files
from soundtracks.publishing.works import album_links
from soundtracks.records import ALBUMS, FILMS, LINKS

GROUPS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(9)]


def files(*albums: tuple[str, str | None, str | None]) -> dict[str, Any]:
    """Of albums with title, artist and release group, as they come over the wire."""
    rows = [
        {"album_id": f"release:{n}", "title": title, "artist": artist, "musicbrainz_id": group}
        for n, (title, artist, group) in enumerate(albums, 1)
    ]
    links = [{"album_id": row["album_id"], "tmdb_id": "78", "decision": "accept"} for row in rows]
    films = pa.Table.from_pylist([{"tmdb_id": "78", "title": "Blade Runner"}], FILMS)
    catalogue = Catalogue(films, pa.Table.from_pylist(rows, ALBUMS), pa.Table.from_pylist(links, LINKS))
    return json.loads(json.dumps(lidarr_files(album_links(catalogue.accepted))))


def imported(served: dict[str, Any]) -> dict[str, str | None]:
    """What Lidarr adds: the album's id -> its artist's; without one it looks the artist up by `lidarr:ALBUM`."""
    artists = {artist["id"]: artist for artist in served[f"{FOLDER}/artist"]}
    assert len(artists) == len(served[f"{FOLDER}/artist"])
    items: dict[tuple[str, str], tuple[str, str | None]] = {}
    for album in served[f"{FOLDER}/album"]:
        artist = artists[album["artistId"]]
        assert all(
            isinstance(artist[name], kind) for name, kind in (("tags", list), ("qualityProfileId", int), ("rootFolderPath", str))
        )
        if album["monitored"] and artist["monitored"]:
            items.setdefault((artist["artistName"], album["title"]), (album["foreignAlbumId"], artist["foreignArtistId"]))
    return dict(items.values())


def test_every_album_with_a_release_group_is_imported_by_it() -> None:
    served = files(
        ("Blade Runner", "Vangelis", GROUPS[1]),
        ("Blade Runner", "Vangelis", GROUPS[2]),
        ("Blade Runner", "Vangelis (2)", GROUPS[3]),
        ("Drive", "Various", GROUPS[4]),
        ("Drive", None, GROUPS[5]),
        ("No Group", "Somebody", None),
        ("No Id", "Somebody", "not-an-id"),
    )
    assert imported(served) == dict.fromkeys((GROUPS[n] for n in (1, 2, 3, 5)), None) | {GROUPS[4]: VARIOUS_ARTISTS_ID}


def test_pressings_of_one_group_are_one_album() -> None:
    assert imported(files(("A", "B", GROUPS[1]), ("A (Deluxe)", "B", GROUPS[1]))) == {GROUPS[1]: None}


def test_a_group_that_only_a_pressing_has() -> None:
    rows = [
        {"album_id": "master:1", "title": "Blade Runner"},
        {"album_id": "release:2", "title": "Blade Runner", "master_id": "1", "musicbrainz_id": GROUPS[1]},
    ]
    links = [{"album_id": row["album_id"], "tmdb_id": "78", "decision": "accept"} for row in rows]
    films = pa.Table.from_pylist([{"tmdb_id": "78", "title": "Blade Runner"}], FILMS)
    catalogue = Catalogue(films, pa.Table.from_pylist(rows, ALBUMS), pa.Table.from_pylist(links, LINKS))
    assert imported(lidarr_files(album_links(catalogue.accepted))) == {GROUPS[1]: None}


def test_nothing_is_a_list_as_well() -> None:
    assert {name: len(content) for name, content in files().items()} == {
        f"{FOLDER}/album": 0,
        f"{FOLDER}/artist": 0,
        f"{FOLDER}/qualityprofile": 1,
        f"{FOLDER}/tag": 0,
        f"{FOLDER}/rootfolder": 0,
    }


def test_the_reader_of_lists_takes_it_for_lidarrs() -> None:
    served = files(("Blade Runner", "Vangelis", GROUPS[1]))
    reading = read_bytes("album.json", json.dumps(served[f"{FOLDER}/album"]).encode(), kind="albums")
    assert reading.exports == {"Lidarr"}
    assert [(album.title, album.mb_group) for album in reading.albums] == [("Blade Runner", GROUPS[1])]
