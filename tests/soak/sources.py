"""Every fault of the services over real sockets, a full disk, a read-only lake and a clock that jumps, under an extraction.

The extraction is the product's own, in a process (benchmarks/extraction/subject.py). It may end with an error of ours; it may
not hang, and after the fault a second one must come to what an undisturbed one came to: nothing bad was kept.
"""

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox import discogs, tmdb
from sandbox.faults import CLOUDFLARE_403, MAINTENANCE_502, Edit, Fault
from sandbox.serve import serving
from sandbox.service import Service
from soundtracks.lake.lake import Lake
from tests.soak.outcome import Outcome
from tests.soak.tries import tries
from tests.soak.world import ROOT, clean_environment

RATE = 100_000
TITLES = 12
#: Extractions side by side.
AT_ONCE = 3
#: Seconds; the longest that the product may wait for one answer is some minutes, with its retries.
HANGS = 600.0
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
JUMPS = ("+3600", "-3600", "+86400", "-86400", "+40000000", "-40000000")

FAULTS: dict[str, Fault] = {
    **{f"status {status}": Fault(status=status, times=3) for status in (400, 403, 408, 409, 410, 429, 500, 502, 503, 504)},
    **{
        f"429, Retry-After {after!r}": Fault(status=429, times=2, headers={"Retry-After": after})
        for after in ("0", "-5", "1", "²", "x")
    },
    "429, Retry-After in the past": Fault(status=429, times=2, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    "Cloudflare's page": Fault(status=403, body=CLOUDFLARE_403, times=2),
    "maintenance page": Fault(status=502, body=MAINTENANCE_502, times=2),
    "HTML with 200": Fault(status=200, body=MAINTENANCE_502, times=2),
    "nothing with 200": Fault(status=200, body="", times=2),
    "null": Fault(status=200, body="null", times=2),
    "a list": Fault(status=200, body="[]", times=2),
    "a number beyond all": Fault(
        status=200, body='{"results": [{"id": 1e999, "title": "x"}], "page": 1e999, "pagination": {"pages": 1e999}}', times=2
    ),
    "10**400": Fault(status=200, body='{"results": [{"id": 1' + "0" * 400 + "}]}", times=2),
    "900 deep": Fault(status=200, body="[" * 900 + "]" * 900, times=2),
    "100,000 deep": Fault(status=200, body="[" * 100_000 + "]" * 100_000, times=2),
    "a lone surrogate": Fault(status=200, body='{"results": [{"id": 1, "title": "\\ud800"}]}', times=2),
    "another charset": Fault(status=200, body="{}", headers={"Content-Type": "application/json; charset=utf-16"}, times=2),
    "a byte order mark": Fault(status=200, body="\ufeff{}", times=2),
    "no answer": Fault(kind="hang", times=1),
    "reset": Fault(kind="reset", times=3),
    "truncated": Fault(kind="truncate", times=3),
    "a byte at a time": Fault(kind="drip", times=1, pause=0.5),
    "an endless body": Fault(kind="endless", times=1),
    "a gzip bomb": Fault(kind="bomb", times=1),
    "a spike of the counter": Fault(kind="counter", plus=20, times=5),
    "a doubled counter": Fault(kind="counter", factor=2, remaining_too=True, times=5),
    "ids dropped": Fault(kind="edit", times=3, edit=[Edit(at="results.*.id", drop=True)]),
    "ids as text": Fault(kind="edit", times=3, edit=[Edit(at="results.*.id", set="x")]),
    "results null": Fault(kind="edit", times=3, edit=[Edit(at="results", set=None)]),
}


@dataclass
class Extraction:
    """Runs of the extraction in one folder, against one pair of services."""

    folder: Path
    urls: tuple[str, str]
    services: tuple[Service, Service]
    right: tuple[str, ...] = ()

    def command(self, lake: Path) -> list[str]:
        return [sys.executable, "-m", "benchmarks.extraction.subject", str(lake), *self.urls, str(TITLES)]

    def run(self, lake: Path, **env: str) -> subprocess.CompletedProcess[str]:
        """Raises TimeoutExpired."""
        return subprocess.run(
            self.command(lake),
            cwd=ROOT,
            env=clean_environment() | env,
            capture_output=True,
            text=True,
            timeout=HANGS,
            check=False,
        )

    def found(self, lake: Path) -> tuple[str, ...]:
        """Versions, that is hashes, of the films and albums that were found."""
        refs = [Lake(str(lake)).current(f"silver/{name}") for name in ("films", "albums")]
        return tuple(ref.version for ref in refs if ref)

    def judge(self, outcome: Outcome, what: str, lake: Path, disturbed: Callable[[], subprocess.CompletedProcess[str]]) -> None:
        """One disturbed extraction, then an undisturbed one."""
        try:
            ended = disturbed()
            self.clear()
            again = self.run(lake)
        except subprocess.TimeoutExpired:
            outcome.add("hung", what)
            return
        finally:
            self.clear()
        last = (ended.stderr.strip().splitlines() or [""])[-1]
        if ended.returncode and not last.startswith("soundtracks.errors."):
            outcome.add("lost", f"{what}: an error that is none of ours: {last[:300]}")
        elif again.returncode or self.found(lake) != self.right:
            outcome.add("lost", f"{what}: a second extraction found {self.found(lake)}: {again.stderr[-300:]}")
        else:
            outcome.add("survived")

    def clear(self) -> None:
        for service in self.services:
            service.faults.clear()


@contextmanager
def extraction(folder: Path) -> Iterator[Extraction]:
    services = (tmdb.tmdb_app(rate=RATE), discogs.discogs_app(rate=RATE))
    with serving(services[0]) as tmdb_url, serving(services[1]) as discogs_url:
        made = Extraction(folder, (tmdb_url, discogs_url), services)
        ended = made.run(folder / "right")
        assert ended.returncode == 0, ended.stderr
        made.right = made.found(folder / "right")
        assert len(made.right) == 2
        yield made


def every_fault(folder: Path, count: int, seed: int) -> list[Outcome]:
    """Each fault at each service, at a random request, several side by side, for most of them wait; `count` limits how many
    faults are drawn."""
    draw = random.Random(seed)
    outcome = Outcome("faults of the services over real sockets")
    start = time.monotonic()
    cases = [(name, which, draw.randrange(TITLES)) for name in FAULTS for which in range(2)]
    drawn = draw.sample(cases, min(count, len(cases)))

    def attempt(number: int) -> Outcome:
        (folder / str(number)).mkdir()
        return _faults(folder / str(number), drawn[number::AT_ONCE])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for part in pool.map(attempt, range(min(AT_ONCE, len(drawn)))):
            outcome.take(part)
    outcome.seconds = time.monotonic() - start
    return [outcome]


def _faults(folder: Path, cases: Sequence[tuple[str, int, int]]) -> Outcome:
    """`cases`: a fault, the service that has it, and after how many requests."""
    outcome = Outcome("faults")
    with extraction(folder) as made:
        for number in tries(len(cases)):
            name, which, after = cases[number]
            made.services[which].faults.add(FAULTS[name].model_copy(update={"after": after}))
            lake = folder / f"fault-{number}"
            made.judge(outcome, f"{name} at {('TMDB', 'Discogs')[which]}", lake, lambda: made.run(lake))  # noqa: B023 -- called at once
    return outcome


def no_space(folder: Path, count: int, seed: int) -> list[Outcome]:
    """A lake on a file system that is full at a random point, or becomes read-only at one."""
    outcomes = [Outcome("disk full"), Outcome("lake becomes read-only")]
    if os.geteuid() != 0 or not shutil.which("mount") or not _mounted(folder / "probe", "1m"):
        return [Outcome(outcome.part, skipped="nothing can be mounted here") for outcome in outcomes]
    _unmount(folder / "probe")
    draw = random.Random(seed)
    with extraction(folder) as made:
        size = sum(file.stat().st_blocks * 512 for file in (folder / "right").rglob("*") if file.is_file())
        for outcome, act in zip(outcomes, (_full, _read_only), strict=True):
            start = time.monotonic()
            for number in tries(count):
                lake = folder / f"{outcome.part.split()[0]}-{number}"
                share = draw.uniform(0.02, 0.95)
                made.judge(outcome, f"at {share:.0%}", lake, lambda: act(made, lake, size, share))  # noqa: B023 -- called at once
                _unmount(lake)
            outcome.seconds = time.monotonic() - start
    return outcomes


def _full(made: Extraction, lake: Path, size: int, share: float) -> subprocess.CompletedProcess[str]:
    assert _mounted(lake, str(int(size * share)))
    ended = made.run(lake)
    subprocess.run(["mount", "-o", f"remount,size={size * 4}", lake], check=True)
    return ended


def _read_only(made: Extraction, lake: Path, size: int, share: float) -> subprocess.CompletedProcess[str]:
    assert _mounted(lake, str(size * 4))
    process = subprocess.Popen(
        made.command(lake), cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    requests = made.services[0].log.count() + made.services[1].log.count()
    while process.poll() is None and made.services[0].log.count() + made.services[1].log.count() < requests + share * 40:
        time.sleep(0.002)
    for _ in range(200):  # refused while a file is open for writing
        if subprocess.run(["mount", "-o", "remount,ro", lake], capture_output=True, check=False).returncode == 0:
            break
    out, err = process.communicate(timeout=HANGS)
    subprocess.run(["mount", "-o", "remount,rw", lake], check=True)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _mounted(folder: Path, size: str) -> bool:
    folder.mkdir()
    return (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
        ).returncode
        == 0
    )


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", folder], check=True)


def clock_jumps(folder: Path, count: int, seed: int) -> list[Outcome]:
    """The clock of the day jumps by an hour, a day or a year, forwards and back, again and again under an extraction."""
    outcome = Outcome("clock jumps under an extraction")
    if not FAKETIME.exists():
        outcome.skipped = "libfaketime is not installed (apt install libfaketime)"
        return [outcome]
    draw = random.Random(seed)
    start = time.monotonic()
    with extraction(folder) as made:
        for number in tries(count):
            clock = folder / f"clock-{number}"
            clock.write_text("+0")
            env = {
                "LD_PRELOAD": str(FAKETIME),
                "FAKETIME_TIMESTAMP_FILE": str(clock),
                "FAKETIME_NO_CACHE": "1",
                "DONT_FAKE_MONOTONIC": "1",
            }
            ending = threading.Event()
            jumping = threading.Thread(target=_jump, args=(clock, draw, ending))
            jumping.start()
            lake = folder / f"jump-{number}"
            made.judge(outcome, f"try {number}", lake, lambda: made.run(lake, **env))  # noqa: B023 -- called at once
            ending.set()
            jumping.join()
    outcome.seconds = time.monotonic() - start
    return [outcome]


def _jump(clock: Path, draw: random.Random, ending: threading.Event) -> None:
    while not ending.wait(0.2):
        new = clock.with_suffix(".new")
        new.write_text(draw.choice(JUMPS))
        new.replace(clock)
