"""What Azure's failures mean for a person: reads a text as the CLI or a worker gives it, and finds the entry that fits.

The entries are data, azure_failures.toml. A provider's own answer often lies inside another's message, escaped several times
over; it is unfolded first, so that codes deep inside are found.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

#: A message that stands in others seven times over has been seen; each unfolding takes one level of escapes away.
MAX_FOLDS = 8
#: Characters of a text that are read: a build's log is told by its end.
MAX_READ = 20_000
#: Characters of Azure's own words that are shown.
MAX_SHOWN = 400
#: Commands that Azure prints to be run as they are: their token must not be cut.
_COMMANDS = re.compile(r"^\s*(az log(?:out|in)\b.*)$", re.MULTILINE)
_WAIT = re.compile(r"(?:again|retry)[^.\n]{0,40}?after '?(\d+)'? (second|minute|hour)", re.IGNORECASE)
_UNITS = {"second": 1, "minute": 60, "hour": 3600}


@dataclass(frozen=True)
class Advice:
    """`again`: seconds after which the same command may succeed by itself; None: it does not pass by itself."""

    name: str
    cause: str
    remedy: str
    again: float | None = None


@dataclass(frozen=True)
class _Entry:
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    advice: Advice


def advise(said: str) -> Advice | None:
    """The advice for what Azure said; None where no entry fits."""
    text = unfold(said)
    for entry in _entries():
        found = entry.pattern.search(text)
        if found and not (entry.unless and entry.unless.search(text)):
            return _filled(entry.advice, [group for group in found.groups() if group], said, text)
    return None


def unfold(said: str) -> str:
    """The text without the escapes of JSON inside JSON, white space as single blanks (line breaks stay outside of JSON)."""
    said = said[-MAX_READ:]
    for _ in range(MAX_FOLDS):
        plain = said.replace("\\r", " ").replace("\\n", " ").replace("\\t", " ").replace('\\"', '"').replace("\\\\", "\\")
        plain = plain.replace("\\u0027", "'").replace("\\u0022", '"')
        if plain == said:
            break
        said = plain
    return re.sub(r"[ \t\r]+", " ", said)


def core(said: str) -> str:
    """Azure's innermost message, else what follows the last ERROR, else the end; one line, MAX_SHOWN characters."""
    said = said[-MAX_READ:]
    if messages := list(_messages(said)):
        return " ".join(messages[-1].split())[:MAX_SHOWN] or "nothing"
    if "ERROR:" in said:
        return " ".join(said.rpartition("ERROR:")[2].split())[:MAX_SHOWN] or "nothing"
    return " ".join(said.split())[-MAX_SHOWN:] or "nothing"


def _messages(said: str, depth: int = 0) -> Iterator[str]:
    """The messages in a text that holds JSON, which may hold JSON in its own messages; the innermost come last."""
    begin, end = said.find("{"), said.rfind("}")
    try:
        found = json.loads(said[begin : end + 1]) if 0 <= begin < end and depth < MAX_FOLDS else None
    except ValueError:
        found = None
    if found is None:
        for message in re.findall(r'"message"\s*:\s*"((?:[^"\\]|\\.)*)"', said):
            yield unfold(message)
    else:
        yield from _leaves(found, depth)


def _leaves(node: object, depth: int) -> Iterator[str]:
    if isinstance(node, dict):
        message = node.get("message")
        if isinstance(message, str):
            yield from [*_messages(message, depth + 1)] or [message]
        for name, value in node.items():
            if name != "message" or not isinstance(value, str):
                yield from _leaves(value, depth)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value, depth)


def _filled(advice: Advice, groups: list[str], said: str, text: str) -> Advice:
    """The advice with what the text names, the wait that it asks for, and the commands that it prints, whole."""
    values = [*groups, "it", "it"]
    cause = advice.cause.replace(" ({0})", f" ({groups[0]})" if groups else "")
    again = advice.again
    if again is not None and (wait := _WAIT.search(text)):
        again = max(again, float(int(wait[1]) * _UNITS[wait[2].lower()]))
    printed = " && ".join(line.strip() for line in _COMMANDS.findall(said)) if advice.name == "mfa-for-writes" else ""
    remedy = advice.remedy + (f" Azure printed: {printed}" if printed else "")
    return Advice(advice.name, _fill(cause, values), _fill(remedy, values), again)


def _fill(template: str, values: list[str]) -> str:
    for number, value in enumerate(values):
        template = template.replace(f"{{{number}}}", value)
    return template


@cache
def _entries() -> list[_Entry]:
    table = tomllib.loads((files("soundtracks.operations") / "azure_failures.toml").read_text(encoding="utf-8"))
    return [
        _Entry(
            re.compile(row["pattern"], re.IGNORECASE | re.DOTALL),
            re.compile(row["unless"], re.IGNORECASE | re.DOTALL) if "unless" in row else None,
            Advice(row["name"], row["cause"], row["remedy"], row.get("again")),
        )
        for row in table["failure"]
    ]
