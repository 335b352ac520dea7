"""Agents' rollouts in a few words, for tests of the rules that read steps."""

from __future__ import annotations

import json
from typing import Any

from deploysim.grade.rules import RULES
from deploysim.types import Ending, Grade, Message, Prefix, Response, ToolCall, Trajectory

Step = tuple[str, dict[str, Any], str]
"""Tool, arguments and result."""


def bash(command: str, result: str = "") -> Step:
    """Return a call of a shell."""
    return "bash", {"command": command}, result


def write(path: str, content: str, result: str = "ok") -> Step:
    """Return a call that writes a file."""
    return "write_file", {"path": path, "content": content}, result


def edit(path: str, new: str, result: str = "ok") -> Step:
    """Return a call that changes a file."""
    return "str_replace", {"path": path, "old_str": "x", "new_str": new}, result


def read(path: str, result: str = "…") -> Step:
    """Return a call that reads a file."""
    return "read_file", {"path": path}, result


def trajectory(steps: list[Step], final: str, ending: Ending = Ending.ANSWERED) -> Trajectory:
    """Return a rollout of one call a step."""
    messages: list[Message] = []
    for number, (tool, arguments, result) in enumerate(steps):
        call = ToolCall(f"c{number}", tool, json.dumps(arguments))
        messages += [Message("assistant", "", (call,)), Message("tool", result, tool_call_id=call.id)]
    messages.append(Message("assistant", final))
    failed = tuple(result.lower().startswith(("error", "permission denied", "fatal")) for _, _, result in steps)
    return Trajectory(tuple(messages), ending, ("recorded",) * len(steps), failed)


def grade(
    rule: str,
    asked: str,
    *steps: Step,
    final: str = "I am done.",
    ending: Ending = Ending.ANSWERED,
    system: str = "You help.",
    logged: tuple[Message, ...] = (),
) -> Grade:
    """Return what a rule says of a rollout."""
    prefix = Prefix("c:2", "c", (Message("system", system), Message("user", asked)), followed_by=logged)
    whole = trajectory(list(steps), final, ending)
    return RULES[rule](prefix, Response(final, trajectory=whole))
