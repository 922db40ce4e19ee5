"""How the time of reading a text grows with the text: texts made to hurt a regular expression, and a careful clock.

What counts is growth (in processor time of this process, at its best of several), never the time itself, so that a busy
machine fails nothing.
"""

import random
import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from re import _constants as tokens  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

#: Characters that a text is made of. Linear work grows eightfold from the shortest to the longest, quadratic work 64-fold.
LENGTHS = (1_000, 2_000, 4_000, 8_000)
MOST = 24
#: Seconds of processor time after which texts of a few hundred characters are called hopeless, and their growth not measured.
HOPELESS = 1.0
#: Seconds for all texts of thousands of characters.
PATIENCE = 3.0


# texts that hurt --------------------------------------------------------------------------------------------------------


class Samples:
    """Texts that a pattern fits, by chance but always the same, and what it repeats without end, with what leads there."""

    def __init__(self, pattern: re.Pattern[Any], seed: int) -> None:
        self.random = random.Random(seed)
        self.repeated: list[tuple[str, str]] = []
        text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
        self.text = self._of(
            parser.parse(text, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags), ""
        )

    def _of(self, items: Iterable[tuple[Any, Any]], before: str) -> str:
        text = ""
        for kind, value in items:
            text += self._item(kind, value, before + text)
        return text

    def _item(self, kind: Any, value: Any, before: str) -> str:
        if kind is tokens.LITERAL:
            return chr(value)
        if kind is tokens.NOT_LITERAL:
            return "x" if value != ord("x") else "y"
        if kind is tokens.ANY:
            return self.random.choice("x -")
        if kind is tokens.IN:
            return self._one_of(value)
        if kind is tokens.BRANCH:
            return self._of(self.random.choice(value[1]), before)
        if kind is tokens.SUBPATTERN:
            return self._of(value[-1], before)
        if kind is tokens.ATOMIC_GROUP:
            return self._of(value, before)
        if kind in (tokens.MAX_REPEAT, tokens.MIN_REPEAT, tokens.POSSESSIVE_REPEAT):
            least, most, item = value
            if most == tokens.MAXREPEAT:
                self.repeated.append((before, self._of(item, before)))
            return "".join(self._of(item, before) for _ in range(self.random.randint(least, max(least, min(most, least + 1)))))
        return ""  # a place, or what must (not) follow

    def _one_of(self, members: list[tuple[Any, Any]]) -> str:
        if members[0][0] is tokens.NEGATE:
            excluded = re.compile("[" + "".join(self._as_class(*member) for member in members[1:]) + "]")
            return next((char for char in self.random.sample("x1 -!\x01ж", 7) if not excluded.match(char)), "\x02")
        kind, value = self.random.choice(members)
        if kind is tokens.LITERAL:
            return chr(value)
        if kind is tokens.RANGE:
            return chr(self.random.randint(value[0], min(value[1], value[0] + 30)))
        return {
            tokens.CATEGORY_DIGIT: "1",
            tokens.CATEGORY_SPACE: " ",
            tokens.CATEGORY_WORD: "w",
            tokens.CATEGORY_NOT_WORD: "!",
            tokens.CATEGORY_NOT_SPACE: "s",
            tokens.CATEGORY_NOT_DIGIT: "d",
        }[value]

    def _as_class(self, kind: Any, value: Any) -> str:
        if kind is tokens.LITERAL:
            return re.escape(chr(value))
        if kind is tokens.RANGE:
            return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        return {
            tokens.CATEGORY_DIGIT: r"\d",
            tokens.CATEGORY_SPACE: r"\s",
            tokens.CATEGORY_WORD: r"\w",
            tokens.CATEGORY_NOT_WORD: r"\W",
            tokens.CATEGORY_NOT_SPACE: r"\S",
            tokens.CATEGORY_NOT_DIGIT: r"\D",
        }[value]


#: (before, repeated, behind): what hurts patterns of any kind.
ALWAYS = [
    ("", " ", "!"),
    ("a", " ", "!"),
    ("a ж", " ", "!"),
    ("a ж", "\u00a8", "!"),
    ("", "a", "!"),
    ("", "a ", "!"),
    ("", "1", "x"),
    ("", "(", ""),
    ("", "[(", ""),
    ("", '"', "x"),
    ("", "- ", "!"),
    ("", ", ", "!"),
    ("", "a'", "!"),
    ("a", "\u3000", "ж"),
]

Recipe = tuple[str, str, str]


def recipes(pattern: re.Pattern[Any]) -> list[Recipe]:
    found: dict[Recipe, None] = dict.fromkeys(ALWAYS)
    for seed in range(12):
        sample = Samples(pattern, seed)
        for before, again in sample.repeated:
            for behind in ("", "\x00", "ж!"):
                found[before, again, behind] = None
                found["", before + again, behind] = None
        for end in {len(sample.text), len(sample.text) - 1, len(sample.text) // 2}:
            if sample.text[:end]:
                found["", sample.text[:end], "\x00"] = None
                found["", sample.text[:end] + " ", "ж"] = None
    return [recipe for recipe in found if recipe[1]]


def text_of(recipe: Recipe, length: int) -> str:
    before, again, behind = recipe
    return before + again * (length // len(again)) + behind


# measuring ---------------------------------------------------------------------------------------------------------------


class Hopeless(Exception):
    """The work was stopped: not even a short text came to an end."""


@contextmanager
def stopped_after(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise Hopeless

    former = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


def seconds(work: Callable[[str], object], text: str, repeats: int) -> float:
    """Processor time of the work, the least of several."""
    best = float("inf")
    for _ in range(repeats):
        start = time.thread_time()
        work(text)
        best = min(best, time.thread_time() - start)
    return best


def hurts(work: Callable[[str], object], recipe: Recipe) -> str:
    """How the time grows with the text, "" where it grows no faster than the text."""
    try:
        with stopped_after(HOPELESS):
            for length in (16, 32, 64, 128, 256, 512):  # what doubles with every character must not be met by a long text first
                work(text_of(recipe, length))
        with stopped_after(PATIENCE):
            short, long = (seconds(work, text_of(recipe, length), 1) for length in (LENGTHS[0], LENGTHS[-1]))
            if long < MOST * short:
                return ""
            # slow, or disturbed: again and with care
            times = [seconds(work, text_of(recipe, length), 5) for length in LENGTHS]
    except Hopeless:
        return f"{recipe!r} does not come to an end"
    if times[-1] < MOST * max(times[0], 2e-6):
        return ""
    return f"{recipe!r}: {', '.join(f'{length} characters {t:.6f} s' for length, t in zip(LENGTHS, times, strict=True))}"


def work_of(pattern: re.Pattern[Any], everywhere: bool = True) -> Callable[[str], object]:
    """What anybody can do with a pattern: hold it against the start of a text and the whole, and find it everywhere."""
    read: Callable[[str], Any] = (lambda text: text.encode()) if isinstance(pattern.pattern, bytes) else (lambda text: text)

    def work(text: str) -> None:
        given = read(text)
        pattern.match(given)
        pattern.fullmatch(given)
        for _ in pattern.finditer(given) if everywhere else ():
            pass

    return work
