"""The two container images, built from docker/Dockerfile as a user's Docker would, without a Docker engine; and runs inside them."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.rigs.image import HOME, container, contents, inside, layers

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_the_dockerfile_is_clean():
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, HOME / "docker" / "Dockerfile"], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0)


def test_each_unused_part_has_its_reason_nearby():
    """A comment stands beside each pattern, or beside one before it that it continues."""
    lines = [line for line in (HOME / "docker" / "unused.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert "#" in lines[0]
    assert all(not line.startswith(("/", "..")) for line in lines)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    folder.chmod(0o777)
    return folder


def runner(container_name: str, work: Path) -> Run:
    """Runs a command in the container, with /data shared with the machine."""

    def call(*command: str, **env: str) -> "subprocess.CompletedProcess[str]":
        options = ["--volume", f"{work}:/data", *(f"--env={name}={value}" for name, value in env.items())]
        return subprocess.run([*inside(container_name, *options), *command], capture_output=True, text=True, timeout=300)

    return call


@pytest.fixture(scope="module")
def run(image: str, work: Path) -> Iterator[Run]:
    with container(image) as made:
        yield runner(made, work)


@pytest.fixture(scope="module")
def run_small(small_image: str, work: Path) -> Iterator[Run]:
    with container(small_image) as made:
        yield runner(made, work)


@pytest.fixture(scope="module")
def catalogues(work: Path) -> tuple[str, ...]:
    """Options of `link`: one film, its score and a namesake."""
    (work / "films.csv").write_text(
        "tmdb_id,title,original_title,alternative_titles,year,composers\n1,Arrival,,,2016,Jóhann Jóhannsson\n"
    )
    (work / "albums.csv").write_text(
        "album_id,title,artist,year,genres,styles,formats\n"
        "master:1,Arrival (Original Motion Picture Soundtrack),Jóhann Jóhannsson,2016,Stage & Screen,Soundtrack,CD|Album\n"
        "master:2,Arrival,ABBA,1976,Pop,Europop,LP|Album\n"
    )
    return ("--films", "/data/films.csv", "--albums", "/data/albums.csv")


def assert_linked(done: "subprocess.CompletedProcess[str]", folder: Path) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    links = (folder / "links.csv").read_text()
    assert "master:1,1,accept" in links
    assert "master:2,1,accept" not in links


def required(requirements: list[str]) -> set[str]:
    """The names of these requirements and of all that they bring along, as installed here."""
    seen: set[tuple[str, str]] = set()
    left = [Requirement(text) for text in requirements]
    while left:
        wanted = left.pop()
        for extra in {"", *wanted.extras}:
            if (key := (canonicalize_name(wanted.name), extra)) in seen:
                continue
            seen.add(key)
            try:
                more = [Requirement(text) for text in metadata.requires(wanted.name) or []]
            except metadata.PackageNotFoundError:
                continue  # of another platform
            left += [found for found in more if found.marker is None or found.marker.evaluate({"extra": extra})]
    return {name for name, _ in seen}


def test_the_small_image_leaves_out_what_spark_alone_needs():
    project = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]
    base, extras = project["dependencies"], project["optional-dependencies"]
    installed = [name for name in extras if name not in ("spark", "browse", "all")]
    others = required([*base, *(text for name in installed for text in extras[name])])
    locked = re.compile(r"^([a-z0-9._-]+)==.*?[^\\\n]\n", re.MULTILINE | re.DOTALL)
    left_out = {found[1]: found[0] for found in locked.finditer((HOME / "docker" / "spark.lock").read_text())}
    assert set(left_out) == required([*base, *extras["spark"]]) - others
    complete = (HOME / "requirements.lock").read_text()
    assert [name for name, text in left_out.items() if f"\n{text}" not in complete] == []


@pytest.mark.image
@pytest.mark.timeout(900)
class TestSmallImage:
    def test_it_has_neither_java_nor_spark(self, run_small: Run):
        assert run_small("sh", "-c", "command -v java; ls /usr/lib/jvm /opt/spark 2>/dev/null; true").stdout.strip() == ""
        assert "No module named 'pyspark'" in run_small("python", "-c", "import pyspark").stderr

    def test_server_workers_watcher_and_flows_can_be_imported(self, run_small: Run):
        libraries = "prefect.server.api.server, prefect_azure, great_expectations, azure.storage.blob, matplotlib.pyplot"
        ours = "flows.link_soundtracks, soundtracks.operations.watcher, soundtracks.operations.cleanup, soundtracks.cli.main"
        done = run_small("python", "-c", f"import {libraries}, {ours}")
        assert done.returncode == 0, done.stderr

    def test_it_matches_in_process(self, run_small: Run, work: Path, catalogues: tuple[str, ...]):
        assert_linked(run_small("soundtracks", "link", *catalogues, "--out", "/data/small"), work / "small")

    def test_its_size_is_bounded(self, small_image: str):
        assert sum(size for _, size in layers(small_image)) < 1.35e9


@pytest.mark.image
@pytest.mark.timeout(900)
class TestImage:
    def test_it_runs_as_a_user_without_rights(self, run: Run):
        assert run("id", "-u").stdout.strip() == "1000"
        assert run("touch", "/opt/app/x").returncode != 0

    def test_it_holds_no_compiler_no_cache_and_no_installer(self, run: Run):
        found = run(
            "sh",
            "-c",
            "command -v gcc cc make pip; find /var/lib/apt/lists /var/cache/pip ~root/.cache -mindepth 1 2>/dev/null; true",
        ).stdout
        assert found.strip() == ""

    def test_no_process_compiles_what_it_imports(self, run: Run):
        code = "import json, sys, flows.link_soundtracks as f, soundtracks.cli.main as m, tasks.publish as p; import os.path\n"
        code += "print([x.__name__ for x in (json, f, m, p) if not os.path.exists(x.__cached__)])"
        done = run("python", "-c", code)
        assert done.stdout.strip() == "[]", done.stderr

    def test_it_holds_only_what_runs(self, run: Run):
        names = run("ls", "-A", "/opt/app").stdout.split()
        wanted = {
            "soundtracks",
            "docker",
            "expectations",
            "flows",
            "infra",
            "prefect.yaml",
            "pyproject.toml",
            "requirements.lock",
        }
        assert set(names) == wanted | {"sandbox", "tasks"}

    def test_the_doctor_finds_java_memory_and_lake(self, run: Run):
        said = run("soundtracks", "doctor", "--no-online", SOUNDTRACKS_LAKE_URL="/data/lake").stdout
        for check in ("Python", "Java", "memory", "lake"):
            assert f"✓  {check}" in said, said

    def test_the_worker_the_server_and_the_gate_can_be_imported(self, run: Run):
        """Nothing that docker/unused.txt removes is needed."""
        libraries = (
            "prefect.server.api.server, prefect_azure, great_expectations, azure.storage.blob, matplotlib.pyplot, pyspark.sql"
        )
        done = run("python", "-c", f"import {libraries}, flows.match_albums")
        assert done.returncode == 0, done.stderr

    def test_the_match_runs_on_spark(self, run: Run, work: Path, catalogues: tuple[str, ...]):
        assert_linked(run("soundtracks", "link", *catalogues, "--out", "/data/out", "--engine", "spark"), work / "out")

    def test_its_size_is_told_and_bounded(self, image: str):
        """Bytes; two thirds are Spark, Java, Arrow and SciPy. Production's base, python:3.11-slim, is half of this one's."""
        parts = dict(contents(image))
        assert sum(size for _, size in layers(image)) < 1.9e9
        assert 0.1e9 < parts["python: pyspark"] < 0.35e9
        assert parts["this project"] < 10e6
