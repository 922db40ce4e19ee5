"""The lake gives the same promises in a folder and in Blob Storage."""

import errno
import hashlib
import multiprocessing
import os
import subprocess
import threading
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import SecretStr

from soundtracks.errors import DamagedFile, LakeError
from soundtracks.inbox.memory import Memory
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.lake.stores.folder import Folder
from soundtracks.settings import Settings

TABLE = pa.table(
    {"film": ["Titanic", "Αλέξης Ζορμπάς", None], "composers": [["James Horner"], [], None], "year": [1997, 1964, 0]}
)


@pytest.fixture
def lake(any_lake: Lake) -> Lake:
    return any_lake


class TestFiles:
    def test_what_is_written_is_read(self, lake: Lake) -> None:
        lake.write_bytes("raw/tmdb/a.json", b"one")
        lake.write_bytes("raw/tmdb/a.json", b"two")
        assert lake.read_bytes("raw/tmdb/a.json") == b"two"
        assert lake.exists("raw/tmdb/a.json")
        assert not lake.exists("raw/tmdb/b.json")
        assert not lake.exists("raw/tmdb")

    @pytest.mark.parametrize(
        "data", [b"", b"\0" * 10, bytes(range(256)) * (72 * 1024)], ids=["empty", "zeros", "18 MB in blocks"]
    )
    def test_any_content(self, lake: Lake, data: bytes) -> None:
        lake.write_bytes("x.bin", data)
        assert lake.read_bytes("x.bin") == data

    @pytest.mark.parametrize(
        "name", ["titles/ünï cödé 映画.csv", "titles/a+b & c%20d.csv", "titles/what?.csv", "titles/#1 [x].csv"]
    )
    def test_any_name(self, lake: Lake, name: str) -> None:
        lake.write_bytes(name, b"x")
        assert [entry.name for entry in lake.list("titles")] == [name]
        assert lake.read_bytes(name) == b"x"

    @pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "a//b", "a\\b", "", ".", "a/./b"])
    def test_no_name_climbs_out(self, lake: Lake, name: str) -> None:
        for use in (lake.path, lake.read_bytes, lake.exists, lake.delete, lake.etag, lake.list):
            with pytest.raises(LakeError, match="not a name inside the lake"):
                use(name)
        with pytest.raises(LakeError, match="not a name inside the lake"):
            lake.write_bytes(name, b"")
        with pytest.raises(LakeError, match="not a name inside the lake"):
            lake.move("a", name)

    def test_what_is_missing_is_told_by_name(self, lake: Lake) -> None:
        with pytest.raises(LakeError, match=r"runs/1/metrics\.json"):
            lake.read_bytes("runs/1/metrics.json")
        with pytest.raises(LakeError, match=r"runs/1/metrics\.json"):
            lake.etag("runs/1/metrics.json")
        lake.delete("runs/1/metrics.json")

    def test_list_shows_all_below_a_folder_and_nothing_beside_it(self, lake: Lake) -> None:
        for name in ("titles/b.csv", "titles/sub/a.csv", "titles2/c.csv", "gold/d.csv"):
            lake.write_bytes(name, name.encode())
        assert [(entry.name, entry.size) for entry in lake.list("titles")] == [("titles/b.csv", 12), ("titles/sub/a.csv", 16)]
        assert lake.list("nowhere") == []

    def test_a_stamp_changes_with_every_write_and_only_then(self, lake: Lake) -> None:
        lake.write_bytes("titles/a.csv", b"1")
        (first,) = lake.list("titles")
        (again,) = lake.list("titles")
        lake.write_bytes("titles/a.csv", b"2")
        (second,) = lake.list("titles")
        assert first == again
        assert first.stamp != second.stamp

    def test_the_etag_follows_the_content(self, lake: Lake) -> None:
        lake.write_bytes("titles/a.csv", b"1")
        first = lake.etag("titles/a.csv")
        assert lake.etag("titles/a.csv") == first
        lake.write_bytes("titles/a.csv", b"2")
        assert lake.etag("titles/a.csv") != first

    def test_deleted_is_gone(self, lake: Lake) -> None:
        lake.write_bytes("a/b", b"x")
        lake.delete("a/b")
        assert not lake.exists("a/b")

    def test_move(self, lake: Lake) -> None:
        lake.write_bytes("titles/x y?.csv", b"x")
        lake.move("titles/x y?.csv", "quarantine/titles/x.csv")
        assert lake.read_bytes("quarantine/titles/x.csv") == b"x"
        assert lake.list("titles") == []
        with pytest.raises(LakeError, match=r"Cannot move titles/none\.csv"):
            lake.move("titles/none.csv", "quarantine/none.csv")

    def test_path_and_fetch_give_the_same_file(self, lake: Lake, tmp_path: Path) -> None:
        lake.write_bytes("gold/links/a.csv", b"a,b\n")
        lake.fetch("gold/links/a.csv", tmp_path / "copy" / "a.csv")
        assert (tmp_path / "copy" / "a.csv").read_bytes() == b"a,b\n"
        if lake.is_local:
            assert lake.path("gold/links/a.csv").read_bytes() == b"a,b\n"
        else:
            with pytest.raises(LakeError, match="is not a folder of this machine"):
                lake.path("gold/links/a.csv")

    def test_stat_is_what_the_listing_shows(self, lake: Lake) -> None:
        lake.write_bytes("gold/links/a.csv", b"a,b\n")
        assert [lake.stat("gold/links/a.csv")] == lake.list("gold")
        with pytest.raises(LakeError, match=r"There is no file gold/none\.csv"):
            lake.stat("gold/none.csv")


