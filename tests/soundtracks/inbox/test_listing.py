"""Listing the inbox: each version once, when it is written; the rest in quarantine with its reason."""

import json
import os
from pathlib import Path

import pytest

from soundtracks.errors import LakeError
from soundtracks.inbox.listing import EMPTY_SETTLE_SECONDS, Listing
from soundtracks.inbox.quarantine import safe_filename
from soundtracks.inbox.titlefile import NotATitleFile, TitleFile, check, container_of, is_ignored, lake_name
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores import Store
from tests.soundtracks.inbox.conftest import LIST, found, reasons


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_each_version_once(listing: Listing) -> None:
    listing.lake.write_bytes("titles/a.csv", LIST)
    listing.lake.write_bytes("titles/sub/b.txt", b"Alien\n")
    first = list(listing.look())
    assert [(listing.name_of(file), file.size) for file in first] == [("titles/a.csv", 11), ("titles/sub/b.txt", 6)]
    assert found(listing) == []
    listing.lake.write_bytes("titles/a.csv", b"title\nJaws 2\n")
    (again,) = listing.look()
    assert again.blob == first[0].blob
    assert again.key != first[0].key


def test_keys_name_container_blob_and_version(any_lake: Lake) -> None:
    any_lake.write_bytes("titles/a.csv", LIST)
    (file,) = Listing(any_lake, settle=0).look()
    container, prefix = container_of(any_lake)
    assert file.key == f"{container}/{prefix}titles/a.csv@{any_lake.etag('titles/a.csv')}"
    assert lake_name(any_lake, file.container, file.blob) == "titles/a.csv"


def test_what_could_not_be_submitted_comes_again(listing: Listing) -> None:
    listing.lake.write_bytes("titles/a.csv", LIST)
    (file,) = listing.look()
    listing.forget(file)
    assert list(listing.look()) == [file]


class TestMemory:
    def test_a_version_that_had_its_run_gets_none_after_a_restart(self, any_lake: Lake) -> None:
        """Whatever the server remembers: its old runs may be deleted."""
        any_lake.write_bytes("titles/a.csv", LIST)
        assert found(Listing(any_lake, settle=0), run=True) == ["titles/a.csv"]
        assert found(Listing(any_lake, settle=0)) == []

    def test_one_that_died_before_it_noted_the_run_asks_with_the_same_key(self, any_lake: Lake) -> None:
        any_lake.write_bytes("titles/a.csv", LIST)
        first, second = (next(iter(Listing(any_lake, settle=0).look())) for _ in range(2))
        assert first.key == second.key

    def test_a_file_that_returns_to_what_it_was_gets_a_run_of_its_own(self, lake: Lake) -> None:
        listing = Listing(lake, settle=0)
        keys = []
        for content in (b"Jaws\n", b"Alien\n", b"Jaws\n", b"Alien\n", b"Jaws\n"):
            lake.write_bytes("titles/a.txt", content)
            (file,) = listing.look()
            listing.memory.remember("titles/a.txt", file.etag, file.visit)
            keys.append(file.key)
        assert len(set(keys)) == 5
        assert keys[0] == f"{lake.container}/titles/a.txt@{lake.etag('titles/a.txt')}"
        assert keys[2] == keys[0] + "#2"
        assert found(Listing(lake, settle=0)) == []

    def test_a_damaged_memory_is_as_none(self, local: Listing) -> None:
        (entry,) = [e for e in local.lake.list("inbox") if e.name.endswith(".json")]
        local.lake.write_bytes(entry.name, b'{"name": "tit')
        assert found(Listing(local.lake, settle=0), run=True) == ["titles/known.csv"]
        assert found(Listing(local.lake, settle=0)) == []

    def test_a_touched_file_is_no_new_version(self, local: Listing) -> None:
        os.utime(local.lake.path("titles/known.csv"), (1, 1))
        assert found(local) == []


