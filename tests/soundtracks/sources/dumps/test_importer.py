"""Whole imports: every kind, damaged files, kills, checksums, the real samples."""

import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soundtracks.errors import BadDump, LakeError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.records import ALBUMS, FILMS
from soundtracks.sources.dumps import importer, stream
from soundtracks.sources.dumps.dump_kinds import recognise
from soundtracks.sources.dumps.importer import import_dump


def master(number: int, title: str = "Heat (Soundtrack)") -> str:
    return f'<master id="{number}"><title>{title}</title><year>1995</year></master>\n'


def dump(path: Path, records: str, root: str = "masters") -> Path:
    path.write_bytes(gzip.compress(f"<{root}>\n{records}</{root}>\n".encode()))
    return path


def films(*entries: Any) -> bytes:
    return "".join(json.dumps(e) + "\n" for e in entries).encode()


ALIEN = {"adult": False, "id": 348, "original_title": "Alien", "popularity": 62.5, "video": False}


def test_masters(lake: Lake, tmp_path: Path) -> None:
    path = dump(tmp_path / "any_name.gz", master(1) + master(2, "The Wall") + master(3) + master(1))
    seen: list[tuple[int, int]] = []
    done = import_dump(lake, path, progress=lambda position, size: seen.append((position, size)))
    assert (done.records, done.ref.rows, done.ref.dataset) == (4, 2, "silver/albums-dump-masters")
    table = lake.read_table(done.ref)
    assert table.schema.equals(ALBUMS)
    assert table["album_id"].to_pylist() == ["master:1", "master:3"]
    assert lake.current("silver/albums-dump-masters") == done.ref
    assert lake.list("raw") == []
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


