"""The folder in which `soundtracks link` leaves its results: decisions are kept there, and count in the next link into it."""

import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from soundtracks.cli.own_files import ALBUMS, FILMS, LINKS, METRICS, left_by_us
from soundtracks.errors import BadInput, SoundtracksError
from soundtracks.text.foreign import one_line

if TYPE_CHECKING:
    import pyarrow as pa

    from soundtracks.lake.lake import Lake
    from soundtracks.publishing.catalogue import Catalogue

#: Decisions that are named of those that wait.
MAX_WAITING = 5
_OF_A_ROW = re.compile(r"row:\d+(\.\d+)?")
#: Seconds to wait for another link that puts its results into the same folder: it moves a few files.
MAX_WAIT_FOR_LOCK = 60.0


def open_folder(path: Path) -> "tuple[Lake, Catalogue]":
    """The folder as a lake, and its films, albums and links with what people decided there; `path`: it, or a file in it.

    Raises BadInput for a folder without them, where they are damaged, or where nothing is there.
    """
    import pyarrow as pa

    from soundtracks.decisions import read_decisions
    from soundtracks.lake.lake import Lake

    if not path.exists():
        raise BadInput(f"There is no folder {path}.", hint="Give the folder of --out, as `soundtracks link` left it.")
    folder = path if path.is_dir() else path.parent
    if missing := [name for name in (LINKS, FILMS, ALBUMS) if not (folder / name).is_file()]:
        raise BadInput(
            f"{folder} lacks {', '.join(missing)}: these are no results of `soundtracks link` that can be reviewed.",
            hint="Give the folder of its --out, or link into it again where that was ended half-way. Of more than 100,000 films"
            " and albums it keeps no tables: link fewer at once.",
        )
    lake = Lake(str(folder.resolve()))
    decisions = read_decisions(lake)
    try:
        return lake, read_catalogue(folder, decisions)
    except (pa.ArrowException, KeyError, OSError) as error:
        raise BadInput(
            f"The results in {folder} cannot be read: {one_line(str(error), 200)}",
            hint="Link into it again: what was decided there is kept.",
        ) from error


def with_names(links: "pa.Table", folder: Path) -> "pa.Table":
    """Links of the results in a folder as schema VIEW, with the names of films and albums and with what people decided.

    As they are where they have names, and where films and albums of ours are not beside them: a large match leaves none (earlier
    versions did not say so in METRICS), and links may have been copied elsewhere. Raises BadInput where these are damaged.
    """
    from soundtracks.publishing.catalogue import Catalogue

    ours = {name for name in left_by_us(folder) if (folder / name).is_file()}
    if "album_title" in links.column_names or not ours >= {LINKS, FILMS, ALBUMS}:
        return links
    _, known = open_folder(folder)
    return Catalogue(known.every_film, known.albums, links, known.decisions).view


@contextmanager
def making(out: Path) -> Iterator[None]:
    """Makes the folder for results. Where the block fails, what was made of it goes again, unless something lies in it by then.

    Raises OSError where it cannot be made.
    """
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def replace_results(part: Path, out: Path, names: Collection[str]) -> None:
    """Moves results into `out` in the place of older ones, and removes what an earlier match left there besides.

    links.parquet goes first and comes last: a folder that is left half-way does not pass for results. METRICS, which says that
    the others are ours, comes first. Raises SoundtracksError where another link does the same for MAX_WAIT_FOR_LOCK.
    """
    with _alone_in(out):
        for name in {LINKS} | left_by_us(out) - {METRICS, *names}:
            (out / name).unlink(missing_ok=True)
        for name in sorted(names, key=lambda name: (name == LINKS, name != METRICS)):
            shutil.move(part / name, out / name)


@contextmanager
def _alone_in(out: Path) -> Iterator[None]:
    """Holds the lock of a folder: the results of two links at once, mixed, would pass for whole."""
    from filelock import FileLock, Timeout

    path = out / ".link.lock"
    try:
        with FileLock(path, timeout=MAX_WAIT_FOR_LOCK):
            try:
                yield
            finally:  # while it is held: who waits for it makes a new one
                path.unlink(missing_ok=True)
    except Timeout:
        raise SoundtracksError(
            f"Another link has been putting its results into {out} for {MAX_WAIT_FOR_LOCK:.0f} s.",
            hint="Link again, or give another folder with --out.",
        ) from None


def read_catalogue(folder: Path, decisions: "pa.Table") -> "Catalogue":
    """Films, albums and links of a folder, with people's decisions (schema DECISIONS) on these films and albums.

    What was decided on a film or an album that has left its list waits until it is there again: a link to it would have no name,
    and nobody could join it to the list.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from soundtracks.decisions import decisions_on
    from soundtracks.publishing.catalogue import Catalogue
    from soundtracks.records import ALBUMS as SCHEMA
    from soundtracks.records import conform, work_ids

    films, albums, links = (pq.read_table(folder / name) for name in (FILMS, ALBUMS, LINKS))
    known = {*albums["album_id"].to_pylist(), *work_ids(conform(albums, SCHEMA)).to_pylist()}
    decided = decisions_on(decisions, films, albums)
    there = pc.and_(
        pc.is_in(decided["album_id"], value_set=pa.array(known, pa.string())),
        pc.is_in(decided["tmdb_id"], value_set=films["tmdb_id"].combine_chunks()),
    )
    return Catalogue(films, albums, links, decided.filter(there))


def waiting(decisions: "pa.Table", catalogue: "Catalogue") -> list[str]:
    """What is said of decisions that count, but not in these results: their film or album is not in the lists.

    `decisions`: all of the folder, schema DECISIONS.
    """
    from soundtracks.publishing.catalogue import effective_decisions

    taken = effective_decisions(catalogue.decisions)
    pairs = [pair for pair in effective_decisions(decisions) if pair not in taken]
    if not pairs:
        return []
    shown = ", ".join(f"{album} → {film}" for album, film in pairs[:MAX_WAITING]) + (" …" if len(pairs) > MAX_WAITING else "")
    told = [f"{len(pairs):,} × a decision waits, for its film or album is not in these lists: {shown}."]
    if any(_OF_A_ROW.fullmatch(one) for pair in pairs for one in pair):
        told.append("Ids such as row:3 are of an earlier version, which counted rows: decide on these again.")
    return told


def take_decisions(catalogue: "Catalogue", folder: Path) -> None:
    """Lets people's decisions count in links.parquet: of the same columns, in the same order of albums."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from soundtracks.publishing.catalogue import apply_decisions
    from soundtracks.records import LINKS as SCHEMA
    from soundtracks.records import conform

    model = pq.read_table(folder / LINKS)
    decided = conform(apply_decisions(conform(model, SCHEMA), catalogue.decisions, catalogue.works), SCHEMA)
    place = pc.index_in(decided["album_id"], value_set=model["album_id"].unique())
    order = decided.append_column("place", pc.fill_null(place, len(model))).sort_by([("place", "ascending")])
    pq.write_table(order.select(SCHEMA.names), folder / LINKS)
