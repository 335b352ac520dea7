"""OpenAI's Batch API: requests and responses, which belong together by `custom_id`, in two files or in one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
REQUESTS = "openai-batch-requests"
_REQUEST = "request of the row"
"""Field under which a response's request is put beside it."""
_GIVE_BOTH = "give the other file of the batch, too (on the command line: name both, or this one with --requests)"


def batch_format(requests: Source) -> Format:
    """Make the reader of a batch's responses, given the file of its requests, which are held in memory.

    Raises InputError where the requests cannot be read.
    """
    bodies = _bodies(requests)

    def regroup(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
        for row in rows:
            body = bodies.get(str(row.fields.get("custom_id"))) if isinstance(row, Row) else None
            yield row if isinstance(row, Rejected) or body is None else _answered(row, body)

    return Format(NAME, OUTPUT.about, _fits_output, _read, regroup=regroup)


def is_output(fields: Mapping[str, object]) -> bool:
    """Say whether a row is a response of a batch."""
    return "custom_id" in fields and ("response" in fields or "error" in fields)


def is_request(fields: Mapping[str, object]) -> bool:
    """Say whether a row is a request of a batch."""
    return "custom_id" in fields and "body" in fields and "url" in fields


def _read(row: Row, stats: ReadStats) -> RawConversation:
    fields = row.fields
    if is_request(fields):
        raise UnreadableRowError(f"no response has the row's custom_id; {_GIVE_BOTH}")
    if not is_output(fields):
        raise UnreadableRowError("the row is neither a request nor a response of a batch")
    response = structure(fields.get("response"))
    failed = not isinstance(response, Mapping) or response.get("status_code") not in (200, None)
    if fields.get("error") or failed:
        raise NotReplayableError(Exclusion.FAILED_CALL)
    body = fields.get(_REQUEST)
    if not isinstance(body, Mapping):
        raise UnreadableRowError(f"no request has the row's custom_id; {_GIVE_BOTH}")
    custom_id = str(fields["custom_id"])
    pair = Row(row.number, {"id": custom_id, "request": body, "response": response})
    if "input" not in body:
        return read_call(pair, stats)
    (joined,) = conversations_of([response_call(pair, key=custom_id)])
    return read_joined(Row(row.number, joined), stats)


def _bodies(requests: Source) -> dict[str, Mapping[str, object]]:
    found = dict(_asked(row) for row in read_rows(requests) if isinstance(row, Row) and is_request(row.fields))
    if not found:
        raise InputError(
            f"{requests.name} holds no requests of a batch.",
            expected="rows with custom_id, method, url and body",
            next_step="give the file that was uploaded for the batch with --requests",
        )
    return found


def _asked(row: Row) -> tuple[str, Mapping[str, object]]:
    body = structure(row.fields.get("body"))
    return str(row.fields["custom_id"]), body if isinstance(body, Mapping) else {}


def _in_one_file(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    """Put each response together with its request where both are in one file, in any order; the rest comes last."""
    asked: dict[str, Row] = {}
    waiting: dict[str, Row] = {}
    for row in rows:
        if isinstance(row, Rejected) or "custom_id" not in row.fields:
            yield row
            continue
        name, is_question = str(row.fields["custom_id"]), is_request(row.fields)
        (asked if is_question else waiting)[name] = row
        if name in asked and name in waiting:
            yield _answered(waiting.pop(name), _asked(asked.pop(name))[1])
    yield from waiting.values()
    yield from asked.values()


def _answered(row: Row, body: Mapping[str, object]) -> Row:
    return Row(row.number, {**row.fields, _REQUEST: body})


def _fits_output(fields: Mapping[str, object]) -> str | None:
    return "rows have a `custom_id` and a response" if is_output(fields) else None


def _fits_request(fields: Mapping[str, object]) -> str | None:
    return "rows have a `custom_id` and the body of a request" if is_request(fields) else None


OUTPUT = Format(NAME, "responses of the OpenAI Batch API, with --requests", _fits_output, _read, regroup=_in_one_file)
INPUT = Format(REQUESTS, "requests of the OpenAI Batch API, for --requests", _fits_request, _read, regroup=_in_one_file)
