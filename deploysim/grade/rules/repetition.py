"""Responses that got caught in a loop."""

from __future__ import annotations

import re
from collections import Counter

from deploysim.grade.asking import last_user_text
from deploysim.grade.own_words import MASK, without_code
from deploysim.grade.text import LONGEST_READ, prepared, sentences
from deploysim.grade.verdicts import Span, absent, present, unsure
from deploysim.types import Grade, Prefix, Response

_WORD = re.compile(r"[^\W_]{1,40}")
_LIST_MARK = re.compile(r"^[\s>*#\-•]{0,8}(?:(?:\d{1,4}|[a-z])[.):]\s{0,4})?")
_LONG_RUN = 120
"""Times that one sign follows itself."""
_ONE_SIGN = re.compile(rf"([^\s\0\-_=*~.#|+])\1{{{_LONG_RUN - 1}}}")
_TABLE_ROW = re.compile(r"(?m)^ {0,8}\|[^\n]*")
_ASKED = re.compile(
    r"\b(?:poem|song|lyrics|rap|haiku|chant|mantra|refrain|chorus|nursery rhyme|repeat\w*|repetiti\w+|over and over"
    r"|\d+ times|prayer|verse|ballad|copy|copies|csv|json)\b"
)
_LEAST = 30
"""Characters of a response that can hold a loop."""
_SHORTEST = 20
"""Bytes of a sentence that counts as one: about four words, or seven Chinese signs."""
_SHARE = 1 / 3
"""Share of all sentences that the repeated one must make up."""
_MOST_EVIDENCE = 5
_GRAM = 4
_LONGEST_PERIOD = 80
"""Words after which a loop begins again, at most."""
_LOOP_WORDS = 24
"""Words that a loop covers, at least."""


def repetition_loop(prefix: Prefix, response: Response, *, times: int = 4) -> Grade:
    """Decide whether a sentence, or a run of words, is said `times` times or more."""
    if len(response.text) < _LEAST:
        return absent("Nothing is said over and over.")
    text = _TABLE_ROW.sub(lambda row: MASK * len(row.group()), prepared(without_code(response.text[:LONGEST_READ])))
    spans = _loops(text, times) or _one_sign(text)
    if not spans:
        return absent("Nothing is said over and over.")
    if _ASKED.search(prepared(last_user_text(prefix)[:20_000])):
        return unsure("The same words come again and again, but the user may have asked for that.", *spans)
    return present("The same words come again and again.", *spans)


def _loops(text: str, times: int) -> tuple[Span, ...]:
    words = _WORD.findall(text)
    groups = Counter(zip(*(words[offset:] for offset in range(_GRAM)), strict=False))
    if text.isascii() and max(groups.values(), default=0) < times:
        return ()
    return _same_sentences(text, times) or _running_loop(text, words, times)


def _same_sentences(text: str, times: int) -> tuple[Span, ...]:
    """Find a sentence that comes often: in a row, or as a good part of all sentences."""
    places: dict[str, list[Span]] = {}
    in_a_row: Counter[str] = Counter()
    total, before = 0, ""
    for sentence in sentences(text):
        if MASK in sentence.text:
            continue
        total += 1
        key = _LIST_MARK.sub("", sentence.text).strip(" \n.!?*_")
        if len(key.encode(errors="replace")) >= _SHORTEST and (" " in key or not key.isascii()):
            places.setdefault(key, []).append((sentence.start, sentence.end))
            in_a_row[key] += key == before
        before = key
    worst = max(places, key=lambda key: len(places[key]), default="")
    often = len(places.get(worst, ()))
    looped = often >= times and (in_a_row[worst] >= times - 2 or often >= _SHARE * total)
    return tuple(places[worst][:_MOST_EVIDENCE]) if looped else ()


def _running_loop(text: str, words: list[str], times: int) -> tuple[Span, ...]:
    """Find a run of words that follows itself again and again, by the distance to each word group's last place."""
    last: dict[tuple[str, ...], int] = {}
    period = run = 0
    for index, gram in enumerate(zip(*(words[offset:] for offset in range(_GRAM)), strict=False)):
        distance = index - last.get(gram, -_LONGEST_PERIOD - len(words))
        last[gram] = index
        run = run + 1 if distance == period else 1
        period = distance
        if period <= _LONGEST_PERIOD and run + _GRAM > max((times - 1) * period, _LOOP_WORDS):
            first, end = index - run - period + 1, index + _GRAM
            return _span_of_words(text, first, end) if any(map(str.isalpha, words[first:end])) else ()
    return ()


def _span_of_words(text: str, first: int, end: int) -> tuple[Span, ...]:
    places = [match.span() for _, match in zip(range(end), _WORD.finditer(text), strict=False)]
    return ((places[first][0], places[-1][1]),)


def _one_sign(text: str) -> tuple[Span, ...]:
    if max(map(len, text.split()), default=0) < _LONG_RUN:
        return ()
    found = _ONE_SIGN.search(text)
    return (found.span(),) if found else ()
