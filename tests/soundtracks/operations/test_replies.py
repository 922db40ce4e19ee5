"""An answer that is not what its service documents becomes one error, whether we read it or an SDK of Azure's does."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import DecodeError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.pipeline.transport import HttpTransport
from azure.mgmt.containerinstance import ContainerInstanceManagementClient
from pydantic import BaseModel

from soundtracks.errors import UnexpectedAnswer
from soundtracks.operations.replies import MAX_FIELDS, read_answer, with_sdk


class Inner(BaseModel):
    count: int


class Wanted(BaseModel):
    name: str
    inner: Inner
    more: list[Inner] = []


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b" \n", "nothing"),
        (b"\n <!doctype html>", "a web page instead of JSON"),
        (b"\xff\xfe{}", "something that is no JSON"),
        (b'{"name": "x", ', "something that is no JSON"),
        (b"{}", "no name, inner"),
        (b'{"name": "x", "inner": {}}', "no inner.count"),
        (b'{"name": 5, "inner": {"count": "many"}}', "name, inner.count of another kind"),
        (b'{"name": "x", "inner": {"count": 1}, "more": [{"count": 1}, {}]}', "no more.1.count"),
        (b'{"inner": {"count": []}}', "no name and inner.count of another kind"),
        (b'"x"', "all of it of another kind"),
    ],
)
def test_what_is_wrong_is_named(body: bytes, what: str) -> None:
    with pytest.raises(UnexpectedAnswer) as error:
        read_answer(Wanted, body, "The service")
    assert error.value.message == f"The service answered otherwise than documented: with {what}."


def test_a_long_list_of_faults_is_cut() -> None:
    body = f'{{"name": "x", "inner": {{"count": 1}}, "more": [{", ".join(["{}"] * 50)}]}}'
    with pytest.raises(UnexpectedAnswer) as error:
        read_answer(Wanted, body, "The service")
    assert error.value.message.count(".count") == MAX_FIELDS


def test_what_is_more_than_needed_is_passed_over() -> None:
    assert read_answer(Wanted, '{"name": "x", "inner": {"count": 1, "new": {}}, "newer": 1}', "The service").inner.count == 1


class Answering(HttpTransport[Any, Any]):
    """A transport whose every answer has this body, with status 200."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def send(self, request: Any, **_: Any) -> Any:
        from azure.core.pipeline.transport import HttpResponse

        body = self._body

        class Response(HttpResponse):
            def __init__(self) -> None:
                super().__init__(request, None)
                self.status_code, self.reason = 200, "OK"
                self.headers = {"Content-Type": "application/json"}
                self.content_type = "application/json"

            def body(self) -> bytes:
                return body

            def stream_download(self, *_: Any, **__: Any) -> Iterator[bytes]:
                yield body

            def read(self) -> bytes:
                return body

        return Response()

    def open(self) -> None: ...
    def close(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"value": 5}', '{"value": [5]}'])
def test_what_azures_sdk_stumbles_over_is_the_same_error(body: str) -> None:
    client = container_instances(body)
    with pytest.raises(UnexpectedAnswer, match="Azure answered otherwise than documented"):
        with_sdk(lambda: list(client.container_groups.list_by_resource_group("g")), "Azure")


def test_the_sdks_own_errors_stay_as_they_are() -> None:
    client = container_instances("<html>")
    with pytest.raises(DecodeError):
        with_sdk(lambda: list(client.container_groups.list_by_resource_group("g")), "Azure")


def container_instances(body: str) -> ContainerInstanceManagementClient:
    return ContainerInstanceManagementClient(
        object(),
        "sub-1",
        base_url="https://azure.invalid",
        transport=Answering(body.encode()),
        authentication_policy=SansIOHTTPPolicy(),
    )
