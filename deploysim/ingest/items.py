"""Items of OpenAI's Responses API as chat messages.

Function calls become tool calls of the assistant message before them, and outputs tool messages. What the provider's
own tools did (search, code, computer use) is not in the log in a form that could be replayed: a conversation with such a
call is excluded. Reasoning is left out and counted by the reader of messages. Calls of an MCP server carry their result
and become a call and a result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from deploysim.ingest.problems import NotReplayableError, UnreadableRowError
from deploysim.ingest.records import Exclusion
from deploysim.ingest.values import kind_of

_CALLS = {"function_call": "arguments", "custom_tool_call": "input", "mcp_call": "arguments"}
"""Type of a call -> where what it was given stands."""
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_FINISH = {"max_output_tokens": "length", "content_filter": "content_filter"}
"""Why a response is incomplete -> the chat API's name of it."""
_SILENT = ("mcp_list_tools", "mcp_approval_request", "mcp_approval_response")


def are_items(values: Sequence[object]) -> bool:
    """Say whether a list holds items of the Responses API, not only messages, which chat completions have as well."""
    kinds = [value.get("type") for value in values if isinstance(value, Mapping)]
    named = (*_CALLS, *_OUTPUTS, *_SILENT, "reasoning", "item_reference")
    return len(kinds) == len(values) and any(kind in named for kind in kinds)


def chat_messages(value: object) -> list[dict[str, object]]:
    """Return the items of a request's `input`, of a response's `output` or of a conversation as chat messages.

    Raises UnreadableRowError for a wrong shape, NotReplayableError for what cannot be replayed.
    """
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    if not isinstance(value, list | tuple):
        raise UnreadableRowError(f"the items are {kind_of(value)}, expected text or a list")
    messages: list[dict[str, object]] = []
    for item in value:
        if not isinstance(item, Mapping):
            raise UnreadableRowError(f"an item is {kind_of(item)}, expected an object")
        _add(messages, item)
    return messages


def answer_of(response: Mapping[str, object]) -> tuple[dict[str, object], ...]:
    """Return what a response of the API holds as chat messages, the last with why the model stopped; () for nothing.

    Raises what `chat_messages` does.
    """
    messages = chat_messages(response.get("output"))
    if not messages:
        return ()
    details = response.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, Mapping) else None
    finish = _FINISH.get(str(reason)) if reason else "tool_calls" if messages[-1].get("tool_calls") else "stop"
    return (*messages[:-1], {**messages[-1], "finish_reason": finish})


def _add(messages: list[dict[str, object]], item: Mapping[str, object]) -> None:
    kind = item.get("type")
    if kind in (None, "message"):
        _add_message(messages, item)
    elif kind == "reasoning":
        _open_assistant(messages)["reasoning"] = True
    elif isinstance(kind, str) and kind in _CALLS:
        _add_call(messages, item, _CALLS[kind])
    elif kind in _OUTPUTS:
        messages.append({"role": "tool", "content": _output(item), "tool_call_id": item.get("call_id")})
    elif kind == "item_reference":
        raise NotReplayableError(Exclusion.MISSING_TURN)
    elif kind not in _SILENT:
        raise NotReplayableError(Exclusion.UNKNOWN_PART)


def _add_message(messages: list[dict[str, object]], item: Mapping[str, object]) -> None:
    last = messages[-1] if messages else {}
    if item.get("role") == "assistant" and last.get("role") == "assistant" and not last.get("content"):
        last["content"] = item.get("content")
        return
    messages.append({"role": item.get("role"), "content": item.get("content")})


def _add_call(messages: list[dict[str, object]], item: Mapping[str, object], given: str) -> None:
    arguments = item.get(given)
    text = json.dumps({given: arguments}) if given == "input" else arguments
    call_id = item.get("call_id") or item.get("id")
    calls = _open_assistant(messages).setdefault("tool_calls", [])
    assert isinstance(calls, list), "made here"
    calls.append({"id": call_id, "function": {"name": item.get("name"), "arguments": text}})
    if item.get("type") == "mcp_call":
        messages.append({"role": "tool", "content": _output(item), "tool_call_id": call_id})


def _open_assistant(messages: list[dict[str, object]]) -> dict[str, object]:
    """Return the assistant message that is being made, or begin one."""
    if not messages or messages[-1].get("role") != "assistant":
        messages.append({"role": "assistant", "content": ""})
    return messages[-1]


def _output(item: Mapping[str, object]) -> object:
    output = item.get("output")
    if output is None:
        output = item.get("error")
    return output if isinstance(output, str | list | tuple) else json.dumps(output)
