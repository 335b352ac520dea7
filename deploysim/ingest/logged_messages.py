"""Messages as tracing tools log them: OpenAI's shapes, LangChain's serialisations, plain text, and what wraps these."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from deploysim.ingest.items import are_items, chat_messages
from deploysim.ingest.values import structure

_ROLES = {
    "human": "user",
    "user": "user",
    "ai": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "tool",
}
_BLOCKS_OF_CALLS = ("tool_use", "tool_call", "function_call", "input_json_delta", "tool_call_chunk")
"""Parts of a LangChain message that say again what its tool calls say."""
_INSIDE = ("messages", "input", "prompt", "question", "query", "text", "content")
_REPLY_INSIDE = ("message", "output", "messages", "answer", "response", "text", "content", "result", "output_text")


def sent_messages(value: object) -> list[dict[str, object]]:
    """Return what was sent to a model as chat messages; empty where nothing in it looks like that."""
    found = structure(value)
    if isinstance(found, str):
        return [{"role": "user", "content": found}] if found.strip() else []
    if isinstance(found, list | tuple):
        # LangChain's chat models log a batch of one: a list in a list.
        inner = structure(found[0]) if len(found) == 1 else None
        if isinstance(inner, list | tuple) and not one_message(inner):
            return sent_messages(inner)
        if are_items(found):
            return chat_messages(found)
        messages = [one_message(item) for item in found]
        return [message for message in messages if message] if all(messages) else []
    if not isinstance(found, Mapping):
        return []
    whole = one_message(found)
    if whole:
        return [whole]
    system = found.get("system") or found.get("instructions")
    before: list[dict[str, object]] = [{"role": "system", "content": system}] if isinstance(system, str) else []
    inside = next((sent_messages(found[name]) for name in _INSIDE if found.get(name)), [])
    return [*before, *inside] if inside else []


def reply_message(value: object) -> dict[str, object] | None:
    """Return what a model answered as an assistant message, or None where there is no answer."""
    found = structure(value)
    if isinstance(found, str):
        return {"role": "assistant", "content": found} if found.strip() else None
    if isinstance(found, list | tuple):
        return _last_said(found) if found else None
    if not isinstance(found, Mapping):
        return None
    for wrapper in ("choices", "generations"):
        if found.get(wrapper):
            return _of_choice(found[wrapper])
    message = one_message(found)
    if message:
        return message if message["role"] == "assistant" else None
    return next((reply_message(found[name]) for name in _REPLY_INSIDE if found.get(name)), None)


def _last_said(found: Sequence[object]) -> dict[str, object] | None:
    if not are_items(found):
        return reply_message(found[-1])
    last = next(reversed(chat_messages(found)), None)
    return last if last and last["role"] == "assistant" else None


def one_message(value: object) -> dict[str, object] | None:
    """Return one logged message in the chat API's shape, or None where it is none."""
    found = structure(value)
    if isinstance(found, list | tuple) and len(found) == 2 and isinstance(found[0], str) and found[0] in _ROLES:
        return {"role": _ROLES[found[0]], "content": found[1]}
    if not isinstance(found, Mapping):
        return None
    if found.get("lc") and isinstance(found.get("kwargs"), Mapping):
        return _of_langchain(_class_of(found), found["kwargs"])
    if isinstance(found.get("data"), Mapping) and found.get("type") in _ROLES:
        return _of_langchain(str(found["type"]), found["data"])
    role = found.get("role")
    if isinstance(role, str) and role in _ROLES:
        return {**found, "role": _ROLES[role], "tool_calls": _calls(found.get("tool_calls"))}
    if "content" in found and found.get("type") in _ROLES:
        return _of_langchain(str(found["type"]), found)
    return None


def _of_langchain(kind: str, body: object) -> dict[str, object] | None:
    if not isinstance(body, Mapping) or kind not in _ROLES:
        return None
    extra = body.get("additional_kwargs")
    about = body.get("response_metadata")
    raw = extra.get("tool_calls") if isinstance(extra, Mapping) else None
    calls, content = _calls(body.get("tool_calls") or raw), body.get("content")
    if calls and isinstance(content, list | tuple):
        content = [p for p in content if not (isinstance(p, Mapping) and p.get("type") in _BLOCKS_OF_CALLS)]
    return {
        "role": _ROLES[kind],
        "content": content,
        "tool_calls": calls,
        "tool_call_id": body.get("tool_call_id"),
        "finish_reason": about.get("finish_reason") if isinstance(about, Mapping) else None,
        "reasoning_content": extra.get("reasoning_content") if isinstance(extra, Mapping) else None,
    }


def _class_of(value: Mapping[str, object]) -> str:
    """LangChain names the class: [..., "HumanMessage"], in chunks "AIMessageChunk"."""
    names = value.get("id")
    name = str(names[-1]) if isinstance(names, list | tuple) and names else ""
    return name.removesuffix("Chunk").removesuffix("Message").lower()


def _calls(value: object) -> object:
    """Bring LangChain's flat tool calls (name, args, id) into the chat API's shape."""
    if not isinstance(value, list | tuple):
        return value
    return [_call(item) for item in value]


def _call(item: object) -> object:
    if not isinstance(item, Mapping) or "function" in item or "name" not in item:
        return item
    given = item.get("args", item.get("arguments"))
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, default=str)
    return {"id": item.get("id"), "function": {"name": item["name"], "arguments": text}}


def _of_choice(value: object) -> dict[str, object] | None:
    """The first choice, through lists in lists."""
    while isinstance(value, list | tuple) and value:
        value = value[0]
    if not isinstance(value, Mapping):
        return None
    message = one_message(value.get("message")) or one_message(value)
    text = value.get("text")
    if message is None and isinstance(text, str):
        message = {"role": "assistant", "content": text}
    if message is None:
        return None
    finish = value.get("finish_reason") or message.get("finish_reason")
    return {**message, "role": "assistant", "finish_reason": finish}
