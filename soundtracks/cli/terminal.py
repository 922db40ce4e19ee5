"""Foreign text on the terminal: names and titles are written by strangers."""

import re

#: Control characters (escape sequences begin with one) and marks that turn the direction of writing.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")


def plain(text: object) -> str:
    """Text that a terminal only shows: no escape sequence, no turned direction. Markup of Rich is left to rich.text.Text."""
    return _HIDDEN.sub("�", str(text))
