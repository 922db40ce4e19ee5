"""The watcher's loop: look, ask for runs, wait; back off while the server or the lake is away."""

import logging
import signal
import threading
from types import FrameType

from tasks.errors import LakeError, ServerError, SoundtracksError
from tasks.events import Refused, Runs, Submitted
from tasks.inbox.aside import set_aside
from tasks.inbox.listing import Listing
from tasks.inbox.titlefile import TitleFile
from tasks.lake import Lake

#: The longest wait between two tries while something is away, seconds.
LONGEST_WAIT = 30.0

logger = logging.getLogger(__name__)


class Watcher:
    """Starts a run for each file version of the inbox. `every`: seconds between two looks."""

    def __init__(self, lake: Lake, runs: Runs, *, every: float = 2.0) -> None:
        self._lake = lake
        self._runs = runs
        self._every = every
        self._listing = Listing(lake)
        self._ending = threading.Event()
        self._failures = 0

    def end_on_signals(self) -> None:
        """SIGTERM and SIGINT end the loop after what is under way; a second SIGINT ends at once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)

    def run(self) -> None:
        """Watches until it is told to end."""
        logger.info("watching %s/titles", self._lake.url)
        while not self._ending.is_set():
            try:
                self.look()
            except (LakeError, ServerError) as error:
                self._failures += 1
                wait = self._wait()
                logger.warning("%s Trying again in %.0f s; nothing is lost.", error, wait)
            else:
                self._failures = 0
            self._ending.wait(self._wait())
        logger.info("ended; what lands meanwhile is found at the next start")

    def run_once(self) -> None:
        """Starts the runs of all that is there, after waiting for what is still being written. Raises LakeError, ServerError."""
        self.look()
        while self._listing.unsettled and not self._ending.wait(min(self._every, 0.5)):
            self.look()

    def look(self) -> None:
        """One look into the inbox. Raises the first ServerError or LakeError after the other files have been tried."""
        problems: list[SoundtracksError] = []

        def done(file: TitleFile, outcome: Submitted | ServerError) -> None:
            match outcome:
                case Submitted(run=run, new=True):
                    logger.info("%s: started run %s", file.name, run.id)
                case Submitted(run=run):
                    logger.info("%s: this version has its run already (%s, %s)", file.name, run.id, run.state_name)
                case Refused():
                    where = set_aside(self._lake, self._listing.name_of(file), outcome.message)
                    logger.warning("%s: set aside as %s: %s", file.name, where, outcome.message)
                case ServerError():
                    self._listing.forget(file)
                    problems.append(outcome)

        self._runs.create_all(self._listing.look(), done)
        for name, reason in self._listing.take_aside():
            logger.warning("%r: set aside: %s", name, reason)
        if problems:
            raise problems[0]

    def _wait(self) -> float:
        return min(self._every * 2.0**self._failures, LONGEST_WAIT)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self._ending.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._ending.set()
