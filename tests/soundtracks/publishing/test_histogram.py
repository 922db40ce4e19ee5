"""The score histogram as PNG and SVG."""

import struct
from xml.dom.minidom import parseString

import pytest

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.histogram import write_png, write_svg
from soundtracks.publishing.options import Options

OPTIONS = Options.of(accept=0.9, review=0.2)


@pytest.mark.slow
def test_png_has_its_size_and_is_reproducible(catalogue: Catalogue) -> None:
    picture = write_png(catalogue, OPTIONS)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == (1280, 720)
    assert write_png(catalogue, OPTIONS) == picture


@pytest.mark.slow
def test_svg_says_what_it_shows(catalogue: Catalogue) -> None:
    picture = write_svg(catalogue, OPTIONS)
    texts = [node.firstChild.data.strip() for node in parseString(picture).getElementsByTagName("text")]
    assert {"accepted (3)", "to review (0)", "rejected (1)", "review from 20.0%", "accept from 90.0%", "albums"} <= set(texts)
    assert write_svg(catalogue, OPTIONS) == picture


@pytest.mark.slow
def test_without_thresholds(catalogue: Catalogue) -> None:
    assert b"accept from" not in write_svg(catalogue, Options())


def test_nothing_found(empty: Catalogue) -> None:
    assert b"accepted (0)" in write_svg(empty, OPTIONS)


def test_thresholds_in_bits() -> None:
    options = Options.of(accept=0.5, review=0.2)
    assert (options.accept_at, options.review_at) == (0.0, -2.0)


def test_an_album_counts_once_whatever_its_pressings(pressed: Catalogue) -> None:
    assert b"accepted (1)" in write_svg(pressed, OPTIONS)
    assert b"1 albums and their best films" in write_svg(pressed, OPTIONS)
