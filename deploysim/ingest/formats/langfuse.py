"""Langfuse exports: traces with their observations, observations alone, or traces with input and output only.

Every generation is one call of a model. Calls of a session (of a trace where there is no session) are joined to
conversations: a later call that sends an earlier one's messages again continues it, and a session whose traces hold one
turn each is put together from them in the order of time. A trace with observations speaks through its generations; its
own input and output count only where it has none. Spans, events and scores are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deploysim.ingest.formats.base import Format, objects_with
from deploysim.ingest.joining import Call, joined, read_joined
from deploysim.ingest.logged_messages import reply_message, sent_messages
from deploysim.ingest.problems import UnreadableRowError
from deploysim.ingest.records import ReadStats, Rejected, Row
from deploysim.ingest.values import first_time, identifier, structure

_TIMES = ("startTime", "start_time", "timestamp", "createdAt", "created_at")
_SESSION = ("sessionId", "session_id")
_TRACE = ("traceId", "trace_id")
_USER = ("userId", "user_id")
_MODEL = ("model", "modelId", "providedModelName")


def _calls(row: Row) -> Iterator[Call]:
    fields = row.fields
    generations = [o for o in objects_with(fields.get("observations")) or () if o.get("type") == "GENERATION"]
    if generations:
        for generation in generations:
            yield _call(generation, fields, row.number)
    elif fields.get("type") in (None, "GENERATION"):
        yield _call(fields, {}, row.number)


def _call(body: Mapping[str, object], trace: Mapping[str, object], number: int) -> Call:
    stats = ReadStats()
    places = (body, trace)
    session = next((found for place in places if (found := identifier(place, _SESSION, stats))), None)
    own = identifier(body, _TRACE, stats) or identifier(trace or body, ("id",), stats)
    sent = sent_messages(body.get("input"))
    if not sent:
        raise UnreadableRowError("the input holds no messages and no text")
    reply = None if body.get("level") == "ERROR" else reply_message(body.get("output"))
    return Call(
        key=session or own or f"row {number}",
        sent=tuple(sent),
        reply=(reply,) if reply else (),
        at=first_time(body, _TIMES, stats) or first_time(trace, _TIMES, stats),
        model=identifier(body, _MODEL, stats),
        about={
            "user": next((found for place in places if (found := identifier(place, _USER, stats))), None),
            "metadata": structure(trace.get("metadata") or body.get("metadata")),
        },
        is_session=session is not None,
    )


def _regroup(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    return joined(rows, _calls)


def _fits(fields: Mapping[str, object]) -> str | None:
    if objects_with(fields.get("observations"), "type") and ("sessionId" in fields or "projectId" in fields):
        return "rows are traces with observations"
    traced = any(name in fields for name in _TRACE) and fields.get("type") in ("GENERATION", "SPAN", "EVENT")
    if traced and "input" in fields:
        return "rows are observations of a trace"
    if {"input", "output"} <= fields.keys() and ("sessionId" in fields or "userId" in fields):
        return "rows are traces with input and output"
    return None


FORMAT = Format("langfuse", "Langfuse traces or observations", _fits, read_joined, regroup=_regroup)
