"""Peak memory of this process and all its descendants: the sum of their proportional set sizes (PSS).

PSS counts a page that n processes share as 1/n for each, so the memory-mapped film index counts once.
"""

import threading
from types import TracebackType

import psutil


class PeakMemory:
    """Samples every so many seconds while it is open. `bytes`: the highest sum seen."""

    def __init__(self, every: float = 1.0) -> None:
        self.bytes = 0
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._stop.wait(self._every):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:  # ended meanwhile
                    continue
            self.bytes = max(self.bytes, total)
