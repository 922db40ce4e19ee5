"""The page of a gate: each rule of a dataset and what it found, with the report's renderer and its content policy."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from soundtracks.reporting.page import render_still

#: Values shown of the rows that broke a rule; the quarantine has all of them.
MAX_EXAMPLES = 20


@dataclass(frozen=True)
class Checked:
    """What one rule found. `broken`: rows that break it. A broken critical rule sets rows aside, another warns."""

    column: str
    rule: str
    critical: bool
    passed: bool
    broken: int = 0
    examples: Sequence[str] = field(default_factory=list)


def render_checks(dataset: str, rows: int, set_aside: int, checked: Sequence[Checked]) -> str:
    """The page, as HTML: one file, without scripts, that asks nobody for anything. Broken rules come first."""
    return render_still(
        "checks.html",
        "base.css",
        "checks.css",
        dataset=dataset,
        rows=rows,
        set_aside=set_aside,
        checked=sorted(checked, key=lambda c: (c.passed, not c.critical, -c.broken, c.column, c.rule)),
    )
