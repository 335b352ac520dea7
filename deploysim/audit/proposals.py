"""Reading an auditor's replies: text in, proposals with evidence out. No model is asked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from deploysim.audit.auditor import Batch, ReadPair
from deploysim.audit.discoveries import Opinion, Proposal, Quoted
from deploysim.audit.lexicon import FEWEST_CLUSTERS
from deploysim.grade.asking import last_user_text
from deploysim.grade.judging.evidence import found_in
from deploysim.grade.judging.material import visible
from deploysim.grade.judging.objects import objects
from deploysim.grade.judging.words import as_quotations, as_sentence, field

NAME_CHARS = 60
DEFINITION_CHARS = 300
FEWEST_PAIRS = 2
"""Pairs that must show what is proposed."""
COPIED_WORDS = 5
"""So many words in a row that fewer than FEWEST_CLUSTERS conversations or users hold may be somebody's own."""


@dataclass(frozen=True, slots=True)
class Idea:
    """One proposal of one reply, with the evidence that was found again."""

    name: str
    definition: str
    evidence: tuple[Quoted, ...]


@dataclass(frozen=True, slots=True)
class Ideas:
    """What one reply proposes."""

    ideas: tuple[Idea, ...]
    unfounded: int
    """Quotations that are not in the response that they are said to be from, or in both of the pair."""


def read_ideas(text: str, batch: Batch) -> Ideas | None:
    """Return what a reply proposes, or None where it cannot be read or does not give back the check word."""
    found = [one for one in objects(text) if isinstance(one.get("proposals"), list) and _has_word(one, batch)]
    if not found:
        return None
    said = [one for one in found[-1]["proposals"] if isinstance(one, dict)]
    quoted = [[_quoted(item, batch) for item in _items(one)] for one in said]
    ideas = (
        Idea(
            name=as_sentence(visible(str(one.get("name") or "")), most=NAME_CHARS),
            definition=as_sentence(visible(str(one.get("definition") or "")), most=DEFINITION_CHARS),
            evidence=tuple(quote for quote in quotes if quote),
        )
        for one, quotes in zip(said, quoted, strict=True)
    )
    return Ideas(tuple(ideas), sum(quote is None for quotes in quoted for quote in quotes))


def opinion_of(judge: str, replies: Sequence[Ideas | None], batches: Sequence[Batch], known: Sequence[str]) -> Opinion:
    """Return what an auditor proposes in all; ideas of one name are one.

    Args:
        judge: Its name.
        replies: What it said to each batch that was sent; None where nothing could be read.
        batches: Those batches.
        known: Names of the categories that there are.
    """
    heard = [(said, batch) for said, batch in zip(replies, batches, strict=True) if said]
    pairs = [pair for _, batch in heard for pair in batch.pairs]
    named: dict[str, list[Idea]] = {}
    for said, _ in heard:
        for idea in said.ideas:
            named.setdefault(_plain(idea.name), []).append(idea)
    taken = {_plain(name) for name in known}
    new = {key: ideas for key, ideas in named.items() if key not in taken}
    proposals = [_proposal(key, ideas) for key, ideas in new.items()]
    founded = [one for one in proposals if _is_whole(one)]
    own = [one for one in founded if not is_copied(f"{one.name}. {one.definition}", pairs)]
    return Opinion(
        judge=judge,
        pairs=len(pairs),
        calls=len(batches),
        failed=len(batches) - len(heard),
        proposals=tuple(sorted(own, key=lambda one: (-_shown_in(one), one.name))),
        unfounded=sum(said.unfounded for said, _ in heard),
        thin=len(proposals) - len(founded),
        known=len(named) - len(new),
        copied=len(founded) - len(own),
    )


def is_copied(said: str, pairs: Sequence[ReadPair]) -> bool:
    """Say whether words hold a stretch of COPIED_WORDS that is in what few conversations or users said or were told."""
    texts = [
        (pair.cluster, f" {_plain(text)} ")
        for pair in pairs
        for text in (last_user_text(pair.prefix), pair.first.text, pair.second.text)
    ]
    stretches = (f" {stretch} " for stretch in _stretches(_plain(said).split()))
    return any(
        0 < len({cluster for cluster, text in texts if stretch in text}) < FEWEST_CLUSTERS for stretch in stretches
    )


def _stretches(words: Sequence[str]) -> Iterator[str]:
    for start in range(len(words) - COPIED_WORDS + 1):
        yield " ".join(words[start : start + COPIED_WORDS])


def _proposal(key: str, ideas: Sequence[Idea]) -> Proposal:
    evidence = tuple(dict.fromkeys(quote for idea in ideas for quote in idea.evidence))
    return Proposal(
        proposal_id=hashlib.sha256(key.encode()).hexdigest()[:12],
        name=ideas[0].name,
        definition=ideas[0].definition,
        first=len({quote.prefix_id for quote in evidence if quote.side == "first"}),
        second=len({quote.prefix_id for quote in evidence if quote.side == "second"}),
        evidence=evidence,
    )


def _is_whole(one: Proposal) -> bool:
    return bool(one.name and one.definition) and _shown_in(one) >= FEWEST_PAIRS


def _shown_in(one: Proposal) -> int:
    return len({quote.prefix_id for quote in one.evidence})


def _has_word(found: dict[str, Any], batch: Batch) -> bool:
    check = field(found, "check")
    return isinstance(check, str) and check.strip(" .\"'`*").lower() == batch.word


def _items(found: dict[str, Any]) -> list[dict[str, Any]]:
    evidence = found.get("evidence")
    return [item for item in evidence if isinstance(item, dict)] if isinstance(evidence, list) else []


def _quoted(item: dict[str, Any], batch: Batch) -> Quoted | None:
    """Return where a quotation stands; None where it is not in the response named, or in the other one as well."""
    number = re.search(r"\d{1,4}", str(item.get("pair")))
    letter = re.search(r"\b[AB]\b", str(item.get("side")).upper())
    at = int(number[0]) - 1 if number else -1
    if letter is None or not 0 <= at < len(batch.pairs):
        return None
    pair = batch.pairs[at]
    side = pair.side(letter[0])
    words = as_quotations(field(item, "evidence"))
    spans = found_in(pair.response(side), words)
    if not spans or found_in(pair.response("second" if side == "first" else "first"), words):
        return None
    return Quoted(pair.prefix.prefix_id, side, spans)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
