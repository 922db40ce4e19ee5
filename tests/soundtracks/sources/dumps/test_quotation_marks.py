"""Quotation marks in tables of Wikidata: TSV of its query service escapes them, CSV doubles them, and an odd one costs no row
unsaid."""

from pathlib import Path

import pytest

from soundtracks.errors import BadDump
from soundtracks.lake.lake import Lake
from soundtracks.sources.dumps.importer import import_dump

CSV = "item,itemLabel,tmdb,imdb\n"
TSV = "?item\t?itemLabel\t?tmdb\t?imdb\n"


def csv_row(number: int, title: str) -> str:
    return f"http://www.wikidata.org/entity/Q{number},{title},{number},\n"


def tsv_row(number: int, title: str) -> str:
    return f'<http://www.wikidata.org/entity/Q{number}>\t{title}\t"{number}"\t\n'


def imported(lake: Lake, folder: Path, text: str) -> tuple[list[tuple[str, str]], int]:
    """Items with their titles, and how many records were set aside."""
    path = folder / "query.txt"
    path.write_text(text, newline="")
    done = import_dump(lake, path)
    rows = lake.read_table(done.ref).select(["wikidata_id", "title"]).to_pylist()
    return [(row["wikidata_id"], row["title"]) for row in rows], done.quarantined


@pytest.mark.parametrize(
    ("written", "title"),
    [
        (r'"7\" Single"@en', '7" Single'),
        (r'"\"Weird Al\" Yankovic"@en', '"Weird Al" Yankovic'),
        (r'"A \\ B\u00e9"@en-gb', "A \\ Bé"),
        (r'"tab\there"', "tab\there"),
        ('"7"" Single"', '7" Single'),  # by a spreadsheet
        ('"7" Single"@en', '7" Single'),
        ('7" Single', '7" Single'),
        ('"Heroes', '"Heroes'),
        ("Alien@en", "Alien"),
    ],
)
def test_of_tsv_every_line_is_a_row(lake: Lake, tmp_path: Path, written: str, title: str) -> None:
    text = TSV + tsv_row(1, '"Alien"@en') + tsv_row(2, written) + tsv_row(3, '"Heat"@en')
    assert imported(lake, tmp_path, text) == ([("Q1", "Alien"), ("Q2", title), ("Q3", "Heat")], 0)


@pytest.mark.parametrize("strip", ["\n", "\t\n"])
@pytest.mark.parametrize("written", ['"Heat"@en', r'"7\" Single"@en'])
def test_a_last_row_without_line_break_or_empty_cells_is_whole(lake: Lake, tmp_path: Path, strip: str, written: str) -> None:
    found, aside = imported(lake, tmp_path, (TSV + tsv_row(1, '"Alien"@en') + tsv_row(2, written)).rstrip(strip))
    assert ([item for item, _ in found], aside) == (["Q1", "Q2"], 0)


@pytest.mark.parametrize(
    "end", ["<http://www.wikidata.org/enti", '<http://www.wikidata.org/entity/Q2>\t"Ali', 'Q2\t"Al\t"2"\t', "Q2\tAlien"]
)
def test_a_last_row_whose_term_has_no_end_is_a_cut(lake: Lake, tmp_path: Path, end: str) -> None:
    with pytest.raises(BadDump, match="ends within a row"):
        imported(lake, tmp_path, TSV + tsv_row(1, '"Alien"@en') + end)


@pytest.mark.parametrize("end", ["", csv_row(5, '"Heroes')])
def test_rows_that_a_quotation_mark_of_csv_joins_are_set_aside(lake: Lake, tmp_path: Path, end: str) -> None:
    """Which of them is a row nobody can tell: it is said, and not the first of them alone taken."""
    text = CSV + csv_row(1, "Alien") + csv_row(2, '7" Single') + csv_row(3, "Heat") + csv_row(4, '9" Nails') + end
    assert imported(lake, tmp_path, text) == ([("Q1", "Alien")], 1 + bool(end))


@pytest.mark.parametrize(
    ("end", "rows"), [('Q20,"Film\n20",20,', 2), ('Q20,"Film ""20""",20,tt0000020', 2), ('Q20,"Film\n20",20,\n', 2)]
)
def test_a_quoted_cell_of_csv_may_hold_line_breaks(lake: Lake, tmp_path: Path, end: str, rows: int) -> None:
    found, aside = imported(lake, tmp_path, CSV + csv_row(1, "Alien") + end)
    assert (len(found), aside) == (rows, 0)
