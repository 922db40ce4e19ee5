"""What the campaign measured, kept in benchmarks/figures.json a run for each part, and docs/soak.md made of it."""

import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import FILE, Figure, Run, commit, filled, load, machine, save, slug
from tests.soak.outcome import Outcome
from tests.soak.parts import PARTS

PAGE = FILE.parents[1] / "docs" / "soak.md"
PREFIX = "soak-"
COUNTS = ("tried", "survived", "by_hand", "lost", "twice", "hung", "secrets", "minutes", "in_a_row")
HEADINGS = (
    "part",
    "tried",
    "survived",
    "started again by hand",
    "lost",
    "twice",
    "hung",
    "secrets found",
    "minutes",
    "passed in a row",
)


def keep(part: str, outcomes: list[Outcome], command: str, file: Path = FILE, page: Path = PAGE) -> None:
    """Records one part's outcomes in place of those before, and writes the page anew.

    `in_a_row`: how often the part has passed since it last failed, with whatever counts.
    """
    name = PREFIX + part
    before = load(file).get(name)
    figures: dict[str, Figure] = {}
    for outcome in outcomes:
        key = slug(outcome.part)
        passed = before.figures.get(f"{key}.in_a_row") if before else None
        in_a_row = ((int(passed.value) if passed else 0) + 1) if outcome.passed else 0
        counts = (outcome.survived, outcome.by_hand, outcome.lost, outcome.twice, outcome.hung, outcome.secrets)
        values = (outcome.tried, *counts, round(outcome.seconds / 60, 1), in_a_row)
        for count, value in zip(COUNTS, values, strict=True):
            figures[f"{key}.{count}"] = Figure(-1, "–") if value is None or outcome.skipped else Figure(value)
        figures[f"{key}.about"] = Figure(
            outcome.tried, outcome.part if not outcome.skipped else f"{outcome.part}: {outcome.skipped}"
        )
        for number, sentence in enumerate(outcome.measured):
            figures[f"{key}.measured_{number}"] = Figure(number, sentence)
    today = datetime.now(UTC).date().isoformat()
    known = {old: run for old, run in load(file).items() if not old.startswith(PREFIX) or old.removeprefix(PREFIX) in PARTS}
    runs = known | {name: Run(command=command, commit=commit(), date=today, machine=machine(), figures=figures)}
    save(runs, file)
    page.write_text(filled(text(runs), runs), encoding="utf-8")


def text(runs: Mapping[str, Run]) -> str:
    """docs/soak.md, its figures as markers that name them."""
    measured = {name: run for name, run in sorted(runs.items()) if name.startswith(PREFIX)}
    rows = [HEADINGS, ("---", *["---:"] * (len(HEADINGS) - 1))]
    sentences, commands = [], []
    for name, run in measured.items():
        commands.append(f"- `{run.command}`: {run.date}, {run.commit}, {run.machine}")
        for key in [figure.removesuffix(".about") for figure in run.figures if figure.endswith(".about")]:
            rows.append(tuple(_marker(f"{name}.{key}.{column}") for column in ("about", *COUNTS)))
            sentences += [f"- {_marker(f'{name}.{f}')}." for f in run.figures if f.startswith(f"{key}.measured_")]
    asked = ", ".join(f"{part} {count:,}" for part, (count, _) in PARTS.items())
    missing = [part for part in PARTS if PREFIX + part not in measured]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return "\n\n".join(
        [
            BEFORE.strip(),
            table,
            textwrap.fill(f"The whole campaign asks for: {asked}.", 128),
            *(["\n".join(sentences)] if sentences else []),
            *([f"Not run from this command yet: {', '.join(missing)}."] if missing else []),
            "Commands:",
            "\n".join(commands),
            AFTER,
        ]
    )


def _marker(name: str) -> str:
    return f"<!--f:{name}--><!--/f-->"


BEFORE = """# The campaign of faults

`make soak` tries to break the product, part by part: `kill -9` of each process at random points of whole runs, power cuts,
Ctrl-C in each command, hostile and slow files in the inbox, every fault of the services over real sockets, a full disk, a
read-only lake, a clock that jumps, two stacks on one lake, ten runs that publish at once while writes fail, restarts of the
server, memory over many runs, a run at the real pace. It is no part of `make test`, which keeps a short case of each kind. Three
parts run side by side (`--at-once`), and one that has had `--within` minutes begins no further try. It prints what was tried,
what came of it and what remains, writes this page, and fails on any loss. One part alone:
`make soak ARGS="--only disk,clock --count 5"`.

In *kill -9* one run at a time goes its way in each of several stacks, and under each run every process is killed once, at a
random moment of its life, while somebody follows the run (`soundtracks run --follow`), who must not be told a traceback, nor of
an end that is none. A dead service is started again within fifteen seconds by `soundtracks up`, so that two may be dead at once;
of the death of a run or a match nobody is told. A kill is judged by what came of the run. The engine of the matches is `local`,
but where Spark is named.

Each part as it was last run, by the command below. *kills* are of each process, *together* three files each, *interrupts* of each
command, *pace* in minutes, *restarts* three each.
"""

AFTER = """- *survived*: the outcome was right by itself, or after `soundtracks up`, which is what a person does who finds the stack dead.
- *started again by hand*: the run failed with its reason, and the same file, started again, came to the right outcome.
- *lost*: no run, damaged data, wrong links, something left running, or an error that is none of ours. *twice*: two runs for one
  version of a file. *hung*: no end within fifteen minutes, of a command within two.
- *secrets found*: files of stack, logs, database and lake with a key or the password in them, besides the two that are there to
  hold them; – where a part has no stack.
- *passed in a row*: how often the part has passed since it last failed, by whatever counts.

A power cut here kills every process of the stack at once; what the system has in its own cache still reaches the disk. That
files are flushed before they get their names is held by a test of the calls
(`test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_before_the_call_returns`).
"""
