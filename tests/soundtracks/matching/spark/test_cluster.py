"""What a cluster needs and how it fails, without one. With one: test_engine.py."""

import ast
import errno
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soundtracks.errors import MatchError
from soundtracks.matching.spark import cluster, engine
from soundtracks.records import ALBUMS, FILMS, conform
from soundtracks.settings import Settings


@pytest.fixture
def listening() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield int(server.getsockname()[1])


@pytest.mark.parametrize(
    ("master", "expected"),
    [
        ("spark://master:7077", [("master", 7077)]),
        ("spark://a:7077,b.example.org:7078", [("a", 7077), ("b.example.org", 7078)]),
        ("spark://10.0.0.4:7077", [("10.0.0.4", 7077)]),
        ("spark://[fd00::4]:7077", [("fd00::4", 7077)]),
    ],
)
def test_masters_are_read(master: str, expected: list[tuple[str, int]]) -> None:
    assert cluster.masters(master) == expected


@pytest.mark.parametrize("master", ["spark://", "spark://master", "spark://a:7077,b", "spark://a:port"])
def test_what_is_no_master_is_refused(master: str) -> None:
    with pytest.raises(MatchError, match="not the address of a Spark master"):
        cluster.masters(master)


def test_the_drivers_address_is_the_one_that_faces_the_master(listening: int) -> None:
    assert cluster.facing_address(f"spark://127.0.0.1:{listening}") == "127.0.0.1"


def test_one_master_of_several_is_enough(listening: int) -> None:
    assert cluster.facing_address(f"spark://127.0.0.1:1,127.0.0.1:{listening}") == "127.0.0.1"


def test_masters_that_do_not_answer_are_each_named() -> None:
    with pytest.raises(MatchError, match=r"No Spark master answers.*127.0.0.1:1: .*refused.*nowhere.invalid:7077"):
        cluster.facing_address("spark://127.0.0.1:1,nowhere.invalid:7077")


def session(*executors: int) -> Mock:
    """A session whose cluster shows so many executors, the driver's own among them, at each look."""
    made = Mock()
    looks = (["executor"] * count for count in executors)
    made.sparkContext._jsc.sc().statusTracker().getExecutorInfos.side_effect = looks
    made.sparkContext.getConf().get.return_value = "10.0.0.9"
    return made


def test_the_first_worker_is_waited_for() -> None:
    cluster.wait_for_worker(session(1, 1, 2), "spark://m:7077", pause=0)


def test_no_worker_is_told_with_the_address_that_it_must_reach() -> None:
    with pytest.raises(MatchError, match=r"No worker of spark://m:7077 took up the match within 0 s.*at 10\.0\.0\.9"):
        cluster.wait_for_worker(session(1, 1), "spark://m:7077", wait=0, pause=0)


@pytest.mark.slow
def test_the_package_is_imported_from_its_archive(tmp_path: Path) -> None:
    archive = cluster.package_archive(tmp_path)
    assert cluster.package_archive(tmp_path).name == archive.name
    code = "import soundtracks.matching.spark.partitions as w, soundtracks.matching.model as m; print(w.__file__)"
    venv_libraries = [path for path in sys.path if path.endswith("site-packages")]
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[1:1] = {[str(archive), *venv_libraries]!r}\n{code}"],
        capture_output=True, text=True, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.stdout.strip() == f"{archive}/soundtracks/matching/spark/partitions.py", done.stderr
    assert all(name.endswith(".py") for name in zipfile.ZipFile(archive).namelist())


