"""Files and batches at an OpenAI-compatible provider, through the openai client.

Each call is tried again for what may pass. A call that makes something is never blindly repeated: before it is sent
again, the provider is asked whether the first one arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from functools import partial
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self, TypeVar

import httpx2

from deploysim.chat.api import APIS
from deploysim.chat.batch_endpoint import BatchEndpoint
from deploysim.chat.batch_lines import batch_path, code_of
from deploysim.chat.batch_remote import FullQueue, RemoteBatch, full_queue, remote_batch
from deploysim.chat.batch_wire import batch_in, id_in, list_in, object_in, watched
from deploysim.chat.endpoint import Endpoint
from deploysim.chat.failures import Attempt, error_attempt, error_in
from deploysim.chat.reply_values import MalformedError
from deploysim.chat.retry import wait_s
from deploysim.chat.settings import ModelSettings
from deploysim.types import Failure, FailureKind

if TYPE_CHECKING:
    import openai

WINDOW: Final = "24h"
"""The only completion window there is."""
CONNECT_S = 15.0
_NOT_THERE = (404, 410)
_GONE = (*_NOT_THERE, 405, 501)
"""What is said of a file or a batch that is not there, and by an endpoint that has none."""
_PAGE, _PAGES = 100, 10
"""Newest files and batches among which one of ours is looked for."""

T = TypeVar("T")


class GoneError(Exception):
    """The provider does not know what was asked for; holds the status."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(str(status))


class CallError(Exception):
    """A call failed after all its tries, or would fail however often; holds codes, never conversation text."""

    def __init__(self, attempt: Attempt, queue: FullQueue | None = None) -> None:
        answer = attempt.answer
        self.detail = answer.detail if isinstance(answer, Failure) else ""
        self.may_pass = attempt.again
        self.full_queue = queue
        super().__init__(self.detail)


