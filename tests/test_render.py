"""Conversation text becomes HTML that can only show text."""

from __future__ import annotations

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
    word_diff,
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
OURS = re.compile(r"</?(?:div|section|header|footer|details|summary|span|b|code)(?: class=\"[a-z -]+\")?>")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    """In every place where text can stand, only our own tags are left, and none of them loads anything."""
    call = ToolCall("1", text, text)
    made = [
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


@pytest.mark.parametrize(
    ("old", "new", "removed", "added"),
    [
        ("I can help", "I can help", [], []),
        ("I can help", "I cannot help", [(2, 5)], [(2, 8)]),
        ("", "new", [], [(0, 3)]),
        ("old", "", [(0, 3)], []),
    ],
)
def test_word_diff(old: str, new: str, removed: list[tuple[int, int]], added: list[tuple[int, int]]) -> None:
    """Changed words are marked on their own side."""
    diff = word_diff(old, new)

    assert [(m.start, m.end) for m in diff.old] == removed
    assert [(m.start, m.end) for m in diff.new] == added


def test_texts_too_long_to_compare_are_said_to_be() -> None:
    """A huge pair costs no seconds."""
    assert word_diff("a " * 5_000, "b " * 5_000).too_long
