"""A real standalone cluster (a master and two workers) and a real Spark Connect server, on this machine."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.request import urlopen

import pyarrow.parquet as pq
import pyspark
import pytest

from benchmarks.scale.catalogue import make_catalogue
from soundtracks.matching.pipeline import match_files
from tests.waiting import until

SPARK_HOME = Path(pyspark.__file__).parent
LONGEST = 120


def _free_port() -> int:
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@contextmanager
def _running(log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Spark daemon in the foreground: org.apache.spark.deploy.…"""
    environment = os.environ | {
        "SPARK_HOME": str(SPARK_HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "512m",
        "PYSPARK_PYTHON": sys.executable,
    }
    with log.open("wb") as out:
        process = subprocess.Popen([SPARK_HOME / "bin" / arguments[0], *arguments[1:]], stdout=out, stderr=out, env=environment)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a master with two workers of one core."""
    folder = tmp_path_factory.mktemp("cluster")
    port, web = _free_port(), _free_port()
    address = f"spark://127.0.0.1:{port}"
    master = ("--host", "127.0.0.1", "--port", str(port), "--webui-port", str(web))
    with ExitStack() as stack:
        stack.enter_context(_running(folder / "master.log", "spark-class", "org.apache.spark.deploy.master.Master", *master))
        for name in ("one", "two"):
            worker = (
                "--cores",
                "1",
                "--memory",
                "1g",
                "--host",
                "127.0.0.1",
                "--webui-port",
                "0",
                "--work-dir",
                str(folder / name),
            )
            command = ("spark-class", "org.apache.spark.deploy.worker.Worker", *worker, address)
            stack.enter_context(_running(folder / f"{name}.log", *command))
        _wait_until(lambda: len([w for w in _state(web).get("workers", ()) if w["state"] == "ALIVE"]) == 2, folder)
        yield address


def _state(port: int) -> dict:
    """What the master knows; nothing while its page is still being put together."""
    with urlopen(f"http://127.0.0.1:{port}/json/") as answer:
        try:
            return json.load(answer)
        except json.JSONDecodeError:
            return {}


def _wait_until(ready: Callable[[], object], folder: Path) -> None:
    try:
        until(ready, LONGEST, "Spark's daemons")
    except AssertionError:
        logs = "\n".join(path.read_text()[-2000:] for path in folder.glob("*.log"))
        pytest.fail(f"Spark's daemons did not come up:\n{logs}")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogue")
    made = make_catalogue(300, 6_000, seed=8)
    pq.write_table(made.films, folder / "films.parquet")
    pq.write_table(made.albums, folder / "albums.parquet")
    match_files(folder / "films.parquet", folder / "albums.parquet", folder / "local.parquet", engine="local")
    return folder


LINK = """
import sys
from pathlib import Path
from soundtracks.matching.spark import engine as cluster
from soundtracks.matching.pipeline import match_files
from soundtracks.settings import Settings
cluster.PIECE = 2500  # several pieces
folder = Path(sys.argv[1])
settings = Settings(spark_master=sys.argv[2], spark_stage=sys.argv[3], spark_driver_memory="1g", _env_file=None)
films, albums, links = (folder / name for name in ("films.parquet", "albums.parquet", sys.argv[4]))
print(match_files(films, albums, links, settings, engine="spark").model_dump_json())
"""


def _link(catalogue: Path, master: str, stage: str, out: str) -> None:
    """Links in a process of its own: one process has one Spark session, of one kind."""
    done = subprocess.run(
        [sys.executable, "-c", LINK, catalogue, master, stage, out], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1])["albums"] == 6_000
    assert (catalogue / out).read_bytes() == (catalogue / "local.parquet").read_bytes()


@pytest.mark.spark
def test_a_standalone_cluster_with_a_shared_folder_makes_the_same_bytes(standalone: str, catalogue: Path, tmp_path: Path) -> None:
    _link(catalogue, standalone, str(tmp_path), "shared.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.spark
def test_a_standalone_cluster_without_a_shared_folder_makes_the_same_bytes(standalone: str, catalogue: Path) -> None:
    _link(catalogue, standalone, "", "shipped.parquet")


@pytest.mark.spark
def test_spark_connect_makes_the_same_bytes(catalogue: Path, tmp_path: Path) -> None:
    port = _free_port()
    server = ("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[2]")
    conf = ("--conf", f"spark.connect.grpc.binding.port={port}", "--conf", "spark.ui.enabled=false", "--driver-memory", "1g")
    with _running(tmp_path / "connect.log", "spark-submit", *server, *conf, "spark-internal"):
        _wait_until(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None, tmp_path)
        address, shared = f"sc://127.0.0.1:{port}", tmp_path / "shared"
        shared.mkdir()
        _link(catalogue, address, "", "connect.parquet")
        _link(catalogue, address, str(shared), "connect-shared.parquet")
