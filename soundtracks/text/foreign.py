"""Text that strangers wrote (titles, artists, notes, file names, messages that quote them), made safe for one kind of reader.

Each function returns what a person reads as the same text, while the reader finds nothing in it to run, draw or follow.
HTML needs none of them: the pages escape by themselves. Tables for spreadsheets have soundtracks/text/spreadsheet.py.
"""

import re

#: Line breaks and other control characters (C0, C1, DEL, U+2028, U+2029).
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: Characters that turn the direction of what stands around them, or that nobody sees. Joiners stay: Persian and emoji need them.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]+"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
#: What no XML holds and `one_line` leaves.
_NO_XML = str.maketrans({"\ufffe": "\ufffd", "\uffff": "\ufffd"})

#: Between two characters it shows nothing, and no program sees an address or a mention across it (U+2060, word joiner).
_JOINER = "\u2060"
#: What renderers make a link of by themselves (GFM's autolinks, Slack, Mattermost): schemes, www., mail addresses, @channel.
_LINKED = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)|(?<=@)|(?<=mailto)(?=:)|(?<=xmpp)(?=:)", re.IGNORECASE)
#: What has a meaning anywhere in a line of Markdown, and in HTML.
_MARKDOWN = {"&": "&amp;", "<": "&lt;", ">": "&gt;", **{c: f"\\{c}" for c in "\\`*_[]|~"}}
#: What has a meaning at the beginning of a line: headings, lists, underlines of headings, tables.
_BLOCK = re.compile(r"[#+=:-]|[0-9]{1,9}(?=[.)])")
_WEBHOOK = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}  # all that Slack asks to be escaped


def one_line(text: object, limit: int | None = None) -> str:
    """The text as one line: control characters become a blank, unseen ones go; at most `limit` characters, then an ellipsis."""
    line = _SURROGATE.sub("\ufffd", _UNSEEN.sub("", _CONTROL.sub(" ", str(text)))).strip()
    return line if limit is None or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def xml_line(text: object) -> str:
    """The text for XML, as one line of characters that XML can hold. What has a meaning there is for the writer to escape."""
    return one_line(text).translate(_NO_XML)


def markdown(text: object, limit: int | None = None) -> str:
    """The text for Markdown (CommonMark, GFM), as one line: no heading, list, code, image, link, table cell or HTML comes of it.

    Prefect's pages let images and links pass that Markdown or HTML make, and draw addresses as links; neither happens here.
    """
    line = _LINKED.sub(_JOINER, one_line(text, limit))
    escaped = "".join(_MARKDOWN.get(character, character) for character in line)
    block = _BLOCK.match(escaped)
    if block is None:
        return escaped
    end = block.end()
    return f"{escaped[:end]}\\{escaped[end:]}" if escaped[0].isdigit() else f"\\{escaped}"


def code(text: object) -> str:
    """The text as a code span of Markdown: for addresses and names that people copy. No number of backticks leaves it."""
    line = one_line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence}{line}{fence}" if len(fence) == 1 and line else f"{fence} {line} {fence}"


def terminal(text: object) -> str:
    """The text for a terminal, as one line: no escape sequence, no line break. For Text, `markup=False` and logs."""
    return one_line(text)


def terminal_lines(text: object) -> str:
    """A message for a terminal: its line breaks stay, each line is as `terminal` has it."""
    return "\n".join(terminal(line) for line in str(text).split("\n"))


def markup(text: object) -> str:
    """The text inside a string that Rich prints with its markup: its brackets are shown, not obeyed."""
    from rich.markup import escape

    return escape(terminal(text))


def webhook(text: object) -> str:
    """The text for chat programs' webhooks (Slack, Teams, Mattermost): nobody is called by it, nothing is linked."""
    line = _LINKED.sub(_JOINER, one_line(text))
    return "".join(_WEBHOOK.get(character, character) for character in line)
