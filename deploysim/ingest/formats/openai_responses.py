"""OpenAI's Responses API: logged requests and responses, response objects with their input, and conversation items.

A response that continues an earlier one of the same file, by `previous_response_id` or as part of the same stored
`conversation`, is joined with it. Where the earlier one that it names is not in the file, or so far above that it is not
in memory any more, the conversation has lost its beginning and is excluded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from deploysim.ingest.formats.base import TIME_KEYS, Format
from deploysim.ingest.given import given_fields
from deploysim.ingest.items import answer_of, chat_messages
from deploysim.ingest.joining import MAX_JOINED_BYTES, Call, joined, read_joined, size_of
from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import Exclusion, ReadStats, Rejected, Row
from deploysim.ingest.values import USER_KEYS, first_time, identifier, structure

_ITEM_LISTS = ("items", "data")
_INPUTS = ("input", "input_items")


def response_call(row: Row, *, key: str = "") -> Call:
    """Read a row with a request and its response, or a response with its input, as one call.

    Raises UnreadableRowError or NotReplayableError where that cannot be done.
    """
    request, response = parts_of(row.fields)
    stats = ReadStats()
    failed = response.get("status") in ("failed", "cancelled") or response.get("error")
    asked = next((request[name] for name in _INPUTS if request.get(name) is not None), None)
    if asked is None:
        raise UnreadableRowError("the row has no input that the response answers")
    own = identifier(response, ("id",), stats) or identifier(row.fields, ("id",), stats)
    instructions = request.get("instructions") or response.get("instructions")
    system = [{"role": "system", "content": instructions}] if isinstance(instructions, str) else []
    return Call(
        key=key or own or f"row {row.number}",
        sent=(*system, *chat_messages(asked)),
        reply=() if failed else answer_of(response),
        at=first_time(response, TIME_KEYS, stats) or first_time(row.fields, TIME_KEYS, stats),
        model=identifier(response, ("model",), stats) or identifier(request, ("model",), stats),
        about=_about(row.fields, request, response) | given_fields(request, response),
    )


def parts_of(fields: Mapping[str, object]) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Return the request and the response of a row; a response with its input beside it is both."""
    request, response = structure(fields.get("request")), structure(fields.get("response"))
    if isinstance(request, Mapping) and isinstance(body := structure(request.get("body")), Mapping):
        request = body
    if isinstance(response, Mapping) and isinstance(body := structure(response.get("body")), Mapping):
        response = body
    whole = response if isinstance(response, Mapping) else fields
    return request if isinstance(request, Mapping) else fields, whole


def _about(*places: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for place in places:
        found |= {name: place[name] for name in (*USER_KEYS, "metadata", "opted_out", "opt_out") if place.get(name)}
    return found


@dataclass(slots=True)
class _Earlier:
    """The calls that later ones may continue, as many of the last ones as fit in memory."""

    calls: dict[str, Call] = field(default_factory=dict)
    size: int = 0

    def keep(self, name: str, call: Call) -> None:
        """Keep a call under its response's id or its conversation's."""
        self.size += _size(call) - (_size(self.calls.pop(name)) if name in self.calls else 0)
        self.calls[name] = call
        while self.size > MAX_JOINED_BYTES:
            self.size -= _size(self.calls.pop(next(iter(self.calls))))


def _regroup(rows: Iterator[Row | Rejected]) -> Iterator[Row | Rejected]:
    earlier = _Earlier()

    def calls(row: Row) -> Iterator[Call]:
        yield _conversation(row) if _item_list(row.fields) is not None else _continued(row, earlier)

    yield from joined(rows, calls)


def _continued(row: Row, earlier: _Earlier) -> Call:
    """Read a row, with what was said before it where it continues an earlier one."""
    request, response = parts_of(row.fields)
    previous = request.get("previous_response_id") or response.get("previous_response_id")
    stored = request.get("conversation") or response.get("conversation")
    conversation = stored.get("id") if isinstance(stored, Mapping) else stored
    if previous and str(previous) not in earlier.calls:
        raise NotReplayableError(Exclusion.MISSING_TURN)
    call = response_call(row)
    before = earlier.calls.get(str(previous or conversation))
    if before:
        fresh = tuple(m for m in call.sent if m.get("role") != "system")
        call = replace(call, key=before.key, sent=(*before.sent, *before.reply, *fresh))
    if call.reply:
        for name in (response.get("id"), conversation):
            if name:
                earlier.keep(str(name), call)
    return call


def _size(call: Call) -> int:
    return size_of((call.sent, call.reply))


def _conversation(row: Row) -> Call:
    messages = chat_messages(_item_list(row.fields))
    last = max((n for n, m in enumerate(messages) if m.get("role") == "assistant"), default=-1)
    if last < 0:
        raise NotReplayableError(Exclusion.NO_RESPONSE)
    stats = ReadStats()
    key = identifier(row.fields, ("conversation_id", "id"), stats) or f"row {row.number}"
    model = identifier(row.fields, ("model",), stats)
    at = first_time(row.fields, TIME_KEYS, stats)
    about = _about(row.fields) | given_fields(row.fields)
    return Call(key, tuple(messages[:last]), tuple(messages[last:]), at, model, about)


def _item_list(fields: Mapping[str, object]) -> list[object] | None:
    for name in _ITEM_LISTS:
        items = structure(fields.get(name))
        if isinstance(items, list) and items and all(isinstance(i, Mapping) and ("type" in i) for i in items):
            return items
    return None


def _fits(fields: Mapping[str, object]) -> str | None:
    request, response = parts_of(fields)
    asked = any(request.get(name) is not None for name in _INPUTS)
    if asked and isinstance(response.get("output"), list) and not request.get("messages"):
        return "rows have a response's `output` items and the `input` that they answer"
    if fields.get("object") in ("conversation", "list") and _item_list(fields) is not None:
        return "rows have the items of a conversation"
    items = _item_list({"items": fields.get("items")})
    return "rows have conversation items with a type each" if items else None


FORMAT = Format(
    "openai-responses", "OpenAI Responses API, requests and responses or items", _fits, read_joined, regroup=_regroup
)
