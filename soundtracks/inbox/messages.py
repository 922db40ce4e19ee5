"""What Event Grid puts into the queue: one BlobCreated event a message, in its own schema or as a CloudEvent."""

import base64
import binascii
import codecs
import json
from typing import Any

from soundtracks.errors import SoundtracksError
from soundtracks.inbox.titlefile import TitleFile

CREATED = "Microsoft.Storage.BlobCreated"
#: A queue's message holds 64 KB; anything larger did not come from one.
MAX_MESSAGE = 64 * 2**10
#: Calls that make an empty blob which a later call fills, with an event of its own: of accounts with a hierarchical
#: namespace, and of SFTP. https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage
NOT_YET_WRITTEN = {"CreateFile", "SftpCreate"}
#: Tools code what a client codes once more.
MAX_CODINGS = 3


class MalformedEvent(SoundtracksError):
    """A message that can never become a run; the message says why."""


def parse(body: str) -> list[TitleFile]:
    """The files that a message tells of; none for events of another kind. Raises MalformedEvent.

    Event Grid codes its messages in base64; people's tools often do not.
    Schemas: https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage
    """
    if len(body) > MAX_MESSAGE:
        raise MalformedEvent(f"It has {len(body)} characters; a message of a queue has at most {MAX_MESSAGE}.")
    events = _decoded(body)
    events = events if isinstance(events, list) else [events]
    return [_title_file(event) for event in events if _kind(event) == CREATED and not _is_unwritten(event)]


def _decoded(body: str) -> Any:
    """JSON, or JSON in base64, which some code twice, in lines as MIME does, or with a byte order mark before it."""
    value: Any = body
    try:
        for _ in range(MAX_CODINGS + 1):
            if not isinstance(value, str):
                return value
            value = _uncoded(value.strip("\ufeff \t\r\n"))
    except (binascii.Error, UnicodeDecodeError, RecursionError, ValueError, TypeError) as error:
        raise MalformedEvent("It is neither JSON nor JSON in base64.") from error
    raise MalformedEvent("It is neither JSON nor JSON in base64.")


def _uncoded(text: str) -> Any:
    if text[:1] in ("{", "["):
        return json.loads(text)
    try:
        return json.loads(text)
    except ValueError:
        return _text(base64.b64decode("".join(text.split()), validate=True))


def _text(data: bytes) -> str:
    return data.decode("utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8")


def _is_unwritten(event: dict[str, Any]) -> bool:
    data = event.get("data")
    return isinstance(data, dict) and data.get("api") in NOT_YET_WRITTEN


def _kind(event: Any) -> str:
    kind = (event.get("eventType") or event.get("type")) if isinstance(event, dict) else None
    if not isinstance(kind, str):
        raise MalformedEvent("It is not an event: it has neither eventType nor type.")
    return kind


def _title_file(event: dict[str, Any]) -> TitleFile:
    try:
        place, blob = event["subject"].split("/blobs/", 1)
        container = place.rsplit("/containers/", 1)[1]
        etag, size = event["data"]["eTag"].strip('"'), int(event["data"]["contentLength"])
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise MalformedEvent(f"The event lacks what a run needs (subject, data.eTag, data.contentLength): {error!r}.") from error
    if not (container and blob and etag) or size < 0:
        raise MalformedEvent("The event names no container, blob or etag, or a negative size.")
    return TitleFile(container, blob, etag, size)
