"""A loopback endpoint that plays the old model: it repeats what a sample records, step by step, as long as it can.

What it says next is found by all that it was shown so far, results of tools included. So it goes on with a rollout only
where every result came back exactly as recorded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from servers import Endpoint, Handler, Seen, completion, send

from deploysim.store.sample_prefixes import prefixes
from deploysim.store.workspace import Workspace
from deploysim.types import Message

LOST = "I do not know how this goes on."
"""What it says where it was shown something that the sample does not hold."""
MORE = "That is all I can do."
"""What it says where the log ends after a result."""


def repeating(
    workspace: Workspace, sample_id: str, change: Callable[[Message], Message] = lambda message: message
) -> Endpoint:
    """Return an endpoint that repeats the rollouts of a sample, each message changed on its way out."""
    script: dict[str, Message] = {}
    for sampled in prefixes(workspace, sample_id):
        script |= _steps(sampled.prefix.messages, sampled.prefix.followed_by or (sampled.recorded,))

    def reply(handler: Handler, seen: Seen) -> None:
        found = script.get(_shown(seen.body["messages"]), Message("assistant", LOST))
        send(handler, 200, json.dumps(_completion(change(found))).encode(), {"content-type": "application/json"})

    return Endpoint(otherwise=reply)


def _steps(before: Sequence[Message], after: Sequence[Message]) -> dict[str, Message]:
    whole = [*before, *after]
    ends = range(len(before), len(whole))
    said = {_shown(map(_sent, whole[:end])): whole[end] for end in ends if whole[end].role == "assistant"}
    said[_shown(map(_sent, whole))] = Message("assistant", MORE)
    return said


def _sent(message: Message) -> dict[str, Any]:
    calls = [
        {"id": call.id, "function": {"name": call.name, "arguments": call.arguments}} for call in message.tool_calls
    ]
    return {"role": message.role, "content": message.content or None, "tool_calls": calls or None}


def _shown(messages: Iterable[dict[str, Any]]) -> str:
    """Return what two requests share that show the same; how calls are numbered makes no difference."""
    rows = []
    for message in messages:
        calls = [(c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls") or ()]
        rows.append((message["role"], message.get("content") or "", calls))
    return json.dumps(rows)


def _completion(message: Message) -> dict[str, Any]:
    if not message.tool_calls:
        return completion(message.content)
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in message.tool_calls
    ]
    return completion(message.content or None, finish="tool_calls", tool_calls=calls)
