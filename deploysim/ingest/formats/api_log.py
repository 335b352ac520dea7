"""Logs of single API calls: the request with its messages, and the response to it (OpenAI or Anthropic).

Every row becomes a conversation of its own: the messages sent and the answer. A conversation of three turns was sent
three times, so such a log holds it three times, each a turn longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from deploysim.ingest.formats.base import TIME_KEYS, Format, objects_with
from deploysim.ingest.given import read_parameters, read_tools
from deploysim.ingest.messages import check_replayable, link_tool_messages, read_messages, read_system
from deploysim.ingest.problems import NotReplayableError
from deploysim.ingest.records import Exclusion, ReadStats, Row
from deploysim.ingest.replies import Reply, read_reply
from deploysim.ingest.values import USER_KEYS, first_time, identifier, metadata, opted_out, structure
from deploysim.types import Message, RawConversation

_REQUESTS = ("request", "request_body", "input")
_RESPONSES = ("response", "response_body", "output")
"""Names under which proxies and gateways log the two."""


def read_call(row: Row, stats: ReadStats) -> RawConversation:
    """Read one row with a request and its response."""
    fields = row.fields
    request = _request(fields)
    extra = structure(fields.get("metadata") or request.get("metadata"))
    beside = extra if isinstance(extra, Mapping) else {}
    if any(opted_out(place) for place in (fields, request, beside)):
        raise NotReplayableError(Exclusion.OPTED_OUT)
    reply = read_reply(_response(fields), stats)
    messages = _messages(request, reply, stats)
    check_replayable(messages)
    return RawConversation(
        messages=messages,
        row=row.number,
        source_id=identifier(fields, ("id", "request_id"), stats) or identifier(reply.body, ("id",), stats),
        model=reply.model or identifier(request, ("model",), stats) or identifier(fields, ("model",), stats),
        started_at=first_time(fields, TIME_KEYS, stats) or first_time(reply.body, TIME_KEYS, stats),
        user_id=_user(stats, request, fields, beside),
        language=identifier(fields, ("language",), stats) or identifier(beside, ("language",), stats),
        metadata=metadata(beside, stats),
        tools=read_tools(request, stats),
        parameters=read_parameters(request, stats),
    )


def _request(fields: Mapping[str, object]) -> Mapping[str, object]:
    """The object that holds the messages: the request, its `body`, or the row itself."""
    request = next((found for name in _REQUESTS if isinstance(found := structure(fields.get(name)), Mapping)), None)
    if request is None:
        return fields
    body = structure(request.get("body"))
    return body if isinstance(body, Mapping) else request


def _response(fields: Mapping[str, object]) -> object:
    response = next((fields[name] for name in _RESPONSES if fields.get(name) is not None), None)
    return {"choices": fields["choices"]} if response is None and fields.get("choices") else response


def _messages(request: Mapping[str, object], reply: Reply, stats: ReadStats) -> tuple[Message, ...]:
    asked = (*read_system(request.get("system"), stats), *read_messages(request.get("messages"), stats))
    if asked and replace(asked[-1], finish_reason=None) == replace(reply.message, finish_reason=None):
        return asked
    return link_tool_messages((*asked, reply.message))


def _user(stats: ReadStats, *places: Mapping[str, object]) -> str | None:
    return next((user for place in places if (user := identifier(place, USER_KEYS, stats))), None)


def _fits(fields: Mapping[str, object]) -> str | None:
    if _response(fields) is None or objects_with(_request(fields).get("messages"), "role") is None:
        return None
    return "rows have a request's `messages` and a response beside them"


FORMAT = Format("api-log", "one API call a row, request and response", _fits, read_call)
