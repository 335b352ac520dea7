"""Descriptions of tools, put together from the calls in a log that does not hold them."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from deploysim.chat.model import Tool
from deploysim.tools.calls import arguments
from deploysim.types import ToolCall

_TYPES: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


@dataclass(slots=True)
class _Seen:
    """One tool, as far as its calls show it."""

    calls: int = 0
    given: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    types: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, call: ToolCall) -> None:
        values = arguments(call)
        self.calls += 1
        for name, value in values.items() if isinstance(values, dict) else ():
            self.given[name] += 1
            self.types[name].add(_TYPES.get(type(value), "string"))

    def parameters(self) -> dict[str, Any]:
        properties = {
            name: {"type": kinds.pop()} if len(kinds := set(found)) == 1 else {} for name, found in self.types.items()
        }
        required = [name for name, times in self.given.items() if times == self.calls]
        return {"type": "object", "properties": properties, "required": required}


class SeenTools:
    """The tools that the calls of a log show, by name: arguments, their types, and which of them are always given.

    What a tool is for, and values that nobody used, cannot be known from calls.
    """

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = defaultdict(_Seen)

    def note(self, call: ToolCall) -> None:
        """Take note of a call."""
        self._seen[call.name].note(call)

    def descriptions(self) -> dict[str, Tool]:
        """Return the tools as the chat API takes them, by name, in the order of their names."""
        return {
            name: {"type": "function", "function": {"name": name, "parameters": self._seen[name].parameters()}}
            for name in sorted(self._seen)
        }


def name_of(tool: Tool) -> str:
    """Return the name in a tool's description, in either API's shape; the empty string where it has none."""
    inner = tool.get("function")
    return str((inner if isinstance(inner, dict) else tool).get("name") or "")


def agent_key(system_prompt: str) -> str:
    """Return what stands for an agent: conversations whose system prompts begin alike are one agent's.

    Prompts often go on with a date or a user's own data.
    """
    return json.dumps(system_prompt[:120])
