"""The watcher's loop: take messages, look into the inbox, ask for runs; back off while the server or the lake is away."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import FrameType
from typing import TypeVar

from soundtracks.errors import LakeError, ServerError, SoundtracksError
from soundtracks.inbox.listing import Listing
from soundtracks.inbox.messages import MalformedEvent, parse
from soundtracks.inbox.quarantine import quarantine_file, quarantine_message
from soundtracks.inbox.queue import Message, Queue
from soundtracks.inbox.titlefile import NotATitleFile, TitleFile, check, is_ignored, lake_name
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores import printable
from soundtracks.operations.runs import RunRefused, Runs, Submitted
from soundtracks.settings import get_settings

#: The longest wait between two tries while something is away, seconds.
MAX_WAIT = 30.0
#: Seconds after which a message that could not be served is shown again.
RETRY_AFTER_SECONDS = 2
#: A message that failed so often, for a reason that is neither the server's nor the lake's, is set aside.
MAX_TAKES = 5
#: Failures in a row that mean that the server or the lake is away: the rest of a batch would only wait for it.
MAX_CONSECUTIVE_FAILURES = 3

logger = logging.getLogger(__name__)
T = TypeVar("T")


def queue_from_settings() -> Queue | None:
    """The queue of SOUNDTRACKS_INBOX_QUEUE; None without."""
    settings = get_settings()
    if not settings.inbox_queue:
        return None
    secret = settings.lake_connection_string
    return Queue.connect(settings.inbox_queue, secret.get_secret_value() if secret else "")


class Watcher:
    """Starts a run for each file version of the inbox.

    `every`: seconds between two looks at the queue, or without a queue at the inbox. `list_every`: with a queue, seconds
    between two listings of the inbox, which find what no event told.
    """

    def __init__(
        self, lake: Lake, runs: Runs, queue: Queue | None = None, *, every: float = 2.0, list_every: float = 300.0
    ) -> None:
        self._lake = lake
        self._runs = runs
        self._queue = queue
        self._every = every
        self._list_every = list_every if queue else 0.0
        self._listing = Listing(lake)
        self._memory = self._listing.memory
        self._reported: dict[str, str] = {}  # problems that are in the log
        self._ending = threading.Event()
        self._failures = 0
        self._next_look = 0.0

    def end_on_signals(self) -> None:
        """SIGTERM and SIGINT end the loop after what is under way; a second SIGINT ends at once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)

    def run(self) -> None:
        """Watches until it is told to end."""
        logger.info("watching %s/titles%s", self._lake.url, " and the queue" if self._queue else "")
        while not self._ending.is_set():
            busy = False
            try:
                if time.monotonic() >= self._next_look:
                    self.look()
                    self._next_look = time.monotonic() + (self._every if self._listing.unsettled else self._list_every)
                busy = self.take_messages() > 0
            except (LakeError, ServerError) as error:
                self._failures += 1
                logger.warning("%s Trying again in %.0f s; nothing is lost.", error, self._wait())
            except Exception:  # a defect of ours: seen in the log, and the files that it does not concern get their runs
                self._failures += 1
                logger.exception("something is wrong in the watcher; trying again in %.0f s, nothing is lost", self._wait())
            else:
                self._failures = 0
            if not busy:
                self._ending.wait(self._wait())
        logger.info("ended; what lands meanwhile is found at the next start")

    def run_once(self) -> None:
        """Starts the runs of all that is there, after waiting for what is still being written.

        Raises LakeError, ServerError; LakeError too when a file could not be read, after the others got their runs.
        """
        while self.take_messages() and not self._ending.is_set():
            continue
        self.look()
        while self._listing.unsettled and not self._ending.wait(min(self._every, 0.5)):
            self.look()
        for name, problem in self._listing.problems.items():
            raise LakeError(f"{printable(name)!r} started no run: {problem}", hint="The others did; this one is still there.")

    def look(self) -> None:
        """One look into the inbox. Raises the first ServerError or LakeError after the other files have been tried."""
        with self._memory.exclusively():
            self._each(self._submit_listed, self._listing.look())
        for name, reason in self._listing.drain_quarantined():
            logger.warning("%r: set aside: %s", name, reason)
        problems = self._listing.problems
        for name, problem in problems.items():
            if self._reported.get(name) != problem:
                logger.warning("%r: left where it is, tried again at each look: %s", printable(name), problem)
        self._reported = dict(problems)

    def take_messages(self) -> int:
        """Serves one batch of messages; returns how many there were. Raises as `look` does."""
        messages = self._queue.take() if self._queue else []
        self._each(self._serve, messages)
        return len(messages)

    def _each(self, do: Callable[[T], None], items: Iterable[T]) -> None:
        """Does it to each; the first error is raised when all have been tried, or MAX_CONSECUTIVE_FAILURES in a row have failed.
        Waits grow only while nothing succeeds.

        One at a time: a Prefect server on SQLite takes 60 runs a second from one asker, and refuses half of what two ask.
        """
        first: SoundtracksError | None = None
        in_a_row = 0
        for item in items:
            try:
                do(item)
            except (LakeError, ServerError) as error:
                first = first or error
                in_a_row += 1
                if in_a_row == MAX_CONSECUTIVE_FAILURES:
                    break
            else:
                in_a_row = self._failures = 0
        if first:
            raise first

    def _submit_listed(self, file: TitleFile) -> None:
        try:
            try:
                self._submit(file)
            except RunRefused as error:
                self._set_aside(self._listing.name_of(file), error.message)
        except (ServerError, LakeError):
            self._listing.forget(file)  # the next look finds it again
            raise
        except Exception as error:  # something about this one file; the others get their runs
            self._listing.forget(file)
            self._listing.problems[self._listing.name_of(file)] = repr(error)
            logger.debug("%r", file, exc_info=True)

    def _serve(self, message: Message) -> None:
        """Drops the message only when its runs exist, or when what can never become one lies in quarantine."""
        assert self._queue
        try:
            for file in parse(message.body):
                self._submit_named(file)
        except (MalformedEvent, NotATitleFile, RunRefused) as error:
            where = quarantine_message(self._lake, message.id, message.body, error.message)
            logger.warning("message %s: set aside as %s: %s", message.id, where, error.message)
        except ServerError:
            self._queue.put_back(message, RETRY_AFTER_SECONDS)
            raise
        except LakeError:
            raise  # shown again when it is no longer hidden
        except Exception as error:  # something about this one message; the others get their runs
            logger.exception("message %s", message.id)
            if message.taken < MAX_TAKES:
                return
            quarantine_message(self._lake, message.id, message.body, f"It failed {message.taken} times: {error!r}.")
        self._queue.drop(message)

    def _submit_named(self, event: TitleFile) -> None:
        """The run of the version that lies there now: of an older one there is nothing left to read."""
        name = lake_name(self._lake, event.container, event.blob)
        if is_ignored(name):
            return
        try:
            check(name, event.size)
        except NotATitleFile as error:
            if not self._set_aside(name, error.message):
                raise  # no such file: the message itself is what is wrong
            return
        entry = self._lake.store.find(name)
        if entry is None:  # gone again, or its name came damaged (emoji do): what is there is found by listing
            logger.info("%r: an event names it, but it is not there; looking at the whole inbox", event.name)
            self._next_look = 0.0
        elif entry.size and (visit := self._memory.next_visit(name, entry.stamp)):  # an empty one is about to be filled
            self._submit(replace(event, etag=entry.stamp, size=entry.size, visit=visit))

    def _submit(self, file: TitleFile) -> None:
        made: Submitted = self._runs.create(file)
        self._memory.remember(self._listing.name_of(file), file.etag, file.visit)
        if made.new:
            logger.info("%s: started run %s", file.name, made.run.id)
        else:
            logger.info("%s: this version has its run already (%s, %s)", file.name, made.run.id, made.run.state_name)

    def _set_aside(self, name: str, reason: str) -> bool:
        """Whether there was such a file."""
        entry = next((entry for entry in self._lake.store.list(name.rpartition("/")[0]) if entry.name == name), None)
        if entry is None:
            return False
        where = quarantine_file(self._lake, entry, reason)
        logger.warning("%r: set aside as %s: %s", printable(name), where, reason)
        return True

    def _wait(self) -> float:
        return min(self._every * 2.0**self._failures, MAX_WAIT)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self._ending.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._ending.set()