class TestDatasets:
    def test_a_table_comes_back_as_it_was(self, lake: Lake) -> None:
        ref = lake.publish_table("silver/films", TABLE)
        assert lake.current("silver/films") == ref
        assert lake.read_table(ref).equals(TABLE)
        assert ref.rows == 3

    def test_nothing_is_current_before_the_first(self, lake: Lake) -> None:
        assert lake.current("silver/films") is None

    def test_the_same_rows_are_the_same_version(self, lake: Lake) -> None:
        first = lake.publish_table("silver/films", TABLE)
        assert lake.publish_table("silver/films", TABLE) == first
        other = lake.publish_table("silver/films", TABLE.slice(1))
        assert other.version != first.version
        assert lake.read_table(first).num_rows == 3  # a reader of the older version is not disturbed

    def test_the_manifest_comes_last(self, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever fails on the way leaves the version that was current."""
        before = lake.publish("gold/links", {"a": b"1", "b": b"2"}, rows=1)
        write = lake.store.write

        def failing(name: str, data: bytes) -> None:
            if name.endswith("/b"):
                raise LakeError("disk full")
            write(name, data)

        monkeypatch.setattr(lake.store, "write", failing)
        with pytest.raises(LakeError, match="disk full"):
            lake.publish("gold/links", {"a": b"3", "b": b"4"}, rows=1)
        assert lake.current("gold/links") == before

    def test_a_damaged_file_is_not_read(self, lake: Lake) -> None:
        ref = lake.publish_table("silver/films", TABLE)
        lake.write_bytes(f"{ref.folder}/data.parquet", b"PAR1 something else PAR1")
        with pytest.raises(LakeError, match=r"silver/films/.*/data\.parquet is damaged"):
            lake.read_table(ref)

    def test_readers_never_see_half_a_version(self, lake: Lake) -> None:
        """Eight versions are published while another reads: what it reads is always whole."""
        tables = [pa.table({"n": [number] * 1000}) for number in range(8)]
        lake.publish_table("silver/n", tables[0])
        done = threading.Event()
        seen: list[set[int]] = []

        def read() -> None:
            while not done.is_set():
                ref = lake.current("silver/n")
                assert ref
                seen.append(set(lake.read_table(ref).column("n").to_pylist()))

        reader = threading.Thread(target=read)
        reader.start()
        for table in tables:
            lake.publish_table("silver/n", table)
        done.set()
        reader.join()
        assert seen
        assert all(len(values) == 1 for values in seen)

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "is damaged: Expecting value"),
            (b'{"dataset": "silver/films", "vers', "is damaged"),
            (b"\xff\xfe\x00", "is damaged"),
            (b"\0" * 200, "is damaged"),
            (b"[]", "is damaged: it does not describe a version"),
            (b'{"dataset": "silver/films"}', r"is damaged: it does not describe a version \(version, rows, files\)"),
            (b"[" * 100_000, "is damaged"),
        ],
        ids=["empty", "cut", "no UTF-8", "zeros", "a list", "incomplete", "deep"],
    )
    def test_a_damaged_manifest_is_told_with_what_to_do(self, lake: Lake, content: bytes, why: str) -> None:
        ref = lake.publish_table("silver/films", TABLE)
        lake.write_bytes("silver/films/_current.json", content)
        with pytest.raises(DamagedFile, match=rf"silver/films/_current\.json {why}") as told:
            lake.current("silver/films")
        assert "delete it and run again" in told.value.hint
        assert lake.read_table(ref).equals(TABLE)
        lake.delete("silver/films/_current.json")
        assert lake.publish_table("silver/films", TABLE) == lake.current("silver/films") == ref


class TestStaging:
    @pytest.fixture
    def published(self, lake: Lake, tmp_path: Path) -> tuple[DatasetRef, dict[str, bytes]]:
        content = {f"part-{number}.parquet": bytes([number]) * 3 * 2**20 for number in range(5)} | {"empty": b""}
        out = tmp_path / "out"
        out.mkdir()
        for name, data in content.items():
            (out / name).write_bytes(data)
        return lake.stage_out("silver/albums", {name: out / name for name in content}, rows=7), content

    def test_out_and_in_again(self, lake: Lake, tmp_path: Path, published: tuple[DatasetRef, dict[str, bytes]]) -> None:
        ref, content = published
        assert lake.current("silver/albums") == ref
        assert {file.name: file.sha256 for file in ref.files} == {n: hashlib.sha256(d).hexdigest() for n, d in content.items()}
        staged = lake.stage_in(ref, tmp_path / "in")
        assert {path.name: path.read_bytes() for path in staged} == content

    def test_it_is_the_version_that_publish_would_make(self, lake: Lake, published: tuple[DatasetRef, dict[str, bytes]]) -> None:
        ref, content = published
        assert lake.publish("silver/albums", content, rows=7) == ref

    def test_a_damaged_file_does_not_reach_spark(
        self, lake: Lake, tmp_path: Path, published: tuple[DatasetRef, dict[str, bytes]]
    ) -> None:
        ref, _ = published
        lake.write_bytes(f"{ref.folder}/part-3.parquet", b"other")
        with pytest.raises(LakeError, match=r"part-3\.parquet is damaged"):
            lake.stage_in(ref, tmp_path / "in")


class TestFolder:
    def test_a_full_disk_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        lake = Lake(str(tmp_path))
        lake.write_bytes("a", b"old")

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(LakeError, match=r"No space left on device.*Nothing was published"):
            lake.write_bytes("a", b"new")
        assert [path.name for path in tmp_path.iterdir()] == ["a"]
        assert lake.read_bytes("a") == b"old"

    def test_no_space_is_told_and_leaves_nothing(self, tmp_path: Path) -> None:
        """On a real file system, of a size that the file does not fit into, where one can be mounted."""
        folder = tmp_path / "small"
        folder.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True).returncode:
            pytest.skip("nothing can be mounted here")
        try:
            lake = Lake(str(folder))
            lake.write_bytes("a", b"old")
            with pytest.raises(LakeError, match=r"No space left on device.*Nothing was published"):
                lake.write_bytes("a", bytes(2**20))
            assert [path.name for path in folder.iterdir()] == ["a"]
            assert lake.read_bytes("a") == b"old"
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
            with pytest.raises(LakeError, match=r"Cannot write a.*Read-only file system.*free space or access"):
                lake.write_bytes("a", b"new")
            with pytest.raises(LakeError, match=r"Cannot make the folder inbox.*Read-only file system"):
                Memory(lake).exclusively().__enter__()
            assert lake.read_bytes("a") == b"old"
        finally:
            subprocess.run(["umount", folder], check=True)

    def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_before_the_call_returns(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[str] = []
        fsync, rename = os.fsync, os.replace

        def flushed(descriptor: int) -> None:
            path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
            calls.append("folder" if path.is_dir() else "file")
            fsync(descriptor)

        def renamed(source: Path, target: Path) -> None:
            calls.append("rename")
            rename(source, target)

        lake = Lake(str(tmp_path))
        lake.write_bytes("silver/x/_current.json", b"1")
        monkeypatch.setattr(os, "fsync", flushed)
        monkeypatch.setattr(os, "replace", renamed)
        lake.write_bytes("silver/x/_current.json", b"2")
        (tmp_path / "source").write_bytes(b"3")
        lake.store.send(tmp_path / "source", "silver/x/data")
        assert calls == ["file", "rename", "folder"] * 2

    def test_all_that_is_made_is_its_owners_alone(self, tmp_path: Path) -> None:
        lake = Lake(str(tmp_path / "new" / "lake"))
        mask = os.umask(0)
        try:
            lake.write_bytes("runs/1/metrics.json", b"{}")
            lake.publish_table("silver/films", TABLE)
            with Memory(lake).exclusively():
                Memory(lake).remember("titles/a.csv", "1", 1)
        finally:
            os.umask(mask)
        modes = {path.relative_to(tmp_path).as_posix(): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
        assert {mode for name, mode in modes.items() if (tmp_path / name).is_dir()} == {0o700}
        assert {mode for name, mode in modes.items() if (tmp_path / name).is_file()} == {0o600}

    def test_left_over_temporary_files_are_not_listed_and_go_after_a_day(self, tmp_path: Path) -> None:
        lake = Lake(str(tmp_path))
        lake.write_bytes("raw/tmdb/a.json", b"1")
        ours = [tmp_path / "raw/tmdb/.soundtracks-0123456789abcdef.part", tmp_path / "raw/tmdb/.a.json.4711.part"]
        theirs = tmp_path / "titles/.films.csv.4711.part"
        theirs.parent.mkdir()
        for file in (*ours, theirs):
            file.write_bytes(b"half")
        assert [entry.name for entry in lake.list("raw")] == ["raw/tmdb/a.json"]
        store = lake.store
        assert isinstance(store, Folder)
        assert store.remove_leftovers() == 0
        for file in (*ours, theirs):
            os.utime(file, (0, 0))
        assert store.remove_leftovers() == 2
        assert not any(file.exists() for file in ours)
        assert theirs.exists()

    def test_a_folder_that_may_not_be_listed_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """An inbox that looks empty because it may not be read is worse than an error."""
        Lake(str(tmp_path)).write_bytes("titles/a.csv", b"x")

        def forbidden(path: object) -> None:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

        monkeypatch.setattr(os, "scandir", forbidden)
        with pytest.raises(LakeError, match=r"Cannot list titles.*Permission denied"):
            Lake(str(tmp_path)).list("titles")

    @pytest.mark.slow
    def test_two_containers_on_one_folder_never_show_each_other_half_a_file(self, tmp_path: Path) -> None:
        """In two containers the same process number is usual: here every writer has 7."""
        context = multiprocessing.get_context("spawn")
        writers = [context.Process(target=write_again_and_again, args=(str(tmp_path), letter)) for letter in "ab"]
        for writer in writers:
            writer.start()
        lake = Lake(str(tmp_path))
        seen: Counter[bytes] = Counter()
        while any(writer.is_alive() for writer in writers):
            if lake.exists("silver/x/_current.json"):
                seen[lake.read_bytes("silver/x/_current.json")] += 1
        for writer in writers:
            writer.join()
            assert writer.exitcode == 0
        assert set(seen) <= {letter * SIZE for letter in (b"a", b"b")}
        assert seen.total() > 100
        assert [path.name for path in (tmp_path / "silver/x").iterdir()] == ["_current.json"]


SIZE = 300_000


def write_again_and_again(folder: str, letter: str) -> None:
    os.getpid = lambda: 7
    lake = Lake(folder)
    for _ in range(150):
        lake.write_bytes("silver/x/_current.json", letter.encode() * SIZE)


class TestAddresses:
    def test_a_relative_folder_is_meant_from_here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert Lake("./lake").url == f"file://{tmp_path}/lake"

    def test_blob_needs_an_account(self) -> None:
        with pytest.raises(LakeError, match="SOUNDTRACKS_LAKE_ACCOUNT_URL"):
            Lake.from_settings(Settings(lake_url="az://lake", lake_connection_string=None, lake_account_url=""))

    def test_a_connection_string_that_is_none(self) -> None:
        with pytest.raises(LakeError, match="is not a connection string") as told:
            Lake.from_settings(Settings(lake_url="az://lake", lake_connection_string=SecretStr("s3cr3t-value")))
        assert "s3cr3t-value" not in str(told.value)

    def test_another_scheme_is_refused(self) -> None:
        with pytest.raises(LakeError, match="SOUNDTRACKS_LAKE_URL is a folder"):
            Lake("s3://bucket")
