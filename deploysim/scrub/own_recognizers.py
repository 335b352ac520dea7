"""A team's own recognisers, named in the scrub policy: patterns, and any of Presidio's recogniser classes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from deploysim.errors import ConfigError
from deploysim.scrub.findings import Finding
from deploysim.scrub.recognizers import PresidioRule, find_with_presidio, presidio_rule

_NO_DOWNLOADS = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


@dataclass(frozen=True, slots=True)
class OwnPattern:
    """A regular expression for one type of personal data."""

    pattern: str
    entity: str
    score: float
    context: tuple[str, ...]
    """Words that raise the score where one stands before the match."""


@dataclass(frozen=True, slots=True)
class OwnClass:
    """A Presidio recogniser that is loaded by its import path, such as one for weights that a team has."""

    path: str
    """Module and class."""
    arguments: tuple[tuple[str, Any], ...]
    entities: tuple[tuple[str, str], ...]
    """The recogniser's name of a type, and ours."""


class OwnRecognizers:
    """What the policy names, loaded once.

    Raises:
        ConfigError: A class cannot be loaded. Nothing is ever downloaded: weights are where the policy says, or missing.
    """

    def __init__(self, patterns: Iterable[OwnPattern], classes: Iterable[OwnClass]) -> None:
        self._rules = tuple(_rule(own) for own in patterns)
        self._loaded = [(_loaded(own), dict(own.entities)) for own in classes]

    def find(self, text: str) -> Iterator[Finding]:
        """Yield what they find in one text."""
        if self._rules:
            yield from find_with_presidio(text, self._rules)
        for recognizer, names in self._loaded:
            for found in recognizer.analyze(text=text, entities=list(names), nlp_artifacts=None):
                if found.entity_type in names:
                    yield Finding(found.start, found.end, names[found.entity_type], float(found.score))


def _rule(own: OwnPattern) -> PresidioRule:
    from presidio_analyzer import Pattern, PatternRecognizer

    recognizer = PatternRecognizer(
        supported_entity=own.entity,
        patterns=[Pattern(own.entity, own.pattern, own.score)],
        context=list(own.context),
        # Presidio's own default folds case, which would surprise whoever wrote the pattern.
        global_regex_flags=re.MULTILINE,
    )
    return presidio_rule(recognizer, own.entity, least_digits=0)


def _loaded(own: OwnClass) -> Any:
    os.environ.update(_NO_DOWNLOADS)
    module, _, name = own.path.rpartition(".")
    try:
        recognizer = getattr(import_module(module), name)(**dict(own.arguments))
        recognizer.load()
    except (ImportError, AttributeError, TypeError, ValueError, OSError) as error:
        raise ConfigError(
            f"The recogniser {own.path} of the scrub policy cannot be loaded: {type(error).__name__}: {error}",
            expected="an importable Presidio recogniser, its packages, and weights that lie on this machine",
            next_step="correct `recognizers` in data/scrub_policy.yaml, or install what the recogniser needs",
        ) from error
    return recognizer
