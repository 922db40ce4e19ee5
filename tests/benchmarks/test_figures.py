import re
from pathlib import Path

import pytest

from benchmarks import figures
from benchmarks.figures import Figure, Run, differences, filled, load, record

PAGE = "F1 is <!--f:quality.all.f1-->old<!--/f--> of <!--f:quality.rows-->?<!--/f-->."


def _runs(**found: Figure) -> dict[str, Run]:
    run = Run(command="python -m benchmarks.quality", commit="abc", date="2026-11-25", machine="2 cores", figures=found)
    return {"quality": run}


def test_a_page_takes_figures_by_name() -> None:
    runs = _runs(**{"all.f1": Figure(0.976, "0.976 [0.967, 0.983]"), "rows": Figure(3483)})
    page = filled(PAGE, runs)
    assert page == "F1 is <!--f:quality.all.f1-->0.976 [0.967, 0.983]<!--/f--> of <!--f:quality.rows-->3,483<!--/f-->."
    assert filled(page, runs) == page


def test_a_figure_that_nobody_measured_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"quality\.rows"):
        filled(PAGE, _runs(**{"all.f1": Figure(0.976)}))


def test_a_run_replaces_the_one_of_its_name_alone(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    file.write_text("{}")
    record("install", {"seconds": Figure(31.4, "31 s"), "old": Figure(1)}, command="python -m benchmarks.install", file=file)
    record("quality", {"rows": Figure(5)}, command="python -m benchmarks.quality", file=file)
    record("install", {"seconds": Figure(29.0, "29 s")}, command="python -m benchmarks.install", file=file)
    runs = load(file)
    assert {name: run.figures for name, run in runs.items()} == {
        "install": {"seconds": Figure(29.0, "29 s")},
        "quality": {"rows": Figure(5)},
    }
    assert "cores" in runs["install"].machine
    assert runs["install"].commit


def test_a_page_that_differs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "README.md").write_text(f"\n{PAGE}\n")
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    monkeypatch.setattr(figures, "load", lambda: _runs(**{"all.f1": Figure(0.9)}))
    assert list(differences()) == [
        "README.md:2: quality.all.f1 is 0.9, not old",
        "README.md:2: no run has measured quality.rows",
    ]


def test_the_pages_print_what_was_measured() -> None:
    assert list(differences()) == []


MEASURED = re.compile(r"\b[01]\.\d{2,}\b|\b\d+(?:\.\d+)? (?:s|ms|min|h|GB|MB|MiB)\b|\b\d+(?:\.\d+)? %")


def test_no_figure_of_the_readme_is_written_by_hand() -> None:
    text = (figures.ROOT / "README.md").read_text(encoding="utf-8").split("## How good, how fast")[1].split("\n## ")[0]
    by_hand = MEASURED.findall(figures.MARKER.sub("", text))
    assert by_hand == ["95 %", "1 %"]  # of an interval, of a sample: chosen, not measured


def test_every_run_says_how_it_was_measured() -> None:
    for name, run in load().items():
        assert run.command, name
        assert re.fullmatch(r"[0-9a-f]{7,40}\+?", run.commit), name
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", run.date), name
        assert run.figures, name
