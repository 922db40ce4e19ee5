"""The one place where a Spark session is made.

The master is one setting: `local[*]`, `spark://host:7077` (standalone cluster), `sc://host:15002` (Spark Connect), or `active`:
the session that is there already, as in a job of Databricks.

Memory is sized from what this container or machine has. In the match the JVM only moves Arrow batches:
the Python workers do the work and share the film index through the page cache, so the heap gets the smaller part.
"""

import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from soundtracks.errors import MatchError
from soundtracks.masking import mask, register, secrets_inside
from soundtracks.matching.machine import WORKER_BYTES, available_cores, available_memory
from soundtracks.matching.spark.cluster import facing_address

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

log = logging.getLogger(__name__)

#: Spark 4.3 needs Java 17 (its own documentation; earlier ones fail with UnsupportedClassVersionError).
JAVA_NEEDED = 17
INSTALL_JAVA = "Install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME."

#: The master of a process that a cluster has started with a session.
ACTIVE = "active"

GB = 1 << 30

#: Rows alone bound an Arrow batch. Spark 4.3 weighs a batch anew for each of its rows, and a list without a value there by going
#: through all rows before it: 100,000 albums without labels took 75 s to link, and take 20.
ROWS_ALONE = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(2**31 - 1),
}

#: The token of a Spark Connect address: it goes on behind a `;` that begins no parameter.
_TOKEN = re.compile(r"(?<=;token=)(?:[^;]|;(?![\w-]+=))+")
_LOGGING = Path(__file__).with_name("log4j2.properties")
#: The JVM starts a second sooner, and leaves the cores to the Python workers: no optimising compiler, which would be done
#: only after the match is; one thread that collects garbage. 100,000 films x 200,000 albums on two cores: 25 s, not 31 s.
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
#: Spark's classes as a JVM wants them (class data sharing), where `make spark` has made it: see spark_classes.py.
CLASSES = Path(sys.prefix) / "share" / "soundtracks" / "spark.jsa"


