"""Builds docker/Dockerfile's two images without a Docker engine, and tells what their size is made of: `python -m tests.rigs.image`.

buildah builds it with chroot isolation; debootstrap makes the base, once, in a cache folder: Debian bookworm with its
Python 3.11, where production takes python:3.11-slim-bookworm. Needs root, as both tools do.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from soundtracks.cli.azure.images import TARGETS
from soundtracks.errors import SoundtracksError

HOME = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "soundtrack-links"
NAME = "localhost/soundtrack-links"
BASE = "localhost/soundtrack-links-base:bookworm"
_TOOLS = ("buildah", "debootstrap")
_BASE_PACKAGES = "python3,python3-venv,ca-certificates"
_DRIVER = os.environ.get("STORAGE_DRIVER", "overlay")
#: Seconds for one step of a build: on a slow line, the packages of the image take some minutes.
MAX_STEP = 1800
_MIRROR = "http://deb.debian.org/debian"

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)


class ImageError(SoundtracksError):
    """The image could not be built or read."""


def missing() -> str:
    """Why no image can be built here; empty when one can."""
    if absent := [tool for tool in _TOOLS if not shutil.which(tool, path=f"{os.environ.get('PATH', '')}:/usr/sbin")]:
        return f"{' and '.join(absent)} not installed (apt install {' '.join(absent)})"
    return "" if os.geteuid() == 0 else "needs root"


def build(commit: str, target: str = "match") -> str:
    """Builds an image of this checkout; returns its name. Unchanged layers are taken from the last build."""
    if reason := missing():
        raise ImageError(f"The image cannot be built here: {reason}.")
    _base()
    name = f"{NAME}:{commit}{TARGETS[target]}"
    pip_cache = Path.home() / ".cache" / "pip"
    shared = ["--volume", f"{pip_cache}:/var/cache/pip"] if pip_cache.exists() else []
    arguments = [
        "--build-arg",
        f"BASE_IMAGE={BASE}",
        "--build-arg",
        f"COMMIT={commit}",
        "--file",
        "docker/Dockerfile",
        "--target",
        target,
    ]
    ignore = ["--ignorefile", "docker/Dockerfile.dockerignore"]
    _buildah("bud", "--isolation", "chroot", "--format", "docker", "--layers", *ignore, *shared, *arguments, "--tag", name, ".")
    return name


@contextmanager
def container(name: str) -> Iterator[str]:
    """A container of the image, gone after the block. `inside` says how to run a command in it."""
    made = _buildah("from", name)
    try:
        yield made
    finally:
        _buildah("rm", made)


def inside(container_name: str, *options: str) -> list[str]:
    """The command line that runs what follows it inside the container, as the image's user, on the machine's network."""
    return ["env", f"STORAGE_DRIVER={_DRIVER}", "buildah", "run", "--isolation", "chroot", *options, container_name, "--"]


def layers(name: str) -> list[tuple[str, int]]:
    """Each layer that holds files, from the base up: the step that made it, and its bytes."""
    inspected = json.loads(_buildah("inspect", "--type", "image", name))
    made_by = [step["created_by"] for step in inspected["OCIv1"]["history"] if not step.get("empty_layer")]
    store = Path(json.loads(_buildah("info"))["store"]["GraphRoot"])
    known = {layer["id"]: layer for layer in json.loads((store / "overlay-layers" / "layers.json").read_bytes())}
    layer = json.loads((store / "overlay-images" / "images.json").read_bytes())
    top = next(image["layer"] for image in layer if image["id"] == inspected["FromImageID"])
    sizes = []
    while top:
        sizes.append(known[top]["diff-size"])
        top = known[top].get("parent", "")
    return list(zip(made_by, reversed(sizes), strict=True))


def contents(name: str) -> list[tuple[str, int]]:
    """What the image is made of, largest first: Java, each Python package from 5 MB on, the rest of Debian; in bytes."""
    with container(name) as made:
        root = Path(_buildah("mount", made))
        parts = {"Java": _size(root / "usr/lib/jvm"), "this project": _size(root / "opt/app")}
        sites = [*root.glob("opt/venv/lib/python3*/site-packages"), root / "opt/spark"]
        packages = {path.name: _size(path) for site in sites if site.exists() for path in site.iterdir()}
        parts |= {f"python: {package}": size for package, size in packages.items() if size >= 5e6}
        parts["python: the others"] = sum(size for size in packages.values() if size < 5e6)
        parts["Debian and Python"] = _size(root) - sum(parts.values())
    return sorted(parts.items(), key=lambda part: -part[1])


@app.command("build")
def build_command(commit: str = typer.Argument("", help="The tag; empty: this checkout's commit.")) -> None:
    """Build both images and print their sizes."""
    for target in TARGETS:
        size_command(build(commit or current_commit(), target))


@app.command("size")
def size_command(name: str = typer.Argument(f"{NAME}:latest", help="The image.")) -> None:
    """Print the image's size, layer by layer, and what makes it up."""
    for title, rows in ((f"Layers of {name}", layers(name)), ("What it is made of", contents(name))):
        table = Table(title=title, title_justify="left", box=None)
        table.add_column("")
        table.add_column("MB", justify="right")
        for what, size in rows:
            table.add_row(what.split("&&")[0].strip()[:100], f"{size / 1e6:,.0f}")
        table.add_row("total", f"{sum(size for _, size in rows) / 1e6:,.0f}", style="bold")
        Console().print(table)


def current_commit() -> str:
    """The tag of this checkout's image: its commit."""
    done = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=HOME, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def _base() -> None:
    """The base image, from the cached root."""
    root = CACHE / "bookworm"
    if not root.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        part = CACHE / "bookworm.part"
        shutil.rmtree(part, ignore_errors=True)
        _call("debootstrap", "--variant=minbase", f"--include={_BASE_PACKAGES}", "bookworm", str(part), _MIRROR)
        shutil.rmtree(part / "var/cache/apt", ignore_errors=True)
        part.rename(root)
    if BASE in _buildah("images", "--format", "{{.Name}}:{{.Tag}}").split():
        return
    made = _buildah("from", "scratch")
    _buildah("add", made, str(root), "/")
    authorities = Path("/etc/ssl/certs/ca-certificates.crt")  # a proxy's too, where this machine has to go through one
    if authorities.exists():
        _buildah("add", made, str(authorities), str(authorities))
    _buildah("commit", "--rm", made, BASE)


def _size(folder: Path) -> int:
    if not folder.exists():
        return 0
    if folder.is_file() or folder.is_symlink():
        return folder.lstat().st_size
    return sum(Path(place, name).lstat().st_size for place, _, names in os.walk(folder) for name in names)


def _buildah(*arguments: str) -> str:
    return _call("buildah", *arguments)


def _call(*command: str) -> str:
    done = subprocess.run(
        command, cwd=HOME, capture_output=True, text=True, env=os.environ | {"STORAGE_DRIVER": _DRIVER}, timeout=MAX_STEP
    )
    if done.returncode:
        raise ImageError(f"{' '.join(command[:2])} failed: {(done.stderr or done.stdout).strip()[-3000:]}")
    return done.stdout.strip()


if __name__ == "__main__":
    app()
