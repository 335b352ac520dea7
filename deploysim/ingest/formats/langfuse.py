"""Langfuse exports: observations (with or without the fields of their trace), traces with their observations, or traces.

Every generation is one call of a model. Calls of a session (of a trace where there is no session) are joined to
conversations: a later call that sends an earlier one's messages again continues it, and a session whose traces hold one
turn each is put together from them in the order of time. A trace speaks through its generations; its own input and
output, or those of its outermost observation, count only where it has none. Inner spans, events and scores are passed
over. Names are read as the app writes them (`sessionId`) and as the export to blob storage does (`session_id`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deploysim.ingest.formats.base import Format, objects_with
from deploysim.ingest.given import given_fields
from deploysim.ingest.joining import Call, joined, read_joined
from deploysim.ingest.logged_messages import reply_message, sent_messages
from deploysim.ingest.problems import UnreadableRowError
from deploysim.ingest.records import ReadStats, Rejected, Row
from deploysim.ingest.values import first_time, identifier, structure

_TIMES = ("startTime", "start_time", "timestamp", "createdAt", "created_at")
_SESSION = ("sessionId", "session_id")
_TRACE = ("traceId", "trace_id")
_PARENT = ("parentObservationId", "parent_observation_id")
_USER = ("userId", "user_id")
_MODEL = ("model", "providedModelName", "provided_model_name", "modelId", "model_id")
_PARAMETERS = ("modelParameters", "model_parameters")
_GENERATION = "GENERATION"
_WRAPS = (None, "SPAN", "AGENT", "CHAIN")
"""Types of observations that may stand around generations; a trace has no type."""
_TYPES = (_GENERATION, *_WRAPS[1:], "EVENT", "TOOL", "RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL")


def _calls(row: Row) -> Iterator[Call]:
    fields = _whole(row.fields)
    generations = [o for o in objects_with(fields.get("observations")) or () if o.get("type") == _GENERATION]
    if generations:
        for generation in generations:
            yield _call(generation, fields, row.number)
    elif fields.get("type") == _GENERATION:
        yield _call(fields, {}, row.number)
    elif fields.get("type") in _WRAPS and not identifier(fields, _PARENT, ReadStats()):
        yield _call(fields, {}, row.number, is_wrapper=True)


def _whole(fields: Mapping[str, object]) -> Mapping[str, object]:
    """What the app downloads for one trace holds the trace and its observations side by side."""
    trace = structure(fields.get("trace"))
    return {**trace, "observations": fields.get("observations")} if isinstance(trace, Mapping) else fields


def _call(body: Mapping[str, object], trace: Mapping[str, object], number: int, *, is_wrapper: bool = False) -> Call:
    stats = ReadStats()
    places = (body, trace)
    session = next((found for place in places if (found := identifier(place, _SESSION, stats))), None)
    own = identifier(body, _TRACE, stats) or identifier(trace or body, ("id",), stats)
    sent = sent_messages(body.get("input"))
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
            **given_fields(*_given(body)),
        },
        is_session=session is not None,
        problem=None if sent else UnreadableRowError("the input holds no messages and no text"),
        trace=own or "",
        is_wrapper=is_wrapper,
    )


def _given(body: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return where an observation says what the model was given: in its input, and as its parameters."""
    found = (structure(body.get(name)) for name in ("input", *_PARAMETERS))
    return [place for place in found if isinstance(place, Mapping)]


def _regroup(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    return joined(rows, _calls)


def _fits(fields: Mapping[str, object]) -> str | None:
    whole = _whole(fields)
    if objects_with(whole.get("observations"), "type") and _has(whole, (*_SESSION, "projectId", "project_id")):
        return "rows are traces with observations"
    if _has(fields, _TRACE) and fields.get("type") in _TYPES and "input" in fields:
        return "rows are observations of a trace"
    if {"input", "output"} <= fields.keys() and _has(fields, ("sessionId", "userId", "session_id")):
        return "rows are traces with input and output"
    return None


def _has(fields: Mapping[str, object], names: tuple[str, ...]) -> bool:
    return any(name in fields for name in names)


FORMAT = Format("langfuse", "Langfuse observations or traces", _fits, read_joined, regroup=_regroup)
