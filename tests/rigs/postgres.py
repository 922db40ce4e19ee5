"""A PostgreSQL of a test's own, from the distribution's binaries, in a folder and on a port of its own."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Debian keeps the programs out of PATH.
PLACES = "/usr/lib/postgresql/*/bin"
#: PostgreSQL refuses to run as root.
USER = "postgres"


def missing() -> str:
    """Why none can be started here; empty when one can."""
    if not _bin():
        return "PostgreSQL's programs are not installed"
    if os.geteuid() == 0 and not any(entry.pw_name == USER for entry in pwd.getpwall()):
        return f"PostgreSQL does not run as root, and there is no user {USER}"
    return ""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of an empty database, as Prefect takes it, while the block runs."""
    data, programs = folder / "postgres", _bin()
    assert programs
    if os.geteuid() == 0:
        for parent in [folder, *folder.parents]:
            if parent.stat().st_uid == 0 and parent not in (Path("/"), Path("/tmp")):
                parent.chmod(parent.stat().st_mode | 0o011)  # its user has to pass through pytest's folders
    data.mkdir()
    if os.geteuid() == 0:
        shutil.chown(data, USER)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _run([f"{programs}/initdb", "-D", str(data), "-U", "prefect", "--auth", "trust", "--no-sync", "--no-locale", "-E", "UTF8"])
    options = f"-h 127.0.0.1 -p {port} -c fsync=off -c unix_socket_directories={data}"
    _run([f"{programs}/pg_ctl", "-D", str(data), "-l", str(data / "log"), "-w", "-o", options, "start"])
    try:
        _run([f"{programs}/createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "prefect", "prefect"])
        yield f"postgresql+asyncpg://prefect@127.0.0.1:{port}/prefect"
    finally:
        _run([f"{programs}/pg_ctl", "-D", str(data), "-m", "immediate", "stop"])


def _bin() -> Path | None:
    found = sorted(Path("/").glob(PLACES.lstrip("/")))
    return found[-1] if found else None


def _run(command: list[str]) -> None:
    """As somebody who is not root."""
    user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"] if os.geteuid() == 0 else []
    done = subprocess.run([*user, *command], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
