"""What a match of a run leaves for the next, in the lake: of help where it is whole, and no loss where it is not."""

import shutil
from contextlib import suppress
from pathlib import Path

from soundtracks.errors import LakeError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.match_state import FILES, MANIFEST, sha256_of

DATASET = "silver/match-state"


def take_state(lake: Lake, folder: Path) -> DatasetRef | None:
    """Copies what the matches before left into `folder`; its version. None, and an empty folder, where there is nothing whole."""
    folder.mkdir()
    try:
        ref = lake.current(DATASET)
        if ref is not None and {file.name for file in ref.files} == set(FILES):
            lake.stage_in(ref, folder)
            return ref
    except LakeError:  # damaged, or just replaced by another run
        shutil.rmtree(folder)
        folder.mkdir()
    return None


def keep_state(lake: Lake, folder: Path, before: DatasetRef | None) -> str:
    """Leaves a state for the next match, in place of the one that was taken; "" or why the lake could not take it.

    Of two runs at once the later one's stays: the next scores again what only the other knew.
    """
    if before is not None and _is_of(folder, before):
        return ""
    try:
        ref = lake.stage_out(DATASET, {name: folder / name for name in FILES}, rows=0)
    except LakeError as error:
        return str(error)
    if before is not None and before.folder != ref.folder:
        for file in before.files:
            with suppress(LakeError):  # `soundtracks prune` takes what is left
                lake.delete(f"{before.folder}/{file.name}")
    return ""


def _is_of(folder: Path, ref: DatasetRef) -> bool:
    """Whether the match has changed nothing."""
    return any(file.name == MANIFEST and file.sha256 == sha256_of(folder / MANIFEST) for file in ref.files)
