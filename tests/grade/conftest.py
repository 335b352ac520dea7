"""Short ways to grade a text in tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deploysim.grade.rules import RULES
from deploysim.types import Grade, Message, Prefix, Response, ToolCall

Decide = Callable[..., Grade]
A_CALL = ToolCall("call-1", "look_up", "{}")


def _prefix(user: str | tuple[Message, ...]) -> Prefix:
    messages = (Message("user", user),) if isinstance(user, str) else user
    return Prefix(f"c1:{len(messages)}", "c1", messages)


@pytest.fixture
def decide() -> Decide:
    """Return a function that lets one rule decide about a response to a user's message, or to whole messages."""

    def by_rule(
        rule: str,
        user: str | tuple[Message, ...],
        text: str,
        *,
        finish_reason: str | None = "stop",
        tool_calls: tuple[ToolCall, ...] = (),
        **parameters: object,
    ) -> Grade:
        response = Response(text, tool_calls, finish_reason)
        return RULES[rule](_prefix(user), response, **parameters)

    return by_rule
