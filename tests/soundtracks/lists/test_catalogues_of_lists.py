"""Catalogues of `link` from lists: the films and albums that `check` finds, each once and under an id of its own."""

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from soundtracks.lists.catalogues import Catalogue, read_catalogue
from soundtracks.lists.read import Kind, read_path

EXPORTS = Path("tests/data/exports")
LISTS = Path("tests/data/lists")
WATCHED = "Name,Year\nAlien,1979\nHeat,1995\nJaws,1975\n"
RATINGS = "Name,Year\nHeat,1995\nJaws,1975\n"
WATCHLIST = "Name,Year\nBlade Runner,1982\nInception,2010\n"
FIVE = [
    ("own:alien:1979", "Alien", 1979),
    ("own:heat:1995", "Heat", 1995),
    ("own:jaws:1975", "Jaws", 1975),
    ("own:blade-runner:1982", "Blade Runner", 1982),
    ("own:inception:2010", "Inception", 2010),
]


def packed(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.csv", text)
    return out.getvalue()


def workbook(*sheets: str) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for text in sheets:
            sheet = book.add_worksheet()
            for number, line in enumerate(text.splitlines()):
                sheet.write_row(number, 0, line.split(","))
    return out.getvalue()


def page(*tables: str) -> bytes:
    rows = ["".join(f"<tr><td>{line.replace(',', '</td><td>')}</td></tr>" for line in text.splitlines()) for text in tables]
    return "".join(f"<table>{text}</table>" for text in rows).encode()


def read(tmp_path: Path, name: str, content: str | bytes, kind: Kind = "films") -> Catalogue:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_catalogue(tmp_path / name, kind)


def films(catalogue: Catalogue) -> list[tuple[str, str, int | None]]:
    return [(row["tmdb_id"], row["title"], row["year"]) for row in catalogue.table.to_pylist()]


def albums(catalogue: Catalogue) -> list[tuple[str, str, list[str] | None]]:
    return [(row["album_id"], row["title"], row["genres"]) for row in catalogue.table.to_pylist()]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.zip", packed(watched=WATCHED, ratings=RATINGS, watchlist=WATCHLIST)),
        ("x.xlsx", workbook(WATCHED, WATCHLIST)),
        ("x.html", page(WATCHED, WATCHLIST)),
    ],
)
def test_films_of_all_parts_are_found_once(name: str, content: bytes, tmp_path: Path) -> None:
    catalogue = read(tmp_path, name, content)
    assert films(catalogue) == FIVE
    assert catalogue.aside == []


def test_a_film_on_other_lines_of_two_files_is_one(tmp_path: Path) -> None:
    catalogue = read(tmp_path, "x.zip", packed(a="Title,Year,Genre\nAlien,1979,Horror\n", b="Title,Year\nUp,2009\nAlien,1979\n"))
    assert films(catalogue) == [("own:alien:1979", "Alien", 1979), ("own:up:2009", "Up", 2009)]


def test_albums_of_all_parts_are_found_once_with_what_their_first_row_says(tmp_path: Path) -> None:
    first = "Artist,Title,Year,Genre\nJerry Goldsmith,Alien,1979,Score\nVangelis,Blade Runner,1994,Electronic\n"
    second = "Artist,Title,Year,Genre\nHans Zimmer,Inception,2010,\nJerry Goldsmith,Alien,1979,Pop\n"
    assert albums(read(tmp_path, "x.zip", packed(a=first, b=second), "albums")) == [
        ("own:alien:jerry-goldsmith:1979", "Alien", ["Score"]),
        ("own:blade-runner:vangelis:1994", "Blade Runner", ["Electronic"]),
        ("own:inception:hans-zimmer:2010", "Inception", None),
    ]


def test_records_on_one_line_of_xml_are_told_apart(tmp_path: Path) -> None:
    text = "".join(
        f"<album><artist>{artist}</artist><title>{title}</title><genre>{genre}</genre></album>"
        for artist, title, genre in (("A", "Alien", "Score"), ("B", "Heat", "Rock"), ("C", "Jaws", "Pop"))
    )
    assert albums(read(tmp_path, "x.xml", f"<albums>{text}</albums>", "albums")) == [
        ("own:alien:a", "Alien", ["Score"]),
        ("own:heat:b", "Heat", ["Rock"]),
        ("own:jaws:c", "Jaws", ["Pop"]),
    ]


