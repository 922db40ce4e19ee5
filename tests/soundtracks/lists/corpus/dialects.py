"""Dialects and encodings: one small list, written in every way that programs write one."""

import csv
import io

from tests.soundtracks.lists.corpus import BLADE, Case, text

ROWS = [("Amélie", 2001, "tmdb:194"), ("The Good, the Bad; the Ugly", 1966, "tmdb:429"), ('7" Single | "Live"', 1999, "tmdb:5")]
_HEADING = ("title", "year", "tmdb_id")


def written(delimiter: str, quote: str = "minimal", heading: tuple[str, ...] = _HEADING, end: str = "\n") -> str:
    out = io.StringIO(newline="")
    style = {"minimal": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL, "text": csv.QUOTE_NONNUMERIC}[quote]
    writer = csv.writer(out, delimiter=delimiter, quoting=style, lineterminator=end)
    writer.writerow(heading)
    writer.writerows((title, year, ids.removeprefix("tmdb:")) for title, year, ids in ROWS)
    return out.getvalue()


DIALECTS = [
    Case(f"{name}-{quote}-{encoding}.{ending}", written(delimiter, quote, end=end).encode(encoding), ROWS)
    for name, delimiter, ending in (
        ("comma", ",", "csv"),
        ("semicolon", ";", "csv"),
        ("tab", "\t", "tsv"),
        ("bar", "|", "csv"),
        ("tab", "\t", "txt"),
    )
    for quote in ("minimal", "all", "text")
    for encoding, end in (
        ("utf-8", "\n"),
        ("utf-8-sig", "\r\n"),
        ("utf-16", "\r\n"),
        ("cp1252", "\n"),
        ("utf-16-le", "\n"),
        ("mac_roman", "\r"),
    )
] + [
    Case("sep-line.csv", b"sep=;\r\n" + written(";").encode("cp1252"), ROWS),
    Case("blank-first-lines.csv", b"\n\n" + written(",").encode(), ROWS),
    Case("preamble.csv", b"My films\nExported on 2020-01-01\n\n" + written(",").encode(), ROWS),
    Case("repeated-heading.csv", (written(",") + written(",")).encode(), ROWS),
    Case("heading-behind-blank.csv", written(",", heading=(" Title", " Year ", "TMDB ID")).encode(), ROWS),
    Case("capitals-other-order.csv", text("TMDB_ID;YEAR;TITLE", "194;2001;Amélie"), [ROWS[0]]),
    Case("row-in-quotes.csv", text('"title,year"', '"Amélie,2001"', '"Alien,1979"'), [("Amélie", 2001, ""), ("Alien", 1979, "")]),
    Case(
        "backslash.csv",
        text("title,year", '"The \\"Burbs\\"",1989', '"Alien",1979'),
        [('The "Burbs"', 1989, ""), ("Alien", 1979, "")],
    ),
    Case(
        "wrapped-value.csv",
        text("title,year", '"Dr. Strangelove or: How I', 'Learned",1964', "Alien,1979"),
        [("Dr. Strangelove or: How I Learned", 1964, ""), ("Alien", 1979, "")],
    ),
    Case("no-heading.csv", text("Alien,1979", "Ran,1985"), [("Alien", 1979, ""), ("Ran", 1985, "")]),
    Case(
        "unknowns.csv",
        text("title,year,tmdb_id", "A,NaN,nan", "B,\\N,N/A", "C,?,0", "D,0000-00-00,-1", "E,0001-01-01,"),
        [(t, None, "") for t in "ABCDE"],
    ),
    Case("floats.csv", text("title,year,tmdb_id", "Alien,1979.0,348.0"), [("Alien", 1979, "tmdb:348")]),
    Case(
        "mixed-encodings.csv",
        text("title,year", "Amélie,2001", "Señor,1999") + text("Léon,1994", encoding="cp1252"),
        [("Amélie", 2001, ""), ("Señor", 1999, ""), ("Léon", 1994, "")],
    ),
    Case("mojibake.csv", text("title,year", "AmÃ©lie,2001", "Ä€Å£,1990"), [("Amélie", 2001, ""), ("Ä€Å£", 1990, "")]),
    Case(
        "table.md",
        text("# My films", "", "| Title | Year |", "|---|---:|", "| Alien | 1979 |", "| Ran | 1985 |"),
        [("Alien", 1979, ""), ("Ran", 1985, "")],
    ),
    Case(
        "html.xls",
        text(
            "<html><body><table><tr><th>Title</th><th>Year</th></tr><tr><td><a href='/title/tt0078748/'>Alien</a></td><td>1979</td></tr></table>"
        ),
        [("Alien", 1979, "imdb:tt0078748")],
    ),
    Case(
        "spreadsheet2003.xml",
        text(
            '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>',
            "<Row><Cell><Data>Title</Data></Cell><Cell><Data>Year</Data></Cell></Row>",
            "<Row><Cell><Data>Alien</Data></Cell><Cell><Data>1979</Data></Cell></Row></Table></Worksheet></Workbook>",
        ),
        [("Alien", 1979, "")],
    ),
    Case(
        "lines.txt",
        text("1. Alien (1979)", "2. Godfather, The [1972]", "3. Blade Runner, 1982", "4. tt0083658"),
        [("Alien", 1979, ""), ("The Godfather", 1972, ""), ("Blade Runner", 1982, ""), (None, None, "imdb:tt0083658")],
    ),
    Case(
        "ticks.md",
        text("# Seen", "- [x] Alien (1979)", "- [ ] 12 Angry Men (1957)", "* **Ran** (1985) – twice"),
        [("Alien", 1979, ""), ("12 Angry Men", 1957, ""), ("Ran", 1985, "")],
    ),
    Case(
        "numbers-are-titles.txt",
        text("1917", "300", "2001: A Space Odyssey", "12 Angry Men"),
        [("1917", None, ""), ("300", None, ""), ("2001: A Space Odyssey", None, ""), ("12 Angry Men", None, "")],
    ),
    Case(
        "files.txt",
        text(
            "Blade Runner (1982) {tmdb-78}",
            "/films/Alien (1979) [imdbid-tt0078748]/Alien.mkv",
            "Das.Boot.1981.German.1080p.BluRay.x264.mkv",
        ),
        [(*BLADE, "tmdb:78"), ("Alien", 1979, "imdb:tt0078748"), ("Das Boot", 1981, "")],
    ),
]
