"""`python -m sandbox` starts both services, says where they are, and ends when told to."""

import asyncio
import signal
import subprocess
import sys

import httpx
import pytest

from sandbox import discogs
from sandbox.discogs import discogs_app


@pytest.mark.slow
def test_the_command() -> None:
    command = [sys.executable, "-m", "sandbox", "--discogs-rate", "6000", "--synthetic", "100"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = dict(process.stdout.readline().strip().split("=", 1) for _ in range(4))
        assert list(said) == [
            "SOUNDTRACKS_TMDB_BASE_URL",
            "SOUNDTRACKS_TMDB_TOKEN",
            "SOUNDTRACKS_DISCOGS_BASE_URL",
            "SOUNDTRACKS_DISCOGS_TOKEN",
        ]
        film = httpx.get(
            f"{said['SOUNDTRACKS_TMDB_BASE_URL']}/movie/78", headers={"Authorization": f"Bearer {said['SOUNDTRACKS_TMDB_TOKEN']}"}
        )
        assert film.json()["title"] == "Blade Runner"
        made = httpx.get(
            f"{said['SOUNDTRACKS_DISCOGS_BASE_URL']}/releases/980000099",
            headers={"Authorization": f"Discogs token={said['SOUNDTRACKS_DISCOGS_TOKEN']}"},
        )
        assert (made.status_code, made.headers["X-Discogs-Ratelimit"]) == (200, "6000")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


async def ask_in_process() -> httpx.Response:
    transport = httpx.ASGITransport(app=discogs_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://discogs") as client:
        return await client.get("/oauth/identity", headers={"Authorization": f"Discogs token={discogs.TOKEN}"})


def test_without_a_port() -> None:
    assert asyncio.run(ask_in_process()).json()["username"] == "sample"
