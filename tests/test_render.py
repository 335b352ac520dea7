"""Conversation text becomes HTML that can only show text."""

from __future__ import annotations

import json
import re

import pytest

from deploysim.render import (
    FOLD_CHARS,
    FOLD_MESSAGES,
    SHOW_CHARS,
    Mark,
    Panel,
    conversation_html,
    message_html,
    panels_html,
    text_html,
)
from deploysim.types import Message, Span, ToolCall

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src="https://evil.example/x.png" onerror=alert(1)>',
    "![x](https://evil.example/x.png) [link](javascript:alert(1))",
    "</div></section><iframe src=//evil.example>",
    '"><svg/onload=alert(1)>',
    "=HYPERLINK(1) &lt;b&gt;",
]
OURS = re.compile(r"</?(?:div|section|header|footer|details|summary|span|b|code|dl|dt|dd)(?: class=\"[a-z -]+\")?>")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    """In every place where text can stand, only our own tags are left, and none of them loads anything."""
    call = ToolCall("1", text, text)
    named = ToolCall("2", text, json.dumps({text: text}))
    made = [
        conversation_html([Message("assistant", "", (named,)), Message("tool", text, tool_call_id="2")]),
        text_html(text, [Mark(0, 5, "pii", text)]),
        message_html(Message("user", text, (call,))),
        panels_html([Panel("candidate", text, text, tool_calls=(call,), failure=None, footer=text)]),
        panels_html([Panel("candidate", text, "", failure=text)]),
    ]

    for html in made:
        rest = OURS.sub("", html)
        assert "<" not in rest
        assert ">" not in rest


def test_marks_may_overlap_and_keep_every_character() -> None:
    """What is shown is the text, whatever the marks."""
    html = text_html("abcdefghij", [Mark(1, 6, "pii", "PERSON"), Mark(4, 8, "evidence"), Mark(4, 4, "added")])

    assert re.sub(r"<span class=\"ds-label\">PERSON</span>|<[^>]+>", "", html) == "abcdefghij"
    assert 'class="ds-evidence ds-pii">ef</span><span class="ds-label">PERSON' in html


def test_long_text_is_folded_and_huge_text_is_cut_with_a_word() -> None:
    """Nothing is cut without saying so."""
    long, huge = text_html("x" * (FOLD_CHARS + 10)), text_html("x" * (SHOW_CHARS + 10))

    assert "Show 10 more characters." in long
    assert f"Only the first {SHOW_CHARS:,} of {SHOW_CHARS + 10:,} characters are shown." in huge
    assert len(huge) < SHOW_CHARS + 1_000


def test_spans_are_labelled_in_their_message_only() -> None:
    """A replaced stretch is marked with its type where it stands."""
    html = conversation_html([Message("user", "I am Ann"), Message("assistant", "Hello")], [Span(0, 5, 8, "PERSON")])

    assert html.count("ds-pii") == 1
    assert '<span class="ds-pii">Ann</span><span class="ds-label">PERSON</span>' in html


def test_early_messages_are_one_click_away() -> None:
    """Of six messages the last three are open."""
    html = conversation_html([Message("user", f"m{n}") for n in range(6)], keep_last=3)

    assert "Show 3 earlier messages" in html


def test_a_very_long_conversation_opens_with_its_first_messages() -> None:
    """Eight hundred messages are not all on the screen, and none is lost."""
    html = conversation_html([Message("user", f"m{n}") for n in range(800)])

    assert f"Show {800 - FOLD_MESSAGES} further messages" in html
    assert html.count("ds-message") == 800


def test_evidence_opens_what_is_folded() -> None:
    """What a grader quoted is on the screen, wherever it lies in a long text."""
    text = "x" * (FOLD_CHARS + 100)

    assert '<details class="ds-more" open>' in text_html(text, [Mark(FOLD_CHARS + 10, FOLD_CHARS + 20, "evidence")])
    assert " open>" not in text_html(text, [Mark(10, 20, "evidence")])
    assert " open>" not in text_html(text, [Mark(FOLD_CHARS + 10, FOLD_CHARS + 20, "pii")])


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (
            '{"city": "Porto", "days": 2}',
            "<dt>city</dt><dd><code>Porto</code></dd><dt>days</dt><dd><code>2</code></dd>",
        ),
        ("{broken", "<code>{broken</code>"),
        ("[1]", "<code>[1]</code>"),
        ("{}", "<code>{}</code>"),
    ],
)
def test_tool_calls_are_cards(arguments: str, shown: str) -> None:
    """Arguments stand as names and values where they are an object, else as they came."""
    html = message_html(Message("assistant", "", (ToolCall("1", "weather", arguments),)))

    assert f'<div class="ds-tool"><b>calls weather</b>{shown if shown[1] == "c" else f"<dl>{shown}</dl>"}</div>' in html


def test_long_arguments_are_folded_and_results_are_named() -> None:
    """Nothing of a call is cut without a way to open it, and a result says of which tool it is."""
    call = ToolCall("c1", "search", "y" * (FOLD_CHARS + 7))
    html = conversation_html([Message("assistant", "", (call,)), Message("tool", "found", tool_call_id="c1")])

    assert "Show 7 more characters." in html
    assert "<b>result of search</b>" in html
