"""What strangers wrote is text for every reader: Markdown with GFM's own links, Rich, terminals, chat programs."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt
from rich.console import Console

from soundtracks.text.foreign import code, markdown, markup, one_line, terminal, webhook, xml_line
from tests.hostile.texts import TEXTS

#: CommonMark with HTML let through, tables and strikethrough: what Prefect's pages draw, before they sanitize.
MARKDOWN = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])
#: What remark-gfm makes links of, in text that was parsed already (mdast-util-gfm-autolink-literal).
LINKED = re.compile(r"(https?://|www(?=\.))[-.\w]+|(?<![\w.+-])[-.\w+]+@[-\w]+(\.[-\w]+)+|(mailto|xmpp):", re.IGNORECASE)
#: Markdown out of the pieces that have a meaning in it.
PIECES = st.lists(
    st.sampled_from([*"`*_[]()#+-.!~|<>&\\:=\n\t 1a@", "https://a.b", "www.a.b", "a@b.c", "![x](u)", "<b>", "&lt;"])
)
FOREIGN = PIECES.map("".join) | st.text()


def drawn(source: str) -> list[str]:
    """The kinds of everything that Markdown makes of a source but paragraphs and text."""
    kinds = []
    for token in MARKDOWN.parse(source):
        for part in [token, *(token.children or [])]:
            if part.type not in ("paragraph_open", "paragraph_close", "inline", "text", "text_special"):
                kinds.append(part.type)
            if part.type == "text" and LINKED.search(part.content):
                kinds.append("autolink")
    return kinds


def shown(source: str) -> str:
    """The text that a reader of rendered Markdown sees."""
    return "".join(part.content for token in MARKDOWN.parse(source) for part in token.children or [])


@pytest.mark.parametrize("name", TEXTS)
def test_markdown_draws_nothing_but_the_text(name: str) -> None:
    source = markdown(TEXTS[name])
    assert drawn(source) == []
    assert shown(source).replace("\u2060", "").strip() == one_line(TEXTS[name])


@given(FOREIGN)
@pytest.mark.slow
def test_any_text_is_text_in_markdown(text: str) -> None:
    assert drawn(markdown(text)) == []
    assert shown(markdown(text)).replace("\u2060", "") == one_line(text)


@given(FOREIGN)
def test_any_text_is_one_cell_and_one_heading(text: str) -> None:
    table = MARKDOWN.parse(f"| a | b |\n|---|---|\n| x | {markdown(text)} |\n")
    assert [token.type for token in table].count("td_open") == 2
    assert len(MARKDOWN.parse(f"## {markdown(text)}\n")) == 3
    assert MARKDOWN.parse(f"> {markdown(text)}")[0].type == "blockquote_open"


@given(FOREIGN)
def test_code_is_code(text: str) -> None:
    (paragraph,) = [token for token in MARKDOWN.parse(f"at {code(text)}.") if token.type == "inline"]
    kinds = [part.type for part in paragraph.children or []]
    assert kinds == ["text", "code_inline", "text"] or not one_line(text)


@pytest.mark.parametrize("name", TEXTS)
def test_a_terminal_is_told_text_only(name: str) -> None:
    for text in (terminal(TEXTS[name]), printed(markup(TEXTS[name]))):
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    if len(TEXTS[name]) < 1000:
        assert printed(f"[dim]{markup(TEXTS[name])}[/]").split() == terminal(TEXTS[name]).split()


def printed(text: str) -> str:
    sink = io.StringIO()
    Console(file=sink, force_terminal=False, width=10_000, emoji=False).print(text, soft_wrap=True, end="")
    return sink.getvalue()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb", "a b"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("\x9b31m", "31m"),
        ("Alien \u202egnp.exe", "Alien gnp.exe"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("\ufeffAlien", "Alien"),
        ("x\ud800", "x\ufffd"),
        (None, "None"),
    ],
)
def test_one_line(text: object, line: str) -> None:
    assert one_line(text) == line


@given(st.text(st.characters()))
def test_xml_holds_every_line(text: str) -> None:
    element = etree.Element("a")
    element.text = line = xml_line(text)
    assert (etree.fromstring(etree.tostring(element)).text or "") == line


def test_a_limit_is_kept() -> None:
    assert one_line("abcdef", 4) == "abc…"
    assert one_line("abcd", 4) == "abcd"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<!channel> films.csv", "&lt;!channel&gt; films.csv"),
        ("A & B", "A &amp; B"),
        ("<https://evil.example|Log in>", "&lt;https:\u2060//evil.example|Log in&gt;"),
        ("@channel", "\u2060@\u2060channel"),
    ],
)
def test_webhooks(text: str, told: str) -> None:
    assert webhook(text) == told


@pytest.mark.parametrize("name", TEXTS)
def test_nobody_is_called_by_a_webhook(name: str) -> None:
    told = webhook(TEXTS[name])
    assert not re.search(r"[<>\n]|&(?!(amp|lt|gt);)|@\w|https?://|www\.", told)
