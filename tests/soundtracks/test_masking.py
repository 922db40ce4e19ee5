"""Secrets are masked at one place: in errors of ours, in libraries' errors and in every log record."""

import io
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from soundtracks import masking
from soundtracks.errors import BadInput, SourceError
from soundtracks.masking import mask, register, scrub

SECRET = "planted/key+of==odd\\shape"


@pytest.fixture(autouse=True)
def planted() -> Iterator[None]:
    before = masking._forms
    register([SECRET, f"  {SECRET}-longer\n", "abc"])
    yield
    masking._forms = before


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"Illegal header value {f'Bearer {SECRET}'.encode()!r}",
        f"Illegal header value {f'Bearer {SECRET}-longer'!r}",
        f"https://api.example/?api_key={quote(SECRET, safe='')}&x=1",
        f"twice {SECRET} and {SECRET}-longer",
    ],
)
def test_every_form_is_masked(text: str) -> None:
    shown = mask(text)
    assert "planted" not in shown
    assert "longer" not in shown
    assert "[key]" in shown


def test_short_values_mask_nothing() -> None:
    assert mask("abc is a word") == "abc is a word"


def test_what_is_known_already_changes_nothing() -> None:
    before = masking._forms
    register([SECRET, "abc"])
    assert masking._forms is before


class Registering(str):
    """A text during whose masking another thread registers secrets."""

    def __contains__(self, form: object) -> bool:
        register([SECRET, f"another-{form}"])
        return super().__contains__(form)


def test_secrets_that_are_registered_while_a_text_is_masked_do_not_disturb_it() -> None:
    assert mask(Registering(f"asking with {SECRET}-longer")) == "asking with [key]"


def test_our_errors_mask_themselves() -> None:
    error = SourceError("tmdb", f"refused {SECRET}", hint=f"it was {SECRET}")
    assert "planted" not in f"{error} {error!r} {vars(error)}"
    assert "planted" not in repr(BadInput(f"no {SECRET}"))


def fail() -> None:
    try:
        raise ValueError(f"Illegal header value {SECRET!r}")
    except ValueError as cause:
        raise OSError(5, f"said {SECRET}") from cause


def test_libraries_errors_are_scrubbed_with_their_causes() -> None:
    with pytest.raises(OSError, match="said") as caught:
        fail()
    scrub(caught.value)
    assert "planted" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    assert str(caught.value) == "[Errno 5] said [key]"


def test_log_records_are_masked_whatever_the_logger() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("somebody.elses.library")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        logger.info("asking with %s", SECRET)
        logger.info("args %(key)s", {"key": SECRET})
        logger.info(f"inline {SECRET}")
        logger.info("%d wrong arguments", 1)
        try:
            raise RuntimeError(SECRET)
        except RuntimeError:
            logger.exception("it failed")
    finally:
        logger.removeHandler(handler)
    assert "planted" not in out.getvalue()
    assert out.getvalue().count("[key]") == 4
    assert "RuntimeError: [key]" in out.getvalue(), "the traceback is still there"
