"""No cell is a formula, whatever separator a program takes and whatever stands unseen before the sign; and it can be undone."""

import csv
import io
import sys
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from soundtracks.text.spreadsheet import SIGNS, plain_cell, safe_cell, write_csv, write_tables

#: Texts that are likely to hurt: signs, what hides them, separators and quotes.
NASTY = st.text(st.sampled_from("=+-@＝﹢−;|,\t\n\r'\" \ufeff\u200b\u00ad\u3164\xa0ab1:.")) | st.text()


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("master:113", "master:113"),
        ("mb:000768f7-62d4-49ed-88bc-183add088047", "mb:000768f7-62d4-49ed-88bc-183add088047"),
        ("-5", "-5"),
        ("-5+cmd|'x'!A0", "'-5+cmd|'x'!A0"),
        ("=1+1", "'=1+1"),
        ("\t=1+1", "'=1+1"),
        (" \r\n@x", "'@x"),
        ("＝1+1", "'＝1+1"),
        ("\ufeff=1+41", "'\ufeff=1+41"),
        ("\u200b=1+41", "'\u200b=1+41"),
        ("﹢1", "'﹢1"),
        ("﹦1", "'﹦1"),
        ("'=1+1", "''=1+1"),
        ("Alien;=1+41;(Original Soundtrack)", "Alien;'=1+41;(Original Soundtrack)"),
        ('Alien; "=1+41";', 'Alien; "\'=1+41";'),
        ("Alien\t=1+41", "Alien =1+41"),
        ("a|=1+1", "a|'=1+1"),
        ("Kill | Speed", "Kill | Speed"),
        ("A = B", "A = B"),
        ("'Round Midnight", "'Round Midnight"),
        ("Who's Afraid; Or Not", "Who's Afraid; Or Not"),
        ("9½ Weeks", "9½ Weeks"),
        ("a\x00b", "a b"),
        ("", ""),
    ],
)
def test_safe_cell(text: str, cell: str) -> None:
    assert safe_cell(text) == cell


@pytest.mark.slow
def test_every_character_that_becomes_a_sign_is_known() -> None:
    signs = {c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.normalize("NFKC", c)[:1] in tuple("=+-@")}
    assert sorted(signs - set(SIGNS)) == []


def seen(cell: str) -> str:
    """What is left of a cell for a program that drops what nobody sees."""
    return "".join(c for c in cell if unicodedata.category(c) not in ("Cc", "Cf", "Zs", "Zl", "Zp")).lstrip("\u3164")


@given(st.lists(st.lists(NASTY, min_size=2, max_size=3), min_size=1, max_size=3), st.sampled_from(",;\t|"))
@example([["Alien;=1+41;", '"=1+41"']], ";")
@pytest.mark.slow
def test_no_cell_is_a_formula_whatever_the_separator(rows: list[list[str]], separator: str) -> None:
    sink = io.StringIO(newline="")
    write_csv(sink, ["a", "b", "c"], rows)
    cells = [c for row in csv.reader(io.StringIO(sink.getvalue(), newline=""), delimiter=separator) for c in row]
    assert [c for c in cells if seen(c)[:1] in tuple(SIGNS) and not c.removeprefix("-").replace(".", "").isdigit()] == []


@given(NASTY)
def test_one_line_that_can_be_undone(text: str) -> None:
    cell = safe_cell(text)
    assert len((cell + "x").splitlines()) == 1
    clean = plain_cell(cell)
    assert safe_cell(clean) == cell
    if clean != text:
        assert any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text) or text != text.strip()


@given(
    st.lists(
        st.fixed_dictionaries(
            {"id": NASTY, "names": st.none() | st.lists(NASTY, max_size=2), "n": st.none() | st.integers(-9, 9)}
        )
    )
)
@pytest.mark.slow
def test_tables_are_written_as_rows_are(rows: list[dict[str, object]]) -> None:
    schema = pa.schema([("id", pa.string()), ("names", pa.list_(pa.string())), ("n", pa.int64())])
    table, by_row, by_table = pa.Table.from_pylist(rows, schema), io.StringIO(newline=""), io.StringIO(newline="")
    joined = [(r["id"], None if r["names"] is None else "|".join(r["names"]), r["n"]) for r in table.to_pylist()]
    write_csv(by_row, schema.names, joined)
    write_tables(by_table, schema, table.to_batches() or [table])
    assert by_table.getvalue() == by_row.getvalue()
