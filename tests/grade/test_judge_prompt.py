"""What a judge is asked: the material enclosed, nothing hidden in it, nothing of lane or model, cut where it is long."""

from __future__ import annotations

import json

import pytest

from deploysim.grade.judging.material import (
    CONVERSATION_CHARS,
    MESSAGE_CHARS,
    RESPONSE_CHARS,
    content_key,
    material,
    visible,
)
from deploysim.grade.judging.prompt import SCHEMA, VERDICTS, secret, verdict_request
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Message, Prefix, Response, ToolCall

TAXONOMY = load_taxonomy()
CATEGORY = TAXONOMY.category("tool_lies")
PREFIX = Prefix(
    "c1:3",
    "c1",
    (
        Message("system", "You work for a shop."),
        Message("user", "How many are left?"),
        Message("assistant", "", (ToolCall("call-1", "stock", '{"item": "lamp"}'),)),
        Message("tool", "1204", tool_call_id="call-1"),
    ),
)
RESPONSE = Response("About 1,200 lamps.", (ToolCall("call-2", "note", '{"text": "asked"}'),), "stop", model="gpt-x")


def body(category=CATEGORY, prefix=PREFIX, response=RESPONSE) -> str:
    """The user message of a request."""
    return verdict_request(category, prefix, response).messages[1].content


def test_the_whole_material_is_shown_under_headings():
    """Every message, the response and its tool calls stand under headings that begin with the mark, in order."""
    request = verdict_request(CATEGORY, PREFIX, RESPONSE)
    lines = request.messages[1].content.split("\n")
    headings = [line.removeprefix(f"{request.mark} ") for line in lines if line.startswith(request.mark)]

    assert headings == [
        "message 1, system",
        "message 2, user",
        "message 3, assistant",
        "message 4, tool",
        "response",
        "tool calls of the response",
        "end of material",
    ]
    shown = request.messages[1].content
    for words in ("You work for a shop.", 'stock({"item": "lamp"})', "1204", "About 1,200", 'note({"text": "asked"})'):
        assert words in shown[: shown.index(f"{request.mark} end of material")]


def test_all_that_the_category_says_is_told():
    """Definition, what counts and what does not, examples with rulings and severities stand behind the material."""
    told = body()[body().index("end of material") :]

    for words in (CATEGORY.definition, *CATEGORY.present_when, *CATEGORY.absent_when):
        assert words in told
    for example in CATEGORY.examples:
        assert f"Ruling: {example.ruling}. {example.why}" in told
    for severity in CATEGORY.severities:
        assert f"{severity.level}: {severity.meaning}" in told


@pytest.mark.parametrize("category", TAXONOMY.categories, ids=lambda c: c.id)
def test_every_shipped_category_can_be_asked_about(category):
    """No name, definition or example breaks the request, and the form that is asked for is the schema's."""
    text = body(category)

    assert "{name}" not in text
    assert all(f"\n{field}: " in text for field in SCHEMA["json_schema"]["schema"]["required"])
    assert list(VERDICTS) == ["present", "absent", "unsure", "not comparable"]


def test_nothing_says_which_lane_or_model_it_is():
    """Equal responses of any lane, run, model or finish reason are asked about in the very same words."""
    other = Response(RESPONSE.text, (ToolCall("call-9", "note", '{"text": "asked"}'),), "length", 5, 7, 1.5, "claude-y")
    elsewhere = Prefix("c2:3", "c2", PREFIX.messages)

    assert verdict_request(CATEGORY, PREFIX, RESPONSE) == verdict_request(CATEGORY, elsewhere, other)
    asked = json.dumps([message.content for message in verdict_request(CATEGORY, PREFIX, RESPONSE).messages])
    for word in ("gpt-x", "claude-y", "baseline", "candidate", "recorded", "c1:3"):
        assert word not in asked


def test_categories_share_everything_up_to_the_task():
    """Requests about one response differ behind the material only, so that an endpoint can reuse what it read."""
    first = verdict_request(CATEGORY, PREFIX, RESPONSE)
    second = verdict_request(TAXONOMY.category("hate"), PREFIX, RESPONSE)
    end = f"{first.mark} end of material"

    assert first.messages[0] == second.messages[0]
    assert first.messages[1].content.split(end)[0] == second.messages[1].content.split(end)[0]


def test_marks_and_words_change_with_the_content_and_the_seed():
    """A changed letter or another seed draws other secrets; the same content draws the same."""
    changed = Response(RESPONSE.text + "!", RESPONSE.tool_calls)
    requests = [
        verdict_request(CATEGORY, PREFIX, RESPONSE),
        verdict_request(CATEGORY, PREFIX, changed),
        verdict_request(CATEGORY, PREFIX, RESPONSE, seed=1),
    ]

    assert len({r.mark for r in requests} | {r.word for r in requests}) == 6
    assert verdict_request(CATEGORY, PREFIX, RESPONSE) == requests[0]


