"""The one place where secrets are taken out of what people and logs get to see.

Settings register their secrets when they are read; from then on every error of ours (soundtracks.errors), every log record and
every foreign error that is passed through `scrub` shows `[key]` instead. A secret is found as it is, as `repr` writes it, and
as it stands in an address.
"""

import logging
import re
import traceback
from collections.abc import Iterable
from threading import Lock
from urllib.parse import quote, quote_plus, unquote

MASK = "[key]"
#: Shorter ones are no keys, and would take harmless words out of every message.
MIN_LENGTH = 4

#: Parts of addresses and connection strings that give access by themselves: a token also behind a `;` that begins no parameter.
_PARTS = re.compile(r"(?:AccountKey|SharedAccessSignature)=([^;]+)|;token=((?:[^;]|;(?![\w-]+=))+)|//[^/:@]*:([^/@]+)@")
#: Parameters of Spark Connect that hold no secret; what others hold may be the rest of a token.
_OPEN_PARAMETERS = ("use_ssl", "user_id", "user_agent", "session_id")

#: Longest first, so that no secret hides the rest of another. Never changed, only replaced: other threads go through it.
_forms: tuple[str, ...] = ()
_registering = Lock()  # else of two that register at once, one would forget the other's


def secrets_inside(text: str) -> list[str]:
    """What in a connection string, or in an address of a database or of Spark Connect, gives access by itself."""
    found = [part for groups in _PARTS.findall(text) for part in groups if part]
    if ";token=" in text:
        behind = text.partition(";token=")[2].split(";")
        found += [value for name, _, value in (piece.partition("=") for piece in behind[1:]) if not _is_open(name)]
        found += behind[:1]
        found += [unquote(value) for value in found]
    return list(dict.fromkeys(value for value in found if value))


def _is_open(parameter: str) -> bool:
    return parameter in _OPEN_PARAMETERS or parameter.startswith("x-")


def register(secrets: Iterable[str]) -> None:
    """Makes secrets known: never to be seen from now on."""
    global _forms
    found = {form for secret in secrets for value in (secret, secret.strip()) for form in _forms_of(value)}
    with _registering:
        if not found <= set(_forms):
            _forms = tuple(sorted({*_forms, *found}, key=lambda form: (-len(form), form)))
    if _forms:
        _mask_logs()


def _forms_of(value: str) -> set[str]:
    """A secret as it is, as `repr` writes it, and as it stands in an address."""
    if len(value) < MIN_LENGTH:
        return set()
    return {value, repr(value)[1:-1], value.encode("unicode_escape").decode(), quote(value, safe=""), quote_plus(value)}


def mask(text: str) -> str:
    """The text without any secret that is known."""
    for form in _forms:
        if form in text:
            text = text.replace(form, MASK)
    return text


def scrub(error: BaseException) -> BaseException:
    """The same error with secrets taken out of its own texts and those of its causes: for errors of libraries."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        one.args = tuple(mask(value) if isinstance(value, str) else value for value in one.args)
        if isinstance(one, OSError) and isinstance(one.strerror, str):
            one.strerror = mask(one.strerror)
        for name, value in list(getattr(one, "__dict__", {}).items()):
            if isinstance(value, str) and mask(value) != value:
                setattr(one, name, mask(value))
        one = one.__cause__ or one.__context__
    return error


def _mask_logs() -> None:
    """Every record of this process, whatever its logger and handlers: Prefect's and libraries' too."""
    made = logging.getLogRecordFactory()
    if getattr(made, "masks", False):
        return

    def factory(*args: object, **kwargs: object) -> logging.LogRecord:
        record = made(*args, **kwargs)
        message = record.getMessage() if isinstance(record.msg, str) and _safe(record) else str(record.msg)
        if mask(message) != message:
            record.msg, record.args = mask(message), ()
        if record.exc_info and record.exc_info[0] is not None:
            text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            if mask(text) != text:
                record.exc_text, record.exc_info = mask(text), None
        return record

    factory.masks = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(factory)


def _safe(record: logging.LogRecord) -> bool:
    """Whether the record's arguments fit its format; where not, logging itself says so later."""
    try:
        record.getMessage()
    except (TypeError, ValueError, KeyError):
        return False
    return True
