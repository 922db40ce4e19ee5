"""An HTTPS proxy that leads Azure's control plane to the stand-in and refuses every other host."""

import asyncio
import contextlib

#: Azure Resource Manager, where tokens are asked for, and a Key Vault.
HOSTS = ("management.azure.com", "login.microsoftonline.com", "login.microsoft.com", "sandbox.vault.azure.net")


async def serve_proxy(port: int, tls_port: int) -> asyncio.Server:
    """A CONNECT proxy on 127.0.0.1; what is asked of HOSTS goes to `tls_port` of this machine."""

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1")
            method, target, _ = head.split(" ", 2)
            if method != "CONNECT" or target.rpartition(":")[0] not in HOSTS:
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()
                writer.close()
                return
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", tls_port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

    return await asyncio.start_server(tunnel, "127.0.0.1", port)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(ConnectionError):
        writer.close()