class TestWritten:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def slow(self, lake: Lake, clock: Clock) -> Listing:
        lake.path("titles").mkdir(parents=True)
        return Listing(lake, settle=5, now=clock)

    def test_a_file_waits_until_it_stays_as_it_is(self, slow: Listing, clock: Clock) -> None:
        slow.lake.path("titles/a.csv").write_bytes(b"title\nJaws\n")
        assert found(slow) == []
        assert slow.unsettled == 1
        clock.now += 4.9
        assert found(slow) == []
        clock.now += 0.2
        assert found(slow) == ["titles/a.csv"]
        assert slow.unsettled == 0

    def test_times_of_the_original_say_nothing(self, slow: Listing, clock: Clock) -> None:
        """As cp -p and rsync -t do: the file looks a year old while it is written."""
        path = slow.lake.path("titles/a.csv")
        for part in ("title\n", "Jaws\n", "Alien\n"):
            with path.open("a") as file:
                file.write(part)
            os.utime(path, (1e9, 1e9))
            assert found(slow) == []
            clock.now += 4
        clock.now += 5
        assert found(slow) == ["titles/a.csv"]

    def test_a_writer_that_pauses_is_waited_for_longer(self, slow: Listing, clock: Clock) -> None:
        path = slow.lake.path("titles/a.csv")
        path.write_bytes(b"title\n")
        for pause in (4, 7, 13):  # each shorter than twice the one before
            assert found(slow) == []
            clock.now += pause
            with path.open("ab") as file:
                file.write(b"Jaws\n")
        assert found(slow) == []
        clock.now += 27
        assert found(slow) == ["titles/a.csv"]

    def test_a_file_that_is_open_for_writing_is_not_written(self, slow: Listing, clock: Clock) -> None:
        """However long its writer pauses."""
        with slow.lake.path("titles/a.csv").open("wb") as file:
            for part in (b"title\n", b"Jaws\n"):
                file.write(part)
                file.flush()
                for _ in range(3):
                    assert found(slow) == []
                    assert slow.unsettled == 1
                    clock.now += 3600
        assert found(slow) == ["titles/a.csv"]
        assert slow.lake.read_bytes(f"uploads/{slow.lake.etag('titles/a.csv')}/a.csv") == b"title\nJaws\n"

    def test_a_reader_is_no_writer(self, slow: Listing, clock: Clock) -> None:
        slow.lake.path("titles/a.csv").write_bytes(LIST)
        with slow.lake.path("titles/a.csv").open("rb"):
            found(slow)
            clock.now += 6
            assert found(slow) == ["titles/a.csv"]

    def test_an_empty_file_is_waited_for(self, slow: Listing, clock: Clock) -> None:
        slow.lake.path("titles/a.csv").touch()
        found(slow)
        clock.now += EMPTY_SETTLE_SECONDS - 1
        assert found(slow) == []
        assert slow.unsettled == 1
        clock.now += 1
        assert found(slow) == []
        assert "is empty" in reasons(slow.lake)["titles/a.csv"]

    def test_a_file_that_changes_while_it_is_copied_starts_no_run(self, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
        lake.write_bytes("titles/a.csv", LIST)
        listing = Listing(lake, settle=0)
        keep_copy = type(lake.store).keep_copy  # type: ignore[attr-defined]

        def changed_before(self: Store, file: object, name: str, sha256: str) -> bool:
            lake.path("titles/a.csv").write_bytes(LIST[:-1] + b"!")
            return bool(keep_copy(self, file, name, sha256))

        with monkeypatch.context() as patch:
            patch.setattr(type(lake.store), "keep_copy", changed_before)
            assert found(listing) == []
        assert listing.unsettled == 1
        assert lake.list("uploads") == []
        assert found(listing) == ["titles/a.csv"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("titles/poster.jpg", "not a title file"),
        ("titles/no-ending", "not a title file"),
        ("titles/new\nline.csv", "control characters"),
        ("titles/right-\u202eto-left.csv", "control characters"),
        ("titles/back\\slash.csv", "climbs out"),
        ("titles/" + "x" * 220 + "/" + "y" * 220 + ".csv", "longer than"),
    ],
)
def test_no_title_files_are_set_aside_with_the_reason(listing: Listing, name: str, why: str) -> None:
    if "\\" in name and not listing.lake.is_local:
        pytest.skip("Blob Storage itself makes a slash of it")
    listing.lake.store.write(name, b"content")
    assert found(listing) == []
    ((aside, reason),) = listing.drain_quarantined()
    assert aside == name
    assert why in reason
    assert listing.lake.list("titles") == []
    kept = {entry.name: listing.lake.read_bytes(entry.name) for entry in listing.lake.list("quarantine/titles")}
    (reason_file,) = [file for file in kept if file.endswith(".reason.json")]
    assert kept[reason_file.removesuffix(".reason.json")] == b"content"
    assert listing.lake.read_json(reason_file)["file"] == name
    assert why in listing.lake.read_json(reason_file)["reason"]


