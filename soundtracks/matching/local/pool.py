"""Worker processes of this machine, started anew: a fork beside threads (Arrow's, Prefect's) may hang.

They are plain subprocesses instead of multiprocessing's, which would run the caller's script again in each of them,
survive a caller that is killed, and leave no way to end one that is in the middle of its work.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from soundtracks.errors import MatchError

#: Tasks given to a worker at once: one that it runs and one that it finds waiting.
HELD = 2
#: Tasks that are done or being done and not yet taken, for each worker: bounds the files that wait for a slow one before them.
AHEAD = 4


class Workers:
    """Processes that run the steps of steps.py on files of a folder. `count`: how many. They end with the context."""

    def __init__(self, count: int, folder: Path) -> None:
        self.count, self.folder = count, folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Workers":
        # importable as from here, also where this process was given its path by hand; -P: nothing from the working folder
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        command = [sys.executable, "-P", "-m", "soundtracks.matching.local.steps", os.fspath(self.folder)]
        for _ in range(self.count):
            # a session of their own: Ctrl-C comes to this process alone, which ends them
            self._processes.append(
                subprocess.Popen(
                    command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True
                )
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                cast(IO[bytes], pipe).close()

    def run(self, step: str, parts: Iterable[int]) -> Iterator[int]:
        """Runs a step for each part; yields the parts in their order, as they are done.

        A part is taken from `parts` when there will soon be a worker for it, at most AHEAD for each worker before the
        part that is yielded next. Raises MatchError when a worker fails or is ended from outside.
        """
        coming = iter(parts)
        held: dict[int, deque[int]] = {number: deque() for number in range(self.count)}  # parts by worker
        order: deque[int] = deque()  # parts given and not yet yielded
        done: set[int] = set()
        with selectors.DefaultSelector() as selector:
            for number, process in enumerate(self._processes):
                selector.register(cast(IO[bytes], process.stdout), selectors.EVENT_READ, number)
            while True:
                while len(order) < AHEAD * self.count:
                    number = min(held, key=lambda worker: len(held[worker]))
                    if len(held[number]) == HELD or (part := next(coming, None)) is None:
                        break
                    self._give(number, f"{step} {part}\n".encode())
                    held[number].append(part)
                    order.append(part)
                if not order:
                    return
                for key, _ in selector.select():
                    self._take(key.data)
                    done.add(held[key.data].popleft())
                while order and order[0] in done:
                    done.remove(order[0])
                    yield order.popleft()

    def _give(self, number: int, line: bytes) -> None:
        pipe = cast(IO[bytes], self._processes[number].stdin)
        try:
            pipe.write(line)
        except BrokenPipeError:
            raise self._ended(number) from None

    def _take(self, number: int) -> None:
        # the pipe has no buffer: what was read ahead the selector would not see
        line = cast(IO[bytes], self._processes[number].stdout).readline()
        if not line.endswith(b"\n"):
            raise self._ended(number)
        if error := json.loads(line).get("error"):
            raise MatchError(f"The match failed in a worker process: {error}")

    def _ended(self, number: int) -> MatchError:
        code = self._processes[number].wait()
        if code == -signal.SIGKILL:
            return MatchError(
                "A worker process of the match was killed.",
                hint="If nobody did so on purpose, memory ran out: set SOUNDTRACKS_MATCH_PROCESSES to fewer, or take a larger"
                " machine or a Spark cluster.",
            )
        how = f"was ended by signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"ended with exit code {code}"
        return MatchError(f"A worker process of the match {how}.", hint="What it wrote to standard error says why.")
