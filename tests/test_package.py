"""The wheel: one top-level name, its data, and what works where nothing but the base dependencies is installed."""

import gzip
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from benchmarks.install import PIP, build_wheel, first_link, quality, write_sample

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RELEASES = """<releases>
<release id="7" status="Accepted"><artists><artist><id>1</id><name>Vangelis</name></artist></artists>
<title>Blade Runner (Music From The Original Soundtrack)</title><formats><format name="CD" qty="1"/></formats>
<genres><genre>Electronic</genre><genre>Stage &amp; Screen</genre></genres><styles><style>Soundtrack</style></styles>
<country>UK</country><released>1994</released></release>
<release id="8" status="Accepted"><title>Loud Silence</title><genres><genre>Rock</genre></genres></release>
</releases>"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def base_distributions() -> dict[str, Distribution]:
    """What `pip install soundtrack-links` would install: the base dependencies and theirs, out of this environment."""
    found: dict[str, Distribution] = {}
    wanted = [Requirement(text) for text in PROJECT["dependencies"]]
    while wanted:
        requirement = wanted.pop()
        name = requirement.name.lower().replace("_", "-")
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found[name] = distribution(requirement.name)
        extras = [{"extra": extra} for extra in ("", *requirement.extras)]
        for text in found[name].requires or []:
            theirs = Requirement(text)
            if theirs.marker is None or any(theirs.marker.evaluate(extra) for extra in extras):
                wanted.append(theirs)
    return found


class Installed:
    """An environment of its own with the wheel and nothing but its base dependencies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"

    def run(self, *arguments: object, path: str | None = None) -> "subprocess.CompletedProcess[str]":
        """`soundtracks` in an empty folder with a bare environment."""
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        environment = {"PATH": path or os.environ["PATH"], "HOME": str(work), "COLUMNS": "200"}
        command = [str(self.folder / "bin" / "soundtracks"), *map(str, arguments)]
        return subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel beside links to this environment's base dependencies: no network, and no other package can be imported."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    (site,) = (folder / "lib").glob("python*/site-packages")
    for one in base_distributions().values():
        tops = {file.parts[0] for file in one.files or [] if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(one.locate_file(top))))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(folder / "bin" / "python"), "install"]
    subprocess.run([*pip, "--quiet", "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    return Installed(folder)


@pytest.mark.slow
def test_the_wheel_has_one_name_its_version_and_all_its_data(wheel: Path) -> None:
    assert wheel.name == f"soundtrack_links-{PROJECT['version']}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"soundtracks", f"soundtrack_links-{PROJECT['version']}.dist-info"}
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "soundtracks").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours == {name for name in names if name.startswith("soundtracks/")}


def test_no_module_of_an_extra_is_among_the_base_dependencies() -> None:
    assert {"prefect", "pyspark", "great-expectations", "azure-core", "matplotlib", "starlette"} & set(
        base_distributions()
    ) == set()


@pytest.mark.slow
def test_link_and_explain_the_sample(installed: Installed, tmp_path: Path) -> None:
    write_sample(tmp_path)
    nothing_on_path = str(tmp_path / "no-java-here")
    done = installed.run(
        *("link", "--films", tmp_path / "films.csv", "--albums", tmp_path / "albums.csv", "--out", tmp_path / "out"),
        path=nothing_on_path,
    )
    assert done.returncode == 0, done.stderr
    precision, recall = quality(tmp_path / "out" / "links.csv")
    assert precision >= 0.97
    assert recall >= 0.9
    told = installed.run("explain", "master:90684973", "--links", tmp_path / "out" / "links.csv", path=nothing_on_path)
    assert told.returncode == 0, told.stderr
    assert "Blade Runner [master:90684973] → Blade Runner (1982) [78]: accept" in told.stdout


@pytest.mark.slow
def test_import_dump(installed: Installed, tmp_path: Path) -> None:
    dump = tmp_path / "discogs_20261101_releases.xml.gz"
    dump.write_bytes(gzip.compress(RELEASES.encode()))
    done = installed.run("import-dump", dump, "--lake", tmp_path / "lake")
    assert done.returncode == 0, done.stderr
    assert "2 read, 1 kept in silver/albums-dump-releases" in done.stdout


@pytest.mark.parametrize("module", ["soundtracks.lists.read", "soundtracks.sources.tmdb", "soundtracks.publishing.publish"])
@pytest.mark.slow
def test_the_rooms_of_the_base_can_be_imported(installed: Installed, module: str) -> None:
    subprocess.run([str(installed.python), "-W", "error", "-c", f"import {module}"], check=True, cwd=installed.folder)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["browse"], "pip install 'soundtrack-links[browse]'"),
        (["up"], "needs a checkout of the repository"),
        (["demo"], "needs a checkout of the repository"),
        (["deploy"], "needs a checkout of the repository"),
    ],
)
@pytest.mark.slow
def test_what_is_not_there_is_named(installed: Installed, command: list[str], message: str) -> None:
    done = installed.run(*command)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_spark_and_blob_name_their_extras(installed: Installed) -> None:
    code = (
        "from soundtracks.extras import named_extras\n"
        "from soundtracks.errors import MissingExtra\n"
        "from soundtracks.lake.lake import Lake\n"
        "for use in (lambda: Lake('az://container'), lambda: __import__('pyspark')):\n"
        "    try:\n"
        "        with named_extras(): use()\n"
        "    except MissingExtra as error: print(error.extra, error.hint)\n"
    )
    done = subprocess.run([str(installed.python), "-c", code], capture_output=True, text=True, check=True, cwd=installed.folder)
    assert done.stdout.splitlines() == [
        "azure Install it: pip install 'soundtrack-links[azure]'",
        "spark Install it: pip install 'soundtrack-links[spark]'",
    ]


@pytest.mark.slow
def test_from_an_empty_machine_to_the_first_link(wheel: Path, tmp_path: Path) -> None:
    """As a newcomer with Python alone; the time, asked to be at most 60 s, is what benchmarks.install measures."""
    command = [
        sys.executable,
        *PIP,
        "download",
        "--no-deps",
        "--retries",
        "0",
        "--timeout",
        "15",
        "--dest",
        str(tmp_path),
        "anyascii",
    ]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no package index can be reached")
    found = first_link(wheel, tmp_path)
    assert found.precision >= 0.97
    assert found.recall >= 0.9
    assert found.packages < 50
