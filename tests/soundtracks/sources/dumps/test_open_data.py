"""MusicBrainz' and Wikidata's dumps: every real format, damaged and hostile ones, and what becomes of their ids."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from soundtracks.errors import BadDump
from soundtracks.lake.lake import Lake
from soundtracks.records import ALBUMS, FILMS
from soundtracks.sources.dumps import ids, importer, stream
from soundtracks.sources.dumps.importer import Imported, import_dump
from soundtracks.sources.dumps.known_ids import KnownIds
from tests.soundtracks.sources.dumps import open_data
from tests.soundtracks.sources.dumps.open_data import (
    ALIEN,
    BLADE_ALBUM,
    BLADE_GROUP,
    BLADE_RUNNER,
    GROUPS,
    TITANIC,
    TITANIC_ALBUM,
    musicbrainz_dump,
    relation,
    release_group,
    uri,
)

MBID = "0a1b2c3d-0000-4000-8000-00000000000{}"


def brought(lake: Lake, folder: Path, name: str, data: bytes) -> Imported:
    path = folder / name
    path.write_bytes(data)
    return import_dump(lake, path)


def rows_of(lake: Lake, done: Imported) -> dict[str, dict[str, Any]]:
    key = done.kind.schema.names[0]
    return {
        row[key]: {k: v for k, v in row.items() if v is not None and k != key} for row in lake.read_table(done.ref).to_pylist()
    }


# MusicBrainz ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["release-group.tar.xz", "release-group.tar"])
@pytest.mark.slow
def test_release_groups(lake: Lake, tmp_path: Path, name: str) -> None:
    done = import_dump(lake, musicbrainz_dump(tmp_path, name=name))
    assert (done.records, done.ref.rows, done.quarantined) == (5, 4, 0)
    assert done.ref.dataset == "silver/musicbrainz-release-groups"
    assert rows_of(lake, done)[BLADE_GROUP] == {
        "title": "Blade Runner",
        "artist": "Vangelis",
        "year": 1994,
        "discogs_ids": ["master:3575"],
        "imdb_ids": ["tt0083658"],
        "wikidata_id": BLADE_ALBUM,
    }


@pytest.mark.parametrize(
    ("group", "kept"),
    [
        (release_group(MBID.format(1), "Heat"), True),
        (release_group(MBID.format(1), "Heat", **{"secondary-types": []}), False),
        (release_group(MBID.format(1), "Heat (Original Soundtrack)", **{"secondary-types": []}), True),
        (release_group(MBID.format(1), "映画「羅生門」オリジナル・サウンドトラック", **{"secondary-types": []}), True),
        (
            release_group(
                MBID.format(1), "Heat", relation("IMDb", "https://www.imdb.com/title/tt0113277/"), **{"secondary-types": []}
            ),
            True,
        ),
        (
            release_group(
                MBID.format(1), "Heat", relation("discogs", "https://www.discogs.com/master/1"), **{"secondary-types": []}
            ),
            False,
        ),
        (release_group(MBID.format(1), "Heat", **{"secondary-types": None, "relations": None, "artist-credit": None}), False),
    ],
)
@pytest.mark.slow
def test_what_is_film_music_is_kept(lake: Lake, tmp_path: Path, group: dict[str, Any], kept: bool) -> None:
    done = import_dump(lake, musicbrainz_dump(tmp_path, [GROUPS[0], group]))
    assert done.ref.rows == 1 + kept


@pytest.mark.slow
def test_lines_that_cannot_be_read_are_set_aside(lake: Lake, tmp_path: Path) -> None:
    broken = [
        '{"title": "Soundtrack"',
        {"id": "no uuid", "title": "Soundtrack"},
        release_group(MBID.format(2), " "),
        '["Soundtrack"]',
    ]
    deep = '{"id": "Soundtrack", "x": ' + "[" * 100_000
    done = import_dump(lake, musicbrainz_dump(tmp_path, [*GROUPS, *broken, deep]))
    assert (done.ref.rows, done.quarantined) == (4, 5)


def test_an_archive_of_another_kind(lake: Lake, tmp_path: Path) -> None:
    artist = {"id": MBID.format(1), "name": "Vangelis", "relations": []}
    with pytest.raises(BadDump, match="another of MusicBrainz"):
        import_dump(lake, musicbrainz_dump(tmp_path, [artist]))
    path = musicbrainz_dump(tmp_path, name="x.tar")
    path.write_bytes(path.read_bytes().replace(b"mbdump/release-group", b"others/release-group"))
    with pytest.raises(BadDump):  # the header's checksum is not right either
        import_dump(lake, path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.96])
@pytest.mark.parametrize("name", ["r.tar.xz", "r.tar"])
@pytest.mark.slow
def test_an_archive_that_ends_too_early_publishes_nothing(lake: Lake, tmp_path: Path, name: str, share: float) -> None:
    many = [release_group(f"0a1b2c3d-0000-4000-8000-{n:012d}", f"Film {n} (Soundtrack)") for n in range(300)]
    path = musicbrainz_dump(tmp_path, many, name)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadDump):
        import_dump(lake, path)
    assert lake.current("silver/musicbrainz-release-groups") is None
    path.write_bytes(whole)
    assert import_dump(lake, path).ref.rows == 300


def test_an_import_in_small_steps_gives_the_same(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = musicbrainz_dump(tmp_path)
    before = import_dump(lake, path).ref.version
    monkeypatch.setattr(importer, "ROWS_A_PART", 1)
    monkeypatch.setattr(stream, "_READ", 64)
    monkeypatch.setattr(stream, "_PIECE", 700)
    assert import_dump(lake, path).ref.version == before


def test_xz_may_not_ask_for_any_memory(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_MEMORY", 1 << 16)
    with pytest.raises(BadDump, match="damaged"):
        import_dump(lake, musicbrainz_dump(tmp_path))


# Wikidata ------------------------------------------------------------------------------------------------------------------

RESULTS = {
    "sparql.json": open_data.service_json,
    "query.json": open_data.page_json,
    "query.csv": open_data.page_csv,
    "query.tsv": open_data.service_tsv,
}
BLADE = {
    "title": "Blade Runner",
    "labels": ["Blade Runner", "ブレードランナー"],
    "year": 1982,
    "composers": ["Vangelis"],
    "composer_ids": ["Q179497"],
    "tmdb_id": "78",
    "imdb_ids": ["tt0083658"],
    "soundtracks": [BLADE_ALBUM],
}
FOUND = {
    BLADE_RUNNER: BLADE,
    TITANIC: {
        "title": "Titanic",
        "labels": ["Titanic", "Титаник"],
        "year": 1997,
        "tmdb_id": "597",
        "imdb_ids": ["tt0120338"],
        "soundtracks": [TITANIC_ALBUM],
    },
    ALIEN: {"tmdb_id": "348", "imdb_ids": ["tt0078748"]},
    BLADE_ALBUM: {"title": "Blade Runner", "labels": ["Blade Runner"], "discogs_ids": ["master:3575"]},
    TITANIC_ALBUM: {"discogs_ids": ["master:42"]},
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.slow
def test_query_results(lake: Lake, tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    done = brought(lake, tmp_path, name, pack(RESULTS[name]()))
    assert (done.ref.dataset, done.records, done.quarantined) == ("silver/wikidata-items", 5, 0)
    assert rows_of(lake, done) == FOUND


@pytest.mark.parametrize("piece", [1, 7, 100])
@pytest.mark.parametrize("name", [*RESULTS, "truthy.nt"])
@pytest.mark.slow
def test_pieces_may_cut_anywhere(lake: Lake, tmp_path: Path, name: str, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (RESULTS | {"truthy.nt": open_data.truthy})[name]()
    before = brought(lake, tmp_path, name, data)
    monkeypatch.setattr(stream, "_READ", piece)
    monkeypatch.setattr(importer, "ROWS_A_PART", 2)
    assert brought(lake, tmp_path, name, data).ref.version == before.ref.version


def test_statements(lake: Lake, tmp_path: Path) -> None:
    done = brought(lake, tmp_path, "truthy.nt.bz2", bz2.compress(open_data.truthy()))
    found = rows_of(lake, done)
    assert found.pop("Q179497") == {"title": "Vangelis", "labels": ["Vangelis"]}
    names = {"composers": None, "labels": ["Blade Runner", "ブレードランナー"]}
    assert found[BLADE_RUNNER] == {k: v for k, v in (BLADE | names).items() if v}
    assert found[TITANIC]["title"] == "Titanic"
    assert found[TITANIC]["labels"] == ["Titanic", "Титаник"]
    assert found.keys() == FOUND.keys()


def test_imports_add_up_and_the_last_word_counts(lake: Lake, tmp_path: Path) -> None:
    brought(lake, tmp_path, "films.csv", b"film,filmLabel,tmdb,imdb\nhttp://www.wikidata.org/entity/Q1,Heat,949,tt0113277\n")
    brought(lake, tmp_path, "albums.csv", b"album,master\nhttp://www.wikidata.org/entity/Q2,55\n")
    done = brought(lake, tmp_path, "again.csv", b"film,filmLabel,tmdb\nQ1,Hitze,950\n")
    assert rows_of(lake, done) == {
        "Q1": {"title": "Hitze", "labels": ["Hitze", "Heat"], "tmdb_id": "950", "imdb_ids": ["tt0113277"]},
        "Q2": {"discogs_ids": ["master:55"]},
    }


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"head": {"vars": ["film"]}, "results": {"bindings": []}}', "without rows"),
        (b"[]", "without rows"),
        (b'[{"name": "Heat", "tmdb": "949"}]', "without a column for the item"),
        (b'[{"film": "Q1", "height": "3"}]', "without a column for the item"),
        (b'[{"film": "Q1", "tmdb": "78"}, {"film": "Q2"', "has no end"),
        (open_data.service_json()[:-40], "has no end"),
        (b"title,year\nHeat,1995\n", "no dump that can be read"),
        (b"", "no dump that can be read"),
    ],
)
def test_results_that_cannot_be_used(lake: Lake, tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(BadDump, match=says):
        brought(lake, tmp_path, "x", data)
    assert lake.current("silver/wikidata-items") is None


def test_rows_that_cannot_be_read_are_set_aside(lake: Lake, tmp_path: Path) -> None:
    data = b"item,itemLabel,tmdb\nQ1,Heat,949\n_:b0,x,1\nQ3,a,b,c\n,,\nQ4,Q4,nm1\n"
    done = brought(lake, tmp_path, "x.csv", data)
    assert done.quarantined == 2
    assert rows_of(lake, done) == {"Q1": {"title": "Heat", "labels": ["Heat"], "tmdb_id": "949"}, "Q4": {}}


def test_a_quoted_cell_may_hold_a_line_break(lake: Lake, tmp_path: Path) -> None:
    done = brought(lake, tmp_path, "x.csv", b'item,itemLabel,tmdb\nQ1,"One\nTwo, ""Three""",1\nQ2,Four,2\n')
    assert {key: row["title"] for key, row in rows_of(lake, done).items()} == {"Q1": 'One\nTwo, "Three"', "Q2": "Four"}


