"""Which state of the catalogue a person means: a day, a time, a run, or now."""

from datetime import UTC, datetime, time

from soundtracks.errors import BadInput
from soundtracks.lake.delta import Commit

NOW = "now"


def commit_of(commits: list[Commit], when: str) -> Commit:
    """The newest of `commits` (oldest first) that a day, a time (ISO 8601, UTC unless it says so) or a run's id comes to.

    A day is meant to its end; of a run's id its beginning is enough. A run means what it published itself, not what was restored
    of it later, where people had decided otherwise since. Raises BadInput where there is none.
    """
    if not commits:
        raise BadInput("The catalogue holds no links yet.", hint="A run that finds albums makes the first.")
    if when in ("", NOW):
        return commits[-1]
    own = [commit for commit in commits if "restored" not in commit.about]
    runs = {run for commit in own if (run := commit.about.get("run_id", "")).startswith(when)}
    if len(runs) == 1:
        return next(commit for commit in reversed(own) if commit.about.get("run_id") in runs)
    if len(runs) > 1 and when not in runs:
        raise BadInput(f"{len(runs)} runs begin with {when}.", hint="Give more of the id; `soundtracks history` lists the runs.")
    moment = _moment(when)
    if moment is None:
        raise BadInput(
            f"{when} is no run that published, and no date.", hint="Give a day such as 2026-11-26, a time, or a run's id."
        )
    found = [commit for commit in commits if commit.at <= moment]
    if not found:
        raise BadInput(f"The catalogue begins on {commits[0].at:%Y-%m-%d %H:%M} UTC.", hint="Give a later day.")
    return found[-1]


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= len("2026-11-26"):
        moment = datetime.combine(moment.date(), time.max)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