def test_of_two_films_with_one_id_the_second_is_called_by_its_other_one(tmp_path: Path) -> None:
    text = "Title,Year,TMDB ID,IMDb ID\nAlien,1979,348,tt0078748\nAliens,1986,348,tt0090605\n"
    assert films(read(tmp_path, "films.csv", text)) == [("348", "Alien", 1979), ("tt0090605", "Aliens", 1986)]


def test_commas_part_the_genres_of_a_list_but_no_titles(tmp_path: Path) -> None:
    listed = read(tmp_path, "films.csv", 'Title,Year,Also known as\nLola rennt,1998,"Run, Lola, Run"\n')
    assert listed.table["alternative_titles"].to_pylist() == [["Run, Lola, Run"]]
    text = 'Artist,Title,Year,Genre\nA,Alien,1979,"Score, Pop"\n'
    assert albums(read(tmp_path, "albums.csv", text, "albums")) == [("own:alien:a:1979", "Alien", ["Score", "Pop"])]


def test_two_pressings_of_one_group_are_two_albums(tmp_path: Path) -> None:
    group = "11111111-2222-3333-4444-555555555555"
    text = f"Artist,Title,Year,MusicBrainz Release Group Id\nA,Alien,1979,{group}\nA,Alien,1999,{group}\n"
    catalogue = read(tmp_path, "albums.csv", text, "albums")
    assert [(row["album_id"], row["year"]) for row in catalogue.table.to_pylist()] == [
        (f"group:{group}", 1979),
        ("own:alien:a:1999", 1999),
    ]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        *(
            (EXPORTS / name, "films")
            for name in ("e01-trakt-export.zip", "e10-plex-exporttools-level3.csv", "e12-tautulli-movies.csv")
        ),
        *((EXPORTS / name, "films") for name in ("e30-letterboxd-export.zip", "e76-plex-exporttools.xlsx")),
        *(
            (LISTS / name, "films")
            for name in ("mymovies.xml", "opml.opml", "two-sheets.xlsx", "stevenlu.json", "frontmatter-list.md")
        ),
        *((LISTS / name, "albums") for name in ("YourLibrary.json", "bandcamp.csv", "senscritique.csv", "plex-music.json")),
    ],
    ids=str,
)
def test_check_and_link_find_the_same(path: Path, kind: Kind) -> None:
    checked, table = read_path(path, kind=kind), read_catalogue(path, kind).table
    wanted = [(film.title, film.year) for film in (checked.films if kind == "films" else checked.albums)]  # type: ignore[attr-defined]
    assert list(zip(table["title"].to_pylist(), table["year"].to_pylist(), strict=True)) == wanted
    assert len(wanted) > 0


PLEX = '"Media ID","Title","Year","IMDB ID","TMDB ID"\n1,Alien,1979,tt0078748,348\n2,Heat,1995,tt0113277,N/A\n3,Jaws,1975,tt0073195,N/A\n4,Up,2009,tt1049413,\n'
RADARR = "Title,Year,TmdbId,ImdbId\nAlien,1979,348,tt0078748\nHeat,1995,0,tt0113277\nJaws,1975,0,tt0073195\nUp,2009,,tt1049413\n"
CANONICAL = (
    "tmdb_id,title,year,imdb_id\n348,Alien,1979,tt0078748\nN/A,Heat,1995,tt0113277\n0,Jaws,1975,73195\n,Up,2009,tt1049413\n"
)


@pytest.mark.parametrize("text", [PLEX, RADARR, CANONICAL, CANONICAL.replace("tmdb_id", " TMDB_ID ")])
def test_a_film_without_tmdbs_id_is_called_by_imdbs(text: str, tmp_path: Path) -> None:
    catalogue = read(tmp_path, "films.csv", text)
    assert films(catalogue) == [
        ("348", "Alien", 1979),
        ("tt0113277", "Heat", 1995),
        ("tt0073195", "Jaws", 1975),
        ("tt1049413", "Up", 2009),
    ]
    assert catalogue.aside == []


