"""An inbox to look through, and what a look yields."""

import pytest

from soundtracks.inbox.listing import Listing
from soundtracks.lake.lake import Lake

LIST = b"title\nJaws\n"


@pytest.fixture
def listing(any_lake: Lake) -> Listing:
    return Listing(any_lake, settle=0)


@pytest.fixture
def local(lake: Lake) -> Listing:
    """On a folder, where every file is settled."""
    lake.write_bytes("titles/known.csv", LIST)
    listing = Listing(lake, settle=0)
    assert found(listing, run=True) == ["titles/known.csv"]
    return listing


def found(listing: Listing, run: bool = False) -> list[str]:
    """Names that a look yields; with `run`, each gets its run."""
    files = list(listing.look())
    for file in files if run else []:
        listing.memory.remember(listing.name_of(file), file.etag, file.visit)
    return [listing.name_of(file) for file in files]


def reasons(lake: Lake) -> dict[str, str]:
    """Name of each file in quarantine when it was in the inbox → why it is there."""
    kept = [lake.read_json(e.name) for e in lake.list("quarantine/titles") if e.name.endswith(".reason.json")]
    return {reason["file"]: reason["reason"] for reason in kept if "file" in reason}
