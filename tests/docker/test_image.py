"""The container image, built from docker/Dockerfile as a user's Docker would, without a Docker engine; and runs inside it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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


@pytest.fixture(scope="module")
def run(image: str, work: Path) -> Iterator[Run]:
    """Runs a command in the image, with /data shared with the machine."""
    with container(image) as made:

        def call(*command: str, **env: str) -> "subprocess.CompletedProcess[str]":
            options = ["--volume", f"{work}:/data", *(f"--env={name}={value}" for name, value in env.items())]
            return subprocess.run([*inside(made, *options), *command], capture_output=True, text=True, timeout=300)

        yield call


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

    def test_the_match_runs_on_spark(self, run: Run, work: Path):
        (work / "films.csv").write_text(
            "tmdb_id,title,original_title,alternative_titles,year,composers\n1,Arrival,,,2016,Jóhann Jóhannsson\n"
        )
        (work / "albums.csv").write_text(
            "album_id,title,artist,year,genres,styles,formats\n"
            "master:1,Arrival (Original Motion Picture Soundtrack),Jóhann Jóhannsson,2016,Stage & Screen,Soundtrack,CD|Album\n"
            "master:2,Arrival,ABBA,1976,Pop,Europop,LP|Album\n"
        )
        files = ("--films", "/data/films.csv", "--albums", "/data/albums.csv", "--out", "/data/out")
        done = run("soundtracks", "link", *files, "--engine", "spark")
        assert done.returncode == 0, done.stdout + done.stderr
        links = (work / "out" / "links.csv").read_text()
        assert "master:1,1,accept" in links
        assert "master:2,1,accept" not in links

    def test_its_size_is_told_and_bounded(self, image: str):
        """Bytes; two thirds are Spark, Java, Arrow and SciPy. Production's base, python:3.11-slim, is half of this one's."""
        parts = dict(contents(image))
        assert sum(size for _, size in layers(image)) < 1.75e9
        assert 0.1e9 < parts["python: pyspark"] < 0.35e9
        assert parts["this project"] < 10e6