@pytest.mark.parametrize("content", [b"", b"\n \n\t\n", b"title,year\n", b"\xef\xbb\xbftitle\r\n\r\n"])
def test_a_list_with_nothing_in_it_starts_no_run(listing: Listing, content: bytes) -> None:
    listing.lake.store.write("titles/a.csv", content)
    assert found(listing) == []
    assert set(reasons(listing.lake)) == {"titles/a.csv"}
    assert "Write one title per line" in reasons(listing.lake)["titles/a.csv"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", bytes(range(256))),
        ("a.zip", b"PK\x03\x04 cut"),
        ("a.xlsx", b"no workbook"),
        ("a.json", b"[" * 5000),
        ("a.gz", b"\x1f\x8b\x08"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_run(listing: Listing, name: str, content: bytes) -> None:
    listing.lake.store.write(f"titles/{name}", content)
    assert found(listing) == [f"titles/{name}"]


def test_names_of_blobs_may_climb_but_not_far(azurite: str) -> None:
    lake = Lake("az://climbing", connection_string=azurite)
    lake.store.create()  # type: ignore[attr-defined]
    lake.store.write("titles//double.csv", b"x")
    listing = Listing(lake, settle=0)
    assert found(listing) == []
    ((name, reason),) = listing.drain_quarantined()
    assert (name, reason) == ("titles//double.csv", "The name climbs out of the inbox.")


@pytest.mark.parametrize(
    "name",
    [
        *("titles/.hidden.csv", "titles/.git/x.csv", "titles/a.csv.part", "titles/a.csv~", "titles/.a.csv.swp"),
        *("titles/~$films.csv", "titles/sub/~$films.csv", "titles/.~lock.films.csv#", "titles/#films.csv#", "titles/a.csv.LCK"),
        *(
            "titles/a.csv.filepart",
            "titles/A.CSV.TMP",
            "titles/Thumbs.db",
            "titles/__MACOSX/a.csv",
            "titles/a.csv.sb-1a2b3c4d-Ab12cD",
        ),
    ],
)
def test_half_written_hidden_and_lock_files_are_left_alone(listing: Listing, name: str) -> None:
    listing.lake.write_bytes(name, LIST)
    assert found(listing) == []
    assert listing.drain_quarantined() == []
    assert listing.lake.exists(name)


@pytest.mark.parametrize(
    "name", ["titles/~ a tilde.csv", "titles/#1 films.csv", "titles/lock.csv", "titles/$.csv", "titles/x.y.csv"]
)
def test_not_every_odd_name_is_ignored(listing: Listing, name: str) -> None:
    listing.lake.write_bytes(name, LIST)
    assert found(listing) == [name]


def test_an_inbox_that_is_away_is_told(azurite: str) -> None:
    with pytest.raises(LakeError, match="Cannot list titles"):
        list(Listing(Lake("az://nowhere", connection_string=azurite)).look())


@pytest.mark.parametrize("blob", ["films.csv", "gold/links/films.csv", "titles2/films.csv"])
def test_blobs_elsewhere_are_none_of_the_inbox(lake: Lake, blob: str) -> None:
    with pytest.raises(NotATitleFile, match="not in the inbox"):
        lake_name(lake, container_of(lake)[0], blob)
    with pytest.raises(NotATitleFile, match="not in the inbox"):
        lake_name(lake, "other", f"titles/{blob}")


def test_a_huge_file_is_no_title_list() -> None:
    with pytest.raises(NotATitleFile, match="larger than 256 MB"):
        check("titles/a.csv", 2**31)
    check("titles/Ünï-cödé (1999) & more.csv", 100)


def test_a_sparse_file_of_terabytes_is_not_read(local: Listing) -> None:
    with local.lake.path("titles/huge.csv").open("wb") as file:
        file.truncate(2**40)
    assert found(local) == []
    assert "larger than 256 MB" in reasons(local.lake)["titles/huge.csv"]


def test_names_in_quarantine_are_plain_and_unique() -> None:
    assert safe_filename("films.pdf") == "films.pdf"
    assert safe_filename("a/../b.csv").endswith(".csv")
    assert "/" not in safe_filename("a/../b.csv")
    assert safe_filename("a?b.csv") != safe_filename("a*b.csv")
    assert len(safe_filename("x" * 1000 + ".csv")) < 130
    assert not safe_filename("..").startswith(".")


def test_ignored_is_by_name_alone() -> None:
    assert is_ignored("titles/.x.csv")
    assert not is_ignored("titles/x.y.csv")
    assert TitleFile("c", "titles/a/b.csv", "e", 1).name == "b.csv"


def test_the_names_of_k15(shared_data: Path, lake: Lake) -> None:
    names = json.loads((shared_data / "cases/k15-inbox-names.json").read_text())["names"]
    for name in names:
        lake.write_bytes(f"titles/{name}", LIST)
    assert found(Listing(lake, settle=0)) == ["titles/films.csv"]
