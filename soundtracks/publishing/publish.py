"""Publishes a run: its outputs into runs/<run id>/, then the links as a new version of gold/links, manifest last."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from soundtracks.errors import LakeError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.contract import require_kept
from soundtracks.publishing.options import Options
from soundtracks.publishing.outputs import render

DATASET = "gold/links"


def publish(
    lake: Lake,
    run_id: str,
    catalogue: Catalogue,
    metrics: Mapping[str, Any] | None = None,
    extra_files: Mapping[str, bytes] | None = None,
    options: Options | None = None,
) -> DatasetRef:
    """Writes all outputs; a reader sees the version before or this one whole, never something between.

    extra_files (report.html, datadocs/…) go to runs/<run id>/ only; so does metrics.json, if metrics are given.
    All is rendered before the first byte is written. Raises LakeError when the lake cannot be written (disk full):
    what this call had written is removed again, and gold/links still points to the version before.
    The same catalogue gives the same version.
    """
    require_kept(catalogue)
    outputs = render(catalogue, options or Options())
    in_run = outputs | dict(extra_files or {})
    if metrics is not None:  # last: it says that the run is complete
        in_run["metrics.json"] = json.dumps(metrics, ensure_ascii=False, indent=1, default=str).encode()
    before = _names(lake, run_id)
    try:
        for name, data in in_run.items():
            lake.write_bytes(f"runs/{run_id}/{name}", data)
        return lake.publish(DATASET, outputs, rows=catalogue.view.num_rows)
    except BaseException:
        for name in _names(lake, run_id) - before:
            with suppress(LakeError):  # the disk may be worse than full; the first error is the one to tell
                lake.delete(name)
        raise


def _names(lake: Lake, run_id: str) -> set[str]:
    return {entry.name for folder in (DATASET, f"runs/{run_id}") for entry in lake.list(folder)}
