"""What an agent did in the log after a prefix, in the form in which a replayed one is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deploysim.tools.results import ToolSource
from deploysim.tools.spec import ToolSpecs
from deploysim.types import Ending, Message, ToolCall, Trajectory

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_ASKS = re.compile(r"[?？؟][\s\"'”’)*_\]]*\Z")


def asks(text: str) -> bool:
    """Say whether what a model says to the user ends with a question, code aside."""
    return _ASKS.search(_CODE.sub("", text).rstrip()) is not None


def recorded_trajectory(followed_by: Sequence[Message], specs: ToolSpecs) -> Trajectory:
    """Return what the log has after a prefix as a trajectory.

    Args:
        followed_by: The old model's responses and the results that it was given.
        specs: Say which results are failures.
    """
    calls: dict[str, ToolCall] = {}
    failed = []
    for message in followed_by:
        calls |= {call.id: call for call in message.tool_calls}
        if message.role == "tool":
            call = calls.get(message.tool_call_id or "")
            failed.append(specs.of(call.name if call else "").failed(message.content))
    return Trajectory(
        messages=tuple(followed_by),
        ending=_ending(followed_by[-1]),
        sources=(str(ToolSource.RECORDED),) * len(failed),
        failed=tuple(failed),
    )


def _ending(last: Message) -> Ending:
    if last.role != "assistant" or last.tool_calls:
        return Ending.LOG_ENDS
    return Ending.ASKED if asks(last.content) else Ending.ANSWERED
