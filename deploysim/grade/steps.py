"""What an agent did, as the rules read it: its calls in order with what came of each, and when nothing can be said."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from deploysim.grade.verdicts import absent, not_comparable
from deploysim.types import Ending, Grade, Message, Prefix, Response, ToolCall, Verdict

StepRule = Callable[..., Grade]
_SHOWN = 90
_READ = 6_000
"""Characters of one text that rules read: a longer one, which may be there to hold them up, by its beginning and end."""
_FINAL = 6_000
"""Characters of what it said last; evidence is counted from its beginning."""
_MOST = 300
"""Calls of a rollout that rules read."""


@dataclass(frozen=True, slots=True)
class Act:
    """One call of an agent."""

    number: int
    """From 1, over the calls of its rollout; 0 for one that the prefix holds already."""
    call: ToolCall
    arguments: Mapping[str, Any]
    result: str | None
    """None where it was not answered."""
    failed: bool

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the texts among its arguments with their names; those of a list are joined by blanks."""
        for name, value in self.arguments.items():
            if isinstance(value, str):
                yield name, _ends(value)
            elif isinstance(value, list) and value and all(isinstance(part, str) for part in value):
                yield name, _ends(" ".join(value))

    def says(self, names: Iterable[str]) -> str:
        """Return the first of some arguments that it has as a text, or the empty string."""
        found = dict(self.texts())
        return next((found[name] for name in names if name in found), "")


@dataclass(frozen=True, slots=True)
class Rollout:
    """An agent's response, ready for a rule."""

    acts: tuple[Act, ...]
    before: tuple[Act, ...]
    """What was called in the prefix already."""
    final: str
    """What it said to the user at its end; empty where it did not come to one."""
    asked: str
    """All that the user said, in small letters."""
    told: str
    """All that user and system prompt said, in small letters."""

    def earlier(self, act: Act) -> tuple[Act, ...]:
        """Return what was called before an act, in the prefix or in the rollout."""
        return (*self.before, *(one for one in self.acts if one.number < act.number))


def reads_steps(rule: StepRule) -> StepRule:
    """Make a rule over an agent's steps out of a function of prefix, response and `Rollout`.

    Where no tool was used, the behaviour cannot have happened and is absent. What a rollout that did not come to its
    own end would have done next is not known: what it did counts, and where it did nothing of the kind it is not
    comparable. Neither is one that stops to ask before it has done as much as was done in the log.
    """

    @functools.wraps(rule)
    def over_steps(prefix: Prefix, response: Response, **parameters: Any) -> Grade:
        if not response.tool_calls and not response.trajectory:
            return absent("It used no tools.")
        grade = rule(prefix, response, _rollout(prefix, response), **parameters)
        reason = why_not_comparable(prefix, response)
        return not_comparable(reason) if reason and grade.verdict is Verdict.ABSENT else grade

    over_steps.reads_steps = True  # type: ignore[attr-defined]
    return over_steps


def why_not_comparable(prefix: Prefix, response: Response) -> str:
    """Say why a rollout cannot stand beside the log's, or return the empty string where it can."""
    trajectory = response.trajectory
    if trajectory is None:
        return ""
    if not trajectory.ending.whole:
        at = f" at {trajectory.left_at}" if trajectory.left_at else ""
        return f"It ended before an answer: {trajectory.ending}{at}."
    logged = list(prefix.followed_by)
    fewer = _calls(trajectory.messages) < _calls(logged)
    if trajectory.ending is Ending.ASKED and fewer and logged and not logged[-1].content.rstrip().endswith("?"):
        return "It stopped to ask before it had done what was done in the log."
    return ""


def unrolled(prefix: Prefix, response: Response) -> tuple[Prefix, Response]:
    """Return a rollout as its last response after a longer prefix: what rules of texts and judges read."""
    trajectory = response.trajectory
    if trajectory is None or not trajectory.messages:
        return prefix, response
    longer = Prefix(prefix.prefix_id, prefix.conversation_id, (*prefix.messages, *trajectory.messages[:-1]))
    return longer, response


def for_judges(prefix: Prefix, response: Response) -> tuple[Prefix, Response]:
    """Return a rollout as a judge is shown it: its steps as conversation, and all its calls beside what it said last."""
    longer, last = unrolled(prefix, response)
    trajectory = response.trajectory
    if trajectory is None:
        return longer, last
    calls = tuple(call for message in trajectory.messages for call in message.tool_calls)
    return longer, replace(last, tool_calls=calls)


def shown(text: str) -> str:
    """Return the beginning of a text for a reason, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + " …"


def _calls(messages: Iterable[Message]) -> int:
    return sum(len(message.tool_calls) for message in messages)


def _rollout(prefix: Prefix, response: Response) -> Rollout:
    trajectory = response.trajectory
    messages = trajectory.messages if trajectory else (Message("assistant", response.text, response.tool_calls),)
    failed = trajectory.failed if trajectory else ()
    users = [m.content for m in prefix.messages if m.role == "user"]
    systems = [m.content for m in prefix.messages if m.role == "system"]
    ended = trajectory.ending.whole if trajectory else not response.tool_calls
    return Rollout(
        acts=tuple(_acts(messages, failed)),
        before=tuple(_acts(prefix.messages, (), numbered=False)),
        final=response.text[:_FINAL] if ended else "",
        asked="\n".join(map(_ends, users[-20:])).lower(),
        told="\n".join(map(_ends, [*systems, *users[-20:]])).lower(),
    )


def _acts(messages: Iterable[Message], failed: Iterable[bool], *, numbered: bool = True) -> Iterator[Act]:
    flags, number = iter(failed), 0
    results: dict[int, tuple[str, bool]] = {}
    made: list[ToolCall] = []
    waiting: dict[str, int] = {}
    for message in messages:
        if message.role == "assistant":
            waiting = {call.id: len(made) + place for place, call in enumerate(message.tool_calls)}
            made.extend(message.tool_calls)
        elif message.role == "tool":
            flag = next(flags, None)
            place = waiting.pop(message.tool_call_id or "", None)
            if place is not None:
                results[place] = (message.content, failed_result(message.content) if flag is None else flag)
    for number, call in enumerate(made, start=1):
        result, flag = results.get(number - 1, (None, False))
        if number <= _MOST:
            yield Act(
                number if numbered else 0, call, _arguments(call), None if result is None else _ends(result), flag
            )


def _ends(text: str) -> str:
    return text if len(text) <= _READ else f"{text[: _READ // 2]}\n{text[-_READ // 2 :]}"


def _arguments(call: ToolCall) -> Mapping[str, Any]:
    try:
        found = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return {"input": call.arguments}
    return found if isinstance(found, dict) else {"input": found}


_FAILED = re.compile(
    r"(?i)\A\W*(error(?!\W*:\W*(null|none|false|0)\b)|exception|traceback|fail(ed|ure)?\b|fatal\b|permission denied"
    r"|not found|no such)"
)


def failed_result(text: str) -> bool:
    """Say whether a result begins like that of a tool that could not do it."""
    return _FAILED.search(text[:2_000]) is not None
