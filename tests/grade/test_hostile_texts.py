"""Huge and hostile texts: every rule stays fast on them and never raises."""

from __future__ import annotations

import time

import pytest

from deploysim.grade.grader import graders_of
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Message, Prefix, Response

GRADERS = graders_of(load_taxonomy())
SIZE = 1_000_000
MOST_SECONDS = 10.0
"""A rule that is linear takes a tenth of this on an idle machine, one that is quadratic takes minutes."""
PIECES = [
    *(
        "a",
        "\n",
        '"',
        " 'a",
        "a\n",
        "```\n",
        "a: b\n",
        "dear a\n",
        "1 2",
        "12 34 56 78 ",
        "...",
        "|-",
        "- | - ",
        "\ud800",
    ),
    *("a.a@a.", "DE12 ABCD ", "{{your ", "[your name ", "<|im_", "i will ", "i'm sorry, but i ", "i have just ", "是"),
    *("your order your ", "it is not ", "what a great ", "as an ai ", "the of and to ", "I can't help. ", "\nuser:"),
]


@pytest.mark.parametrize("piece", PIECES)
def test_a_megabyte_is_graded_in_time(piece):
    """A megabyte of any repeated piece, as response, takes no rule longer than what is linear."""
    response = Response(piece * (SIZE // len(piece)))
    slowest = 0.0
    for number, grader in enumerate(GRADERS):
        prefix = Prefix(f"c{number}:1", f"c{number}", (Message("user", "Reply in JSON and write a poem."),))
        started = time.process_time()
        grader.by_rule(prefix, response)
        slowest = max(slowest, time.process_time() - started)

    assert slowest < MOST_SECONDS


@pytest.mark.parametrize(
    "piece", ["a", "write a ", "respond ", "is it ", "user:", "e-mail ", '"', "1 2 ", "是", "the\n"]
)
def test_a_megabyte_of_question_is_read_in_time(piece):
    """A megabyte in the prefix takes no rule longer than what is linear too."""
    prefix = Prefix("c1:1", "c1", (Message("user", piece * (SIZE // len(piece))),))
    response = Response(
        "I can't help, [your name]. I'll get back to you tomorrow. My wife, l.moss@nordpost.dk.\nUser: x"
    )
    slowest = 0.0
    for grader in GRADERS:
        started = time.process_time()
        grader.by_rule(prefix, response)
        slowest = max(slowest, time.process_time() - started)

    assert slowest < MOST_SECONDS
