"""Whoever may write the inbox, and no more than that: links, swapped files, odd names, floods."""

import errno
import os
import socket
import threading
from pathlib import Path

import pytest

from soundtracks.inbox.listing import Listing
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores import Store
from tests.soundtracks.inbox.conftest import LIST, found, reasons


def test_links_pipes_sockets_and_folders_with_a_lists_name(local: Listing, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(LIST)
    inbox = local.lake.path("titles")
    (inbox / "link.csv").symlink_to(secret)
    (inbox / "nowhere.csv").symlink_to("/nowhere")
    (inbox / "loop.csv").symlink_to("loop.csv")
    (inbox / "folder").symlink_to(tmp_path)
    (inbox / "folder.csv").mkdir()
    os.mkfifo(inbox / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(inbox / "s.csv"))
        assert found(local) == []
    wanted = {f"titles/{name}" for name in ("link.csv", "nowhere.csv", "loop.csv", "pipe.csv", "s.csv", "folder")}
    assert set(reasons(local.lake)) == wanted
    assert secret.read_bytes() == LIST
    assert not any(
        path.read_bytes() == LIST for path in local.lake.path("quarantine").rglob("*") if path.is_file() and not path.is_symlink()
    )


@pytest.mark.slow
def test_swapping_a_file_and_a_link_between_look_and_read_wins_nothing(local: Listing, tmp_path: Path) -> None:
    """A thousand looks against a swapper at full speed: the file or a refusal, never what the link points to."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/a.csv").write_bytes(b"title\nsecret\n")
    inbox = local.lake.path("titles")
    (inbox / "sub").mkdir()
    (inbox / "sub/a.csv").write_bytes(LIST)
    ending = threading.Event()

    def swap() -> None:
        (inbox / ".link").symlink_to(tmp_path / "secret")
        while not ending.is_set():  # the folder on the way to the file, as well as the file
            try:
                os.rename(inbox / "sub", inbox / ".real")
                os.rename(inbox / ".link", inbox / "sub")
                os.rename(inbox / "sub", inbox / ".link")
                os.rename(inbox / ".real", inbox / "sub")
            except FileNotFoundError:  # set aside meanwhile
                (inbox / ".link").unlink(missing_ok=True)
                (inbox / ".link").symlink_to(tmp_path / "secret")

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        for _ in range(1000):
            list(Listing(local.lake, settle=0).look())
    finally:
        ending.set()
        swapper.join()
    copies = {path.read_bytes() for path in local.lake.path("uploads").rglob("*.csv")}
    assert copies == {LIST}


def test_what_is_swapped_after_the_look_is_not_what_the_run_reads(local: Listing, tmp_path: Path) -> None:
    inbox = local.lake.path("titles")
    (inbox / "a.csv").write_bytes(LIST)
    (file,) = local.look()
    (inbox / "a.csv").unlink()
    (inbox / "a.csv").symlink_to("/etc/passwd")
    assert local.lake.read_bytes(f"uploads/{file.etag}/a.csv") == LIST


def test_a_name_that_is_not_utf_8(local: Listing) -> None:
    inbox = os.fsencode(local.lake.path("titles"))
    for name in (b"am\xe9lie.csv", b"\xff.csv", b"sub\xfe/a.csv", b"\xe9.jpg"):
        os.makedirs(os.path.dirname(inbox + b"/" + name), exist_ok=True)
        with open(inbox + b"/" + name, "wb") as file:
            file.write(LIST)
    (local.lake.path("titles") / "fine.csv").write_bytes(LIST)
    assert found(local) == ["titles/fine.csv"]
    told = dict(local.drain_quarantined())
    assert set(told) == {r"titles/am\xe9lie.csv", r"titles/\xff.csv", r"titles/sub\xfe/a.csv", r"titles/\xe9.jpg"}
    assert told[r"titles/\xff.csv"] == "The name is not UTF-8. Rename it and put it here again."
    assert set(reasons(local.lake)) == set(told)
    assert found(local) == []


def test_one_bad_file_does_not_keep_others_from_their_runs(local: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong with it; it is tried again, and told."""
    for name in ("a.csv", "b.csv", "c.csv"):
        local.lake.write_bytes(f"titles/{name}", LIST + name.encode())
    opened = type(local.lake.store).open  # type: ignore[attr-defined]

    def broken(self: Store, name: str) -> object:
        if name == "titles/b.csv":
            raise OSError(errno.EIO, "Input/output error")
        return opened(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(type(local.lake.store), "open", broken)
        assert found(local) == ["titles/a.csv", "titles/c.csv"]
        assert found(local) == []
    assert local.problems == {"titles/b.csv": "[Errno 5] Input/output error"}
    assert local.unsettled == 0
    assert found(local) == ["titles/b.csv"]
    assert local.problems == {}


def test_a_reason_is_never_replaced(local: Listing) -> None:
    inbox = local.lake.path("titles")
    for content in (b"one", b"two"):
        (inbox / "a.exe").write_bytes(content)
        found(local)
    (inbox / "a.exe.reason.json").write_bytes(b"\n")
    found(local)
    kept = {e.name: local.lake.read_bytes(e.name) for e in local.lake.list("quarantine/titles")}
    assert sorted(data for name, data in kept.items() if f"{name}.reason.json" in kept) == [
        b"\n",
        b"one",
        b"two",
    ]
    assert len(kept) == 6


def test_names_as_long_as_they_can_be(local: Listing) -> None:
    for name in ("n" * 251 + ".csv", "n" * 251 + ".jpg", "ü" * 125 + ".csv"):
        (local.lake.path("titles") / name).write_bytes(LIST + name.encode())
    assert found(local) == [f"titles/{'n' * 251}.csv", f"titles/{'ü' * 125}.csv"]
    assert set(reasons(local.lake)) == {f"titles/{'n' * 251}.jpg"}


def test_a_file_that_may_not_be_read_stays(local: Listing) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = local.lake.path("titles/a.csv")
    path.write_bytes(LIST)
    path.chmod(0)
    assert found(local) == []
    assert "Permission denied" in local.problems["titles/a.csv"]
    path.chmod(0o600)
    assert found(local) == ["titles/a.csv"]


def test_the_inbox_itself_may_be_a_link_of_the_owners(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "dropbox").mkdir()
    lake.write_bytes("runs/x", b"")
    lake.path("titles").symlink_to(tmp_path / "dropbox")
    (tmp_path / "dropbox/a.csv").write_bytes(LIST)
    assert found(Listing(lake, settle=0)) == ["titles/a.csv"]