def test_a_text_that_holds_the_secret_gets_another():
    """Where a text holds what would be drawn, however spaced or cased, the next one is drawn."""
    first = secret("source", "")

    assert secret("source", f"x{first}x") != first
    assert secret("source", " ".join(first.upper())) != first
    assert secret("source", first[:-1]) == first


def test_the_check_word_stands_in_the_instructions_only():
    """Neither the material nor the task behind it holds the check word; the system message does."""
    request = verdict_request(CATEGORY, PREFIX, RESPONSE)

    assert request.word in request.messages[0].content
    assert request.word not in request.messages[1].content


HIDDEN = [
    "\u200b",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\u00ad",
    "\U000e0041",
    "\x08",
    "\x1b",
    "\u2063",
    "\ue000",
    "\u3164",
    "\r",
]


@pytest.mark.parametrize("sign", HIDDEN, ids=lambda s: f"U+{ord(s):04X}")
def test_signs_that_nobody_sees_are_left_out(sign):
    """Zero-width, direction, tag, control and private signs do not reach the judge, and a note says so."""
    request = verdict_request(CATEGORY, PREFIX, Response(f"About{sign} 1,200."))

    assert "About 1,200." in request.messages[1].content
    assert "signs that no reader can see are left out" in request.messages[1].content


@pytest.mark.parametrize("text", ["🏴‍☠️", "👨‍👩‍👧", "नमस्ते क्‍ष", "می‌خواهم", "Zeile\n\tzwei", "שלום", "e\u0301"])
def test_scripts_and_emoji_stay_whole(text):
    """Joiners that scripts and emoji need, tabs, line breaks and combining marks stay."""
    assert visible(text) == text


def test_a_long_response_is_shown_by_its_ends():
    """Of a very long response the beginning and the end are shown, and how much is left out between them."""
    text = "B" + "x" * 100_000 + "E"
    request = verdict_request(CATEGORY, PREFIX, Response(text))

    assert f"[... {len(text) - RESPONSE_CHARS:,} characters left out ...]" in request.messages[1].content
    assert "\nBxxx" in request.messages[1].content
    assert "xxxE\n" in request.messages[1].content
    assert f"{len(text) - RESPONSE_CHARS:,} characters in the middle of the response are left out" in body(
        response=Response(text)
    )


def test_of_a_long_conversation_the_end_is_shown():
    """The system prompt and the latest messages stay; earlier ones are left out and counted; long ones are shortened."""
    middle = tuple(Message("user" if n % 2 else "assistant", f"turn {n} " + "y" * 3_000) for n in range(1, 40))
    prefix = Prefix("c1:41", "c1", (Message("system", "Be kind."), *middle, Message("user", "z" * 50_000 + " last")))
    shown = material(prefix, RESPONSE)
    text = "\n".join(part.text for part in shown.conversation)

    assert shown.conversation[0].text == "Be kind."
    assert shown.conversation[-1].text.endswith(" last")
    assert len(shown.conversation[-1].text) < MESSAGE_CHARS + 100
    assert len(text) < CONVERSATION_CHARS + MESSAGE_CHARS
    assert shown.notes == (f"{41 - len(shown.conversation)} earlier messages are left out",)
    assert "turn 39 " in text
    assert "turn 1 " not in text


def test_the_last_message_is_shown_however_long_the_system_prompt_is():
    """A system prompt that fills the room leaves the last message in sight."""
    systems = tuple(Message("system", "s" * 6_000) for _ in range(9))
    shown = material(Prefix("c1:10", "c1", (*systems, Message("user", "Hello?"))), RESPONSE)

    assert shown.conversation[-1].text == "Hello?"


def test_content_is_what_a_verdict_can_depend_on():
    """Equal messages and response have one key; another word, role, call or order has another."""
    key = content_key(PREFIX, RESPONSE)
    others = [
        content_key(PREFIX, Response(RESPONSE.text)),
        content_key(PREFIX, Response("About 1,201 lamps.", RESPONSE.tool_calls)),
        content_key(Prefix("c1:2", "c1", PREFIX.messages[1:]), RESPONSE),
        content_key(Prefix("c1:3", "c1", (Message("user", "You work for a shop."), *PREFIX.messages[1:])), RESPONSE),
    ]

    assert len({key, *others}) == 5
    assert content_key(Prefix("c7:3", "c7", PREFIX.messages), Response(RESPONSE.text, RESPONSE.tool_calls)) == key


def test_halves_of_characters_are_hashed_and_shown():
    """Text that no encoding can carry gets a key and a request all the same."""
    response = Response("half \ud800 of a character")

    assert len(content_key(PREFIX, response)) == 64
    assert "half" in body(response=response)
