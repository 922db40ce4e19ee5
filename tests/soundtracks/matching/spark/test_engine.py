"""A real standalone cluster (a master and two workers) and a real Spark Connect server, on this machine."""

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pyspark
import pytest

from benchmarks.scale.catalogue import make_catalogue
from soundtracks.lake.lake import Lake
from soundtracks.matching.datasets import Matched, Request, request_name, result_name
from soundtracks.matching.pipeline import match_files
from tests.rigs.ports import free_port
from tests.waiting import until

pytestmark = pytest.mark.timeout(1_200)

SPARK_HOME = Path(pyspark.__file__).parent
LONGEST = 300  # on a busy machine Spark's daemons take minutes to start


@dataclass(frozen=True)
class Network:
    """`cluster`, `driver`: what stands before a command that runs there. `address`: of the cluster."""

    cluster: tuple[str, ...] = ()
    driver: tuple[str, ...] = ()
    address: str = "127.0.0.1"


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """Cluster and driver on networks of their own, joined by a cable, as a container is to a cluster: neither knows the other's
    name. On this machine's loopback where that cannot be made."""
    name = f"st{os.getpid()}"
    cluster, driver = f"{name}c", f"{name}d"
    commands = [
        f"netns add {cluster}",
        f"netns add {driver}",
        f"link add {cluster} netns {cluster} type veth peer {driver} netns {driver}",
    ]
    for place, address in ((cluster, "10.213.7.1/24"), (driver, "10.213.7.2/24")):
        commands += [
            f"-n {place} addr add {address} dev {place}",
            f"-n {place} link set {place} up",
            f"-n {place} link set lo up",
        ]
    try:
        for command in commands:
            subprocess.run(["ip", *command.split()], check=True, capture_output=True)
        yield Network(("ip", "netns", "exec", cluster), ("ip", "netns", "exec", driver), "10.213.7.1")
    except (OSError, subprocess.CalledProcessError):
        yield Network()
    finally:
        if shutil.which("ip"):
            for place in (cluster, driver):
                subprocess.run(["ip", "netns", "del", place], capture_output=True)


def _python(folder: Path, *libraries: str) -> str:
    """A Python of the workers', with these folders of libraries and nothing of ours."""
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python3*/site-packages")
    (site / "libraries.pth").write_text("".join(f"{library}\n" for library in libraries))
    return str(folder / "bin" / "python")


@pytest.fixture(scope="module")
def workers_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _python(tmp_path_factory.mktemp("python") / "venv", sysconfig.get_path("purelib"))