class BatchClient:
    """Files and batches of one account. Use it as a context manager.

    Args:
        settings: Where the model is and with which key; its `max_retries` and `timeout_s` (for each gap between bytes,
            not for a whole file) hold here too.
        pause: Waits so many seconds; what it raises ends the call.
        check: Called for each piece of a file on its way; what it raises ends the call.

    Raises:
        ModelError: where the address or the key can never work; from any call.
        CallError: from any call, where it failed for other reasons.
    """

    def __init__(self, settings: ModelSettings, *, pause: Callable[[float], None], check: Callable[[], None]) -> None:
        # It takes most of a second to import, which commands that ask no model never need.
        import openai

        self.api = APIS[settings.api]
        self.model_endpoint = Endpoint(settings.base_url or "", settings.model, self.api.name)
        self.model_endpoint.check()
        self.endpoint = BatchEndpoint(self.model_endpoint.shown)
        self._tries = settings.max_retries + 1
        self._pause = pause
        self._check = check
        # Spreads waiting times only; it has no part in any result.
        self._random = Random()
        self._client = openai.OpenAI(
            base_url=self.model_endpoint.base_url,
            api_key=self.model_endpoint.checked_key(settings.api_key),
            timeout=openai.Timeout(settings.timeout_s, connect=CONNECT_S),
            max_retries=0,
            http_client=openai.DefaultHttpxClient(trust_env=not self.model_endpoint.is_this_machine),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, at: TracebackType | None) -> None:
        self._client.close()

    def upload(self, name: str, file: BinaryIO, size: int) -> str:
        """Upload a file of requests and return its id."""

        def send() -> str:
            file.seek(0)
            content = watched(file, self._check)
            raw = self._client.files.with_raw_response.create(
                file=(name, content, "application/jsonl"), purpose="batch"
            )
            return id_in(object_in(raw))

        try:
            return self._call(send, arrived=lambda: self.find_upload(name, size))
        except GoneError as error:
            raise self.endpoint.has_no_batches(error.status) from error

    def find_upload(self, name: str, size: int) -> str | None:
        """Return the id of a file that was uploaded under a name. One of another size is deleted: it is out of date."""
        found: str | None = None
        for file in list(self._newest(self._list_files)):
            if file.get("filename") != name:
                continue
            if file.get("bytes") == size and found is None:
                found = file["id"]
            else:
                self.delete(file["id"])
        return found

    def has_file(self, file_id: str) -> bool:
        """Say whether the provider still has a file."""
        try:
            self._call(lambda: self._client.files.with_raw_response.retrieve(file_id))
        except GoneError:
            return False
        return True

    def create(self, file_id: str, marks: Mapping[str, str], given_up: Collection[str] = ()) -> RemoteBatch:
        """Start a batch on an uploaded file.

        Args:
            file_id: The file.
            marks: What the batch can be recognised by; its metadata.
            given_up: Batches on the same file that are not meant.
        """

        def send() -> RemoteBatch:
            path: Any = batch_path(self.api)
            raw = self._client.batches.with_raw_response.create(
                input_file_id=file_id, endpoint=path, completion_window=WINDOW, metadata=dict(marks)
            )
            return batch_in(object_in(raw))

        try:
            return self._call(send, arrived=lambda: self.find_batch(file_id, marks, given_up))
        except GoneError as error:
            raise self.endpoint.has_no_batches(error.status) from error

    def find_batch(self, file_id: str, marks: Mapping[str, str], given_up: Collection[str] = ()) -> RemoteBatch | None:
        """Return the batch that was started on a file, or carries the marks, where the provider knows one."""
        for value in self._newest(self._list_batches):
            metadata = value.get("metadata")
            marked = isinstance(metadata, dict) and metadata.items() >= marks.items()
            if (marked or value.get("input_file_id") == file_id) and value["id"] not in given_up:
                return remote_batch(value)
        return None

    def batch(self, batch_id: str) -> RemoteBatch:
        """Return how a batch is. Raises GoneError where the provider does not know it."""
        return self._call(lambda: batch_in(object_in(self._client.batches.with_raw_response.retrieve(batch_id))))

    def cancel(self, batch_id: str) -> str:
        """Cancel a batch and return its state; empty where it has ended by itself, or is not there any more."""

        def send() -> str:
            return batch_in(object_in(self._client.batches.with_raw_response.cancel(batch_id))).status

        try:
            return self._call(send)
        except GoneError:
            return ""
        except CallError:
            # What has ended cannot be cancelled, which is as good.
            if not self.batch(batch_id).has_ended:
                raise
            return ""

    def lines(self, file_id: str) -> Iterator[bytes]:
        """Yield the lines of a file as they arrive; the last one may be torn.

        Raises GoneError where the provider does not have it, CallError where the connection is lost on the way.
        """
        content = self._client.files.with_streaming_response.content
        rest = b""
        with closing(self._call(lambda: content(file_id).__enter__())) as reply:
            try:
                for piece in reply.iter_bytes():
                    self._check()
                    *whole, rest = (rest + piece).split(b"\n")
                    yield from whole
            except httpx2.HTTPError as error:
                raise CallError(_lost(error)) from error
        if rest:
            yield rest

    def delete(self, file_id: str) -> None:
        """Delete a file; one that is not there any more is deleted."""

        def send() -> None:
            if object_in(self._client.files.with_raw_response.delete(file_id)).get("deleted") is not True:
                raise MalformedError("the reply does not say that the file is deleted")

        try:
            self._call(send)
        except GoneError as error:
            if error.status not in _NOT_THERE:
                raise CallError(Attempt(Failure(FailureKind.REJECTED, f"HTTP {error.status}"))) from error

    def _call(self, send: Callable[[], T], *, arrived: Callable[[], T | None] | None = None) -> T:
        import openai

        tries = 0
        while True:
            try:
                return send()
            except openai.APIStatusError as error:
                attempt, queue = self._judge(error)
            except openai.APIConnectionError as error:
                attempt, queue = _lost(error), None
            except MalformedError as error:
                attempt, queue = Attempt(Failure(FailureKind.MALFORMED, str(error)), again=True), None
            tries += 1
            if not attempt.again or tries >= self._tries:
                raise CallError(attempt, queue)
            self._pause(wait_s(tries, attempt.asked_wait_s, self._random))
            found = arrived() if arrived else None
            if found is not None:
                return found

    def _judge(self, error: openai.APIStatusError) -> tuple[Attempt, FullQueue | None]:
        reply = error.response
        said = error_in(reply.content)
        queue = full_queue(code_of(said), str(said.get("message", ""))) if isinstance(said, dict) else None
        if queue:
            return Attempt(Failure(FailureKind.RATE_LIMITED, "the queue is full")), queue
        if error.status_code in _GONE:
            raise GoneError(error.status_code) from error
        return error_attempt(self.model_endpoint, error.status_code, reply.headers, said), None

    def _list_files(self, after: str | openai.Omit) -> dict[str, Any]:
        return list_in(
            self._client.files.with_raw_response.list(purpose="batch", order="desc", limit=_PAGE, after=after)
        )

    def _list_batches(self, after: str | openai.Omit) -> dict[str, Any]:
        return list_in(self._client.batches.with_raw_response.list(limit=_PAGE, after=after))

    def _newest(self, page_after: Callable[[str | openai.Omit], dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield what a list holds, newest first, as far as one of ours may be."""
        import openai

        after: str | openai.Omit = openai.omit
        for _ in range(_PAGES):
            try:
                page = self._call(partial(page_after, after))
            except GoneError:
                # Not every provider has lists.
                return
            values = [value for value in page["data"] if isinstance(value, dict) and isinstance(value.get("id"), str)]
            yield from values
            if not values or not page.get("has_more"):
                return
            after = values[-1]["id"]


def _lost(error: Exception) -> Attempt:
    return Attempt(Failure(FailureKind.CONNECTION_LOST, type(error.__cause__ or error).__name__), again=True)
