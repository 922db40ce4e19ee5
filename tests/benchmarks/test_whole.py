"""What the benchmark of the whole makes up is what Discogs' dumps hold, as far as an import reads them."""

import gzip
from pathlib import Path

import pytest

from benchmarks.scale.catalogue import make_catalogue
from benchmarks.whole import dumps
from soundtracks.lake.lake import Lake
from soundtracks.sources.dumps.importer import import_dump

ALBUMS = 200


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dumps, "RECORDS", 50)
    monkeypatch.setattr(dumps, "BLOCKS", 2)


@pytest.mark.usefixtures("small")
@pytest.mark.slow
def test_an_import_keeps_the_film_music_and_nothing_else(tmp_path: Path) -> None:
    albums = make_catalogue(50, ALBUMS, seed=1).albums
    film_music = {row["album_id"]: row for row in albums.to_pylist() if row["genres"] == ["Stage & Screen"]}
    masters, releases = dumps.write_dumps(tmp_path, albums, records=2_000, seed=1)
    assert releases.kept == len(film_music)
    assert masters.kept == len({row["master_id"] for row in film_music.values()} - {None})
    assert masters.records == pytest.approx(2_000 * dumps.MASTERS, abs=50)  # whole blocks
    assert releases.records == pytest.approx(2_000 * (1 - dumps.MASTERS), abs=50)
    lake = Lake(str(tmp_path / "lake"))
    for dump in (masters, releases):
        done = import_dump(lake, dump.path)
        assert (done.records, done.ref.rows, done.quarantined) == (dump.records, dump.kept, 0)
        assert len(gzip.decompress(dump.path.read_bytes())) == pytest.approx(dump.unpacked, abs=100)
        size = dumps.SIZES[dump.path.name.removesuffix("s.xml.gz")]
        assert dump.unpacked / dump.records == pytest.approx(size, rel=0.1)
    for row in lake.read_table(done.ref).to_pylist():
        made = film_music[row["album_id"]]
        assert [row[name] for name in ("title", "artist", "year", "genres", "styles", "formats")] == [
            made[name] or default
            for name, default in (("title", ""), ("artist", ""), ("year", None), ("genres", []), ("styles", []), ("formats", []))
        ]
        assert row["master_id"] == (made["master_id"] and f"master:{made['master_id']}")


@pytest.mark.usefixtures("small")
def test_more_film_music_than_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="more than the whole dump"):
        dumps.write_dumps(tmp_path, make_catalogue(50, ALBUMS, seed=1).albums, records=50, seed=1)
