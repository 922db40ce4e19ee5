"""Kills the extraction again and again (-9) at random points, runs it again, and looks for anything lost or repeated."""

import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from benchmarks.extraction.subject import RATE, extract
from sandbox import discogs, tmdb
from sandbox.log import Asked as Logged
from sandbox.serve import serving
from sandbox.service import Service
from soundtracks.sources.rawstore import Asked


@dataclass
class Killed:
    """`kills`: how often the process was killed. `repeated`: cached responses that were asked for again. `in_flight`: answers
    that were on their way when the process died, and never arrived. `same`: whether the data came out byte for byte the same."""

    kills: int
    answers: int
    repeated: int
    in_flight: int
    same: bool


def kill_and_resume(folder: Path, kills: int, seed: int, per_lake: int = 10, titles: int = 1_000) -> Killed:
    """Kills `kills` times, `per_lake` times on the way to one complete extraction of so many titles (at most the sample's)."""
    draw = random.Random(seed)
    result = Killed(0, 0, 0, 0, same=True)
    services: list[Service] = [tmdb.tmdb_app(rate=RATE), discogs.discogs_app(rate=RATE)]
    with serving(services[0]) as tmdb_url, serving(services[1]) as discogs_url:
        films, albums, requests = extract(str(folder / "whole"), tmdb_url, discogs_url, titles=titles)
        answers = sum(requests.values())
        for number in range(-(-kills // per_lake)):
            for service in services:
                service.log.clear()
            lake = folder / f"killed-{number}"
            moments = []  # at each kill: what was kept, and how many requests had been made
            for point in sorted(draw.sample(range(1, answers), min(per_lake, kills - number * per_lake))):
                if _run_until(point, [str(lake), tmdb_url, discogs_url, str(titles)], services):
                    moments.append((_kept(lake), len(_asked(services))))
            again = extract(str(lake), tmdb_url, discogs_url, titles=titles)
            asked = _asked(services)
            result.kills += len(moments)
            result.answers += answers
            result.repeated += sum(name in kept for kept, until in moments for name in asked[until:])
            result.in_flight += len(asked) - answers
            result.same &= again[:2] == (films, albums)
    return result


def _run_until(point: int, given: list[str], services: list[Service]) -> bool:
    """Runs the extraction and kills it once the services have been asked `point` times; False when it ended before."""
    command = [sys.executable, "-m", "benchmarks.extraction.subject", *given]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while sum(service.log.count() for service in services) < point:
            if process.poll() is not None:
                return False
            time.sleep(0.001)
        return True
    finally:
        process.kill()
        process.wait()


def _kept(lake: Path) -> set[str]:
    return {str(file.relative_to(lake)) for file in (lake / "raw").rglob("*.zst")}


def _asked(services: list[Service]) -> list[str]:
    """The names under which the answers to all requests so far are kept, in the order of asking."""
    entries = sorted(
        ((entry.at, service.name, entry) for service in services for entry in service.log.requests), key=lambda e: e[0]
    )
    return [_name(source, entry) for _, source, entry in entries]


def _name(source: str, entry: Logged) -> str:
    path, _, query = entry.url.partition("?")
    return Asked(source=source, host="127.0.0.1", path=path.removeprefix("/3"), params=dict(parse_qsl(query))).name