@contextmanager
def _running(log: Path, network: Network, python: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Spark daemon in the foreground: org.apache.spark.deploy.…"""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {
        "SPARK_HOME": str(SPARK_HOME),
        "SPARK_LOCAL_IP": network.address,
        "SPARK_DAEMON_MEMORY": "512m",
        "PYSPARK_PYTHON": python,
    }
    with log.open("wb") as out:
        command = [*network.cluster, str(SPARK_HOME / "bin" / arguments[0]), *arguments[1:]]
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=log.parent)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def _cluster(folder: Path, network: Network, python: str, workers: int) -> Iterator[str]:
    """Address of a master with so many workers of one core."""
    port, web = free_port(), free_port()
    address = f"spark://{network.address}:{port}"
    host = ("--host", network.address)
    master = ("org.apache.spark.deploy.master.Master", *host, "--port", str(port), "--webui-port", str(web))
    with ExitStack() as stack:
        stack.enter_context(_running(folder / "master.log", network, python, "spark-class", *master))
        for number in range(workers):
            worker = ("org.apache.spark.deploy.worker.Worker", "--cores", "1", "--memory", "1g", *host, "--webui-port", "0")
            command = ("spark-class", *worker, "--work-dir", str(folder / str(number)), address)
            stack.enter_context(_running(folder / f"{number}.log", network, python, *command))
        _wait_until(lambda: _alive(network, web) == workers, folder)
        yield address


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory, network: Network, workers_python: str) -> Iterator[str]:
    with _cluster(tmp_path_factory.mktemp("cluster"), network, workers_python, 2) as address:
        yield address


ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"


def _alive(network: Network, port: int) -> int:
    """Workers that the master knows; -1 while its page is still being put together."""
    url = f"http://{network.address}:{port}/json/"
    said = subprocess.run([*network.cluster, sys.executable, "-S", "-c", ASK, url], capture_output=True, text=True).stdout
    try:
        return len([w for w in json.loads(said).get("workers", ()) if w["state"] == "ALIVE"])
    except json.JSONDecodeError:
        return -1


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
import json
import sys
from functools import partial
from pathlib import Path
from soundtracks.matching.spark import engine as cluster
from soundtracks.matching.pipeline import match_files
from soundtracks.settings import Settings
cluster.PIECE = 2500  # several pieces
cluster.wait_for_worker = partial(cluster.wait_for_worker, wait=float(sys.argv[5]))

# rows that pass through this process, by the way they take
PASSED = {"toArrow": [], "collect": [], "createDataFrame": []}

def counted(kind, name, rows):
    usual = getattr(kind, name)
    def call(self, *given, **named):
        answer = usual(self, *given, **named)
        PASSED[name].append(rows(answer, given))
        return answer
    setattr(kind, name, call)

def never(kind, name):
    setattr(kind, name, lambda *_, **__: sys.exit(name + " holds all rows as Python objects"))

if sys.argv[2].startswith("sc://"):
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.session import SparkSession
else:
    from pyspark.sql.classic.dataframe import DataFrame
    from pyspark.sql import SparkSession
counted(DataFrame, "toArrow", lambda table, _: len(table))
counted(DataFrame, "collect", lambda rows, _: len(rows))
counted(SparkSession, "createDataFrame", lambda _, given: len(given[0]))
for name in ("toPandas", "toLocalIterator", "take", "head"):
    never(DataFrame, name)

folder = Path(sys.argv[1])
settings = Settings(spark_master=sys.argv[2], spark_stage=sys.argv[3], spark_driver_memory="1g", _env_file=None)
films, albums, links = (folder / name for name in ("films.parquet", "albums.parquet", sys.argv[4]))
metrics = match_files(films, albums, links, settings, engine="spark")
print(json.dumps({"albums": metrics.albums, "passed": PASSED}))
"""


def _matched(
    catalogue: Path, master: str, stage: str, out: str, network: Network, python: str, wait: float = LONGEST
) -> "subprocess.CompletedProcess[str]":
    """A match in a process of its own: one process has one Spark session, of one kind."""
    command = [*network.driver, sys.executable, "-c", LINK, str(catalogue), master, stage, out, str(wait)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=LONGEST * 3, env=os.environ | {"PYSPARK_PYTHON": python}
    )


def _assert_links(done: "subprocess.CompletedProcess[str]", catalogue: Path, out: str, shared: bool) -> None:
    """The local engine's, and made without the driver holding more than a piece or a sample of the albums."""
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["albums"] == 6_000
    assert (catalogue / out).read_bytes() == (catalogue / "local.parquet").read_bytes()
    sent, back = said["passed"]["createDataFrame"], said["passed"]["toArrow"] + said["passed"]["collect"]
    if shared:  # back come the standards and the names of the files of links
        assert sent == []
        assert sum(back) <= 100
    else:
        assert sum(sent) == 6_000
        assert max(sent) < 3_500
        assert max(back) < pq.read_metadata(catalogue / out).num_rows / 2


@pytest.mark.spark
@pytest.mark.parametrize("shared", [True, False], ids=["with a shared folder", "without"])
def test_a_standalone_cluster_makes_the_same_bytes(
    standalone: str, catalogue: Path, tmp_path: Path, network: Network, workers_python: str, shared: bool
) -> None:
    """Called from another network, on workers that have nothing of ours."""
    out = f"standalone-{shared}.parquet"
    done = _matched(catalogue, standalone, str(tmp_path) if shared else "", out, network, workers_python)
    _assert_links(done, catalogue, out, shared)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.spark
def test_libraries_that_the_workers_lack_are_named(standalone: str, catalogue: Path, tmp_path: Path, network: Network) -> None:
    bare = _python(tmp_path / "venv")
    done = _matched(catalogue, standalone, "", "lacking.parquet", network, bare)
    assert "MatchError: Spark's workers lack the Python package pyarrow. Install on each worker" in done.stderr, done.stderr[
        -3000:
    ]


@pytest.mark.spark
def test_a_cluster_without_a_worker_is_told(catalogue: Path, tmp_path: Path, network: Network, workers_python: str) -> None:
    with _cluster(tmp_path, network, workers_python, 0) as address:
        done = _matched(catalogue, address, "", "none.parquet", network, workers_python, wait=3)
    assert f"MatchError: No worker of {address} took up the match within 3 s." in done.stderr, done.stderr[-3000:]
    assert ("at 10.213.7.2, on any port" if network.driver else "at 127.0.0.1, on any port") in done.stderr


JOB = """
import sys
from pyspark.sql import SparkSession
from soundtracks.cli.match_job import main
SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
main(sys.argv[1:])
"""


@pytest.mark.spark
def test_a_job_with_a_session_of_its_own_makes_the_same_bytes(catalogue: Path, tmp_path: Path) -> None:
    """As the wheel's entry point on Databricks: the cluster's session, the lake as a folder, one run's request."""
    lake = Lake(str(tmp_path))
    films, albums = (
        lake.stage_out(f"silver/{name}", {"data.parquet": catalogue / f"{name}.parquet"}, rows=1) for name in ("films", "albums")
    )
    lake.write_json(request_name("run-1"), Request(films=films, albums=[albums]).model_dump(mode="json"))
    command = [sys.executable, "-c", JOB, "--lake", str(tmp_path), "--run-id", "run-1"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYSPARK_PYTHON": sys.executable})
    assert done.returncode == 0, done.stderr[-3000:]
    matched = Matched.model_validate(lake.read_json(result_name("run-1")))
    assert matched.metrics.engine == "spark"
    assert lake.read_bytes(f"{matched.ref.folder}/data.parquet") == (catalogue / "local.parquet").read_bytes()
    assert list((tmp_path / "stage").iterdir()) == []


@pytest.mark.spark
def test_spark_connect_makes_the_same_bytes(catalogue: Path, tmp_path: Path, workers_python: str) -> None:
    port, here = free_port(), Network()
    server = ("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[2]")
    conf = ("--conf", f"spark.connect.grpc.binding.port={port}", "--conf", "spark.ui.enabled=false", "--driver-memory", "1g")
    with _running(tmp_path / "connect.log", here, workers_python, "spark-submit", *server, *conf, "spark-internal"):
        _wait_until(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None, tmp_path)
        address, stage = f"sc://127.0.0.1:{port}", tmp_path / "shared"
        stage.mkdir()
        for shared, out in ((False, "connect.parquet"), (True, "connect-shared.parquet")):
            done = _matched(catalogue, address, str(stage) if shared else "", out, here, workers_python)
            _assert_links(done, catalogue, out, shared)
