"""What changed between two texts, by words and by lines."""

from __future__ import annotations

import random
import time

import pytest

from deploysim.text_diff import line_diff, word_diff


@pytest.mark.parametrize(
    ("old", "new", "removed", "added"),
    [
        ("I can help", "I can help", [], []),
        ("I can help", "I cannot help", [(2, 5)], [(2, 8)]),
        ("", "new", [], [(0, 3)]),
        ("old", "", [(0, 3)], []),
        ("one\ntwo here\nthree", "one\ntwo there\nthree", [(8, 12)], [(8, 13)]),
        ("one\nthree", "one\ntwo\nthree", [], [(4, 8)]),
    ],
)
def test_word_diff(old: str, new: str, removed: list[tuple[int, int]], added: list[tuple[int, int]]) -> None:
    """Changed words are marked on their own side, wherever their line stands."""
    diff = word_diff(old, new)

    assert [(m.start, m.end) for m in diff.old] == removed
    assert [(m.start, m.end) for m in diff.new] == added


@pytest.mark.parametrize(
    ("old", "new", "removed", "added"),
    [
        ("a\nb\nc", "a\nB\nc", [(2, 4)], [(2, 4)]),
        ("a\nb", "a\nb\nc", [(2, 3)], [(2, 5)]),
        ("a\nb\n", "a\nb\nc", [], [(4, 5)]),
        ("same", "same", [], []),
    ],
)
def test_line_diff(old: str, new: str, removed: list[tuple[int, int]], added: list[tuple[int, int]]) -> None:
    """Whole lines are marked."""
    diff = line_diff(old, new)

    assert [(m.start, m.end) for m in diff.old] == removed
    assert [(m.start, m.end) for m in diff.new] == added


def test_what_is_not_marked_is_the_same_on_both_sides() -> None:
    """Cut out what is marked, and both texts are equal, whatever they were."""
    rng = random.Random(3)
    for _ in range(200):
        old, new = ("".join(rng.choices("ab c\n", k=rng.randrange(60))) for _ in range(2))
        for diff in (word_diff(old, new), line_diff(old, new)):
            assert _without(old, diff.old) == _without(new, diff.new)


def test_stretches_too_long_to_compare_are_marked_whole() -> None:
    """A huge pair costs no seconds, and says that it was not compared word by word."""
    started = time.process_time()
    diff = word_diff("a " * 50_000, "b " * 50_000)

    assert diff.coarse
    assert [(m.start, m.end) for m in (*diff.old, *diff.new)] == [(0, 100_000), (0, 100_000)]
    assert time.process_time() - started < 2


def _without(text: str, marks: tuple[object, ...]) -> str:
    for mark in reversed(marks):
        text = text[: mark.start] + text[mark.end :]
    return text
