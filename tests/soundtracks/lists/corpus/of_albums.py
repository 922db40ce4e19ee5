"""Exports of programs and services that keep records."""

import json

from tests.soundtracks.lists.corpus import Case, text

R1 = "00000000-0000-4000-8000-000000000001"
G1 = "00000000-0000-4000-8000-000000000051"

OF_ALBUMS = [
    Case(
        "discogs-collection.csv",
        text(
            "Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,CollectionFolder,Date Added",
            'X,Vangelis (2),Blade Runner,EW,"CD, Album",,1994,1001,All,2020-01-01',
        ),
        albums=[("Blade Runner", "Vangelis", 1994, "discogs:1001")],
    ),
    Case(
        "discogs-inventory.csv",
        text(
            "listing_id,artist,title,label,catno,format,release_id,status,price",
            '5,Vangelis,Blade Runner,EW,X,"CD, Album",1001,For Sale,10.00',
        ),
        albums=[("Blade Runner", "Vangelis", None, "discogs:1001")],
    ),
    Case(
        "discogs-api.json",
        json.dumps(
            {
                "pagination": {"page": 1},
                "releases": [
                    {
                        "id": 1001,
                        "rating": 0,
                        "basic_information": {
                            "id": 1001,
                            "title": "Blade Runner",
                            "year": 1994,
                            "artists": [{"name": "Vangelis", "id": 5}],
                            "formats": [{"name": "CD"}],
                        },
                    }
                ],
            }
        ).encode(),
        albums=[("Blade Runner", "Vangelis", 1994, "discogs:1001")],
    ),
    Case(
        "discogs-xml2db-release.csv",
        text(
            "id,title,released,country,notes,data_quality,main,master_id,status",
            "1001,Blade Runner,1994-06-06,DE,,Correct,1,55,Accepted",
        ),
        albums=[("Blade Runner", None, 1994, "discogs:1001")],
    ),
    Case(
        "beets-albums.csv",
        text("albumartist,album,year,original_year,mb_albumid,mb_releasegroupid", f"Vangelis,Blade Runner,1994,1994,{R1},{G1}"),
        albums=[("Blade Runner", "Vangelis", 1994, f"mb:{R1} group:{G1}")],
    ),
    Case(
        "beets-tracks.csv",
        text(
            "title,artist,album,albumartist,year,track",
            "Main Titles,Vangelis,Blade Runner,Vangelis,1994,1",
            "Blush Response,Vangelis,Blade Runner,Vangelis,1994,2",
        ),
        albums=[("Blade Runner", "Vangelis", 1994, "")],
    ),
    Case(
        "lastfm.csv",
        text(
            "artist,album,track,date",
            "Vangelis,Blade Runner,Main Titles,02 Jan 2020 20:00",
            "Vangelis,Blade Runner,Tears in Rain,02 Jan 2020 20:04",
            "Vangelis,,X,02 Jan 2020 20:04",
        ),
        albums=[("Blade Runner", "Vangelis", None, "")],
    ),
    Case(
        "listenbrainz.jsonl",
        text(
            json.dumps(
                {
                    "listened_at": 1577995440,
                    "track_metadata": {
                        "artist_name": "Vangelis",
                        "track_name": "Main Titles",
                        "release_name": "Blade Runner",
                        "mbid_mapping": {"release_mbid": R1},
                    },
                }
            ),
            json.dumps(
                {
                    "listened_at": 1577995441,
                    "track_metadata": {
                        "artist_name": "Vangelis",
                        "track_name": "Tears",
                        "release_name": "Blade Runner",
                        "mbid_mapping": {"release_mbid": R1},
                    },
                }
            ),
        ),
        albums=[("Blade Runner", "Vangelis", None, f"mb:{R1}")],
    ),
    Case(
        "itunes.txt",
        text(
            "Name\tArtist\tComposer\tAlbum\tGrouping\tGenre\tYear",
            "Main Titles\tVangelis\t\tBlade Runner\t\tSoundtrack\t1994",
            encoding="utf-16",
            end="\r",
        ),
        albums=[("Blade Runner", "Vangelis", 1994, "")],
    ),
    Case(
        "musicbrainz.csv",
        text("gid,name,artist_credit,date,barcode", f"{R1},Blade Runner,Vangelis,1994-06-06,745099657420"),
        albums=[("Blade Runner", "Vangelis", 1994, f"mb:{R1} barcode:745099657420")],
    ),
    Case(
        "musicbrainz-groups.json",
        json.dumps(
            {
                "release-groups": [
                    {
                        "id": G1,
                        "title": "Blade Runner",
                        "first-release-date": "1994-06-06",
                        "primary-type": "Album",
                        "artist-credit": [{"name": "Vangelis", "joinphrase": ""}],
                    }
                ],
                "release-group-count": 1,
            }
        ).encode(),
        albums=[("Blade Runner", "Vangelis", 1994, f"group:{G1}")],
    ),
    Case(
        "spotify-library.json",
        json.dumps(
            {
                "tracks": [{"artist": "Vangelis", "album": "Blade Runner", "track": "Main Titles", "uri": "spotify:track:x"}],
                "albums": [{"artist": "Air", "album": "The Virgin Suicides", "uri": "spotify:album:x"}],
            }
        ).encode(),
        albums=[("Blade Runner", "Vangelis", None, ""), ("The Virgin Suicides", "Air", None, "")],
    ),
    Case(
        "clz-music.csv",
        text("Artist,Title,Release Year,Label,Format,Barcode", "Vangelis,Blade Runner,1994,EastWest,CD,745099657420"),
        albums=[("Blade Runner", "Vangelis", 1994, "barcode:745099657420")],
    ),
    Case(
        "plain-albums.csv",
        text("Artist;Album;Year", "Vangelis;Blade Runner;1994"),
        albums=[("Blade Runner", "Vangelis", 1994, "")],
    ),
]
