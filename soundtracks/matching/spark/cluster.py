"""What a match on a cluster needs that one on this machine does not: an address that the workers reach, workers at all, and
our code in them. Its failures in words."""

import errno
import re
import shutil
import socket
import time
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from soundtracks.errors import MatchError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Seconds in which a Spark master answers, and in which its first worker takes the match up.
MAX_ANSWER, MAX_START = 10.0, 60.0
PACKAGE = Path(__file__).parents[2]
_MASTER = re.compile(r"(?P<host>\[[^]]+\]|[^:,\s]+):(?P<port>\d{1,5})")


def facing_address(master: str) -> str:
    """This machine's address on the way to a standalone master (`spark://HOST:PORT`, several by commas): workers must call
    the driver back, and the name of a container is known to nobody else. Raises MatchError where no master answers."""
    reasons = []
    for host, port in masters(master):
        try:
            with socket.create_connection((host, port), MAX_ANSWER) as connection:
                return str(connection.getsockname()[0])
        except OSError as error:
            reasons.append(f"{host}:{port}: {error}")
    raise MatchError(
        f"No Spark master answers at {master}: {'; '.join(reasons)}.",
        hint="Check SOUNDTRACKS_SPARK_MASTER, and that this machine's network reaches the master's.",
    )


def masters(master: str) -> list[tuple[str, int]]:
    """Host and port of each master. Raises MatchError for what is no such address."""
    found = [_MASTER.fullmatch(address.strip()) for address in master.removeprefix("spark://").split(",")]
    named = [(m["host"].strip("[]"), int(m["port"])) for m in found if m]
    if len(named) != len(found):
        raise MatchError(f"{master} is not the address of a Spark master.", hint="spark://HOST:7077, several by commas.")
    return named


def wait_for_worker(session: "SparkSession", master: str, wait: float = MAX_START, pause: float = 0.2) -> None:
    """Returns when the first worker of a standalone cluster has taken the match up; Spark itself would wait for ever.
    Raises MatchError after `wait` seconds."""
    context = session.sparkContext
    status = context._jsc.sc().statusTracker()
    deadline = time.monotonic() + wait
    while len(status.getExecutorInfos()) < 2:  # the first is the driver's own
        if time.monotonic() > deadline:
            address = context.getConf().get("spark.driver.host")
            raise MatchError(
                f"No worker of {master} took up the match within {wait:.0f} s.",
                hint=f"The master's page (port 8080) shows its workers: is there one, with a core and 1 GB free? Each must reach "
                f"this machine at {address}, on any port.",
            )
        time.sleep(pause)


def package_archive(folder: Path) -> Path:
    """Our code as a zip that Python imports from, named by its content: workers need nothing of ours installed."""
    sources = sorted(PACKAGE.rglob("*.py"))
    digest = sha256()
    for source in sources:
        digest.update(source.relative_to(PACKAGE).as_posix().encode() + b"\0" + source.read_bytes())
    archive = folder / f"soundtracks-{digest.hexdigest()[:16]}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for source in sources:
            file.write(source, source.relative_to(PACKAGE.parent).as_posix())
    return archive


def ship_package(session: "SparkSession", folder: Path) -> None:
    """Sends our code to each worker. `folder`: where the archive lies while the match runs."""
    archive = str(package_archive(folder))
    _by_session(session, lambda: session.addArtifacts(archive, pyfile=True), lambda c: c.addPyFile(archive))


def ship_index(session: "SparkSession", folder: Path, version: str) -> str:
    """Sends the index to each worker; returns what `partitions.open_index` finds it by."""
    name = f"film-index-{version}"
    archive = f"{shutil.make_archive(str(folder.with_name(name)), 'zip', folder)}#{name}"
    _by_session(session, lambda: session.addArtifacts(archive, archive=True), lambda c: c.addArchive(archive))
    return f"archive:{name}"


def by_connect(session: "SparkSession") -> bool:
    """Whether the session speaks Spark Connect, and so has no context."""
    return not hasattr(session, "_jsparkSession")


def newer_here(session: "SparkSession") -> str:
    """What to say where Spark here is newer than the cluster's; empty where it is not. Spark promises that a newer server
    understands an older client, not the reverse (apache/spark 53188)."""
    import pyspark

    here, there = (tuple(map(int, re.findall(r"\d+", version)[:2])) for version in (pyspark.__version__, str(session.version)))
    if here <= there:
        return ""
    return (
        f"Spark here is {pyspark.__version__}, the cluster's is {session.version}: an older cluster need not understand a newer "
        f"client. Should the match fail, install the cluster's here: pip install 'pyspark[connect]=={session.version}'."
    )


def _by_session(session: "SparkSession", connect: Callable[[], None], classic: Callable[..., None]) -> None:
    connect() if by_connect(session) else classic(session.sparkContext)


#: What a worker said → cause and remedy. The first that fits.
_FAILURES: list[tuple[str, str, str]] = [
    (
        r"No module named '([\w.]+)'|\[PACKAGE_NOT_INSTALLED\] (\w+)",
        "Spark's workers lack the Python package {}.",
        "Install on each worker what the match needs: `pip install {needed}`.",
    ),
    (
        r"PYTHON_VERSION_MISMATCH|Python in worker has different version",
        "Spark's workers have another Python than this machine: {said}",
        "Give them the same (PYSPARK_PYTHON names it, on the workers and here).",
    ),
    (
        r'Cannot run program "([^"]+)"',
        "Spark's workers have no program {}.",
        "PYSPARK_PYTHON names the workers' Python, 3.11 or 3.12; without it they take python3.",
    ),
    (
        r"No space left on device",
        "A worker's disk is full.",
        "Free space where Spark keeps its work (SPARK_LOCAL_DIRS).",
    ),
]
#: Third-party packages that partitions.py imports; its test compares.
NEEDED = ("pyarrow", "numpy", "scipy", "sparse-dot-topn", "rapidfuzz", "anyascii", "xxhash")


def failure(error: Exception) -> MatchError:
    """What happened in Spark, as an error of ours."""
    text = str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return MatchError(
            f"The disk is full to which the match writes from here: {error}",
            hint="Free space there, or name a folder elsewhere: SOUNDTRACKS_SPARK_STAGE, where workers share one, else TMPDIR.",
        )
    for pattern, cause, remedy in _FAILURES:
        if found := re.search(pattern, text):
            name = next((group for group in found.groups() if group), "pyarrow")
            return MatchError(cause.format(name, said=_reason(error)), hint=remedy.replace("{needed}", " ".join(NEEDED)))
    return MatchError(
        f"The match failed in Spark: {_reason(error)}",
        hint="A worker that vanished ran out of memory: give it more memory or fewer cores.",
    )


def _reason(error: Exception) -> str:
    """The one line of a Spark failure that says what happened: workers end theirs with the Python exception."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "Error" in line and not line.startswith(("at ", "File"))]
    return (telling or lines or [type(error).__name__])[-1][:500]