@pytest.mark.parametrize(
    ("row", "identity", "reason"),
    [
        ("N/A,Home,1999,", "", "no tmdb_id"),
        ("0,Home,1999,123", "", "no tmdb_id"),
        (",Alien,1979,tt0078748", "tt0078748", "imdb_id or wikidata_id stands in an earlier row"),
        (",,1999,tt0000001", "tt0000001", "no title"),
    ],
)
def test_what_has_no_id_of_its_own_is_set_aside(row: str, identity: str, reason: str, tmp_path: Path) -> None:
    catalogue = read(tmp_path, "films.csv", f"tmdb_id,title,year,imdb_id\n348,Alien,1979,tt0078748\n{row}\n")
    assert films(catalogue) == [("348", "Alien", 1979)]
    assert catalogue.aside == [("films.csv", 3, identity, reason)]


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        (["348,Alien,tt0078748,Q103569", ",Alien,tt0078748,", "N/A,Alien,,Q103569"], "348"),
        ([",Alien,tt0078748,", "348,Alien,tt0078748,"], "tt0078748"),
        ([",Alien,tt0078748,Q103569", ",Alien,,Q103569"], "tt0078748"),
    ],
)
def test_a_film_with_and_without_tmdbs_id_is_one_in_any_order(rows: list[str], kept: str, tmp_path: Path) -> None:
    catalogue = read(tmp_path, "films.csv", "\n".join(["tmdb_id,title,imdb_id,wikidata_id", *rows, ""]))
    assert films(catalogue) == [(kept, "Alien", None)]
    assert [line for _, line, _, _ in catalogue.aside] == list(range(3, len(rows) + 2))


def test_album_ids_are_anybodys_but_unknown_is_none(tmp_path: Path) -> None:
    catalogue = read(tmp_path, "albums.csv", "album_id,title\n0,Alien\nN/A,Heat\n", "albums")
    assert albums(catalogue) == [("0", "Alien", None)]
    assert catalogue.aside == [("albums.csv", 3, "", "no album_id")]


def test_a_list_beside_a_canonical_table_adds_what_is_not_there(tmp_path: Path) -> None:
    canonical, listed = "tmdb_id,title,imdb_id\n348,Alien,tt0078748\n", "Title,IMDb ID\nAlien,tt0078748\nHeat,tt0113277\n"
    catalogue = read(tmp_path, "x.zip", packed(b=canonical, a=listed))
    assert films(catalogue) == [("348", "Alien", None), ("tt0113277", "Heat", None)]
    assert catalogue.aside == [("x.zip/a.csv", 2, "tt0078748", "tmdb_id stands in an earlier row")]


def test_a_name_that_is_an_id_already_is_passed_over(tmp_path: Path) -> None:
    catalogue = read(tmp_path, "x.zip", packed(a="tmdb_id,title\nown:heat:1995,Alien\n", b="Title,Year\nHeat,1995\n"))
    assert films(catalogue) == [("own:heat:1995", "Alien", None), ("own:heat:1995.2", "Heat", 1995)]


def test_every_row_that_cannot_be_read_is_set_aside_with_its_file(tmp_path: Path) -> None:
    content = packed(a="Title,Year\nAlien,1979\n" + "x,1,2\n" * 1200, b="Title,Type\nHeat,movie\nDark,tvSeries\n")
    aside = read(tmp_path, "x.zip", content).aside
    assert len(aside) == 1201
    assert aside[1199:] == [
        ("x.zip/a.csv", 1202, "", "3 values, the heading has 2"),
        ("x.zip/b.csv", 3, "", "a series, no film"),
    ]


def test_what_is_of_the_other_kind_is_told(tmp_path: Path) -> None:
    content = packed(
        films="Title,Director\nAlien,Scott\n", albums="Artist,Album\nVangelis,Blade Runner\n", games="Title,Platform\nPong,PC\n"
    )
    assert {"1 album left out", "1 game left out"} <= set(read(tmp_path, "x.zip", content).notes)
    assert {"1 film left out", "1 game left out"} <= set(read(tmp_path, "x.zip", content, "albums").notes)
