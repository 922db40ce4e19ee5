"""The queue that Event Grid fills: a message is taken for a while, and dropped only when its run exists."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import ExponentialRetry, QueueClient

from soundtracks.errors import LakeError
from soundtracks.lake.stores.blob import TimeoutCredential, Timeouts, advice, default_credential, reason

#: Messages taken at a time: the most that the service gives.
BATCH = 32
#: Seconds that a taken message stays hidden from others; when a watcher dies, its messages are back after these.
HIDDEN = 30


@dataclass(frozen=True)
class Message:
    """`id`: given by the service. `receipt`: needed to drop it. `taken`: how often it was handed out, this time included."""

    id: str
    receipt: str
    body: str
    taken: int


class Queue:
    """Every failure is a LakeError that says what to do."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    @classmethod
    def connect(cls, queue: str, connection_string: str = "", patience: Timeouts | None = None) -> "Queue":
        """`queue`: its URL, reached by managed identity; or with a connection string (Azurite) its name."""
        patience = patience or Timeouts()
        options: dict[str, Any] = patience.options() | {"retry_policy": ExponentialRetry(**patience.pauses)}
        if connection_string:
            return cls(QueueClient.from_connection_string(connection_string, queue.rsplit("/", 1)[-1], **options))
        credential = TimeoutCredential(default_credential(), patience)
        try:
            return cls(QueueClient.from_queue_url(queue, credential=credential, **options))
        except ValueError as error:
            raise LakeError(
                f"SOUNDTRACKS_INBOX_QUEUE is not the URL of a queue: {queue}.",
                hint="It looks like https://ACCOUNT.queue.core.windows.net/title-events.",
            ) from error

    def create(self) -> None:
        """Makes the queue where it is missing: on Azurite; in Azure, Bicep made it."""
        with self._wrap_errors("create"):
            try:
                self._client.create_queue()
            except ResourceExistsError:
                return

    def take(self) -> Sequence[Message]:
        """Up to BATCH messages, hidden from others for HIDDEN seconds."""
        with self._wrap_errors("read"):
            taken = self._client.receive_messages(messages_per_page=BATCH, max_messages=BATCH, visibility_timeout=HIDDEN)
            return [Message(m.id, m.pop_receipt or "", str(m.content), m.dequeue_count or 1) for m in taken]

    def drop(self, message: Message) -> None:
        """A message that another took meanwhile is left to the other."""
        with self._wrap_errors("drop a message of"):
            try:
                self._client.delete_message(message.id, message.receipt)
            except ResourceNotFoundError:
                return

    def put_back(self, message: Message, seconds: int) -> None:
        """Shows a message again after some seconds."""
        with self._wrap_errors("put a message back into"):
            try:
                self._client.update_message(message.id, message.receipt, visibility_timeout=seconds)
            except ResourceNotFoundError:
                return

    @contextmanager
    def _wrap_errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except (AzureError, OSError) as error:
            raise LakeError(f"Cannot {what} the queue {self._client.queue_name}: {reason(error)}", hint=advice(error)) from error
