"""Spans and log records of OTLP JSON, flattened: attributes as a mapping, events beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploysim.ingest.values import structure

_CONTAINERS = (
    ("resourceSpans", "scopeSpans", "spans"),
    ("resourceLogs", "scopeLogs", "logRecords"),
)
_OLD_SCOPES = {"scopeSpans": "instrumentationLibrarySpans", "scopeLogs": "instrumentationLibraryLogs"}
_ERROR = (2, "STATUS_CODE_ERROR", "ERROR")
_MOST_DEEP = 32


Event = tuple[str, Mapping[str, object]]
"""Name and attributes, with the body's own values among them."""


@dataclass(frozen=True, slots=True)
class GenAiSpan:
    """A span, a log record of one, or both together."""

    trace_id: str
    span_id: str
    start: object
    """As OTLP writes a time; nothing where the log does not say."""
    failed: bool
    attributes: Mapping[str, object]
    events: tuple[Event, ...] = ()


def is_export(fields: Mapping[str, object]) -> bool:
    """Say whether a row is an export request."""
    return any(isinstance(fields.get(names[0]), list) for names in _CONTAINERS)


def gen_ai_spans(fields: Mapping[str, object]) -> Iterator[GenAiSpan]:
    """Yield the spans and log records of an export request, or of a row that is a span itself."""
    spans, logs = _CONTAINERS
    if is_export(fields):
        yield from (_span(span) for span in _inside(fields, *spans))
        yield from (_log_record(record) for record in _inside(fields, *logs))
    elif "attributes" in fields and any(name in fields for name in ("traceId", "trace_id", "context", "spanId")):
        yield _span(fields)


def one_span(pieces: Sequence[GenAiSpan]) -> GenAiSpan:
    """Return a span with its log records, which exporters write apart, as one; the span's own attributes count most."""
    ordered = sorted(pieces, key=lambda piece: not piece.attributes)
    attributes = {name: value for piece in reversed(ordered) for name, value in _about(piece).items()}
    return GenAiSpan(
        pieces[0].trace_id,
        pieces[0].span_id,
        next((piece.start for piece in ordered if piece.start), None),
        any(piece.failed for piece in pieces),
        attributes,
        tuple(event for piece in pieces for event in piece.events),
    )


def _about(piece: GenAiSpan) -> Mapping[str, object]:
    """A log record says of its call what a span would: the model, the conversation."""
    if piece.attributes:
        return piece.attributes
    return {name: value for _, found in piece.events for name, value in found.items() if "." in name}


def value_of(value: object, depth: int = 0) -> object:
    """Return an OTLP value ({"stringValue": …}, {"arrayValue": …}, {"kvlistValue": …}) as what it stands for."""
    if not isinstance(value, Mapping) or depth > _MOST_DEEP:
        return value
    for name, inner in value.items():
        if name in ("stringValue", "boolValue", "doubleValue", "bytesValue"):
            return inner
        if name == "intValue":
            return int(inner) if isinstance(inner, str) and inner.lstrip("-").isdecimal() else inner
        if name == "arrayValue" and isinstance(inner, Mapping):
            return [value_of(item, depth + 1) for item in _listed(inner.get("values"))]
        if name == "kvlistValue" and isinstance(inner, Mapping):
            return _attributes(inner.get("values"), depth + 1)
    return value


def _inside(fields: Mapping[str, object], outer: str, middle: str, inner: str) -> Iterator[Mapping[str, object]]:
    for resource in _objects(fields.get(outer)):
        for scope in _objects(resource.get(middle) or resource.get(_OLD_SCOPES[middle])):
            yield from _objects(scope.get(inner))


def _span(span: Mapping[str, object]) -> GenAiSpan:
    context = span.get("context")
    ids = context if isinstance(context, Mapping) else span
    status = span.get("status")
    code = (status.get("code") or status.get("status_code")) if isinstance(status, Mapping) else None
    return GenAiSpan(
        trace_id=str(ids.get("traceId") or ids.get("trace_id") or ""),
        span_id=str(ids.get("spanId") or ids.get("span_id") or ""),
        start=span.get("startTimeUnixNano") or span.get("start_time"),
        failed=code in _ERROR,
        attributes=_attributes(span.get("attributes")),
        events=tuple(_event(event) for event in _objects(span.get("events"))),
    )


def _log_record(record: Mapping[str, object]) -> GenAiSpan:
    return GenAiSpan(
        trace_id=str(record.get("traceId") or ""),
        span_id=str(record.get("spanId") or ""),
        start=record.get("timeUnixNano") or record.get("observedTimeUnixNano"),
        failed=False,
        attributes={},
        events=(_event(record),),
    )


def _event(event: Mapping[str, object]) -> Event:
    attributes = _attributes(event.get("attributes"))
    body = structure(value_of(event.get("body")))
    name = event.get("eventName") or event.get("name") or attributes.get("event.name") or ""
    return str(name), {**attributes, **(body if isinstance(body, Mapping) else {})}


def _attributes(value: object, depth: int = 0) -> dict[str, object]:
    """OTLP carries a list of key and value; SDKs print a mapping."""
    if isinstance(value, Mapping):
        return {str(name): value_of(inner, depth) for name, inner in value.items()}
    return {str(item.get("key")): value_of(item.get("value"), depth) for item in _objects(value)}


def _objects(value: object) -> list[Mapping[str, object]]:
    return [item for item in _listed(value) if isinstance(item, Mapping)]


def _listed(value: object) -> Sequence[object]:
    found = structure(value)
    return found if isinstance(found, list | tuple) else ()
