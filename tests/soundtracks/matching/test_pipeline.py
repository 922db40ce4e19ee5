import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from soundtracks.errors import MatchError
from soundtracks.matching import linking
from soundtracks.matching.blocking import CROWD
from soundtracks.matching.pipeline import _chosen, match, match_files
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.settings import Settings
from tests.soundtracks.matching.conftest import write_catalogue


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`write_catalogue`, and the local engine's links of it."""
    folder = tmp_path_factory.mktemp("catalogue")
    match_files(*write_catalogue(folder), folder / "local.parquet", engine="local")
    return folder


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_each_album_has_its_links_in_order(catalogue: Path) -> None:
    links, albums = pq.read_table(catalogue / "local.parquet"), pq.read_table(catalogue / "albums.parquet")
    assert links.schema == LINKS
    assert set(links["album_id"].to_pylist()) == set(albums["album_id"].to_pylist())
    assert links["album_id"].to_pylist() == linking.with_groups(albums)["album_id"].to_pylist()  # no album of two films here
    accepted = links.filter(pc.equal(links["decision"], "accept"))
    assert len(accepted) > 500
    assert accepted["tmdb_id"].null_count == 0


@pytest.mark.slow
def test_batch_size_and_order_change_no_byte(catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    albums = pq.read_table(catalogue / "albums.parquet")
    pq.write_table(albums.take(pa.array(range(len(albums) - 1, -1, -1))), tmp_path / "turned.parquet")
    monkeypatch.setattr(linking, "BATCH", 37)
    match_files(catalogue / "films.parquet", tmp_path / "turned.parquet", tmp_path / "links.parquet", engine="local")
    assert _sha256(tmp_path / "links.parquet") == _sha256(catalogue / "local.parquet")


def test_films_beyond_a_crowd_are_told(films, albums) -> None:
    crowd = films(*({"title": "Home", "year": 1900 + n % 100} for n in range(CROWD + 25)), {"title": "Elsewhere"})
    two = {"title": "Home (Soundtrack)", "year": 1950}
    table = albums(
        two | {"album_id": "master:1"}, two | {"album_id": "release:2", "master_id": "master:1"}, {"title": "Elsewhere"}
    )
    _, metrics = match(crowd, table, engine="local")
    assert metrics.passed_over == 2 * 25
    assert metrics.shortfall.startswith("At least 50 pairs of an album and a film of its name were not compared")
    _, without = match(crowd.slice(0, CROWD), table, engine="local")
    assert (without.passed_over, without.shortfall) == (0, "")


def test_metrics_count_albums_not_rows(films, albums) -> None:
    two = {"title": "Thelma & Louise / Regarding Henry (The Original Motion Picture Scores)", "artist": "Hans Zimmer"}
    cast = ({"title": title, "year": 1991, "composers": ["Hans Zimmer"]} for title in ("Thelma & Louise", "Regarding Henry"))
    table = albums(two | {"year": 1991, "genres": ["Stage & Screen"], "styles": ["Soundtrack", "Score"]}, {"title": "Else"})
    links, metrics = match(films(*cast), table, engine="local")
    assert links["decision"].to_pylist() == ["accept", "accept", "reject"]
    assert (metrics.albums, metrics.accepted, metrics.review, metrics.rejected) == (2, 1, 0, 1)
    assert metrics.films == 2
    assert metrics.engine == "local"


def test_small_inputs_stay_in_this_process(films, albums) -> None:
    assert match(films({"title": "Home"}), albums({"title": "Home"}))[1].engine == "local"


@pytest.mark.parametrize("column", ["composers", "performers", "composer_aliases", "alternative_titles"])
def test_an_unknown_name_among_a_film_s_is_none(films, albums, column: str) -> None:
    some = albums({"title": "Alien (Original Soundtrack)", "artist": "Jerry Goldsmith", "film_ids": [None, "tt0078748"]})
    known, unknown = (films({"title": "Alien", column: names}) for names in (["Jerry Goldsmith"], [None, "Jerry Goldsmith"]))
    assert match(unknown, some, engine="local")[0].equals(match(known, some, engine="local")[0])


@pytest.mark.parametrize("column", ["film_ids", "artist_aliases", "artist_names", "tracks", "genres", "styles", "formats"])
def test_an_unknown_name_among_an_album_s_is_none(films, albums, column: str) -> None:
    some = films({"title": "Alien", "composers": ["Jerry Goldsmith"], "imdb_id": "tt0078748"})
    known, unknown = (albums({"title": "Alien (OST)", column: names}) for names in (["tt0078748"], [None, "tt0078748"]))
    assert match(some, unknown, engine="local")[0].equals(match(some, known, engine="local")[0])


@pytest.mark.parametrize(
    ("films", "albums", "master", "engine"),
    [
        (100, 1_000, "local[*]", "local"),
        (300_000, 300_000, "local[*]", "local"),  # needs no Java
        (300_000, 300_000, "spark://host:7077", "spark"),
        (100, 1_000, "spark://host:7077", "local"),
        (1_000_000, 20_000_000, "local[*]", "spark"),  # more than the memory here holds
    ],
)
def test_where_auto_matches(films: int, albums: int, master: str, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundtracks.matching.pipeline.available_memory", lambda: 16 << 30)
    assert _chosen(films, albums, Settings(spark_master=master, _env_file=None)) == engine


def test_no_albums_and_no_films_are_no_error(films, albums) -> None:
    links, metrics = match(films({"title": "Home"}), ALBUMS.empty_table())
    assert (len(links), metrics.albums) == (0, 0)
    links, _ = match(FILMS.empty_table(), albums({"title": "Home"}))
    assert links["decision"].to_pylist() == ["reject"]


def test_progress_ends_with_all_albums(catalogue: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    match_files(
        *(catalogue / f"{name}.parquet" for name in ("films", "albums")),
        tmp_path / "links",
        engine="local",
        progress=lambda *args: told.append(args),
    )
    assert told[-1] == ("Linking", 1500, 1500)


def test_a_failed_match_leaves_nothing_behind(catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundtracks.matching.local.engine.link_stream", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        match_files(catalogue / "films.parquet", catalogue / "albums.parquet", tmp_path / "out" / "links.parquet", engine="local")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.spark
def test_spark_makes_the_same_bytes(catalogue: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    metrics = match_files(
        *(catalogue / f"{name}.parquet" for name in ("films", "albums")),
        tmp_path / "links.parquet",
        Settings(spark_master="local[2]", _env_file=None),
        engine="spark",
        progress=lambda *args: told.append(args),
    )
    assert _sha256(tmp_path / "links.parquet") == _sha256(catalogue / "local.parquet")
    assert metrics.engine == "spark"
    assert told[0] == ("Indexing the films, starting Spark", 0, 0)


@pytest.mark.spark
def test_a_worker_that_fails_is_one_line(catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundtracks.matching.spark.engine.linker", lambda *_: _broken)
    settings = Settings(spark_master="local[2]", _env_file=None)
    with pytest.raises(MatchError, match="The match failed in Spark: ValueError: broken on purpose") as error:
        match_files(catalogue / "films.parquet", catalogue / "albums.parquet", tmp_path / "l", settings, engine="spark")
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def _broken(_: object) -> object:
    raise ValueError("broken on purpose")
    yield
