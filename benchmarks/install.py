"""From a machine with Python alone to the first link: a new environment, pip install, `soundtracks link` of the sample.

`python -m benchmarks.install` measures it and records the figures of the run `install`.
"""

import csv
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, record
from sandbox.catalogue import load_catalogue, load_truth

ROOT = Path(__file__).parents[1]
PIP = ("-m", "pip", "--disable-pip-version-check")


@dataclass(frozen=True)
class FirstLink:
    """`seconds`: from nothing to links on disk. `packages`, `megabytes`: what pip brought. Quality against the sample's truth."""

    seconds: float
    packages: int
    megabytes: float
    precision: float
    recall: float


def build_wheel(folder: Path) -> Path:
    """Builds the wheel of this checkout into `folder`, from a copy, so that nothing is left in the checkout."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        for package in ("soundtracks", "flows", "tasks", "expectations", "sandbox"):
            shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
        command = [
            sys.executable,
            *PIP,
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--wheel-dir",
            str(folder),
            str(copy),
        ]
        subprocess.run(command, check=True, capture_output=True, cwd=copy)
    (wheel,) = folder.glob("*.whl")
    return wheel


def write_sample(folder: Path) -> None:
    """The sample's catalogues as films.csv and albums.csv for `soundtracks link`."""
    catalogue = load_catalogue()
    with (folder / "films.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["tmdb_id", "title", "original_title", "alternative_titles", "year", "composers"])
        for film in catalogue.films:
            names, composers = (title for _, title in film.alternative_titles), (name for name, _ in film.composers)
            year = film.release_date[:4]
            rows.writerow([film.tmdb_id, film.title, film.original_title, "|".join(names), year, "|".join(composers)])
    with (folder / "albums.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["album_id", "title", "artist", "year", "genres", "styles", "formats", "country", "master_id"])
        for album in catalogue.albums:
            lists = ("|".join(values) for values in (album.genres, album.styles, album.formats))
            master = album.master_id or ""
            rows.writerow([f"{album.kind}:{album.id}", album.title, album.artist, album.year, *lists, album.country, master])


def quality(links: Path) -> tuple[float, float]:
    """(precision, recall) of the accepted links of a links.csv against the sample's truth."""
    with links.open(encoding="utf-8-sig", newline="") as file:
        accepted = {(row["album_id"], row["tmdb_id"]) for row in csv.DictReader(file) if row["decision"] == "accept"}
    true = {(album, film) for album, truth in load_truth().items() for film in truth.tmdb_ids}
    return len(accepted & true) / len(accepted), len(accepted & true) / len(true)


def first_link(wheel: Path, folder: Path) -> FirstLink:
    """Raises CalledProcessError where a step fails."""
    started = time.monotonic()
    venv.create(folder / "venv", with_pip=True)
    binaries = folder / "venv" / "bin"
    python = [str(binaries / "python"), *PIP]
    subprocess.run([*python, "install", "--quiet", str(wheel)], check=True, capture_output=True, timeout=900)
    write_sample(folder)
    files = ["--films", str(folder / "films.csv"), "--albums", str(folder / "albums.csv"), "--out", str(folder / "out")]
    subprocess.run([str(binaries / "soundtracks"), "link", *files], check=True, capture_output=True, cwd=folder)
    seconds = time.monotonic() - started
    listed = subprocess.run([*python, "list", "--format", "freeze"], check=True, capture_output=True, text=True)
    size = sum(path.stat().st_size for path in (folder / "venv").rglob("*") if path.is_file() and not path.is_symlink())
    return FirstLink(seconds, len(listed.stdout.splitlines()) - 1, size / 1e6, *quality(folder / "out" / "links.csv"))


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "wheel").mkdir()
        found = first_link(build_wheel(folder / "wheel"), folder)
    print(found)
    figures = {
        "seconds": Figure(found.seconds, f"{found.seconds:.0f} s"),
        "packages": Figure(found.packages),
        "megabytes": Figure(found.megabytes, f"{found.megabytes:.0f} MB"),
        "precision": Figure(found.precision, f"{found.precision:.3f}"),
        "recall": Figure(found.recall, f"{found.recall:.3f}"),
    }
    record("install", figures, command="python -m benchmarks.install")


if __name__ == "__main__":
    main()
