"""OpenAI's Batch API: a file of requests and a file of responses, which belong together by `custom_id`."""

from __future__ import annotations

from collections.abc import Mapping

from deploysim.errors import InputError
from deploysim.ingest.formats.api_log import read_call
from deploysim.ingest.formats.base import Format
from deploysim.ingest.formats.openai_responses import response_call
from deploysim.ingest.joining import conversations_of, read_joined
from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import Exclusion, ReadStats, Rejected, Row
from deploysim.ingest.sources.opening import Source
from deploysim.ingest.sources.rows import read_rows
from deploysim.ingest.values import structure
from deploysim.types import RawConversation

NAME = "openai-batch"
MAX_REQUEST_CHARS = 1024 * 1024 * 1024
"""Requests are held in memory; a batch may have 200 MB of them."""


def batch_format(requests: Source) -> Format:
    """Make the reader of a batch's responses, given the file of its requests.

    Raises InputError where the requests cannot be read or are more than fit in memory.
    """
    bodies = _bodies(requests)

    def read(row: Row, stats: ReadStats) -> RawConversation:
        fields = row.fields
        custom_id = fields.get("custom_id")
        if not is_output(fields) or not isinstance(custom_id, str):
            raise UnreadableRowError("the row is not a batch's response with a custom_id")
        response = structure(fields.get("response"))
        failed = not isinstance(response, Mapping) or response.get("status_code") not in (200, None)
        if fields.get("error") or failed:
            raise NotReplayableError(Exclusion.FAILED_CALL)
        if custom_id not in bodies:
            raise UnreadableRowError("no request has the row's custom_id")
        pair = Row(row.number, {"id": custom_id, "request": bodies[custom_id], "response": response})
        return _read_pair(pair, stats, custom_id)

    return Format(NAME, "responses of the OpenAI Batch API, with --requests", _fits_output, read)


def is_output(fields: Mapping[str, object]) -> bool:
    """Say whether a row is a response of a batch."""
    return "custom_id" in fields and ("response" in fields or "error" in fields)


def is_request(fields: Mapping[str, object]) -> bool:
    """Say whether a row is a request of a batch."""
    return "custom_id" in fields and "body" in fields and "url" in fields


def _read_pair(pair: Row, stats: ReadStats, custom_id: str) -> RawConversation:
    body = pair.fields["request"]
    if isinstance(body, Mapping) and "input" in body:
        (fields,) = conversations_of([response_call(pair, key=custom_id)])
        return read_joined(Row(pair.number, fields), stats)
    return read_call(pair, stats)


def _bodies(requests: Source) -> dict[str, Mapping[str, object]]:
    found: dict[str, Mapping[str, object]] = {}
    for row in read_rows(requests):
        if isinstance(row, Rejected):
            continue
        body = structure(row.fields.get("body"))
        if is_request(row.fields) and isinstance(body, Mapping):
            found[str(row.fields["custom_id"])] = body
    if not found:
        raise InputError(
            f"{requests.name} holds no requests of a batch.",
            expected="rows with custom_id, method, url and body",
            next_step="give the file that was uploaded for the batch with --requests",
        )
    return found


def _fits_output(fields: Mapping[str, object]) -> str | None:
    return "rows have a `custom_id` and a response" if is_output(fields) else None


def _alone(row: Row, stats: ReadStats) -> RawConversation:
    raise UnreadableRowError("a batch's responses hold no requests; add --requests with the file of requests")


def _no_response(row: Row, stats: ReadStats) -> RawConversation:
    raise UnreadableRowError(
        "a batch's requests hold no responses; import the output file and name this one in --requests"
    )


OUTPUT = Format(NAME, "responses of the OpenAI Batch API, with --requests", _fits_output, _alone)
INPUT = Format(
    "openai-batch-requests",
    "requests of the OpenAI Batch API, for --requests",
    lambda fields: "rows have a `custom_id` and the body of a request" if is_request(fields) else None,
    _no_response,
)
