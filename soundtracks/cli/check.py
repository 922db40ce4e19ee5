"""`soundtracks check`: how a list is read, before anything is asked."""

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from soundtracks.lists.read import Reading

#: Rows that are shown as they are understood.
SHOWN = 10


def check(
    file: Annotated[Path, typer.Argument(help="A list of films or albums: any text, table, workbook, JSON, XML, ZIP or folder.")],
    json_: Annotated[
        bool, typer.Option("--json", help="Everything, for programs: kind, rows, left_out, unreadable, notes.")
    ] = False,
    kind: Annotated[
        Literal["films", "albums"] | None, typer.Option("--as", help="What to read where a file holds both.", show_default=False)
    ] = None,
) -> None:
    """Say how a list would be read: which films or albums, from which columns, and what is left out and why.

    Asks no service and changes nothing. Exit codes: 0 it can be used, 2 it cannot.

    Example: soundtracks check letterboxd-export.zip
    """
    from soundtracks.lists.read import read_path

    reading = read_path(file, kind=kind)
    if json_:
        typer.echo(json.dumps(as_json(reading), ensure_ascii=False))
    else:
        print_reading(reading)
    reading.check_usable()


def as_json(reading: "Reading") -> dict[str, object]:
    """The whole reading: `rows` by kind, `left_out` by kind of thing, `unreadable` as a count, `places` in words."""
    return {
        "file": reading.name,
        "kind": reading.kind,
        "rows": [*(_films(reading) if reading.kind == "films" else _albums(reading))],
        "duplicates": reading.duplicates,
        "left_out": dict(reading.left_out),
        "unreadable": reading.unreadable,
        "places": [str(place) for place in reading.places],
        "notes": reading.notes,
    }


def _films(reading: "Reading") -> list[dict[str, object]]:
    return [
        {
            "title": film.title,
            "year": film.year,
            "ids": _known(imdb=film.imdb_id, tmdb=int(film.tmdb_id) if film.tmdb_id else None, wikidata=film.wikidata_id),
            "other_titles": list(film.other_titles),
        }
        for film in reading.films
    ]


def _albums(reading: "Reading") -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for album in reading.albums:
        kind, _, number = (album.discogs or "").partition(":")
        ids = _known(
            discogs=int(number) if kind == "release" else None,
            discogs_master=int(number) if kind == "master" else None,
            musicbrainz_release=album.mb_release,
            musicbrainz_release_group=album.mb_group,
        )
        rows.append({"title": album.title, "artist": album.artist, "year": album.year, "barcode": album.barcode, "ids": ids})
    return rows


def _known(**ids: object) -> dict[str, object]:
    return {name: value for name, value in ids.items() if value}


def _add_row(table: "Table", *cells: object) -> None:
    from rich.text import Text

    from soundtracks.text.foreign import terminal

    table.add_row(*(Text(terminal("" if cell is None else cell)) for cell in cells))


def print_reading(reading: "Reading") -> None:
    """The summary, how it was read, the first rows as understood, and the first places that could not be read."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from soundtracks.text.foreign import terminal

    console = Console()
    console.print(Text(terminal(reading.summary())), highlight=False)
    for note in reading.notes:
        console.print(Text(f"· {terminal(note)}", style="dim"), highlight=False)
    heads = ("title", "year", "ids", "other titles") if reading.kind == "films" else ("title", "artist", "year", "ids")
    table = Table(*heads, title=f"The first of {reading.count:,}", title_justify="left")
    for row in islice(reading.films, SHOWN) if reading.kind == "films" else ():
        ids = (row.imdb_id, row.tmdb_id and f"tmdb {row.tmdb_id}", row.wikidata_id)
        _add_row(table, row.title, row.year, ", ".join(filter(None, ids)), "; ".join(row.other_titles))
    for album in reading.albums[:SHOWN]:
        _add_row(
            table,
            album.title,
            album.artist,
            album.year,
            ", ".join(filter(None, (album.discogs, album.mb_release, album.barcode))),
        )
    if reading.count:
        console.print(table)
    for place in reading.places[:5]:
        console.print(Text(f"Set aside: {terminal(str(place))}", style="yellow"), highlight=False)
    if reading.unreadable > 5:
        console.print(f"… and {reading.unreadable - 5:,} more", style="yellow")
