"""A process that writes into a lake in a folder, killed (`kill -9`) before each of its steps, once a step."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

#: Does the work in the lake of a folder, with what it was given.
Work = Callable[[Path, Any], None]


def kill_at_each_step(work: Work, given: object, template: Path, folder: Path, *, beside: int = 0) -> list[Path]:
    """Copies of the lake `template`, each as a process left it that did `work` there until it was killed, in the order of its
    steps: before a file is written, before it gets its name, before and after a change of a table. `beside`: of so many steps,
    with another process that does the same at the same time, and is let live. Fails where that one, or the last, fails.

    All are forked by one process of their own, which has imported what they need and started no thread.
    """
    task = folder / "task.pickle"
    task.write_bytes(pickle.dumps((work.__module__, work.__qualname__, given, template, folder, beside)))
    done = subprocess.run([sys.executable, "-m", "tests.rigs.killed", str(task)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted((path for path in folder.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


def main(task: str) -> None:
    os.fsync = lambda _: None  # a process that is killed loses nothing that it gave to the system
    module, name, given, template, folder, beside = pickle.loads(Path(task).read_bytes())
    work: Work = getattr(sys.modules.get(module) or __import__(module, fromlist=[name]), name)
    for number in range(beside) if beside else count():
        lake = folder / str(number)
        shutil.copytree(template, lake)
        other = _forked(work, lake, given, None) if beside else None
        ended = _waited(_forked(work, lake, given, number))
        assert other is None or _waited(other) == 0, f"the other one failed beside one that was killed at step {number}"
        if ended == 0 and not beside:
            shutil.rmtree(lake)
            return
        assert ended == -signal.SIGKILL or (beside and ended == 0), f"failed with {ended} before step {number}"


def _forked(work: Work, lake: Path, given: object, steps: int | None) -> int:
    """A process that does the work, and is killed after so many steps."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        if steps is not None:
            _die_after(steps)
        work(lake, given)
        status = 0
    finally:
        os._exit(status)


def _waited(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _die_after(steps: int) -> None:
    from soundtracks.lake.delta import LakeTable
    from soundtracks.lake.stores.folder import Folder

    left, lock = count(steps, -1), Lock()

    def step() -> None:
        with lock:
            if next(left) <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def stepwise(owner: Any, name: str, *, after: bool = False) -> None:
        usual = getattr(owner, name)

        def do(*arguments: Any, **options: Any) -> Any:
            step()
            answer = usual(*arguments, **options)
            if after:
                step()
            return answer

        setattr(owner, name, do)

    stepwise(Folder, "write")
    stepwise(os, "replace")
    stepwise(LakeTable, "change", after=True)


if __name__ == "__main__":
    main(sys.argv[1])
