"""What the audit for unnamed behaviours finds: terms, directions of change, and how much the categories explain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deploysim.audit.records import Comparison, Shown

Which = Literal["first", "second"]
"""One of the two sides that are compared."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, a pair of words, or an opening (it begins with "^") that one side says more."""

    term: str
    z: float
    """Above 0: the second side's."""
    first: int
    """Responses of the first side that hold it."""
    second: int

    @property
    def words(self) -> str:
        """The term as people read it."""
        return f"opens “{self.term[1:]}”" if self.term.startswith("^") else f"“{self.term}”"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that sets a group of changed pairs apart from the others."""

    words: str
    """Such as "says “certainly”" or "has more words"; of the second side."""
    phrase: str
    """The words that a rule could look for; "" where it is no term."""
    gains: bool
    """Whether the second side has more of it, or less."""
    here: float
    """Share of the group's pairs in which that is so."""
    elsewhere: float
    """Share of the other pairs."""


@dataclass(frozen=True, slots=True)
class CategoryShare:
    """How many pairs of a group a category's grader finds changed."""

    category: str
    pairs: int


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs that changed in the same way."""

    group_id: str
    title: str
    pairs: int
    forward: int
    """Of the conversations that had no part in finding it: pairs that changed this way."""
    backward: int
    """And pairs that changed the opposite way."""
    q_value: float
    """Of as many one way as the other, Benjamini-Hochberg over the groups."""
    marks: tuple[Mark, ...]
    explained: int | None
    """Pairs in which some category's verdict changed; None where nothing was graded."""
    categories: tuple[CategoryShare, ...]
    examples: tuple[Shown, ...]
    """Most typical first."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """Where a response shows what an auditor proposes; the words themselves are read from the response."""

    prefix_id: str
    side: Which
    spans: tuple[tuple[int, int], ...]
    """Start and end of each quotation, in characters of the response as a reader sees it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A category that an auditor proposes, in its words."""

    proposal_id: str
    name: str
    definition: str
    first: int
    """Pairs in which it quotes the first side's response."""
    second: int
    evidence: tuple[Quoted, ...]

    @property
    def side(self) -> Which:
        """The side that shows it more often."""
        return "first" if self.first > self.second else "second"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model that read some pairs proposes: its opinion, and nothing that was measured."""

    judge: str
    pairs: int
    """Pairs that it read and gave a readable answer about."""
    calls: int
    failed: int
    """Calls that brought no readable answer, or one without the check word."""
    proposals: tuple[Proposal, ...]
    """Those with evidence in the most pairs first."""
    unfounded: int
    """Quotations that were dropped: not in the response that they are said to be from, or in both."""
    thin: int
    """Proposals that were dropped: without a name, a definition, or evidence in two pairs."""
    known: int
    """Proposals that were dropped: a category has the name already."""
    copied: int
    """Proposals that were dropped: their name or definition is copied from a conversation."""


@dataclass(frozen=True, slots=True)
class DiscoverAudit:
    """How a candidate's responses differ from what it is compared with, in ways that no category may cover."""

    sample_id: str
    unit: str
    created_at: str
    software: str
    seed: int
    level: float
    surface: Comparison
    """The two sides, with the features of form, length and tools that differ."""
    changed: int
    """Pairs whose texts differ."""
    terms: tuple[Term, ...]
    fewest: int
    """Conversations or users that must hold a term for it to be listed."""
    chance_z: float
    """Among so many terms, chance alone brings a z-score beyond this, either way, in one of twenty audits."""
    groups: tuple[Group, ...]
    explained: int | None
    """Changed pairs in which some category's verdict changed; None where nothing was graded."""
    graded: int
    """Categories whose graders had graded both sides."""
    unseen_rate: float
    """A behaviour rarer than this share probably did not occur among the responses at all."""
    unlisted_rate: float
    """And one rarer than this was probably in too few conversations to be listed."""
    certainty: float
    """What "probably" means above."""
    notes: tuple[str, ...]
    auditor: Opinion | None = None
    """None where no model was asked."""

    @property
    def first(self) -> str:
        """What the first side is called."""
        return self.surface.first.label

    @property
    def second(self) -> str:
        """What the second side is called."""
        return self.surface.second.label
