"""Records of Discogs' dumps: cut apart, looked at, read; hostile ones set aside."""

import gzip
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from soundtracks.errors import BadDump, CutOff
from soundtracks.sources.dumps.discogs import MAX_RECORD, album, may_be_kept, records
from soundtracks.sources.dumps.stream import Malformed

MASTER = (
    '<master id="12717"><main_release>1</main_release><artists><artist><id>3</id><name>Vangelis</name><anv/><join>&amp;</join>'
    "</artist><artist><id>4</id><name>Various (2)</name><anv>V.A.</anv><join/></artist></artists>"
    "<genres><genre>Electronic</genre><genre>Stage &amp; Screen</genre></genres><styles><style>Score</style></styles>"
    "<year>1994</year><title>Blade Runner</title><videos><video><title>Not this one</title></video></videos></master>"
)
RELEASE = (
    '<release id="5" status="Accepted"><artists><artist><name>Yann Tiersen</name><anv/><join>,</join></artist>'
    '<artist><name>B</name><join/></artist></artists><labels><label name="Virgin" catno="7"/></labels><title>Am&#233;lie (Bande Originale Du Film)</title>'
    '<formats><format name="CD" qty="1" text=""><descriptions><description>Album</description><description>Reissue</description>'
    "</descriptions></format></formats><genres><genre>Pop</genre></genres><country>France</country><released>2001-04-00</released>"
    '<master_id is_main_release="true">20</master_id><tracklist><track><title>x</title></track></tracklist>'
    '<identifiers><identifier type="Matrix / Runout" value="12345678"/>'
    '<identifier type="Barcode" value="7 24381-07902 7"/></identifiers></release>'
)


def test_master() -> None:
    assert album(MASTER.encode(), "master") == {
        "album_id": "master:12717",
        "title": "Blade Runner",
        "artist": "Vangelis & V.A.",
        "artist_names": ["Vangelis", "Various (2)"],
        "labels": None,
        "catalogue_numbers": None,
        "barcode": None,
        "tracks": None,
        "year": 1994,
        "genres": ["Electronic", "Stage & Screen"],
        "styles": ["Score"],
        "formats": [],
        "first_year": 1994,
        "master_id": None,
        "country": None,
    }


def test_release() -> None:
    assert album(RELEASE.encode(), "release") == {
        "album_id": "release:5",
        "title": "Amélie (Bande Originale Du Film)",
        "artist": "Yann Tiersen, B",
        "artist_names": ["Yann Tiersen", "B"],
        "labels": ["Virgin"],
        "catalogue_numbers": ["7"],
        "barcode": "724381079027",
        "tracks": ["x"],
        "year": 2001,
        "genres": ["Pop"],
        "styles": [],
        "formats": ["CD", "Album", "Reissue"],
        "first_year": None,
        "master_id": "master:20",
        "country": "France",
    }


@pytest.mark.parametrize(
    ("text", "replaced", "field", "value"),
    [
        (MASTER, ("1994", "0"), "year", None),
        (MASTER, ("1994", ""), "year", None),
        (MASTER, ("1994", "?"), "first_year", None),
        (RELEASE, ("2001-04-00", "2001"), "year", 2001),
        (RELEASE, (">20<", ">0<"), "master_id", None),
        (RELEASE, (">20<", "><"), "master_id", None),
        (RELEASE, ("<country>France</country>", ""), "country", None),
        (MASTER, ("Blade Runner", " &lt;script&gt;\U0001f3ac "), "title", "<script>🎬"),
    ],
)
def test_fields_that_are_missing_or_odd(text: str, replaced: tuple[str, str], field: str, value: Any) -> None:
    found = album(text.replace(*replaced).encode(), text[1 : text.index(" ")])
    assert found is not None
    assert found[field] == value


