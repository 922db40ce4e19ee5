"""The score histogram as PNG and SVG."""

import struct
from xml.dom.minidom import parseString

from tasks.publishing.catalogue import Catalogue
from tasks.publishing.histogram import write_png, write_svg
from tasks.publishing.options import Options

OPTIONS = Options(accept_at=4.2, review_at=-1.0)


def test_png_has_its_size_and_is_reproducible(catalogue: Catalogue) -> None:
    picture = write_png(catalogue, OPTIONS)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == (1280, 720)
    assert write_png(catalogue, OPTIONS) == picture


def test_svg_says_what_it_shows(catalogue: Catalogue) -> None:
    picture = write_svg(catalogue, OPTIONS)
    texts = [node.firstChild.data.strip() for node in parseString(picture).getElementsByTagName("text")]
    assert {"accepted (3)", "to review (0)", "rejected (1)", "review from -1.0", "accept from +4.2", "albums"} <= set(texts)
    assert write_svg(catalogue, OPTIONS) == picture


def test_without_thresholds(catalogue: Catalogue) -> None:
    assert b"accept from" not in write_svg(catalogue, Options())


def test_nothing_found(empty: Catalogue) -> None:
    assert b"accepted (0)" in write_svg(empty, OPTIONS)
