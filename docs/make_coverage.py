"""Measures how much of the code the quick tests run; writes docs/coverage.json and the README's figure: `make coverage`.

Quick are all tests but those that start a Prefect server, a Spark session or build the image; what only these run counts as
not covered here, so the numbers are a lower bound.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1]
FILE, README = HOME / "docs" / "coverage.json", HOME / "README.md"
PACKAGES = ("expectations", "flows", "sandbox", "soundtracks", "tasks")
QUICK = "not server and not image and not spark"


def measure() -> dict[str, Any]:
    """Runs the quick tests under coverage; returns coverage's own report. Raises CalledProcessError when they cannot run."""
    with tempfile.TemporaryDirectory() as folder:
        data = f"--data-file={folder}/data"
        command = ["run", data, f"--source={','.join(PACKAGES)}", "-m", "pytest", "-q", "-m", QUICK]
        for arguments in (command, ["json", data, "--quiet", "-o", f"{folder}/report.json"]):
            done = subprocess.run([sys.executable, "-m", "coverage", *arguments], cwd=HOME)
            if done.returncode not in (0, 1):  # 1: a test failed, which takes nothing from what was run
                done.check_returncode()
        report: dict[str, Any] = json.loads(Path(folder, "report.json").read_text())
    return report


def summarize(report: dict[str, Any]) -> dict[str, Any]:
    """Lines and the share of them that ran, in all and by package, such as tasks/matching."""
    lines: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, file in report["files"].items():
        for key in ("all", str(Path(name).parent)):
            lines[key][0] += file["summary"]["covered_lines"]
            lines[key][1] += file["summary"]["num_statements"]
    percent = {key: round(100 * ran / count, 1) for key, (ran, count) in sorted(lines.items()) if count}
    return {
        "measured": f'lines run by `pytest -m "{QUICK}"`; renew it with `make coverage`',
        "lines": lines["all"][1],
        "percent": percent.pop("all"),
        "packages": percent,
    }


if __name__ == "__main__":
    summary = summarize(measure())
    FILE.write_text(json.dumps(summary, indent=1) + "\n")
    text = README.read_text(encoding="utf-8")
    README.write_text(re.sub(r"[\d.]+ % of the lines", f"{summary['percent']} % of the lines", text), encoding="utf-8")
