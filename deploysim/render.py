"""Conversation text as HTML that can only ever show text: every character is escaped, every tag is ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from deploysim.types import Message, Span, ToolCall

FOLD_CHARS = 6_000
"""Texts longer than this show their first part, with the rest one click away."""
FOLD_MESSAGES = 30
"""Conversations of more messages show their first ones, with the rest one click away."""
SHOW_CHARS = 200_000
"""Texts longer than this are not sent to the browser in full; pages offer a download."""
_FENCED = re.compile(r"^```.*?(?:^```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text that is shown in a way of its own."""

    start: int
    end: int
    kind: str
    """Name of the look: "pii", "evidence", "added", "removed", "code"."""
    label: str = ""
    """Shown after the stretch, such as PERSON."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A grade as it stands under a response."""

    symbol: str
    text: str
    kind: str
    """Name of the look: "present", "unsure", "note"."""
    reason: str = ""
    more: tuple[tuple[str, str], ...] = ()
    """What is one click away: titles with a text each, such as a definition or what a step of a chain said."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One response in a row of responses."""

    lane: str
    heading: str
    text: str
    marks: tuple[Mark, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    badges: tuple[Badge, ...] = ()
    failure: str | None = None
    """Why there is no text, where there is none."""
    footer: str = ""


def facts_html(facts: Iterable[tuple[str, str, bool]]) -> str:
    """Return facts as a list of labels and values; one that deserves a look has a mark before it."""
    rows = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{'● ' if trouble else ''}{escape(value)}</dd></div>"
        for label, value, trouble in facts
    )
    return f'<dl class="ds-facts">{rows}</dl>'


def text_html(text: str, marks: Iterable[Mark] = ()) -> str:
    """Return text as HTML, marked, folded where it is long and cut where it is huge."""
    marks = tuple(marks)
    every = [*marks, *code_marks(text)]
    if len(text) <= FOLD_CHARS:
        return f'<div class="ds-text">{_marked(text, every, 0, len(text))}</div>'
    end = min(len(text), SHOW_CHARS)
    beyond = f" Only the first {end:,} of {len(text):,} characters are shown." if end < len(text) else ""
    return (
        f'<div class="ds-text">{_marked(text, every, 0, FOLD_CHARS)}</div>'
        f'<details class="ds-more"{_open(marks, FOLD_CHARS)}>'
        f"<summary>Show {end - FOLD_CHARS:,} more characters.{beyond}</summary>"
        f'<div class="ds-text">{_marked(text, every, FOLD_CHARS, end)}</div></details>'
    )


def _open(marks: Iterable[Mark], beyond: int) -> str:
    """Open what is folded where a grader's evidence lies in it: nobody looks for what they do not know of."""
    return " open" if any(mark.kind == "evidence" and mark.end > beyond for mark in marks) else ""


def code_marks(text: str) -> list[Mark]:
    """Return the fenced code blocks of a text, for a monospace look."""
    return [Mark(m.start(), m.end(), "code") for m in _FENCED.finditer(text)] if "```" in text else []


def span_marks(spans: Iterable[Span], message: int) -> tuple[Mark, ...]:
    """Return the replaced spans of one message as marks."""
    return tuple(Mark(s.start, s.end, "pii", s.entity) for s in spans if s.message == message)


def message_html(message: Message, marks: Iterable[Mark] = (), *, of_tool: str = "") -> str:
    """Return one message with its role in the margin.

    Args:
        message: What to show.
        marks: Stretches of it with a look of their own.
        of_tool: Name of the tool whose result it is.
    """
    calls = "".join(_tool_call(call) for call in message.tool_calls)
    body = text_html(message.content, marks) if message.content or not calls else ""
    if of_tool:
        body = f'<div class="ds-call"><b>result of {escape(of_tool)}</b>{body}</div>'
    return (
        f'<div class="ds-message ds-{escape(message.role)}"><div class="ds-role">{escape(message.role)}</div>'
        f"<div>{body}{calls}</div></div>"
    )


def conversation_html(messages: Sequence[Message], spans: Iterable[Span] = (), *, keep_last: int | None = None) -> str:
    """Return a conversation, with what is far from its end (or from its start) one click away.

    Args:
        messages: The conversation.
        spans: Replaced stretches, to be marked.
        keep_last: Fold away all but so many last messages; where None, all beyond the first FOLD_MESSAGES.
    """
    spans = tuple(spans)
    tools = {call.id: call.name for m in messages for call in m.tool_calls}
    parts = [
        message_html(m, span_marks(spans, i), of_tool=tools.get(m.tool_call_id or "", ""))
        for i, m in enumerate(messages)
    ]
    if keep_last is not None and len(parts) > keep_last + 1:
        early, late = parts[:-keep_last], parts[-keep_last:]
        body = _folded(early, f"Show {len(early)} earlier messages") + "".join(late)
    elif len(parts) > FOLD_MESSAGES + 1:
        first, rest = parts[:FOLD_MESSAGES], parts[FOLD_MESSAGES:]
        body = "".join(first) + _folded(rest, f"Show {len(rest)} further messages")
    else:
        body = "".join(parts)
    return f'<div class="ds-conversation">{body}</div>'


