"""Messages of Event Grid: both schemas, base64 or not; whatever else lies in a queue is told apart."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundtracks.inbox.messages import MalformedEvent, parse
from soundtracks.inbox.titlefile import TitleFile

SUBJECT = "/blobServices/default/containers/lake/blobs/titles/a b/films.csv"
DATA = {"api": "PutBlob", "eTag": "0x8DA1", "contentType": "text/csv", "contentLength": 12, "blobType": "BlockBlob"}
EVENT_GRID: dict[str, Any] = {
    "topic": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a",
    "subject": SUBJECT,
    "eventType": "Microsoft.Storage.BlobCreated",
    "id": "831e1650-001e-001b-66ab-eeb76e069631",
    "eventTime": "2026-11-24T09:00:00Z",
    "data": DATA,
    "dataVersion": "",
    "metadataVersion": "1",
}
CLOUD_EVENT: dict[str, Any] = {
    "source": EVENT_GRID["topic"],
    "subject": SUBJECT,
    "type": "Microsoft.Storage.BlobCreated",
    "time": "2026-11-24T09:00:00Z",
    "id": "9aeb0fdf-c01e-0131-0922-9eb54906e209",
    "specversion": "1.0",
    "data": DATA | {"eTag": '"0x8DA1"'},
}
FILE = TitleFile("lake", "titles/a b/films.csv", "0x8DA1", 12)


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("event", [EVENT_GRID, CLOUD_EVENT], ids=["Event Grid", "CloudEvents"])
@pytest.mark.parametrize("code", [coded, str, lambda text: f"\n {text}"], ids=["base64", "plain", "padded"])
def test_both_schemas(event: dict[str, Any], code: Any) -> None:
    assert parse(code(json.dumps(event))) == [FILE]
    assert parse(code(json.dumps([event]))) == [FILE]
    assert FILE.key == "lake/titles/a b/films.csv@0x8DA1"


def coded_in_lines(text: str) -> str:
    return base64.encodebytes(text.encode()).decode()


@pytest.mark.parametrize(
    "code",
    [
        lambda text: "\ufeff" + text,
        lambda text: coded("\ufeff" + text),
        lambda text: "\ufeff" + coded(text),
        lambda text: base64.b64encode(text.encode("utf-16")).decode(),
        coded_in_lines,
        lambda text: coded_in_lines(text).replace("\n", "\r\n"),
        lambda text: coded(coded(text)),
        lambda text: coded_in_lines(coded_in_lines(text)),
        lambda text: coded(coded("\ufeff" + text)),
        json.dumps,
        lambda text: json.dumps(coded(text)),
        lambda text: coded(json.dumps(text)),
    ],
    ids=[
        "BOM",
        "BOM in base64",
        "BOM before base64",
        "UTF-16",
        "MIME",
        "MIME with CR",
        "twice",
        "MIME twice",
        "BOM twice",
        "text",
        "base64 in text",
        "text in base64",
    ],
)
def test_what_tools_make_of_a_message(code: Any) -> None:
    assert parse(code(json.dumps(EVENT_GRID))) == [FILE]


@pytest.mark.parametrize("api", ["CreateFile", "SftpCreate"])
def test_a_blob_that_is_yet_to_be_filled_is_none(api: str) -> None:
    """An upload to a hierarchical namespace makes two events: of the empty file, and of the written one."""
    created = EVENT_GRID | {"data": DATA | {"api": api, "contentLength": 0, "eTag": "0x1"}}
    flushed = EVENT_GRID | {"data": DATA | {"api": "FlushWithClose"}}
    assert parse(json.dumps([created, flushed])) == [FILE]


def test_other_events_are_none_of_ours() -> None:
    assert parse(json.dumps(EVENT_GRID | {"eventType": "Microsoft.Storage.BlobDeleted"})) == []
    assert parse("[]") == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "neither JSON"),
        ("not base64 !!", "neither JSON"),
        (coded("no JSON"), "neither JSON"),
        (coded(coded(coded(coded("{}")))), "neither JSON"),
        (base64.b64encode(b"\xff\xfe").decode(), "neither JSON"),
        ("{" * 5000, "neither JSON"),
        ("[" * 60000, "neither JSON"),
        (coded("42"), "not an event"),
        (json.dumps({"a": 1}), "not an event"),
        (json.dumps(EVENT_GRID | {"eventType": 7}), "not an event"),
        (json.dumps(EVENT_GRID | {"data": {}}), "lacks what a run needs"),
        (json.dumps(EVENT_GRID | {"data": None}), "lacks what a run needs"),
        (json.dumps(EVENT_GRID | {"subject": "x"}), "lacks what a run needs"),
        (json.dumps(EVENT_GRID | {"subject": None}), "lacks what a run needs"),
        (json.dumps(EVENT_GRID | {"data": DATA | {"contentLength": "many"}}), "lacks what a run needs"),
        (json.dumps(EVENT_GRID | {"data": DATA | {"contentLength": -1}}), "negative size"),
        (json.dumps(EVENT_GRID | {"data": DATA | {"eTag": '""'}}), "names no container, blob or etag"),
        (json.dumps(EVENT_GRID | {"filler": "x" * 70_000}), "at most 65536"),
    ],
)
def test_poison(body: str, why: str) -> None:
    with pytest.raises(MalformedEvent, match=why):
        parse(body)


@given(
    st.one_of(
        st.text(),
        st.recursive(
            st.none() | st.integers() | st.text(),
            lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["eventType", "type", "subject", "data", "eTag"]), x),
        ).map(json.dumps),
    )
)
@pytest.mark.slow
def test_nothing_else_comes_out(body: str) -> None:
    """Whatever a message holds: files or MalformedEvent, never another error."""
    try:
        assert all(isinstance(file, TitleFile) for file in parse(body))
    except MalformedEvent:
        return