@pytest.mark.parametrize(
    ("read", "given", "expected"),
    [
        (ids.discogs_of, "https://www.discogs.com/master/3575", "master:3575"),
        (ids.discogs_of, "https://www.discogs.com/release/5-Vangelis-Blade-Runner", "release:5"),
        (ids.discogs_of, "http://www.discogs.com/Vangelis-Blade-Runner/master/3575", "master:3575"),
        (ids.discogs_of, "https://www.discogs.com/de/master/3575", "master:3575"),
        (ids.discogs_of, "https://www.discogs.com/artist/5", None),
        (ids.discogs_of, "https://www.discogs.com/master/0", None),
        (ids.discogs_of, "https://evil.example/https://www.discogs.com/master/1", None),
        (ids.imdb_of, "https://www.imdb.com/title/tt0083658/", "tt0083658"),
        (ids.imdb_of, "https://www.imdb.com/name/nm0000185/", None),
        (ids.wikidata_of, "http://www.wikidata.org/entity/Q5", "Q5"),
        (ids.wikidata_of, "https://www.wikidata.org/wiki/Property:P5", None),
        (ids.imdb_title, "nm0000185", None),
        (ids.mbid, "0A1B2C3D-0000-4000-8000-000000000078", BLADE_GROUP),
        (ids.mbid, "0a1b2c3d", None),
        (ids.year, "1982-06-25T00:00:00Z", 1982),
        (ids.year, "+1982-00-00", 1982),
        (ids.year, "-0044-01-01T00:00:00Z", None),
        (ids.year, "t1234567", None),  # the service's unknown value
    ],
)
def test_ids(read: Callable[[str], Any], given: str, expected: Any) -> None:
    assert read(given) == expected


