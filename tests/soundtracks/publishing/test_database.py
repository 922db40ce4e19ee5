"""links.sqlite checked by SQLite itself and by Datasette."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.database import TABLES, write_datasette_metadata, write_sqlite
from soundtracks.publishing.options import Options
from soundtracks.records import FILMS, LINKS


@pytest.fixture
def path(catalogue: Catalogue, tmp_path: Path) -> Path:
    path = tmp_path / "links.sqlite"
    path.write_bytes(write_sqlite(catalogue, Options()))
    return path


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def test_integrity(db: sqlite3.Connection) -> None:
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    for table in ("films", "albums"):
        db.execute(f"INSERT INTO {table}_fts ({table}_fts, rank) VALUES ('integrity-check', 1)")


def test_tables_and_views_are_described(db: sqlite3.Connection) -> None:
    names = {n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    own = {n for n in names if "_fts" not in n and not n.startswith("sqlite_")}
    assert own == set(TABLES)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT album_id, film_title, decided_by FROM accepted WHERE tmdb_id = '348'", [("master:1", "Alien", "model")]),
        ("SELECT film_title FROM decided_by_people", [("Amélie",)]),
        ("SELECT count(*) FROM review_queue", [(0,)]),
        ("SELECT tmdb_id FROM unmatched_films", [("9",)]),
        ("SELECT album_id FROM unmatched_albums", [("release:3",), ("release:5",)]),
        ("SELECT title, listed FROM films WHERE tmdb_id = '999'", [(None, 0)]),
        (
            "SELECT name, value, level, weight FROM evidence ORDER BY position",
            [("title", "alien", "equal", 8.25), ("year", "0", "same year", 1.5), ("composer", None, "unknown", 0.0)],
        ),
        ("SELECT links, mean_weight, accepted FROM evidence_summary WHERE name = 'title'", [(1, 8.25, 1)]),
        ("SELECT composers, alternative_titles FROM films WHERE tmdb_id = '348'",
         [('["Jerry Goldsmith"]', '["Alien - Das unheimliche Wesen", "エイリアン"]')]),
        ("SELECT first_year, url FROM albums WHERE album_id = 'master:1'", [(1979, "https://www.discogs.com/master/1")]),
        ("SELECT notice FROM notices WHERE position = 1", [("Data provided by Discogs. https://www.discogs.com",)]),
    ],
)  # fmt: skip
def test_queries(db: sqlite3.Connection, sql: str, rows: list[tuple[object, ...]]) -> None:
    assert db.execute(sql).fetchall() == rows


def test_rivals_have_their_names_and_lack_no_album(catalogue: Catalogue, tmp_path: Path) -> None:
    """Rivals are the film that an album fits better, and a runner-up; the third no link names."""
    rivals = [{"tmdb_id": i, "title": f"Rival {i}", "year": 1999, "listed": False} for i in ("70", "999", "71")]
    links = [
        {"album_id": "master:1", "tmdb_id": "348", "decision": "review", "runner_up_tmdb_id": "999"},
        {"album_id": "release:4", "tmdb_id": "70", "decision": "accept"},
        {"album_id": "release:3", "tmdb_id": "1000", "decision": "reject"},
    ]
    films = pa.concat_tables([catalogue.films, pa.Table.from_pylist(rivals, FILMS)])
    path = tmp_path / "links.sqlite"
    path.write_bytes(write_sqlite(Catalogue(films, catalogue.albums, pa.Table.from_pylist(links, LINKS)), Options()))
    with closing(sqlite3.connect(path)) as db:
        test_integrity(db)
        assert db.execute("SELECT tmdb_id, title, year FROM films WHERE NOT listed ORDER BY tmdb_id").fetchall() == [
            ("1000", None, None), ("70", "Rival 70", 1999), ("999", "Rival 999", 1999)
        ]  # fmt: skip
        assert db.execute("SELECT runner_up_title, runner_up_year FROM review_queue").fetchall() == [("Rival 999", 1999)]
        assert db.execute("SELECT tmdb_id FROM unmatched_films ORDER BY tmdb_id").fetchall() == [
            ("10",),
            ("194",),
            ("348",),
            ("9",),
        ]


@pytest.mark.parametrize(("words", "titles"), [("amelie", ["Amélie"]), ("エイリアン", ["Alien"]), ("unheimliche", ["Alien"])])
def test_search_finds_any_name_without_accents(db: sqlite3.Connection, words: str, titles: list[str]) -> None:
    sql = "SELECT title FROM films WHERE rowid IN (SELECT rowid FROM films_fts WHERE films_fts MATCH ?)"
    assert [t for (t,) in db.execute(sql, [words])] == titles


def test_search_still_works_after_vacuum(db: sqlite3.Connection) -> None:
    db.execute("VACUUM")
    test_search_finds_any_name_without_accents(db, "amelie", ["Amélie"])


def test_foreign_keys_are_enforced(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO links (album_id, decision, decided_by) VALUES ('nowhere', 'accept', 'model')")


def test_same_catalogue_same_bytes(catalogue: Catalogue, path: Path) -> None:
    assert write_sqlite(catalogue, Options()) == path.read_bytes()


def test_nothing_found(empty: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "links.sqlite").write_bytes(write_sqlite(empty, Options()))
    with closing(sqlite3.connect(tmp_path / "links.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM accepted").fetchall() == [(0,)]


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)
@pytest.mark.slow
def test_datasette_shows_it(catalogue: Catalogue, path: Path) -> None:
    from datasette.app import Datasette

    metadata = json.loads(write_datasette_metadata(catalogue, Options()))

    async def visit() -> dict[str, str]:
        datasette = Datasette([str(path)], metadata=metadata)
        await datasette.invoke_startup()
        pages = (
            "/links",
            "/links/accepted",
            "/links/films/348",
            "/links/links",
            "/links/films?_search=amelie",
            "/links/search?words=alien",
        )
        answers = {page: await datasette.client.get(page) for page in pages}
        assert {page: a.status_code for page, a in answers.items()} == dict.fromkeys(pages, 200)
        return {page: a.text for page, a in answers.items()}

    shown = asyncio.run(visit())
    assert "Data provided by Discogs." in shown["/links"]
    assert TABLES["review_queue"] == metadata["databases"]["links"]["tables"]["review_queue"]["description"]
    assert TABLES["accepted"] in shown["/links/accepted"]
    assert "<script>alert" not in shown["/links/accepted"]
    assert "Le Fabuleux Destin" in shown["/links/films?_search=amelie"]
    assert "Alien" not in shown["/links/films?_search=amelie"].split("<tbody>")[1]
    assert "Original Soundtrack" in shown["/links/search?words=alien"]
