"""The titles of a run that no film was found for."""

from soundtracks.lake.lake import Lake


def read_unresolved(lake: Lake, run_id: str) -> list[dict[str, str | None]]:
    """Title, year and reason of each, as far as the run listed them: RunMetrics.unresolved counts all. Raises LakeError."""
    failures = lake.read_json(f"runs/{run_id}/failures.json")
    return [{"title": f["name"], "year": None, "reason": f["reason"]} for f in failures.get("tmdb", [])]
