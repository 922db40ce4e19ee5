"""`python docs/make_tutorial.py` walks through docs/tutorial.md against the sample, and puts what it saw into the page.

It starts a stack of its own and ends it: one to three minutes. The list is the one that the page shows.
"""

import json
import os
import re
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

PAGE = Path(__file__).parent / "tutorial.md"
ROOT = PAGE.parents[1]
#: What the reader refuses: a re-recording is no soundtrack of the film.
REFUSED = ["release:925490369"]
#: The samples of the page.
SAMPLES = ("tutorial check", "tutorial run", "tutorial again", "tutorial explain")
#: Rows of a run's summary that the page shows.
SHOWN = ("titles", "no film found", "requests to tmdb", "requests to discogs", "matched", "the model says", "films with albums")

Run = Callable[..., str]


def main() -> None:
    """Renews the samples of the page."""
    text = PAGE.read_text(encoding="utf-8")
    made = runpy.run_path(str(PAGE.parent / "make_outputs.py"))
    PAGE.write_text(made["renewed"](text, walk(text)), encoding="utf-8")


def walk(page: str) -> dict[str, str]:
    """What each step of the tutorial prints, by the name of its sample."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        run = commands(folder)
        (folder / "watched.csv").write_text(the_list(page), encoding="utf-8")
        seen = {"tutorial check": run("check", "watched.csv").partition("The first of")[0].strip()}
        run("up", "--sample")
        try:
            seen["tutorial run"] = rows_of(run("run", "watched.csv"))
            refused = waiting(run)
            (folder / "labels.csv").write_text(
                "album_id,group,tmdb_ids\n" + "".join(f"{one},review_rejected,\n" for one in refused)
            )
            run("review", "--import", "labels.csv", "--by", "Ann")
            seen["tutorial again"] = rows_of(run("run", "watched.csv"))
            seen["tutorial explain"] = "\n".join(run("explain", one).strip().splitlines()[0] for one in refused)
        finally:
            run("down")
    return seen


def waiting(run: Run) -> list[str]:
    """The albums that wait for review, if they are those that the page speaks of."""
    found = [row["album_id"] for row in json.loads(run("links", "--json")) if row["decision"] == "review"]
    if found != REFUSED:
        raise SystemExit(f"{found} wait for review, and the page speaks of {REFUSED}: mend its words.")
    return found


def the_list(page: str) -> str:
    """The list of the page: its block that begins with Letterboxd's heading."""
    found = re.search(r"```text\n(Date,Name,Year.*?)```", page, re.DOTALL)
    if found is None:
        raise SystemExit("The tutorial shows no list.")
    return found[1]


def rows_of(printed: str) -> str:
    """The rows of a run's summary that the page shows."""
    return "\n".join(
        line.rstrip() for line in printed.splitlines() if line.startswith("│") and line[1:].strip().startswith(SHOWN)
    )


def commands(folder: Path) -> Run:
    """Runs `soundtracks` in a folder, with a stack and a lake of its own there."""
    environment = os.environ | {
        "SOUNDTRACKS_STACK_FOLDER": str(folder / "stack"),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "90",
        "NO_COLOR": "1",
    }

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "soundtracks.cli.main", *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"soundtracks {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    return run


if __name__ == "__main__":
    main()
