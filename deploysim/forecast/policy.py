"""A release policy, read from YAML: limits on forecast rates and ratios, and what any answer needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from deploysim.errors import InputError
from deploysim.yaml_files import Node, NodeReader, Source, read_yaml

Kind = Literal["ratio", "per_100k"]
_LIMITS: dict[str, Kind] = {"most_ratio": "ratio", "most_per_100k": "per_100k"}
_EVIDENCE = ("prefixes", "baseline", "registered", "most_failed")
_MOST_CERTAIN = 0.99
"""Forecasts do not tell probabilities nearer to 1 apart."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What any answer needs."""

    prefixes: int = 0
    """Complete prefixes behind a category."""
    baseline: bool = False
    registered: bool = False
    most_failed: float = 1.0
    """Largest share of the candidate's responses that failed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit on some categories."""

    categories: tuple[str, ...]
    """Category ids; empty means all that were forecast."""
    kind: Kind
    limit: float
    certainty: float
    """Probability with which the forecast has to lie within the limit, or beyond it to break the rule."""
    blocks: bool
    """Whether breaking it stops the release."""
    pass_unseen: bool
    """Whether a behaviour that no compared lane shows, which has no ratio, keeps the rule."""
    source: Source

    def words(self) -> str:
        """Say the limit."""
        if self.kind == "ratio":
            return f"at most {self.limit:g}x the previous rate"
        return f"at most {self.limit:,.6g} per 100,000"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a release has to keep."""

    version: str
    needed: Needed
    rules: tuple[Rule, ...]


def load_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        InputError: naming file and line, for anything that is missing, unknown, doubled or of the wrong kind.
    """
    root = read_yaml(path, "a policy file")
    if root is None:
        raise InputError(f"{path} is empty.", expected="the keys version and rules")
    return _Reader(str(path)).policy(root)


@dataclass(frozen=True, slots=True)
class _Reader(NodeReader):
    """Turns the nodes of a policy file into records."""

    def policy(self, root: Node) -> Policy:
        top = self.mapping(root, "the policy", ("version", "rules"), ("evidence",))
        return Policy(
            version=self.text(top["version"], "version", plain=True),
            needed=self.needed(top["evidence"]) if "evidence" in top else Needed(),
            rules=tuple(self.rule(node) for node in self.items(top["rules"], "rules")),
        )

    def needed(self, node: Node) -> Needed:
        found = self.mapping(node, "evidence", (), _EVIDENCE)
        failed = self.share(found["most_failed"], "most_failed", 0.0, 1.0) if "most_failed" in found else 1.0
        return Needed(
            prefixes=self.whole(found["prefixes"], "prefixes") if "prefixes" in found else 0,
            baseline=self.flag(found["baseline"], "baseline") if "baseline" in found else False,
            registered=self.flag(found["registered"], "registered") if "registered" in found else False,
            most_failed=failed,
        )

    def rule(self, node: Node) -> Rule:
        found = self.mapping(node, "a rule", ("categories", "certainty"), (*_LIMITS, "blocks", "unseen"))
        limits = [name for name in _LIMITS if name in found]
        if len(limits) != 1:
            raise self.error(node, "a rule needs one limit", "most_ratio or most_per_100k")
        limit = self.number(found[limits[0]], limits[0])
        if limit <= 0.0:
            raise self.error(found[limits[0]], f"{limits[0]} is not above 0", "a limit such as 1.5")
        unseen = self.one_of(found["unseen"], "unseen", ("pass", "hold")) if "unseen" in found else "hold"
        return Rule(
            categories=self.categories(found["categories"]),
            kind=_LIMITS[limits[0]],
            limit=limit,
            certainty=self.share(found["certainty"], "certainty", 0.5, _MOST_CERTAIN),
            blocks=self.flag(found["blocks"], "blocks") if "blocks" in found else True,
            pass_unseen=unseen == "pass",
            source=self.source(node),
        )

    def categories(self, node: Node) -> tuple[str, ...]:
        """Return the ids of a list; empty for the word "all"."""
        if isinstance(node, yaml.ScalarNode):
            self.one_of(node, "categories", ("all",))
            return ()
        ids = self.texts(node, "categories")
        doubled = next((one for place, one in enumerate(ids) if one in ids[:place]), None)
        if doubled:
            raise self.error(node, f'the category "{doubled}" is written twice', "each category once")
        return ids

    def share(self, node: Node, what: str, low: float, high: float) -> float:
        """Return a number between two others, ends included."""
        found = self.number(node, what)
        if not low <= found <= high:
            raise self.error(node, f"{what} is {found:g}", f"a number from {low:g} to {high:g}, such as 0.9")
        return found
