"""Labels as they are exported, and as spreadsheets save them again."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from soundtracks.errors import BadInput
from soundtracks.lists.labels import Label, Labels, read_labels

EXPORTED = "album_id,group,tmdb_ids\nmaster:1,review_accepted,348|679\nrelease:2,review_accepted,78\nrelease:3,review_rejected,\n"
MEANT = [Label("master:1", ("348", "679")), Label("release:2", ("78",)), Label("release:3", ())]


def workbook(text: str) -> bytes:
    """An XLSX of a CSV, whose whole numbers are numbers."""
    rows = ""
    for line in text.splitlines():
        cells = (
            f"<c><v>{cell}</v></c>" if cell.isdigit() else f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
            for cell in line.split(",")
        )
        rows += f"<row>{''.join(cells)}</row>"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">'
        '<sheets><sheet name="labels" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return sink.getvalue()


#: How a program saves the file: its name and bytes.
RESAVED: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "as exported": ("labels.csv", str.encode),
    "without its ending": ("labels.txt", str.encode),
    "BOM and CRLF": ("labels.csv", lambda text: text.replace("\n", "\r\n").encode("utf-8-sig")),
    "semicolons": ("labels.csv", lambda text: text.replace(",", ";").encode("cp1252")),
    "sep line": ("labels.csv", lambda text: b"sep=;\r\n" + text.replace(",", ";").replace("\n", "\r\n").encode()),
    "Unicode text of Excel": ("labels.txt", lambda text: text.replace(",", "\t").replace("\n", "\r\n").encode("utf-16")),
    "everything quoted": ("labels.csv", lambda text: "".join(f'"{line.replace(",", chr(34) + "," + chr(34))}"\n' for line in text.splitlines()).encode()),
    "decimals": ("labels.csv", lambda text: text.replace(",78\n", ",78.0\n").encode()),
    "shouted": ("labels.csv", lambda text: text.upper().encode()),
    "empty rows below": ("labels.csv", lambda text: (text + ",,\n,,\n").encode()),
    "empty ends dropped": ("labels.csv", lambda text: text.replace("rejected,", "rejected").encode()),
    "workbook": ("labels.xlsx", workbook),
}  # fmt: skip


@pytest.mark.parametrize("how", RESAVED)
def test_what_was_exported_is_read(how: str, tmp_path: Path) -> None:
    name, save = RESAVED[how]
    (tmp_path / name).write_bytes(save(EXPORTED))
    found = read_labels(tmp_path / name)
    labels = [Label(label.album_id.lower(), label.tmdb_ids) for label in found.labels]
    assert (labels, found.places) == (MEANT, [])


def read(tmp_path: Path, text: str) -> Labels:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return read_labels(path)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",review_accepted,5", "no album_id"),
        ("release:9,review_accepted,", "review_accepted without tmdb_ids"),
        ("release:9,review_rejected,5", "review_rejected with tmdb_ids"),
        ("release:9,maybe,5", "the group is neither review_accepted nor review_rejected: maybe"),
        ("release:9,,5", "the group is neither review_accepted nor review_rejected: empty"),
        ("release:9,review_accepted,1.23E+09", "1.23E+09 is an id that a spreadsheet has rounded"),
        ("release:2,review_rejected,", "release:2 stands in line 3 already"),
        ('release:9,"review_accepted,5', "a quote that opens and does not close"),
        ("release:9,review_accepted,5,6", "4 values, the heading has 3"),
        (f"release:9,review_accepted,{'5' * 201}", "an id of more than 200 characters"),
    ],
)
def test_a_line_that_is_no_label_is_told_and_the_others_go_on(row: str, reason: str, tmp_path: Path) -> None:
    found = read(tmp_path, f"{EXPORTED}{row}\nmaster:4,review_accepted,11\n")
    assert found.labels == [*MEANT, Label("master:4", ("11",))]
    assert list(map(str, found.places)) == [f"line 5: {reason}"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("album_id,tmdb_ids\nmaster:1,5\n", r"labels.csv lacks group; it has: album_id, tmdb_ids"),
        ("title,year\nAlien,1979\n", r"labels.csv lacks album_id, group, tmdb_ids; it has: title, year"),
        ("album_id,group,tmdb_ids\nmaster:1,maybe,5\n", r"labels.csv has no labels; the first: line 2: the group is"),
        ("album_id,group,tmdb_ids\n", r"labels.csv has no labels"),
        ("", "is empty"),
    ],
)
def test_a_file_without_labels_is_refused(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=told):
        read(tmp_path, text)


def test_plain_lines_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("Alien (1979)\nAliens (1986)\n", encoding="utf-8")
    with pytest.raises(BadInput, match="no table with a heading"):
        read_labels(tmp_path / "labels.txt")
    with pytest.raises(BadInput, match="no such file"):
        read_labels(tmp_path / "other.csv")