def test_films(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "movie_ids.json.gz"
    path.write_bytes(
        gzip.compress(films(ALIEN, ALIEN | {"id": 5, "video": True}, ALIEN | {"id": 6, "original_title": " 羅生門 "}))
    )
    done = import_dump(lake, path)
    table = lake.read_table(done.ref)
    assert table.schema.equals(FILMS)
    assert [(r["tmdb_id"], r["title"], r["popularity"], r["year"]) for r in table.to_pylist()] == [
        ("348", "Alien", 62.5, None),
        ("6", "羅生門", 62.5, None),
    ]


def test_what_cannot_be_read_goes_to_quarantine(lake: Lake, tmp_path: Path) -> None:
    path = dump(tmp_path / "m.gz", master(1) + master(2, "Soundtrack &xxe;") + master(3, "Soundtrack </b>") + master(4))
    done = import_dump(lake, path)
    assert (done.ref.rows, done.quarantined) == (2, 2)
    (entry,) = lake.list("quarantine")
    assert entry.name.startswith("quarantine/albums-dump-masters/")
    rows = pq.read_table(pa.BufferReader(lake.read_bytes(entry.name))).to_pylist()
    assert [r["reason"].split(":")[1].strip() for r in rows] == ["undefined entity", "mismatched tag"]
    assert 'id=\\"2\\"' in rows[0]["row"]


def test_lines_of_json_that_cannot_be_read(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "movie_ids.json"
    wrong = [
        [],
        {"id": "7", "original_title": "x"},
        {"id": True, "original_title": "x"},
        {"id": 8},
        {"id": 9, "original_title": " "},
    ]
    path.write_bytes(films(ALIEN, *wrong) + b"\n{broken\n")
    done = import_dump(lake, path)
    assert (done.ref.rows, done.quarantined) == (1, 6)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no dump that can be read"),
        (b"hello", "no dump that can be read"),
        (b"<html><body>404</body></html>", "no dump that can be read"),
        (b"<labels><label/></labels>", "Discogs' dump of labels"),
        (b'{"id": 1, "name": "A person"}\n', "not a list of films"),
        (b"{broken\n", "not a list of films"),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_other_files_are_refused(tmp_path: Path, content: bytes, message: str, packed: bool) -> None:
    path = tmp_path / "discogs_20261101_masters.xml.gz"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(BadDump, match=message) as caught:
        recognise(path)
    assert caught.value.exit_code == 2


@pytest.mark.slow
def test_a_truncated_file_is_told_and_what_was_read_is_kept_unpublished(lake: Lake, tmp_path: Path) -> None:
    records = "".join(master(i, f"Soundtrack {hashlib.sha256(str(i).encode()).hexdigest()}") for i in range(20_000))
    path = dump(tmp_path / "m.gz", records)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadDump, match="ends too early"):
        import_dump(lake, path)
    assert lake.current("silver/albums-dump-masters") is None
    (folder,) = {entry.name.rpartition("/")[0] for entry in lake.list("raw/dumps")}
    assert 5_000 < lake.read_json(f"{folder}/progress.json")["kept"] < 15_000


def test_an_unpacked_file_that_is_cut_off_is_continued_with_the_whole(lake: Lake, tmp_path: Path) -> None:
    path, records = tmp_path / "masters.xml", [master(n) for n in range(100)]
    read = "<masters>" + "".join(records[:99])
    path.write_text(read + records[99][:20])
    with pytest.raises(BadDump, match=r"ends without </masters>.*what was read is kept, but not published"):
        import_dump(lake, path)
    assert lake.current("silver/albums-dump-masters") is None
    assert [entry.name.rpartition("/")[2] for entry in lake.list("raw/dumps")] == [
        "part-00000.parquet",
        "part-00000.quarantine.parquet",
        "progress.json",
    ]
    path.write_text("<masters>" + "".join(records) + "</masters>")
    done = import_dump(lake, path)
    assert (done.resumed, done.records, done.ref.rows) == (len(read) - 1, 100, 100)


@pytest.mark.parametrize("byte", [60_000, -6])
def test_a_damaged_file_is_told(lake: Lake, tmp_path: Path, byte: int) -> None:
    records = "".join(master(i, f"Soundtrack {hashlib.sha256(str(i).encode()).hexdigest()}") for i in range(5_000))
    path = dump(tmp_path / "m.gz", records)
    data = bytearray(path.read_bytes())
    data[byte] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(BadDump, match="is damaged"):
        import_dump(lake, path)
    assert lake.current("silver/albums-dump-masters") is None


def test_gzip_members_and_padding(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "m.gz"
    path.write_bytes(
        gzip.compress(b"<masters>" + master(1).encode()) + gzip.compress(master(2).encode() + b"</masters>") + b"\0" * 512
    )
    assert import_dump(lake, path).ref.rows == 2


@pytest.mark.parametrize("beside", [True, False])
def test_checksum(lake: Lake, tmp_path: Path, beside: bool) -> None:
    path = dump(tmp_path / "discogs_20261101_masters.xml.gz", master(1))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sums = tmp_path / ("discogs_20261101_CHECKSUM.txt" if beside else "sums.txt")
    sums.write_text(f"{'0' * 64} *discogs_20261101_labels.xml.gz\n{digest} *{path.name}\n")
    assert import_dump(lake, path, None if beside else sums).checked


def test_wrong_checksum(lake: Lake, tmp_path: Path) -> None:
    path = dump(tmp_path / "m.gz", master(1))
    (tmp_path / "CHECKSUM.txt").write_text(f"{'0' * 64} *m.gz\n")
    with pytest.raises(BadDump, match="not what its checksum says"):
        import_dump(lake, path)
    assert lake.current("silver/albums-dump-masters") is None
    assert lake.list("raw") == []


def test_checksum_file_of_another_month(lake: Lake, tmp_path: Path) -> None:
    path = dump(tmp_path / "m.gz", master(1))
    (tmp_path / "sums").write_text(f"{'0' * 64} *other.gz\n")
    with pytest.raises(BadDump, match=r"sums has no SHA-256 for m\.gz"):
        import_dump(lake, path, tmp_path / "sums")


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dump that takes eleven parts."""
    monkeypatch.setattr(importer, "ROWS_A_PART", 10)
    monkeypatch.setattr(importer, "ROWS_A_GROUP", 25)
    return dump(tmp_path / "m.gz", "".join(master(i, f"Soundtrack {i}") + master(1000 + i, "The Wall") for i in range(105)))


@pytest.mark.slow
@pytest.mark.parametrize("dies_at", [1, 2, 3, 7, 20, 33])
@pytest.mark.parametrize("how", [KeyboardInterrupt, LakeError("disk full")])
def test_a_killed_import_continues_and_gives_the_same_bytes(
    tmp_path: Path, long: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int, how: Any
) -> None:
    whole = import_dump(Lake(str(tmp_path / "whole")), long)
    lake, write, calls = Lake(str(tmp_path / "killed")), Lake.write_bytes, 0

    def dying(self: Lake, name: str, data: bytes) -> None:
        nonlocal calls
        calls += 1
        if calls >= dies_at:
            raise how
        write(self, name, data)

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "write_bytes", dying)
        with pytest.raises((KeyboardInterrupt, LakeError)):
            import_dump(lake, long)
    assert lake.current("silver/albums-dump-masters") is None
    done = import_dump(lake, long)
    assert (done.resumed > 0) is (dies_at > 3)
    assert done.ref == whole.ref
    assert done.records == whole.records == 210
    assert done.ref.rows == 105


def test_same_dump_same_version(lake: Lake, long: Path) -> None:
    assert import_dump(lake, long).ref == import_dump(lake, long).ref


@pytest.mark.parametrize(("kind", "rows"), [("masters", 33), ("releases", 38)])
@pytest.mark.slow
def test_real_samples(lake: Lake, shared_data: Path, kind: str, rows: int) -> None:
    done = import_dump(lake, shared_data / "discogs_dump" / f"discogs_20200806_{kind}.xml.gz")
    assert (done.records, done.ref.rows, done.quarantined) == (1000, rows, 0)
    table = lake.read_table(done.ref)
    assert table["title"].null_count == 0
    assert table["first_year"].null_count == (rows if kind == "releases" else table["year"].null_count)
    assert (table["master_id"].null_count < rows) is (kind == "releases")


class Killed(BaseException):
    """The process ends here."""


def noisy(count: int) -> str:
    """Masters whose bytes hardly pack, so that a damaged byte is a damaged title."""
    return "".join(master(i, f"Soundtrack {hashlib.sha256(str(i).encode()).hexdigest()}") for i in range(count))


def titles(lake: Lake, ref: DatasetRef) -> list[str]:
    return lake.read_table(ref)["title"].to_pylist()


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.02, 0.25, 0.5, 0.75, 0.97, 0.999])
@pytest.mark.parametrize("killed", [False, True])
def test_nothing_of_a_damaged_copy_survives_a_good_one(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float, killed: bool
) -> None:
    """Damage anywhere, met or (killed) not met yet when the good copy comes: the same as if it had been there at once."""
    monkeypatch.setattr(importer, "ROWS_A_PART", 50)
    monkeypatch.setattr(stream, "_READ", 1 << 14)
    path = dump(tmp_path / "m.gz", noisy(1_500))
    good = path.read_bytes()
    bad = bytearray(good)
    bad[int(len(bad) * share)] ^= 0x5A
    path.write_bytes(bad)

    def kill(position: int, size: int) -> None:
        if killed and position >= size * min(share + 0.1, 1):
            raise Killed

    with pytest.raises((BadDump, Killed)):
        import_dump(lake, path, progress=kill)
    for entry in lake.list("raw/dumps"):  # where the damage changed the file's name, it is cleared away after a day
        os.utime(lake.path(entry.name), (0, 0))
    path.write_bytes(good)
    (tmp_path / "CHECKSUM.txt").write_text(f"{hashlib.sha256(good).hexdigest()} *m.gz\n")
    imported = import_dump(lake, path)
    assert (imported.resumed, imported.quarantined, imported.checked) == (0, 0, True)
    assert titles(lake, imported.ref) == [f"Soundtrack {hashlib.sha256(str(i).encode()).hexdigest()}" for i in range(1_500)]
    assert lake.list("raw/dumps") == []


@pytest.mark.slow
def test_a_download_that_goes_on_is_continued(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "ROWS_A_PART", 50)
    path = dump(tmp_path / "m.gz", noisy(1_500))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadDump, match=r"ends too early.*Go on with the download"):
        import_dump(lake, path)
    path.write_bytes(whole)
    imported = import_dump(lake, path)
    assert imported.resumed > 0
    assert len(set(titles(lake, imported.ref))) == imported.ref.rows == 1_500
