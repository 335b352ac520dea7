"""The rules for broken formats, blanks, machine marks and turns written for the user."""

from __future__ import annotations

import pytest

from deploysim.types import Message

LETTER = "Write a letter to my landlord."
BROKEN = [
    ("Reply in JSON with the key name: Tom is 42.", "Tom is 42 years old.", "Tom"),
    ("Answer with valid JSON only: the capital of Peru.", "{'capital': 'Lima'}", "{"),
    ("List three colours as JSON.", '{"colours": ["red", "blue"', "{"),
    ("Show me a loop.", "Here:\n```python\nfor x in y:\n    print(x)\n", "```python"),
    ("Show me a loop.", "```\na\n```\nand\n```js\nb", "```js"),
    ("Compare.", "| a | b | c |\n|---|---|\n| 1 | 2 | 3 |", "|---|---|"),
    ("Compare.", "a | b\n--- | --- | ---\n1 | 2", "--- | --- | ---"),
    ("Output json only please", "Sure! The answer is Lima.", "Sure"),
]
WHOLE = [
    ("Reply in JSON: Tom is 42.", 'Here it is:\n```json\n{"name": "Tom", "age": 42}\n```'),
    ("Give me a list in JSON.", '["a", "b"]'),
    ("Write a Python function that returns JSON.", "Use json.dumps and return it."),
    ("What is JSON?", "A text format for data."),
    ("Show me a loop.", "```python\nfor x in y:\n    print(x)\n```\nDone."),
    ("Show me markdown.", "````\n```\ninner\n```\n````"),
    ("Compare.", "| a | b |\n|---|:-:|\n| 1 | 2 |\n| only one |"),
    ("A line?", "Above\n---\nbelow | and | so on"),
    ("Help me with a prompt that says: answer in JSON.", "Try a shorter prompt."),
    ("Escaped?", "| a \\| b | c |\n|---|---|\n| 1 | 2 |"),
]
BLANKS = [
    (LETTER, "Dear [Landlord's Name],\n\nThe heater broke.", "[Landlord's Name]"),
    (LETTER, "The heater broke.\n\nBest,\n[Your Name]", "[Your Name]"),
    ("Draft an email to Jo.", "Hi Jo, let us meet on {insert date}.", "{insert date}"),
    ("I need a cover letter.", "I work at [Company] as a nurse.", "[Company]"),
    ("Write a CV.", "{{name}}\nNurse", "{{name}}"),
    ("Office job CV", "[Full Name]\nClerk", "[Full Name]"),
    ("Write a contract.", "This is between [Name of Client] and us.", "[Name of Client]"),
    ("Write a press text.", "Call <your phone number> today.", "<your phone number>"),
]
NO_BLANKS = [
    ("Give me a letter template.", "Dear [Name],"),
    ("Write to [Name] that I am ill.", "Dear [Name], I am ill."),
    (LETTER, "See [your account](https://example.com)."),
    ("Show me code.", "```\nx = [name, date]\n```\nUse `[your key]`."),
    ("Sources?", "It is true [1], see also [Smith 2019]."),
    ("A set?", "Let \\vec{x} be {x in R : x > 0} and array[date_column]."),
    ("Todo list", "[ ] milk\n[x] bread"),
    ("HTML?", "Use <p> and <address> for that."),
    (LETTER, "Dear Mr Lund,\n\nThe heater broke.\n\nKim"),
]
MARKS = [
    ("Hi", "Hello!<|im_end|>", "<|im_end|>"),
    ("Hi", "Hello!</s>", "</s>"),
    ("Hi", "[INST] Say hello [/INST] Hello", "[INST]"),
    ("Hi", "Hello <|endoftext|> The", "<|endoftext|>"),
    ("Hi", "<<SYS>> be kind", "<<SYS>>"),
    ("Hi", "Hello\n### Response:\nHello", "### Response:"),
    ("Hi", "Hello<end_of_turn>", "<end_of_turn>"),
    ("Hi", "<|assistant|> Hello", "<|assistant|>"),
]
NO_MARKS = [
    ("How do I strike text?", "Write `<s>old</s>` in HTML."),
    ("What is <|im_end|>?", "<|im_end|> ends a message."),
    ("Hi", "a <b> c, x < y |> f"),
    ("Show it", "```\n<|im_start|>\n```"),
    ("Structure?", "### Response times\nThey vary."),
    ("Hi", "[Installation] is easy"),
    ("Hi", "Hello <3 </3"),
    ("Email?", "<kim@posta.no> | <s.lund@posta.no>"),
]
TURNS = [
    ("Is it Oslo?", "Yes.\nUser: And of Peru?", "User:"),
    ("Is it Oslo?", "Yes.\n\nHuman: Thanks\nAssistant: Sure", "Human:"),
    ("Hi", "Hello.\n**User:** How are you?", "**User:**"),
    ("Hi", "Hello.\n### User: next", "### User:"),
    ("Sum?", "It is 4.\nUSER: and 3+3?", "USER:"),
    ("Hi", "Hello.\n  user: ok", "  user:"),
    ("Hi", "Hello.\nUser:\nwhat else?", "User:"),
    ("Hi", "Ok\n*Human*: Bye", "*Human*:"),
]
NO_TURNS = [
    ("Hi", "User: this begins the text."),
    ("Hi", "Hello.\nUsers: 400 a day"),
    ("Hi", "Hello.\nThe user: a person who signs in."),
    ("Hi", "```\nx\nUser: a\n```"),
    ("Hi", "Hello.\nUsername: kim"),
    ("Hi", "A human is a mammal.\nHumans: see above"),
    ("Hi", "Steps:\n1. User: none"),
    ("Hi", "Assistant: hello"),
]
TABLES = [
    *(("broken_format", *row) for row in BROKEN),
    *(("unfilled_placeholder", *row) for row in BLANKS),
    *(("control_marks", *row) for row in MARKS),
    *(("speaks_for_user", *row) for row in TURNS),
]
MISSES = [
    *(("broken_format", *row) for row in WHOLE),
    *(("unfilled_placeholder", *row) for row in NO_BLANKS),
    *(("control_marks", *row) for row in NO_MARKS),
    *(("speaks_for_user", *row) for row in NO_TURNS),
]