@pytest.mark.slow
def test_workers_need_the_libraries_that_are_named_and_no_others(tmp_path: Path) -> None:
    code = """
import sys
import soundtracks.matching.spark.partitions
print({name.partition(".")[0] for name in sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = ast.literal_eval(done.stdout)
    named = {name.replace("-", "_") for name in cluster.NEEDED}
    assert named <= loaded
    assert not {"pydantic", "httpx", "typer", "rich", "prefect", "jinja2", "pyspark"} & loaded


@pytest.mark.parametrize(
    ("here", "there", "told"),
    [
        ("4.3.0", "4.3.0", False),
        ("4.3.1", "4.3.0", False),
        ("4.0.1", "4.3.0", False),
        ("4.3.0", "4.0.1", True),
        ("4.3.0", "4.2.9", True),
        ("5.0.0", "4.9.0", True),
        ("4.0.0+databricks", "4.0.0", False),
    ],
)
def test_a_cluster_older_than_this_machine_is_told(here: str, there: str, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyspark.__version__", here)
    said = cluster.newer_here(Mock(version=there))
    assert (said != "") is told
    if told:
        assert said.startswith(f"Spark here is {here}, the cluster's is {there}:")
        assert f"pip install 'pyspark[connect]=={there}'" in said


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        ("ModuleNotFoundError: No module named 'rapidfuzz'", "lack the Python package rapidfuzz", "pip install pyarrow numpy"),
        ("[PACKAGE_NOT_INSTALLED] PyArrow >= 15.0.0 must be installed", "lack the Python package PyArrow", "pip install"),
        ("[PYTHON_VERSION_MISMATCH] Python in worker: 3.10, driver: 3.11.", "another Python", "PYSPARK_PYTHON"),
        ('java.io.IOException: Cannot run program "/opt/x/python": error=2', "no program /opt/x/python", "PYSPARK_PYTHON"),
        ("java.io.IOException: No space left on device", "disk is full", "SPARK_LOCAL_DIRS"),
        ("Job aborted\nValueError: odd row\n\tat x.y", "The match failed in Spark: ValueError: odd row", "ran out of memory"),
    ],
)
def test_failures_say_what_to_do(said: str, message: str, hint: str) -> None:
    error = cluster.failure(RuntimeError(said))
    assert message in error.message
    assert hint in error.hint


class TestFullDisk:
    """Of the folder that workers share, met by the driver: told as such, nothing stays there, and the next match goes on."""

    @pytest.fixture
    def read(self, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
        """What the workers of a stand-in are given to read; it answers nothing else."""
        given: list[bytes] = []

        def reads(_: object, path: Path) -> None:
            given.append(path.read_bytes())
            raise MatchError("far enough")

        monkeypatch.setattr(engine, "start_session", lambda *_: object())
        monkeypatch.setattr(engine, "newer_here", lambda _: "")
        monkeypatch.setattr(engine, "ship_package", lambda *_: None)
        monkeypatch.setattr(engine, "_read_albums", reads)
        return given

    def test_while_albums_are_copied_there(self, read: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        stage, albums = tmp_path / "stage", tmp_path / "albums.parquet"
        stage.mkdir()
        pq.write_table(ALBUMS.empty_table(), albums)
        films = conform(pa.table({"tmdb_id": ["1"], "title": ["Home"]}), FILMS)
        settings = Settings(spark_master="sc://cluster:15002", spark_stage=str(stage), _env_file=None)

        def fills_up(source: Path, target: Path) -> None:
            Path(target).write_bytes(Path(source).read_bytes()[:10])
            raise OSError(errno.ENOSPC, "No space left on device", str(target))

        def match() -> None:
            engine.link_in_spark(films, albums, settings, None, lambda _: None, lambda *_: None)

        with monkeypatch.context() as full:
            full.setattr(shutil, "copyfile", fills_up)
            with pytest.raises(
                MatchError, match=r"The disk is full to which the match writes from here: .*/stage/.*albums.parquet"
            ):
                match()
        assert list(stage.iterdir()) == []
        assert read == []
        with pytest.raises(MatchError, match="far enough"):
            match()
        assert read == [albums.read_bytes()]
        assert list(stage.iterdir()) == []

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
    def test_told_apart_from_a_workers(self, code: int) -> None:
        here, there = cluster.failure(OSError(code, "full", "/tmp/x")), cluster.failure(RuntimeError("No space left on device"))
        assert "from here" in here.message
        assert "TMPDIR" in here.hint
        assert "A worker's disk" in there.message
