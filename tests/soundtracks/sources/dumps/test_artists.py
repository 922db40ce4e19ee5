"""Artists of Discogs' dump: their other names, and the albums that they are told of."""

from pathlib import Path

import pyarrow as pa
import pytest

from soundtracks.lake.lake import Lake
from soundtracks.records import ALBUMS
from soundtracks.sources.dumps.artists import MAX_ALIASES, OtherNames, artist, may_be_kept
from soundtracks.sources.dumps.dump_kinds import ARTISTS, recognise
from soundtracks.sources.dumps.importer import import_dump
from soundtracks.sources.dumps.stream import Malformed

LOPATIN = (
    "<artist><images><image type='primary' uri=''/></images><id>910284</id><name>Oneohtrix Point Never</name>"
    "<realname>Daniel Lopatin</realname><profile>American &amp; [a=KGB Man]</profile><data_quality>Correct</data_quality>"
    "<namevariations><name>O.P.N.</name><name>Oneohtrix Point Never*</name></namevariations>"
    '<aliases><name id="1">Daniel Lopatin</name><name id="2">Chuck Person (2)</name></aliases>'
    '<groups><name id="3">Ford &amp; Lopatin</name></groups></artist>'
)
ALONE = "<artist><id>7</id><name>The Persuader</name><profile/></artist>"
ROWS = [
    ("release:1", "Oneohtrix Point Never", ["Oneohtrix Point Never"]),
    ("release:2", "Oneohtrix Point Never*", None),  # as a search lists it
    ("release:3", "The Persuader", None),
    ("release:4", "O.P.N. & Iggy Pop", ["Oneohtrix Point Never", "Iggy Pop"]),
    ("release:5", None, None),
]


def albums() -> pa.Table:
    rows = [{"album_id": album, "title": "Good Time", "artist": who, "artist_names": names} for album, who, names in ROWS]
    return pa.Table.from_pylist(rows, ALBUMS)


def test_an_artist() -> None:
    assert may_be_kept(LOPATIN.encode())
    assert artist(b"<artists>" + LOPATIN.encode()) == {
        "artist_id": "artist:910284",
        "name": "Oneohtrix Point Never",
        "aliases": ["Daniel Lopatin", "Chuck Person", "O.P.N."],
    }


def test_an_artist_without_another_name_is_left_out() -> None:
    assert not may_be_kept(ALONE.encode())
    assert artist(ALONE.replace("<profile/>", "<realname>the persuader</realname>").encode()) is None


def test_names_are_bounded() -> None:
    many = "".join(f"<name>Alias {n}</name>" for n in range(500))
    found = artist(f"<artist><id>1</id><name>A</name><namevariations>{many}</namevariations></artist>".encode())
    assert found is not None
    assert len(found["aliases"]) == MAX_ALIASES


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("<artist><name>A</name><realname>B</realname></artist>", "is not a number"),
        ("<artist><id>x</id><name>A</name></artist>", "is not a number"),
        ("<artist><id>1</id><realname>B</realname></artist>", "no name"),
        ("<artist><id>1</id><name>A</name><realname>B</artist>", "no XML"),
        ("<artist><!DOCTYPE a><id>1</id></artist>", "a declaration"),
    ],
)
def test_records_that_cannot_be_read(record: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        artist(record.encode())


@pytest.mark.slow
def test_an_imported_dump_tells_albums_of_their_artists(lake: Lake, tmp_path: Path) -> None:
    assert OtherNames.from_lake(lake, albums()).on_albums(albums()) == albums(), "nothing is imported"
    path = tmp_path / "discogs_20261101_artists.xml"
    path.write_text(f"<artists>\n{LOPATIN}\n{ALONE}\n</artists>")
    assert recognise(path) is ARTISTS
    done = import_dump(lake, path)
    assert (done.records, done.ref.rows, done.quarantined) == (2, 1, 0)
    told = OtherNames.from_lake(lake, albums()).on_albums(albums())
    names = ["Daniel Lopatin", "Chuck Person", "O.P.N."]
    assert told["artist_aliases"].to_pylist() == [names, names, None, names, None]
    assert told.drop_columns("artist_aliases") == albums().drop_columns("artist_aliases")