@pytest.mark.parametrize(("rule", "user", "text", "words"), TABLES)
def test_hits(decide, rule, user, text, words):
    """The break, blank, mark or turn is present, and the evidence begins at it."""
    grade = decide(rule, user, text)
    start, end = grade.evidence[0]

    assert ("present", words) == (grade.verdict, text[start:end][: len(words)])


@pytest.mark.parametrize(("rule", "user", "text"), MISSES)
def test_near_misses(decide, rule, user, text):
    """What only looks alike, was asked for, or stands in code is absent."""
    assert decide(rule, user, text).verdict == "absent"


def test_a_dialogue_in_the_conversation_leaves_turns_open(decide):
    """Where the user pasted a dialogue, lines for a user may be its continuation."""
    messages = (Message("user", "Continue:\nUser: hello\nBot: hi"),)

    assert decide("speaks_for_user", messages, "Sure.\nUser: how are you?").verdict == "unsure"


def test_brackets_in_instructions_are_unsure(decide):
    """Where no ready text was asked for, words in brackets may be the way to give instructions."""
    text = "Open Structure > [Your content type] > Fields."

    assert decide("unfilled_placeholder", "How do I add a field?", text).verdict == "unsure"


def test_a_format_cut_off_by_the_limit_is_left_open(decide):
    """The missing end is counted once, as a response that stops in the middle."""
    text = "Here:\n```python\nfor x in y:\n    print(x"

    assert decide("broken_format", "Show me a loop.", text, finish_reason="length").verdict == "unsure"
    assert decide("broken_format", "Show me a loop.", text, finish_reason="stop").verdict == "present"
