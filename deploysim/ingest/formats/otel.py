"""OpenTelemetry GenAI traces as OTLP JSON: what collectors write, one export request a line or one for the file.

Read are the attributes of the current conventions (`gen_ai.input.messages`, `gen_ai.output.messages`,
`gen_ai.system_instructions`) on spans, on their events and on log records; the older events, one a message
(`gen_ai.user.message`, `gen_ai.choice` and so on); and the flat attributes of OpenLLMetry (`gen_ai.prompt.0.content`) and
OpenInference (`llm.input_messages.0.message.content`), which many collectors hold. Every such span is one call of a
model; calls of one `gen_ai.conversation.id` or `session.id` (of one trace without either) are joined to conversations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from deploysim.ingest.formats.base import Format
from deploysim.ingest.joining import Call, joined, read_joined
from deploysim.ingest.otel_messages import Attributes, messages_in
from deploysim.ingest.otlp import GenAiSpan, gen_ai_spans
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


def _regroup(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    return joined(rows, _calls)


def _calls(row: Row) -> Iterator[Call]:
    for span in gen_ai_spans(row.fields):
        sent, reply = messages_in(span)
        if sent:
            yield _call(span, tuple(sent), reply, row.number)


def _call(
    span: GenAiSpan, sent: tuple[Mapping[str, object], ...], reply: dict[str, object] | None, number: int
) -> Call:
    stats = ReadStats()
    found: Attributes = span.attributes
    named = identifier(found, _CONVERSATION, stats)
    reasons = found.get("gen_ai.response.finish_reasons")
    if reply and not reply.get("finish_reason") and isinstance(reasons, list | tuple) and reasons:
        reply = {**reply, "finish_reason": reasons[0]}
    return Call(
        key=named or span.trace_id or f"row {number}",
        sent=sent,
        reply=() if reply is None or span.failed else (reply,),
        at=read_time(_seconds(span.start), stats),
        model=identifier(found, _MODEL, stats),
        about={"user": identifier(found, _USER, stats)},
        is_session=named is not None,
    )


def _seconds(nanoseconds: object) -> object:
    text = str(nanoseconds or "")
    return int(text) / 1e9 if text.isdecimal() and int(text) else nanoseconds or None


def _fits(fields: Mapping[str, object]) -> str | None:
    names = chain.from_iterable(span.attributes for span in gen_ai_spans(fields))
    if any(name.startswith(("gen_ai.", "llm.")) for name in names):
        return "rows are OTLP spans or log records with gen_ai attributes"
    return None


FORMAT = Format("otel", "OpenTelemetry GenAI spans as OTLP JSON", _fits, read_joined, regroup=_regroup)
