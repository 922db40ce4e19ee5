import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from soundtracks.errors import MatchError
from soundtracks.matching.local.ipc import read_ipc, write_ipc
from soundtracks.matching.local.pool import AHEAD, HELD, Workers
from soundtracks.records import FILMS

pytestmark = pytest.mark.slow

Listed = Callable[[], list[psutil.Process]]

#: Until a process that was killed is gone, on a machine that does much else.
LONGEST = 120


def _film(number: int, folder: Path) -> None:
    film = {"tmdb_id": str(number), "title": f"Film {number}"}
    write_ipc(pa.Table.from_pylist([film], FILMS), folder / f"films-{number}.in")


def test_parts_come_in_order_and_are_taken_as_workers_have_need_of_them(tmp_path: Path, workers: Listed) -> None:
    taken: list[int] = []
    most_ahead = 0

    def parts() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            _film(number, tmp_path)
            yield number

    with Workers(2, tmp_path) as pool:
        found = []
        for part in pool.run("films", parts()):
            most_ahead = max(most_ahead, len(taken) - len(found))
            found.append(read_ipc(tmp_path / f"films-{part}.0.out")["key"][0].as_py())
        assert len(workers()) == 2
    assert found == [f"film {number}" for number in range(20)]
    assert 2 * HELD <= most_ahead <= 2 * AHEAD
    assert list(tmp_path.glob("*.in")) == []
    assert workers() == []


def test_what_a_worker_raises_is_raised_here(tmp_path: Path, workers: Listed) -> None:
    (tmp_path / "films-0.in").write_bytes(b"no table")
    failed = pytest.raises(MatchError, match="The match failed in a worker process: ArrowInvalid: ")
    with failed as error, Workers(1, tmp_path) as pool:
        list(pool.run("films", [0]))
    assert "\n" not in str(error.value)
    assert workers() == []


def test_a_killed_worker_is_told_with_what_to_do(tmp_path: Path, workers: Listed) -> None:
    _film(0, tmp_path)
    os.mkfifo(tmp_path / "films-1.in")  # whoever opens it waits for ever
    with Workers(1, tmp_path) as pool:
        parts = pool.run("films", [0, 1])
        assert next(parts) == 0
        workers()[0].kill()
        with pytest.raises(MatchError, match="A worker process of the match was killed") as error:
            next(parts)
    assert "SOUNDTRACKS_MATCH_PROCESSES" in error.value.hint
    assert workers() == []


def test_a_worker_that_cannot_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(MatchError, match="ended with exit code 1"), Workers(1, tmp_path) as pool:
        list(pool.run("films", [0]))


# a script like people write them: without a guard of its main part
SCRIPT = """
import sys
from pathlib import Path
from soundtracks.matching.local.pool import Workers
with Workers(2, Path(sys.argv[1])) as workers:
    for part in workers.run("films", [0, 1, 2, 3]):
        if part == 1:
            print(*(process.pid for process in workers._processes), flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_process_that_started_them(tmp_path: Path, how: signal.Signals) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    for number in (0, 1):
        _film(number, tmp_path)
        os.mkfifo(tmp_path / f"films-{number + 2}.in")  # each worker will be in the middle of one
    parent = subprocess.Popen([sys.executable, script, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        workers = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        parent.send_signal(how)
        gone, alive = psutil.wait_procs(workers, timeout=LONGEST)
        assert (len(gone), alive) == (2, [])
        parent.communicate(timeout=LONGEST)
        assert parent.returncode == -how
    finally:
        parent.kill()
        parent.communicate()
