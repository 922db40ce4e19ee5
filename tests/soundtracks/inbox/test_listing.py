"""Listing the inbox: each version once, when it is written; the rest in quarantine with its reason."""

import os
from pathlib import Path

import pytest

from soundtracks.errors import LakeError
from soundtracks.inbox.listing import Listing
from soundtracks.inbox.quarantine import quarantine_file, safe_filename
from soundtracks.inbox.titlefile import NotATitleFile, TitleFile, check, container_of, is_ignored, lake_name
from soundtracks.lake.lake import Lake


class Clock:
    """Far in the future, so that files of this test are long settled; `add` moves it."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def listing(any_lake: Lake) -> Listing:
    return Listing(any_lake, now=Clock(4e9))


def found(listing: Listing) -> list[str]:
    return [listing.name_of(file) for file in listing.look()]


def test_each_version_once(listing: Listing) -> None:
    listing.lake.write_bytes("titles/a.csv", b"title\nJaws\n")
    listing.lake.write_bytes("titles/sub/b.txt", b"Alien\n")
    first = list(listing.look())
    assert [(listing.name_of(file), file.size) for file in first] == [("titles/a.csv", 11), ("titles/sub/b.txt", 6)]
    assert found(listing) == []
    listing.lake.write_bytes("titles/a.csv", b"title\nJaws 2\n")
    (again,) = listing.look()
    assert again.blob == first[0].blob
    assert again.key != first[0].key


def test_keys_name_container_blob_and_version(any_lake: Lake) -> None:
    any_lake.write_bytes("titles/a.csv", b"x")
    (file,) = Listing(any_lake, now=Clock(4e9)).look()
    container, prefix = container_of(any_lake)
    assert file.key == f"{container}/{prefix}titles/a.csv@{any_lake.etag('titles/a.csv')}"
    assert lake_name(any_lake, file.container, file.blob) == "titles/a.csv"


def test_what_could_not_be_submitted_comes_again(listing: Listing) -> None:
    listing.lake.write_bytes("titles/a.csv", b"x")
    (file,) = listing.look()
    listing.forget(file)
    assert list(listing.look()) == [file]


def test_a_touched_file_is_no_new_version(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    lake.write_bytes("titles/a.csv", b"x")
    listing = Listing(lake, now=Clock(4e9))
    (first,) = listing.look()
    os.utime(tmp_path / "titles/a.csv", (1, 1))
    assert [file.key for file in listing.look()] == [first.key]


def test_a_file_that_is_still_written_waits(tmp_path: Path) -> None:
    file = tmp_path / "titles" / "a.csv"
    file.parent.mkdir()
    file.write_text("title\n")
    clock = Clock(1000.0)
    os.utime(file, (1000, 1000))
    listing = Listing(Lake(str(tmp_path)), settle=2, now=clock)
    assert found(listing) == []
    assert listing.unsettled == 1
    file.write_text("title\nJaws\n")
    os.utime(file, (1001, 1001))
    clock.now = 1002
    assert found(listing) == []
    clock.now = 1003
    assert found(listing) == ["titles/a.csv"]


def test_a_file_of_the_future_is_taken_when_it_stays_as_it_is(tmp_path: Path) -> None:
    """A clock that is wrong elsewhere must not keep a file for ever."""
    file = tmp_path / "titles" / "a.csv"
    file.parent.mkdir()
    file.write_text("title\n")
    os.utime(file, (5000, 5000))
    clock = Clock(1000.0)
    listing = Listing(Lake(str(tmp_path)), settle=2, now=clock)
    assert found(listing) == []
    clock.now = 1002
    assert found(listing) == ["titles/a.csv"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("titles/poster.jpg", "no title file"),
        ("titles/no-ending", "no title file"),
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


def test_names_of_blobs_may_climb_but_not_far(azurite: str) -> None:
    lake = Lake("az://climbing", connection_string=azurite)
    lake.store.create()  # type: ignore[attr-defined]
    lake.store.write("titles//double.csv", b"x")
    listing = Listing(lake, now=Clock(4e9))
    assert found(listing) == []
    ((name, reason),) = listing.drain_quarantined()
    assert (name, reason) == ("titles//double.csv", "The name climbs out of the inbox.")


@pytest.mark.parametrize(
    "name", ["titles/.hidden.csv", "titles/.git/x.csv", "titles/a.csv.part", "titles/a.csv~", "titles/.a.csv.swp"]
)
def test_half_written_and_hidden_files_are_left_alone(listing: Listing, name: str) -> None:
    listing.lake.write_bytes(name, b"x")
    assert found(listing) == []
    assert listing.drain_quarantined() == []
    assert listing.lake.exists(name)


def test_a_link_out_of_the_inbox_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("title\nsecret\n")
    lake = Lake(str(tmp_path / "lake"))
    lake.write_bytes("titles/a.csv", b"x")
    (tmp_path / "lake/titles/link.csv").symlink_to(secret)
    os.mkfifo(tmp_path / "lake/titles/pipe.csv")
    listing = Listing(lake, now=Clock(4e9))
    assert found(listing) == ["titles/a.csv"]
    assert [name for name, _ in listing.drain_quarantined()] == ["titles/link.csv", "titles/pipe.csv"]
    assert secret.read_text() == "title\nsecret\n"


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


def test_names_in_quarantine_are_plain_and_unique(lake: Lake) -> None:
    assert safe_filename("films.pdf") == "films.pdf"
    assert safe_filename("a/../b.csv").endswith(".csv")
    assert "/" not in safe_filename("a/../b.csv")
    assert safe_filename("a?b.csv") != safe_filename("a*b.csv")
    assert len(safe_filename("x" * 1000 + ".csv")) < 130
    assert not safe_filename("..").startswith(".")
    lake.write_bytes("titles/a.pdf", b"1")
    assert quarantine_file(lake, "titles/a.pdf", "why") == "quarantine/titles/a.pdf"


def test_ignored_is_by_name_alone() -> None:
    assert is_ignored("titles/.x.csv")
    assert not is_ignored("titles/x.y.csv")
    assert TitleFile("c", "titles/a/b.csv", "e", 1).name == "b.csv"
