"""A worker process of the local engine: `python -m soundtracks.matching.local.steps FOLDER`.

It reads a task as one line of its standard input (the name of a step and the number of a part), runs it on files of the folder
and answers with one line of JSON. It ends as soon as its standard input does, in the middle of a task too: with
the process that started it, whatever ended that.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import TextIO

import pyarrow as pa

from soundtracks.masking import mask
from soundtracks.matching.index import FilmIndex, read_films
from soundtracks.matching.linking import link_stream
from soundtracks.matching.local.ipc import read_ipc, write_ipc
from soundtracks.matching.model import Model


class Steps:
    """What a worker can do. Each takes a file `<step>-<part>.in` of the folder and leaves `<step>-<part>.out`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = Model.load()
        self._index: FilmIndex | None = None

    @property
    def index(self) -> FilmIndex:
        """The job's film index, which the engine has saved before it asks for links; its pages are shared by all workers."""
        if self._index is None:
            self._index = FilmIndex.open(self.folder / "index")
        return self._index

    def films(self, films: pa.Table) -> list[pa.Table]:
        """Names and features of a part of the films."""
        (read,) = read_films([films])
        return [*read]

    def links(self, albums: pa.Table) -> list[pa.Table]:
        """Links of whole groups of albums."""
        return [pa.concat_tables(link_stream([albums], self.index, self.model))]

    def run(self, step: str, part: str) -> None:
        given = self.folder / f"{step}-{part}.in"
        run: Callable[[pa.Table], list[pa.Table]] = {"films": self.films, "links": self.links}[step]
        for n, table in enumerate(run(read_ipc(given))):
            write_ipc(table, self.folder / f"{step}-{part}.{n}.out")
        given.unlink()


def answer(steps: Steps, line: str) -> str:
    """Runs the task of a line; what the worker answers."""
    try:
        steps.run(*line.split())
    except Exception as error:  # noqa: BLE001 -- whatever it is, the engine raises it as an error of the match
        return json.dumps({"error": mask(f"{type(error).__name__}: {error}")})
    return json.dumps({})


def serve(folder: Path, tasks: TextIO, answers: TextIO) -> None:
    """Runs tasks until there are no more."""
    lines: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_read, args=(tasks, lines), daemon=True).start()
    steps = Steps(folder)
    while True:
        answers.write(answer(steps, lines.get()) + "\n")
        answers.flush()


def _read(tasks: TextIO, lines: "SimpleQueue[str]") -> None:
    for line in tasks:
        lines.put(line)
    os._exit(0)  # nobody waits for what is being done


if __name__ == "__main__":
    # what a library prints must not stand among the answers
    to_engine = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    pa.set_cpu_count(1)  # the other cores have workers of their own
    serve(Path(sys.argv[1]), sys.stdin, to_engine)