# What is known of films and albums -------------------------------------------------------------------------------------------


@pytest.fixture
def known(lake: Lake, tmp_path: Path) -> KnownIds:
    import_dump(lake, musicbrainz_dump(tmp_path))
    brought(lake, tmp_path, "query.json", open_data.page_json())
    return KnownIds.from_lake(lake)


def on_albums(known: KnownIds, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    names = ("film_ids", "musicbrainz_id", "wikidata_id", "musicbrainz_has", "wikidata_has")
    table = known.on_albums(pa.Table.from_pylist(list(rows), ALBUMS))
    return [{name: row[name] for name in names if row[name]} for row in table.to_pylist()]


def test_an_album_is_known_by_its_own_id_or_its_masters(known: KnownIds) -> None:
    of_blade_runner = {
        "film_ids": [BLADE_RUNNER, "tt0083658"],
        "musicbrainz_id": BLADE_GROUP,
        "wikidata_id": BLADE_ALBUM,
        "musicbrainz_has": [BLADE_ALBUM, "master:3575", "tt0083658"],
        "wikidata_has": [BLADE_RUNNER, "master:3575"],
    }
    pressing = {"album_id": "release:9", "master_id": "master:3575"}
    assert on_albums(known, {"album_id": "master:3575"}, pressing, {"album_id": "master:1"}) == [
        of_blade_runner,
        of_blade_runner,
        {},
    ]


def test_one_catalogue_leads_on_to_the_other(known: KnownIds) -> None:
    group = GROUPS[1]["id"]
    by_item, by_release = on_albums(known, {"album_id": "master:42"}, {"album_id": "release:777"})
    assert by_item == by_release
    assert by_item == {
        "film_ids": [TITANIC],
        "musicbrainz_id": group,
        "wikidata_id": TITANIC_ALBUM,
        "musicbrainz_has": [TITANIC_ALBUM, "release:777"],
        "wikidata_has": [TITANIC, "master:42"],
    }


def test_two_release_groups_of_one_master_are_no_id_but_name_the_film(known: KnownIds) -> None:
    assert on_albums(known, {"album_id": "master:900"}) == [{"film_ids": ["tt0078748"]}]


def test_what_a_table_says_itself_stays(known: KnownIds) -> None:
    own = {"album_id": "master:3575", "musicbrainz_id": "mine", "film_ids": ["tt1"]}
    (row,) = on_albums(known, own)
    assert (row["musicbrainz_id"], row["film_ids"], row["wikidata_id"]) == ("mine", ["tt1"], BLADE_ALBUM)


def test_films_get_the_ids_that_they_lack(known: KnownIds) -> None:
    films = [
        {"tmdb_id": "78"},
        {"tmdb_id": "tt0120338", "imdb_id": "tt0120338"},
        {"tmdb_id": "5", "wikidata_id": ALIEN},
        {"tmdb_id": "6"},
    ]
    found = known.on_films(pa.Table.from_pylist(films, FILMS)).to_pylist()
    assert [(row["imdb_id"], row["wikidata_id"]) for row in found] == [
        ("tt0083658", BLADE_RUNNER),
        ("tt0120338", TITANIC),
        ("tt0078748", ALIEN),
        (None, None),
    ]


def test_an_id_that_two_items_claim_tells_nothing(lake: Lake, tmp_path: Path) -> None:
    rows = [{"film": uri(f"Q{n}"), "tmdb": {"type": "literal", "value": "78"}} for n in (1, 2)]
    brought(lake, tmp_path, "x.json", json.dumps({"head": {}, "results": {"bindings": rows}}).encode())
    films = KnownIds.from_lake(lake).on_films(pa.Table.from_pylist([{"tmdb_id": "78"}], FILMS))
    assert films["wikidata_id"].to_pylist() == [None]


def test_nothing_imported_changes_nothing(lake: Lake) -> None:
    albums, films = pa.Table.from_pylist([{"album_id": "master:1"}], ALBUMS), pa.Table.from_pylist([{"tmdb_id": "1"}], FILMS)
    known = KnownIds.from_lake(lake)
    assert known.on_albums(albums).equals(albums)
    assert known.on_films(films).equals(films)