def _folded(parts: Sequence[str], says: str) -> str:
    return f'<details class="ds-more"><summary>{says}</summary>{"".join(parts)}</details>'


def panels_html(panels: Iterable[Panel]) -> str:
    """Return responses side by side, one beneath another where the window is narrow."""
    return f'<div class="ds-panels">{"".join(_panel(p) for p in panels)}</div>'


def _panel(panel: Panel) -> str:
    calls = "".join(_tool_call(call) for call in panel.tool_calls)
    if panel.failure:
        body = f'<div class="ds-failure">{escape(panel.failure)}</div>'
    elif panel.text or not calls:
        body = text_html(panel.text, panel.marks) if panel.text else '<div class="ds-failure">(empty response)</div>'
    else:
        body = ""
    badges = "".join(_badge(b) for b in panel.badges)
    return (
        f'<section class="ds-panel ds-lane-{escape(panel.lane)}"><header><b>{escape(panel.lane)}</b> '
        f"{escape(panel.heading)}</header>{body}{calls}"
        f'<div class="ds-badges">{badges}</div><footer>{escape(panel.footer)}</footer></section>'
    )


def _badge(badge: Badge) -> str:
    reason = f'<span class="ds-reason">{escape(badge.reason)}</span>' if badge.reason else ""
    title = f"<b>{escape(badge.symbol)} {escape(badge.text)}</b>"
    return f'<div class="ds-badge ds-{escape(badge.kind)}">{title}{reason}{_more(badge.more)}</div>'


def _more(lines: Sequence[tuple[str, str]]) -> str:
    if not lines:
        return ""
    rows = "".join(f"<dt>{escape(title)}</dt><dd>{escape(text)}</dd>" for title, text in lines)
    return f'<details class="ds-about"><summary>what it means, who said what</summary><dl>{rows}</dl></details>'


def call_html(name: str, arguments: str, *, lead: str = "calls ") -> str:
    """Return a tool call with its arguments."""
    return f'<div class="ds-call"><b>{escape(lead)}{escape(name)}</b>{_arguments(arguments)}</div>'


def _tool_call(call: ToolCall) -> str:
    return call_html(call.name, call.arguments)


def _arguments(text: str) -> str:
    """Return a call's arguments as names and values where they are a JSON object, else as they are."""
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not values:
        return _code(text)
    rows = (f"<dt>{escape(str(name))}</dt><dd>{_code(_plain(value))}</dd>" for name, value in values.items())
    return f"<dl>{''.join(rows)}</dl>"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def _code(text: str) -> str:
    shown, rest = text[:FOLD_CHARS], text[FOLD_CHARS:SHOW_CHARS]
    more = f"<summary>Show {len(rest):,} more characters.</summary><code>{escape(rest)}</code>" if rest else ""
    return f"<code>{escape(shown)}</code>" + (f'<details class="ds-more">{more}</details>' if more else "")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that looks the same throughout."""

    text: str
    kinds: tuple[str, ...]
    """Names of its looks; empty for plain text."""
    labels: tuple[str, ...]
    """Shown after it: those of the marks that end here."""


def pieces(text: str, marks: Iterable[Mark], start: int = 0, end: int | None = None) -> list[Piece]:
    """Cut a text at every border of a mark, so that marks may overlap in any way."""
    end = len(text) if end is None else end
    inside = [m for m in marks if m.start < end and m.end > start and m.start < m.end]
    borders = sorted({start, end, *(min(max(b, start), end) for m in inside for b in (m.start, m.end))})
    found = []
    for left, right in pairwise(borders):
        here = [m for m in inside if m.start <= left and m.end >= right]
        labels = tuple(m.label for m in here if m.label and m.end == right)
        found.append(Piece(text[left:right], tuple(sorted({m.kind for m in here})), labels))
    return found


def _marked(text: str, marks: Sequence[Mark], start: int, end: int) -> str:
    return "".join(_piece(piece) for piece in pieces(text, marks, start, end))


def _piece(piece: Piece) -> str:
    if not piece.kinds:
        return escape(piece.text)
    kinds = " ".join(f"ds-{escape(kind)}" for kind in piece.kinds)
    labels = "".join(f'<span class="ds-label">{escape(label)}</span>' for label in piece.labels)
    return f'<span class="{kinds}">{escape(piece.text)}</span>{labels}'
