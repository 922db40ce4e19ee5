"""How QuickStatements 2 and 3 read version 1 commands, as far as our batches need it; after both programs' sources, in our words.

QuickStatements 3 (WikiMovimentoBrasil/quickstatements3, core/parsers/v1.py and base.py) makes lines of `||` and columns of `|`
before anything else, takes curly quotes for straight ones, knows a summary in /* */ at the end of a line, values in three quotes,
and takes an empty label for its removal. QuickStatements 2 (magnusmanske/quickstatements) replaces bars only in a batch that has
no line breaks, or no tabs.
"""

import re
from typing import NamedTuple


class Command(NamedTuple):
    """`what`: create, merge, label, description, alias, sitelink, statement …, with a minus where it removes."""

    what: str
    entity: str = ""
    key: str = ""
    value: str = ""
    references: tuple[tuple[str, str], ...] = ()


def read_version_3(batch: str) -> list[Command]:
    """What QuickStatements 3 would do, command by command. Raises ValueError where it reports an error."""
    lines = batch.replace("||", "\n").replace("|", "\t").split("\n")
    return [_command(line.strip()) for line in lines if line.strip()]


def read_version_2(batch: str) -> list[Command]:
    """What QuickStatements 2 would do."""
    if "\n" not in batch:
        batch = batch.replace("||", "\n")
    if "\t" not in batch:
        batch = batch.replace("|", "\t")
    return [_command(line.strip(), curly=False) for line in batch.split("\n") if line.strip()]


def _command(line: str, curly: bool = True) -> Command:
    if found := re.search(r"^(.*?)\s*/\*\s*(.*?)\s*\*/\s*$", line):
        raise ValueError(f"a summary: {found[2]}")  # none of ours has one
    cells = [cell.strip() for cell in line.split("\t") if cell.strip()]
    first = cells[0].upper()
    if first == "CREATE" and len(cells) == 1:
        return Command("create")
    if first in ("CREATE_PROPERTY", "MERGE", "-STATEMENT", "REMOVE_QUAL", "REMOVE_REF"):
        return Command(first.lower())
    sign, entity = (first[0], first[1:]) if first[0] in "+-" else ("", first)
    if not re.fullmatch(r"LAST|[QMPL]\d+", entity) or len(cells) < 3:
        raise ValueError(f"no command: {line}")
    value = _value(cells[2], curly)
    kind = {"L": "label", "D": "description", "A": "alias", "S": "sitelink"}.get(cells[1][0])
    if kind and len(cells) == 3:
        removed = "-" if sign == "-" or value == ("string", "") else ""
        if value[0] != "string":
            raise ValueError(f"{kind} must be a string: {line}")
        return Command(removed + kind, entity, cells[1][1:], value[1])
    if not re.fullmatch(r"P\d+", cells[1]) or len(cells) % 2 == 0:
        raise ValueError(f"no statement: {line}")
    pairs = list(zip(cells[3::2], cells[4::2], strict=True))
    if bad := [key for key, _ in pairs if not re.fullmatch(r"!?[SP]\d+", key)]:
        raise ValueError(f"no qualifier or source: {bad}")
    return Command(sign + "statement", entity, cells[1], value[1], tuple((key, _value(text, curly)[1]) for key, text in pairs))


def _value(text: str, curly: bool) -> tuple[str, str]:
    text = text.strip()
    if curly:
        text = text.replace("“", '"').replace("”", '"')
    if text in ("somevalue", "novalue", "LAST") or re.fullmatch(r"[QMPL]\d+", text):
        return "entity", text
    if curly and (found := re.match(r'^"""(.*)"""$', text)):
        return "string", found[1]
    if found := re.match(r'^"(.*)"$', text):
        return "string", found[1].strip()
    if re.fullmatch(r'[a-z_-]+:".*"', text):
        return "monolingual", text
    if re.fullmatch(r"[+-]?\d+-\d\d-\d\dT\d\d:\d\d:\d\dZ/?\d*", text):
        return "time", text
    raise ValueError(f"no value: {text}")
