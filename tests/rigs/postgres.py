"""A PostgreSQL of a test's own, from the distribution's binaries, in a folder and on a port of its own.

The folder is not pytest's: root's tests close that to other users, and PostgreSQL is one.
"""

import gzip
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from tests.rigs.ports import free_port

#: Debian keeps the programs out of PATH.
PLACES = "/usr/lib/postgresql/*/bin"
#: PostgreSQL refuses to run as root.
USER = "postgres"
#: The cluster's superuser.
SUPERUSER = "prefect"


def missing() -> str:
    """Why none can be started here; empty when one can."""
    if not _bin():
        return "PostgreSQL's programs are not installed"
    if os.geteuid() == 0 and not any(entry.pw_name == USER for entry in pwd.getpwall()):
        return f"PostgreSQL does not run as root, and there is no user {USER}"
    return ""


class Postgres:
    """A cluster. `options`: of the server, as `max_connections=50`. With `authority` it takes connections from the network by
    TLS and password only, as Azure's does, at the name localhost; without, everybody is let in."""

    def __init__(self, *options: str, authority: trustme.CA | None = None) -> None:
        self._data = Path(tempfile.mkdtemp(prefix="soundtracks-postgres-"))
        if os.geteuid() == 0:
            shutil.chown(self._data, USER)
        self.port = free_port()
        self._program("initdb", "-U", SUPERUSER, "--auth", "trust", "--no-sync", "--no-locale", "-E", "UTF8")
        wanted = [f"port={self.port}", "listen_addresses='127.0.0.1'", "fsync=off", f"unix_socket_directories='{self._data}'"]
        if authority:
            self._certify(authority)
            wanted.append("ssl=on")
            (self._data / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write("\n".join([*wanted, *options]) + "\n")

    def start(self) -> None:
        self._program("pg_ctl", "-l", str(self._data / "log"), "-w", "start")

    def stop(self, how: str = "immediate") -> None:
        """`how`: smart, fast or immediate; the last one is a crash."""
        self._program("pg_ctl", "-m", how, "stop")

    def remove(self) -> None:
        """Stops it, if it runs, and deletes its folder."""
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._data)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """What the statement answers the superuser, a line a row."""
        where = ["-h", str(self._data), "-p", str(self.port), "-U", SUPERUSER, "-d", database]
        command = [f"{_bin()}/psql", *where, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def restore(self, dump: Path, database: str, owner: str) -> None:
        """Fills an empty database from a dump of SQL (gzip), as its owner would have."""
        self.sql(f'ALTER DATABASE {database} OWNER TO "{owner}"')
        text = f'CREATE EXTENSION IF NOT EXISTS pg_trgm; SET ROLE "{owner}";\n' + gzip.decompress(dump.read_bytes()).decode()
        where = ["-h", str(self._data), "-p", str(self.port), "-U", SUPERUSER, "-d", database]
        command = [f"{_bin()}/psql", *where, "-qX", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def environment(self, database: str) -> dict[str, str]:
        """For psql and pg_dump, which are on the PATH in it."""
        own = {"PGHOST": str(self._data), "PGPORT": str(self.port), "PGUSER": SUPERUSER, "PGDATABASE": database}
        return own | {"PATH": f"{_bin()}{os.pathsep}{os.environ['PATH']}"}

    def _certify(self, authority: trustme.CA) -> None:
        own = authority.issue_cert("localhost")
        for name, pem in (("server.crt", own.cert_chain_pems[0]), ("server.key", own.private_key_pem)):
            file = self._data / name
            pem.write_to_path(str(file))
            file.chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(file, USER)

    def _program(self, name: str, *arguments: str) -> None:
        _run([f"{_bin()}/{name}", "-D", str(self._data), *arguments])


@contextmanager
def running() -> Iterator[str]:
    """The address of an empty database, as Prefect takes it, while the block runs."""
    server = Postgres()
    try:
        server.start()
        server.sql("CREATE DATABASE prefect")
        yield f"postgresql+asyncpg://prefect@127.0.0.1:{server.port}/prefect"
    finally:
        server.remove()


def _bin() -> Path | None:
    found = sorted(Path("/").glob(PLACES.lstrip("/")))
    return found[-1] if found else None


def _run(command: list[str]) -> None:
    """As somebody who is not root."""
    user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"] if os.geteuid() == 0 else []
    done = subprocess.run([*user, *command], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
