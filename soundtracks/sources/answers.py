"""Bodies of answers as JSON: decoded by us as UTF-8, whatever their head says of their charset."""

import codecs
from typing import Any

from pydantic_core import from_json


class Unreadable(ValueError):
    """A body that cannot be parsed or kept. `passes`: cut off, or no JSON at all (maintenance, a firewall): ask again."""

    def __init__(self, why: str, *, passes: bool) -> None:
        super().__init__(why)
        self.passes = passes


def parse(body: bytes) -> Any:
    """The JSON of a body, with or without a byte order mark.

    Raises Unreadable; also for what JSON allows and nothing could keep: nesting beyond 200, lone surrogates, numbers of
    thousands of digits.
    """
    text = body.removeprefix(codecs.BOM_UTF8).strip()
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        begins = text[:1] in (b"{", b"[")
        ends = text[-1:] in (b"}", b"]")
        raise Unreadable(str(error), passes=not (begins and ends) and "recursion" not in str(error)) from error


def is_json(body: bytes) -> bool:
    try:
        parse(body)
    except Unreadable:
        return False
    return True
