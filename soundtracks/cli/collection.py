"""`soundtracks collection`: the editions of the films' music beside what somebody owns and wants."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from soundtracks.cli.replacing import write_output
from soundtracks.errors import BadInput
from soundtracks.text.foreign import markup

if TYPE_CHECKING:
    from soundtracks.lists.album_records import Album
    from soundtracks.lists.read import Reading
    from soundtracks.publishing.collection import Each, Found

EDITIONS_FILE, WANTLIST_FILE = "soundtracks-editions.csv", "soundtracks-wantlist.csv"
#: Gaps that a terminal shows; the files have all.
SHOWN = 40


def collection(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="What you own: Discogs' export of a collection or inventory, or any list of albums. "
            "Discogs' export of a wantlist is told from it: what you want already."
        ),
    ],
    wanted: Annotated[
        list[Path] | None,
        typer.Option(help="A list of what you want already, of another kind than Discogs'.", show_default=False),
    ] = None,
    each: Annotated[
        str, typer.Option(help="What must be there at least once: an album of each film, an edition of each album, each edition.")
    ] = "film",
    out: Annotated[
        Path | None,
        typer.Option(help=f"Write {EDITIONS_FILE} and {WANTLIST_FILE} into this folder.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is lacking as JSON.")] = False,
) -> None:
    """Compare the music of all linked films with your collection: what is there, what lacks, and what to get first.

    An edition is owned by its Discogs release, another edition of the same album by its master, or an album by title and artist.
    Nothing is sent to Discogs, which imports no wantlists: the wantlist is a table like its own export, with each edition's page.

    Examples: soundtracks collection my-collection.csv my-wantlist.csv; soundtracks collection mine.csv --each album --out gaps
    """
    from typing import cast, get_args

    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake
    from soundtracks.lists.read import read_path
    from soundtracks.publishing import collection as compared
    from soundtracks.publishing.editions import ranked_editions
    from soundtracks.publishing.former import open_catalogue

    if each not in get_args(compared.Each):
        raise BadInput(f"--each {each} is not known.", hint=f"It may be {', '.join(get_args(compared.Each))}.")
    kind = cast("Each", each)
    every = [*files, *(wanted or [])]
    for path in every:
        if not path.exists():
            raise BadInput(f"{path}: no such file.")
    _check_out(out, every)
    readings = [read_path(path, kind="albums") for path in every]
    for reading in readings:
        reading.check_usable()
    use_lake()
    catalogue = open_catalogue(Lake.from_settings()).catalogue()
    owns: list[Album] = []
    wishes: list[Album] = []
    for number, reading in enumerate(readings):
        (wishes if number >= len(files) or compared.is_wantlist(reading) else owns).extend(reading.albums)
    shelves = (compared.Shelf.of(albums, catalogue) for albums in (owns, wishes))
    found = compared.compare(ranked_editions(catalogue), *shelves)
    gaps, wished = compared.lacking(found, kind), compared.units(found, kind, "wanted")
    wants = [gap for gap in gaps if compared.unit(gap.edition, kind) not in wished]
    if out is not None:
        _make(out)
        write_output(out / EDITIONS_FILE, compared.write_editions(found))
        write_output(out / WANTLIST_FILE, compared.write_wantlist(wants))
    if as_json:
        rows = [gap.edition.as_row() | {"wanted": gap.wanted} for gap in gaps]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
        return
    _tell(readings, found, gaps, wants, kind)
    if out is not None:
        Console().print(f"[dim]{markup(str(out / EDITIONS_FILE))}\n{markup(str(out / WANTLIST_FILE))}[/]", soft_wrap=True)


def _check_out(out: Path | None, files: list[Path]) -> None:
    if out is None:
        return
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file.", hint="--out names a folder.")
    for name in (EDITIONS_FILE, WANTLIST_FILE):
        if any(path.resolve() == (out / name).resolve() for path in files):
            raise BadInput(f"{out / name} would be written over, and is read.", hint="Take another folder for --out.")


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"Cannot make the folder {out}: {error.strerror}.") from error


def _tell(readings: "list[Reading]", found: "list[Found]", gaps: "list[Found]", wants: "list[Found]", each: "Each") -> None:
    from soundtracks.publishing.collection import unit

    console = Console(emoji=False)
    for reading in readings:
        console.print(markup(reading.summary()), style="dim", highlight=False)
    if gaps:
        table = Table("film", "first to get", "", "year", "page", box=None)
        for gap in gaps[:SHOWN]:
            row = gap.edition.as_row()
            cells = (gap.edition.film_name, row["album"] or "", row["format"] or "", row["year"] or "", row["url"] or "")
            table.add_row(*(markup(str(cell)) for cell in cells))
        console.print(table)
    every = len({unit(one.edition, each) for one in found})
    shown = f", of which {SHOWN} are shown" if len(gaps) > SHOWN else ""
    console.print(
        f"Of {every:,} {each}s with music, {every - len(gaps):,} are in your collection, {len(gaps) - len(wants):,} more are "
        f"wanted already, {len(wants):,} lack{shown}.",
        highlight=False,
    )
