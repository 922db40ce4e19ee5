"""Starts the stand-in for Azure's control plane: `python -m sandbox.azure FOLDER`. Ends with Ctrl-C or SIGTERM."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import trustme
import typer
import uvicorn

from sandbox.azure.api import IDENTITY_HEADER, azure_app
from sandbox.azure.control_plane import ControlPlane
from sandbox.azure.proxy import HOSTS, serve_proxy

#: The environment of a container that runs as a process of this machine: what an image would bring.
IMAGE_ENVIRONMENT = {"HOME": "/tmp", "LANG": "C.UTF-8", "PATH": os.environ.get("PATH", "")}  # noqa: S108
ENTRYPOINT = "/opt/prefect/entrypoint.sh"


def main(
    folder: Annotated[Path, typer.Argument(help="Where the CA's certificate and settings.json, the clients' settings, are put.")],
    app_folder: Annotated[Path, typer.Option(help="Where containers that run as processes find the code.")] = Path(),
    image_command: Annotated[
        str, typer.Option(help="JSON list: starts a command inside the built image. Empty: as a process of this machine.")
    ] = "",
    image_name: Annotated[str, typer.Option(help="Images whose name holds this start by --image-command.")] = "",
) -> None:
    """Serves the stand-in until it is stopped; settings.json lists the variables that lead Azure's clients here."""
    prefix: list[str] = json.loads(image_command or "[]")

    def start(image: str, environment: dict[str, str], command: list[str]) -> tuple[Sequence[str], Mapping[str, str]]:
        if prefix and image_name in image:
            variables = [f"--env={name}={value}" for name, value in environment.items()]
            return [*(part for item in prefix for part in (variables if item == "ENV" else [item])), *command], os.environ
        inside = command[1:] if command[0] == ENTRYPOINT else command
        return ["env", "-C", str(app_folder), *inside], IMAGE_ENVIRONMENT | environment

    asyncio.run(_serve(folder, ControlPlane(start)))


async def _serve(folder: Path, plane: ControlPlane) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    app = azure_app(plane)
    tls, plain = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    secure = uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False)
    secure.load()
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    secure.ssl = context
    servers = [uvicorn.Server(secure), uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False))]
    proxy = await serve_proxy(0, tls.getsockname()[1])
    url = f"http://127.0.0.1:{plain.getsockname()[1]}"
    settings = {
        "HTTPS_PROXY": f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}",
        "NO_PROXY": "127.0.0.1,localhost",
        "REQUESTS_CA_BUNDLE": str(folder / "ca.pem"),
        "IDENTITY_ENDPOINT": f"{url}/msi/token",
        "IDENTITY_HEADER": IDENTITY_HEADER,
    }
    stop = asyncio.Event()
    running = asyncio.gather(servers[0].serve([tls]), servers[1].serve([plain]))
    while not all(server.started for server in servers):
        await asyncio.sleep(0.01)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    (folder / "settings.part").write_text(json.dumps(settings))
    os.replace(folder / "settings.part", folder / "settings.json")
    await stop.wait()
    await plane.close()
    proxy.close()
    for server in servers:
        server.should_exit = True
    await running


if __name__ == "__main__":
    typer.run(main)
