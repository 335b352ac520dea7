"""Single names in the lower case of hurried prose."""

from __future__ import annotations

import pytest

from deploysim.scrub.scrubber import Scrubber


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The plan is fine. spoke to priya yesterday and no reply", "priya"),
        ("That is all. hey its marta from the gym", "marta"),
        ("I wrote it down. priyas mom keeps calling me", "priya"),
        ("It is late. pls tell xiaoming im running late", "xiaoming"),
        ("Nothing yet. can you ask mark to check it", "mark"),
        ("We disagree. penny says thats wrong tho", "penny"),
    ],
)
def test_a_name_in_lower_case_goes(marking_scrubber: Scrubber, text: str, name: str) -> None:
    """A name goes although its sentence has other capitals and nothing else is near."""
    assert name not in marking_scrubber.scrub_text(text, conversation_id="a").text


@pytest.mark.parametrize(
    "text",
    [
        "I like it. ask about the price and mark the date",
        "Use this: ```\nmarta = priya + 1\n```",
        "Then call priya.run(x) and read marta_id.",
    ],
)
def test_words_and_code_stay(marking_scrubber: Scrubber, text: str) -> None:
    """A word that is a name as well stays without a cue, and code stays."""
    assert marking_scrubber.scrub_text(text, conversation_id="a").text == text
