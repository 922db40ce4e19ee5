"""Which files of a folder that somebody names may be written over: those that were left there by us, and never what is read.

The results of a match have common names (films.parquet, links.csv), and people's own catalogues are called so too.
"""

import json
import os
from collections.abc import Collection
from pathlib import Path

from soundtracks.errors import BadInput

METRICS = "metrics.json"
LINKS, FILMS, ALBUMS = "links.parquet", "films.parquet", "albums.parquet"
#: What a match of records of one kind leaves. METRICS says which files of its folder are ours, so it comes first.
RECORDS = (METRICS, "links.csv", "quarantine.csv", LINKS)
#: What a match of films and albums may leave.
RESULTS = (*RECORDS, FILMS, ALBUMS, "report.html")


def left_by_us(folder: Path) -> frozenset[str]:
    """Names among RESULTS of files that an earlier match left in a folder; none where it holds no METRICS of a match."""
    try:
        content = json.loads((folder / METRICS).read_bytes())
    except (OSError, ValueError, RecursionError):
        return frozenset()
    if not isinstance(content, dict) or "matching" not in content:
        return frozenset()
    files = content.get("files")
    if not isinstance(files, list):  # earlier versions did not name them
        return frozenset(RESULTS)
    return frozenset({METRICS, *(name for name in RESULTS if name in files)})


def check_out(out: Path, names: Collection[str], inputs: Collection[Path]) -> None:
    """Raises BadInput where files of these names in the folder `out` would cost somebody a file.

    That is one of `inputs`, or a file that no match left there. `names`: among RESULTS.
    """
    _check_folder(out, "--out")
    ours = left_by_us(out)
    _check_not_read(out, {*names, *ours}, inputs, "--out")
    _check_known(out, {*names} - ours, "--out", f"no {METRICS} of a match names it")


def check_state(state: Path, out: Path, inputs: Collection[Path]) -> None:
    """Raises BadInput where what a match remembers in the folder `state` would cost somebody a file, or be lost to results."""
    from soundtracks.matching.match_state import FILES, MANIFEST, is_state

    _check_folder(state, "--state")
    if _same(state, out):
        raise BadInput(
            f"{out} cannot hold the results and what is remembered as well: some of their files have the same names.",
            hint="Give another folder with --state.",
        )
    _check_not_read(state, FILES, inputs, "--state")
    if not is_state(state):
        _check_known(state, FILES, "--state", f"no {MANIFEST} of a match is beside it")


def _check_folder(folder: Path, option: str) -> None:
    if os.path.lexists(folder) and not folder.is_dir():
        raise BadInput(f"{folder} is a file, not a folder.", hint=f"Give {option} a folder.")


def _check_not_read(folder: Path, names: Collection[str], inputs: Collection[Path], option: str) -> None:
    """Raises BadInput for an input that is one of the files of these names in the folder, by whatever path."""
    for name in sorted(names):
        if any(_same(path, folder / name) for path in inputs):
            raise BadInput(f"{folder / name} is read, and would be written over.", hint=f"Give another folder with {option}.")


def _check_known(folder: Path, names: Collection[str], option: str, why: str) -> None:
    """Raises BadInput where a file of these names is there. `why`: how it is known that it is none of ours."""
    for name in sorted(names):
        if os.path.lexists(folder / name):
            raise BadInput(
                f"{folder / name} was not left by a match ({why}), and would be written over.",
                hint=f"Give another folder with {option}, or move the file away.",
            )


def _same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve() or one.samefile(other)
    except (OSError, RuntimeError):  # one is not there, or a loop of links
        return False