def driver_heap(memory: int) -> int:
    """Bytes for Spark's heap: a quarter of the memory, between 1 and 4 GB."""
    return min(max(memory // 4, GB), 4 * GB)


def local_workers(memory: int, cores: int) -> int:
    """How many Python workers fit beside the heap; at least one, at most one a core."""
    return max(1, min(cores, (memory - driver_heap(memory)) // WORKER_BYTES))


def java_version(java_home: str | None = None) -> int:
    """Major version of the Java that Spark would start. Raises MatchError if there is none."""
    home = java_home if java_home is not None else os.environ.get("JAVA_HOME", "")
    java = shutil.which("java", path=os.path.join(home, "bin")) if home else shutil.which("java")
    if java is None:
        raise MatchError("Spark needs Java, and none was found.", hint=INSTALL_JAVA)
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=True).stderr
    except (OSError, subprocess.SubprocessError) as error:
        raise MatchError(f"Spark needs Java, and {java} does not run: {error}.", hint=INSTALL_JAVA) from error
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found.group(1)) if found else 0


def require_java() -> int:
    """Its major version. Raises MatchError, with one line that says what to install, unless Spark can use it."""
    version = java_version()
    if version < JAVA_NEEDED:
        raise MatchError(f"Spark needs Java {JAVA_NEEDED}, this is Java {version}.", hint=INSTALL_JAVA)
    return version


def start_session(master: str = "local[*]", driver_memory: str = "", java_options: str = "") -> "SparkSession":
    """The session of this process, started at the first call.

    `master`: see the module. `driver_memory`: heap such as "4g"; empty: sized from the memory there is. `java_options`:
    of the driver's JVM, in place of the archive of classes.
    Raises MatchError when Java is missing or too old, or when the master cannot be reached.
    """
    if master.startswith("sc://"):
        return _by_rows_alone(_connect(master))
    if master == ACTIVE:
        return _by_rows_alone(_active())
    require_java()
    from pyspark.sql import SparkSession

    memory = available_memory()
    local = master.startswith("local")
    if master == "local[*]":
        master = f"local[{local_workers(memory, available_cores())}]"
    os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    placed: dict[str, str] = {}
    if local:
        os.environ["PYSPARK_PYTHON"] = sys.executable
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    elif master.startswith("spark://"):
        placed = {"spark.driver.host": facing_address(master)}  # PYSPARK_PYTHON: of the workers, who keep theirs elsewhere
    builder = SparkSession.builder.appName("soundtrack-links").master(master)
    for key, value in {
        "spark.driver.memory": driver_memory or f"{driver_heap(memory) >> 20}m",
        "spark.driver.extraJavaOptions": " ".join(
            [_JAVA_OPTIONS, java_options or _archived_classes(), f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}"]
        ),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.catalogImplementation": "in-memory",
        **ROWS_ALONE,
        "spark.sql.parquet.compression.codec": "zstd",
        **placed,
    }.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except Exception as error:  # py4j wraps whatever the JVM threw
        raise MatchError(
            f"Spark did not start on {master}: {_first_line(error)}",
            hint="Check SOUNDTRACKS_SPARK_MASTER and the driver's memory.",
        ) from error


def _active() -> "SparkSession":
    from pyspark.sql import SparkSession

    found: SparkSession | None = SparkSession.getActiveSession()
    if found is None and "DATABRICKS_RUNTIME_VERSION" in os.environ:  # there is one, whichever thread made it
        found = SparkSession.builder.getOrCreate()
    if found is None:
        raise MatchError(
            "There is no active Spark session in this process.",
            hint="SOUNDTRACKS_SPARK_MASTER=active is for what a cluster starts, such as a job of Databricks; elsewhere local[*].",
        )
    return found


def _by_rows_alone(session: "SparkSession") -> "SparkSession":
    """A session that somebody else has configured, with ROWS_ALONE where it may be set."""
    for name, value in ROWS_ALONE.items():
        try:
            session.conf.set(name, value)
        except Exception as error:  # noqa: BLE001 -- whatever a service threw that lets nobody set this: the match is slower
            log.debug("Spark keeps its own %s: %s", name, _first_line(error))
    return session


def _archived_classes() -> str:
    # an archive of another Java or Spark is not used, and nothing need be said about it
    return f'-XX:SharedArchiveFile="{CLASSES}" -Xlog:cds*=off' if CLASSES.exists() else ""


def _connect(url: str) -> "SparkSession":
    from pyspark.sql import SparkSession

    register(secrets_inside(url))
    address = with_quoted_token(url)
    if any(parameter.count("=") != 1 for parameter in address.split(";")[1:]):  # Spark's own refusal repeats it
        raise MatchError(
            f"The address of Spark Connect at {without_token(url)} has a parameter that is not of the form name=value.",
            hint="In SOUNDTRACKS_SPARK_MASTER write %3B for ; and %3D for = inside a value.",
        )
    try:
        session = SparkSession.builder.remote(address).appName("soundtrack-links").getOrCreate()
        session.range(1).collect()  # connections are made lazily: fail here, not in the middle of a run
    except Exception as error:  # noqa: BLE001 -- whatever gRPC threw; told below
        raise MatchError(
            f"No Spark Connect server answers at {without_token(url)}: {mask(_first_line(error))}",
            hint="Check SOUNDTRACKS_SPARK_MASTER.",
        ) from None  # the cause may repeat the token
    return session


def with_quoted_token(master: str) -> str:
    """A Spark Connect address in which the token is one parameter, whatever stands in it: `=` at its end, a `;` inside."""
    return _TOKEN.sub(lambda found: found[0].replace(";", "%3B").replace("=", "%3D"), master)


def without_token(master: str) -> str:
    """A master as it may be shown: the parameters of a Spark Connect address (after `/;`) may hold a token."""
    return master.partition(";")[0].rstrip("/") if master.startswith("sc://") else master


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0][:300]
