"""Starts the stand-in for Azure's control plane: `python -m tests.rigs.azure FOLDER`. Ends with Ctrl-C or SIGTERM."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import ssl
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import trustme
import typer
import uvicorn

from tests.rigs.azure.api import IDENTITY_HEADER, azure_app
from tests.rigs.azure.control_plane import ControlPlane
from tests.rigs.azure.proxy import HOSTS, serve_proxy

#: Home of the image's user; a container that runs as a process of this machine gets a folder of ours in its place.
IMAGE_HOME = "/home/app"
ENTRYPOINT = "/opt/prefect/entrypoint.sh"


def main(
    folder: Annotated[Path, typer.Argument(help="Where the CA's certificate and settings.json, the clients' settings, are put.")],
    app_folder: Annotated[Path, typer.Option(help="Where containers that run as processes find the code.")] = Path(),
    image_command: Annotated[
        str, typer.Option(help="JSON list: starts a command inside the built image. Empty: as a process of this machine.")
    ] = "",
    image_name: Annotated[str, typer.Option(help="Images whose name holds this start by --image-command.")] = "",
    secrets: Annotated[str, typer.Option(help="JSON object: what the Key Vault holds.")] = "{}",
) -> None:
    """Serves the stand-in until it is stopped; settings.json lists the variables that lead Azure's clients here."""
    prefix: list[str] = json.loads(image_command or "[]")

    network: dict[str, str] = {}

    def start(image: str, environment: dict[str, str], command: list[str]) -> tuple[Sequence[str], Mapping[str, str]]:
        environment = environment | network | {"SSL_CERT_FILE": str(folder.resolve() / "ca.pem")}
        if prefix and image_name in image:
            variables = [f"--env={name}={value}" for name, value in environment.items()]
            return [*(part for item in prefix for part in (variables if item == "ENV" else [item])), *command], os.environ
        inside = command[1:] if command[0] == ENTRYPOINT else command
        home = str(folder.resolve() / "home")
        own = {name: value.replace(IMAGE_HOME, home) for name, value in environment.items()}
        path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
        return ["env", "-C", str(app_folder), *inside], {"HOME": home, "LANG": "C.UTF-8", "PATH": path} | own

    (folder / "home").mkdir(parents=True, exist_ok=True)
    plane = ControlPlane(start)
    plane.secrets = json.loads(secrets)
    asyncio.run(_serve(folder.resolve(), plane, network))


class _Server(uvicorn.Server):
    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """Signals are for the whole stand-in, not for one of its servers."""
        return contextlib.nullcontext()


async def _serve(folder: Path, plane: ControlPlane, network: dict[str, str]) -> None:
    """Serves until a signal comes. `network` is filled with the settings that lead Azure's clients here."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = azure_app(plane)
    plain, secure = (uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False) for _ in range(2))
    for config in (plain, secure):
        config.load()
    secure.ssl = _certificate(folder / "ca.pem")
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    servers = [_Server(plain), _Server(secure)]
    serving = [asyncio.create_task(server.serve([at])) for server, at in zip(servers, listeners, strict=True)]
    ports = [at.getsockname()[1] for at in listeners]
    proxy = await serve_proxy(0, ports[1])
    network |= {
        "HTTPS_PROXY": f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}",
        "NO_PROXY": "127.0.0.1,localhost",
        "REQUESTS_CA_BUNDLE": str(folder / "ca.pem"),
        "IDENTITY_ENDPOINT": f"http://127.0.0.1:{ports[0]}/msi/token",
        "IDENTITY_HEADER": IDENTITY_HEADER,
    }
    (folder / "settings.part").write_text(json.dumps(network, indent=1))
    os.replace(folder / "settings.part", folder / "settings.json")  # whoever waits for it never sees half of it
    await stop.wait()
    await plane.close()
    proxy.close()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*serving)


def _certificate(authority_file: Path) -> ssl.SSLContext:
    """A context for HOSTS, signed by a CA that lives as long as this process; its certificate goes into the file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(authority_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    return context


if __name__ == "__main__":
    typer.run(main)
