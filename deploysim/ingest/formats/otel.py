"""OpenTelemetry GenAI traces as OTLP JSON: what collectors write, one export request a line or one for the file.

Read are the attributes of the current conventions (`gen_ai.input.messages`, `gen_ai.output.messages`,
`gen_ai.system_instructions`) on spans, on their events and on log records; the older events, one a message
(`gen_ai.user.message`, `gen_ai.choice` and so on); and the flat attributes of OpenLLMetry (`gen_ai.prompt.0.content`) and
OpenInference (`llm.input_messages.0.message.content`), which many collectors hold. A span and its log records, which
exporters write apart, are one call of a model. Calls of one `gen_ai.conversation.id` or `session.id`, which any span of
a trace may carry (of one trace without either), are joined to conversations. What an agent's span says counts only where
its trace has no call of a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deploysim.ingest.formats.base import Format
from deploysim.ingest.joining import Call, grouped, joined, read_joined, size_of
from deploysim.ingest.otel_given import given_in
from deploysim.ingest.otel_messages import Attributes, finish_of, messages_in
from deploysim.ingest.otlp import GenAiSpan, gen_ai_spans, is_export, one_span
from deploysim.ingest.records import ReadStats, Rejected, Row
from deploysim.ingest.values import identifier, read_time

_CONVERSATION = (
    "gen_ai.conversation.id",
    "session.id",
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
)
_MODEL = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name")
_USER = ("enduser.id", "user.id", "enduser.pseudo.id", "langfuse.user.id")
_CALLS_A_MODEL = (None, "chat", "generate_content", "text_completion")
_WRAPS = ("invoke_agent", "invoke_workflow")
_SPAN = "span"
"""Field of a row that holds a whole span."""


def _regroup(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    return joined(_spans(rows), _calls)


def _spans(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    """Yield rows of one span each, with the log records that belong to it."""
    rejected: list[Rejected] = []
    for number, pieces in enumerate(grouped(_pieces(rows, rejected), _span_key, _size), start=1):
        yield Row(number, {_SPAN: one_span([piece for _, piece in pieces])})
    yield from rejected


def _pieces(rows: Iterator[Row | Rejected], rejected: list[Rejected]) -> Iterator[tuple[str, GenAiSpan]]:
    for row in rows:
        if isinstance(row, Rejected):
            rejected.append(row)
            continue
        for number, piece in enumerate(gen_ai_spans(row.fields)):
            if _concerns(piece):
                yield f"row {row.number}, {number}", piece


def _concerns(piece: GenAiSpan) -> bool:
    names = [*piece.attributes, *(name for event, found in piece.events for name in (event, *found))]
    return any(name.startswith(("gen_ai.", "llm.")) or name in _CONVERSATION or name in _USER for name in names)


def _span_key(piece: tuple[str, GenAiSpan]) -> str:
    place, span = piece
    return f"{span.trace_id} {span.span_id}" if span.span_id else place


def _size(piece: tuple[str, GenAiSpan]) -> int:
    return size_of((piece[1].attributes, [found for _, found in piece[1].events]))


def _calls(row: Row) -> Iterator[Call]:
    span = row.fields[_SPAN]
    assert isinstance(span, GenAiSpan), "made here"
    operation = span.attributes.get("gen_ai.operation.name")
    counts = operation in (*_CALLS_A_MODEL, *_WRAPS)
    sent, reply = messages_in(span) if counts else ([], None)
    yield _call(span, tuple(sent), reply, row.number, is_wrapper=operation in _WRAPS)


def _call(
    span: GenAiSpan,
    sent: tuple[Mapping[str, object], ...],
    reply: dict[str, object] | None,
    number: int,
    *,
    is_wrapper: bool,
) -> Call:
    stats = ReadStats()
    found: Attributes = span.attributes
    named = identifier(found, _CONVERSATION, stats)
    reasons = found.get("gen_ai.response.finish_reasons")
    if reply and not reply.get("finish_reason") and isinstance(reasons, list | tuple) and reasons:
        reply = {**reply, "finish_reason": finish_of(reasons[0])}
    return Call(
        key=named or span.trace_id or f"row {number}",
        sent=sent,
        reply=() if reply is None or span.failed else (reply,),
        at=read_time(_seconds(span.start), stats),
        model=identifier(found, _MODEL, stats),
        about={"user": identifier(found, _USER, stats), **given_in(found)},
        is_session=named is not None,
        trace=span.trace_id,
        is_wrapper=is_wrapper,
    )


def _seconds(nanoseconds: object) -> object:
    text = str(nanoseconds or "")
    return int(text) / 1e9 if text.isdecimal() and int(text) else nanoseconds or None


def _fits(fields: Mapping[str, object]) -> str | None:
    if is_export(fields):
        return "rows are export requests of OTLP"
    if any(_concerns(span) for span in gen_ai_spans(fields)):
        return "rows are spans with gen_ai attributes"
    return None


FORMAT = Format("otel", "OpenTelemetry GenAI spans as OTLP JSON", _fits, read_joined, regroup=_regroup)