@pytest.mark.parametrize("sign", ["\x01", "\x1f", "\x0b", "\x00", "&#1;", "&#x1F;", "&#xD800;", "\ufffe"])
def test_characters_that_xml_does_not_allow_cost_no_record(sign: str) -> None:
    found = album(RELEASE.replace("(Bande", f"{sign}(Bande").replace(">x<", f">x{sign}<").encode(), "release")
    assert found is not None
    assert found["title"].replace("\ufffe", "") == "Amélie (Bande Originale Du Film)"
    assert found["artist"] == "Yann Tiersen, B"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (MASTER.replace("</year>", ""), "it is no XML: mismatched tag"),
        (MASTER.replace("12717", "x"), "the id 'x' is not a number"),
        (MASTER.replace("12717", "9" * 5000), "the id '9+' is not a number"),
        (MASTER.replace("<title>Blade Runner</title>", "").replace("Not this one", ""), "it has no title"),
        (MASTER.replace("Blade Runner", "&xxe;"), "it is no XML: undefined entity"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + MASTER, ""),
        (MASTER.replace("Blade Runner", '<!ENTITY x SYSTEM "file:///etc/passwd">'), "it holds a declaration"),
        ("nothing here", "it is no XML"),
    ],
)
def test_what_cannot_be_read_is_refused(record: str, reason: str) -> None:
    if not reason:  # a declaration before the record is cut off with everything else before it
        assert album(record.encode(), "master") == album(MASTER.encode(), "master")
        return
    with pytest.raises(Malformed, match=reason):
        album(record.encode(), "master")


def test_broken_utf8_is_refused() -> None:
    with pytest.raises(Malformed, match="it is no XML"):
        album(MASTER.encode().replace(b"Blade", b"\xff\xfe"), "master")


def test_what_the_rule_does_not_keep() -> None:
    plain = MASTER.replace("Stage &amp; Screen", "Rock").replace("Score", "Ambient")
    assert not may_be_kept(plain.encode())
    assert album(plain.encode(), "master") is None


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_records_are_cut_wherever_the_pieces_end(size: int) -> None:
    dump = f"<masters>\n{MASTER}\n{MASTER.replace('12717', '2')}\n</masters>\n".encode()
    cut = list(records((dump[i : i + size] for i in range(0, len(dump), size)), "master", 0))
    assert [a["album_id"] for record, _ in cut if (a := album(record, "master"))] == ["master:12717", "master:2"]
    assert dump[: cut[0][1]].endswith(b"</master>")
    (rest,) = records(iter([dump[cut[0][1] :]]), "master", cut[0][1])
    assert rest == cut[1]


def test_a_document_type_is_refused() -> None:
    bomb = b'<!DOCTYPE masters [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><masters>' + MASTER.encode() + b"</masters>"
    with pytest.raises(BadDump, match="declares a document type"):
        list(records(iter([bomb]), "master", 0))


@pytest.mark.parametrize(
    ("said", "master"),
    [("20", "master:20"), ("0", None), ("²", None), ("٣", None), ("x", None), ("9" * 5000, None)],
)
def test_a_master_that_is_no_number_is_none(said: str, master: str | None) -> None:
    found = album(RELEASE.replace(">20</master_id>", f">{said}</master_id>").encode(), "release")
    assert found is not None
    assert found["master_id"] == master


def test_a_dump_without_its_end_is_refused() -> None:
    with pytest.raises(CutOff, match="ends without </masters>"):
        list(records(iter([b"<masters>" + MASTER.encode()]), "master", 0))


@pytest.mark.slow
def test_a_record_without_end_does_not_fill_the_memory() -> None:
    piece = b"x" * (4 << 20)
    with pytest.raises(BadDump, match="No end of a master within 64 MB"):
        list(records((piece for _ in range(MAX_RECORD // len(piece) + 2)), "master", 0))


@pytest.mark.parametrize("kind", ["master", "release"])
@pytest.mark.slow
def test_quick_look_loses_nothing_of_real_records(shared_data: Path, kind: str) -> None:
    content = gzip.decompress((shared_data / "discogs_dump" / f"discogs_20200806_{kind}s.xml.gz").read_bytes())
    cut = [record for record, _ in records(iter([content]), kind, 0)]
    kept = {a["album_id"] for record in cut if (a := album(record, kind))}
    assert len(cut) == len(ElementTree.fromstring(content)) == 1000
    seen = {a["album_id"] for record in cut if may_be_kept(record) and (a := album(record, kind))}
    assert seen == kept
    assert len(kept) > 30
