"""The messages of a GenAI span, in each of the forms that instrumentations have given them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from deploysim.ingest.logged_messages import one_message, reply_message, sent_messages
from deploysim.ingest.otlp import GenAiSpan
from deploysim.ingest.problems import NotReplayableError
from deploysim.ingest.records import Exclusion
from deploysim.ingest.values import structure

Attributes = Mapping[str, object]
Chat = dict[str, object]

_FLAT = re.compile(
    r"(?P<where>gen_ai\.prompt|gen_ai\.completion|llm\.input_messages|llm\.output_messages)\.(?P<n>\d+)\."
    r"(?:message\.)?(?P<field>role|content|finish_reason|tool_call_id)$"
)
_FLAT_CALL = re.compile(
    r"(?P<where>gen_ai\.completion|gen_ai\.prompt|llm\.(?:in|out)put_messages)\.(?P<n>\d+)\.(?:message\.)?tool_calls\."
    r"(?P<c>\d+)\.(?:tool_call\.)?(?:function\.)?(?P<field>id|name|arguments)$"
)
_SENT = ("gen_ai.prompt", "llm.input_messages")
_EVENT_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_CONTENT_EVENTS = ("gen_ai.content.prompt", "gen_ai.content.completion")
_FINISH = {"tool_call": "tool_calls"}


def messages_in(span: GenAiSpan) -> tuple[list[Chat], Chat | None]:
    """Return what a span sent to the model and what came back, as chat messages; nothing where it holds neither.

    Raises NotReplayableError for images, files and parts of unknown kinds.
    """
    places = [span.attributes, *(attributes for _, attributes in span.events)]
    for place in places:
        if "gen_ai.input.messages" in place or "gen_ai.output.messages" in place:
            return _current(place)
    if any(name in _EVENT_ROLES or name == "gen_ai.choice" for name, _ in span.events):
        return _by_event(span)
    beside = [found for name, found in span.events if name in _CONTENT_EVENTS]
    return _flat({name: value for place in (span.attributes, *beside) for name, value in place.items()})


def finish_of(reason: object) -> object:
    """Return why a model stopped, by the chat API's name of it."""
    return _FINISH.get(str(reason), reason)


def _current(found: Attributes) -> tuple[list[Chat], Chat | None]:
    system = structure(found.get("gen_ai.system_instructions"))
    texts = [_text(part) for part in system] if isinstance(system, list) else [system] if system else []
    sent: list[Chat] = [{"role": "system", "content": "\n".join(str(t) for t in texts)}] if texts else []
    for message in _messages(found.get("gen_ai.input.messages")):
        sent += _of_parts(message)
    # Each message is one choice; the first counts.
    answered = next((_of_parts(message) for message in _messages(found.get("gen_ai.output.messages"))), [])
    return sent, answered[-1] if answered else None


def _messages(value: object) -> list[Attributes]:
    found = structure(value)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _of_parts(message: Attributes) -> list[Chat]:
    """Bring a message of the current conventions into the chat API's shape; results become messages of their own."""
    parts = message.get("parts")
    if not isinstance(parts, list):
        found = one_message(message)
        return [found] if found else []
    texts: list[str] = []
    calls: list[object] = []
    results: list[Chat] = []
    reasoning = False
    for part in parts:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind == "text":
            texts.append(str(_text(part)))
        elif kind == "tool_call":
            given = part.get("arguments")
            text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
            calls.append({"id": part.get("id"), "function": {"name": part.get("name"), "arguments": text}})
        elif kind == "tool_call_response":
            result = part.get("response", part.get("result"))
            text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
            results.append({"role": "tool", "content": text, "tool_call_id": part.get("id")})
        elif kind in ("reasoning", "thinking"):
            reasoning = True
        else:
            raise NotReplayableError(Exclusion.MEDIA if kind in ("blob", "uri", "file") else Exclusion.UNKNOWN_PART)
    if results and not texts and not calls:
        return results
    finish = message.get("finish_reason")
    own: Chat = {"role": message.get("role"), "content": "\n".join(texts), "tool_calls": calls}
    return [*results, own | {"reasoning": reasoning, "finish_reason": finish_of(finish)}]


def _text(part: object) -> object:
    return part.get("content", part.get("text", "")) if isinstance(part, Mapping) else part


def _by_event(span: GenAiSpan) -> tuple[list[Chat], Chat | None]:
    sent: list[Chat] = []
    reply: Chat | None = None
    for name, body in span.events:
        if name in _EVENT_ROLES:
            sent.append(_of_event(_EVENT_ROLES[name], body))
        elif name == "gen_ai.choice" and reply is None:
            reply = _of_choice(body)
    return sent, reply


def _of_choice(found: Attributes) -> Chat:
    inner = structure(found.get("gen_ai.event.content"))
    body = inner if isinstance(inner, Mapping) else found
    message = structure(body.get("message"))
    return _of_event("assistant", message if isinstance(message, Mapping) else body) | {
        "finish_reason": body.get("finish_reason")
    }


def _of_event(role: str, found: Attributes) -> Chat:
    # Some instrumentations put the body as JSON text into an attribute.
    inner = structure(found.get("gen_ai.event.content"))
    body = inner if isinstance(inner, Mapping) else found
    return {
        "role": role,
        "content": structure(body.get("content")) if role != "tool" else body.get("content"),
        "tool_calls": structure(body.get("tool_calls")),
        "tool_call_id": body.get("id") if role == "tool" else None,
    }


def _flat(found: Attributes) -> tuple[list[Chat], Chat | None]:
    """Messages written one attribute a field, numbered; or the whole input and output as one value each."""
    messages: dict[tuple[str, int], Chat] = {}
    calls: dict[tuple[str, int], dict[int, dict[str, object]]] = {}
    for name, value in found.items():
        if match := _FLAT.match(name):
            messages.setdefault((match["where"], int(match["n"])), {})[match["field"]] = value
        elif match := _FLAT_CALL.match(name):
            of_message = calls.setdefault((match["where"], int(match["n"])), {})
            of_message.setdefault(int(match["c"]), {})[match["field"]] = value
    for place, numbered in calls.items():
        messages.setdefault(place, {})["tool_calls"] = [
            {"id": c.get("id"), "function": {"name": c.get("name"), "arguments": c.get("arguments")}}
            for _, c in sorted(numbered.items())
        ]
    ordered = [(place[0] in _SENT, _complete(m, place[0])) for place, m in sorted(messages.items(), key=lambda i: i[0])]
    sent = [message for is_sent, message in ordered if is_sent]
    replies = [message for is_sent, message in ordered if not is_sent]
    if not sent:
        sent = sent_messages(found.get("gen_ai.prompt") or found.get("llm.prompts"))
    return sent, replies[0] if replies else reply_message(found.get("gen_ai.completion"))


def _complete(message: Chat, where: str) -> Chat:
    role = message.get("role") or ("user" if where in _SENT else "assistant")
    return {"content": "", **message, "role": role}
