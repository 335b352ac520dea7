"""The scrub policy: what becomes of each kind of personal data, read strictly from YAML."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any

import regex
import yaml

from deploysim.errors import ConfigError
from deploysim.scrub.own_recognizers import OwnClass, OwnPattern

SCRUBBER_VERSION = "2"
"""Changes whenever the same text could come out differently."""

_DECIDING_PACKAGES = ("faker", "names", "nomquamgender", "presidio-analyzer", "spacy", "tldextract", "wordfreq")
"""Packages whose patterns and lists decide what is found."""

_KEYS = (
    "entities", "thresholds", "places", "keep_public_figures", "public_figures", "allow", "deny", "recognizers",
)  # fmt: skip
_ENTITY = re.compile(r"[A-Z][A-Z0-9_]{1,40}")

DEFAULT_POLICY = Path(__file__).resolve().parents[2] / "data" / "scrub_policy.yaml"


class Action(StrEnum):
    """What becomes of a finding."""

    SURROGATE = "surrogate"
    PLACEHOLDER = "placeholder"
    HASH = "hash"
    KEEP = "keep"
    DROP = "drop"


ENTITIES = (
    "PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "ADDRESS", "LOCATION", "DATE_TIME", "AGE", "USERNAME", "URL", "IP_ADDRESS", "MAC_ADDRESS",
    "UUID", "DEVICE_ID", "COORDINATES", "VEHICLE_PLATE", "CREDIT_CARD", "IBAN_CODE", "BANK_ACCOUNT", "CRYPTO", "US_SSN", "NATIONAL_ID",
    "PASSPORT", "DRIVER_LICENSE", "MEDICAL_ID", "INSURANCE_ID", "CUSTOMER_ID", "ORDER_ID", "EMPLOYEE_ID", "CASE_ID", "API_KEY",
    "PRIVATE_KEY", "PASSWORD", "ORGANIZATION",
)  # fmt: skip
"""Every type that the scrubber finds."""


@dataclass(frozen=True, slots=True)
class ScrubPolicy:
    """What to do with what is found."""

    actions: tuple[tuple[str, Action], ...]
    """One row for each of `ENTITIES`, in that order, and for types of the team's own."""
    thresholds: tuple[tuple[str, float], ...]
    """Findings of a type that score below its threshold are left alone."""
    default_threshold: float
    places: str
    """`personal`: a country or big city stays where it is only a topic; `all`: every place goes."""
    keep_public_figures: bool
    allow: frozenset[str]
    """Values that stay, folded to lower case."""
    deny: tuple[tuple[str, str], ...]
    """Value and entity: these always go."""
    public_figures: frozenset[str]
    own_patterns: tuple[OwnPattern, ...] = ()
    own_classes: tuple[OwnClass, ...] = ()

    def action(self, entity: str) -> Action:
        """Return what becomes of a type."""
        return dict(self.actions).get(entity, Action.SURROGATE)

    def threshold(self, entity: str) -> float:
        """Return the lowest score at which a type counts."""
        return dict(self.thresholds).get(entity, self.default_threshold)

    def with_mode(self, mode: Action) -> ScrubPolicy:
        """Return the policy with every type that is replaced at all replaced in one mode."""
        actions = tuple((entity, old if old in (Action.KEEP, Action.DROP) else mode) for entity, old in self.actions)
        return replace(self, actions=actions)

    def fingerprint(self, *, spacy_model: str) -> str:
        """Return the SHA-256 of all that decides how a text is scrubbed, the workspace's key aside.

        Args:
            spacy_model: Name and version of the language pipeline, as `Scrubber.model` gives it.
        """
        content = {
            "actions": self.actions,
            "thresholds": self.thresholds,
            "default_threshold": self.default_threshold,
            "places": self.places,
            "keep_public_figures": self.keep_public_figures,
            "allow": sorted(self.allow),
            "deny": self.deny,
            "public_figures": sorted(self.public_figures),
            "own": repr((self.own_patterns, self.own_classes)),
            "scrubber": SCRUBBER_VERSION,
            "packages": [f"{name} {version(name)}" for name in _DECIDING_PACKAGES],
            "spacy_model": spacy_model,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def load_policy(path: Path = DEFAULT_POLICY, *, mode: str | None = None) -> ScrubPolicy:
    """Read a policy file.

    Args:
        path: A YAML file; `data/scrub_policy.yaml` describes its keys.
        mode: "surrogate" or "placeholder" to override every type that is not kept.

    Raises:
        ConfigError: The file cannot be read, or a key or value is not known. Says which.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"The scrub policy {path} cannot be read: {error.strerror}.", expected="a readable YAML file"
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError(
            f"The scrub policy {path} is not valid YAML.", expected="see data/scrub_policy.yaml"
        ) from error
    policy = _Reader(path).policy(content)
    return policy.with_mode(_Reader(path).action("mode", mode)) if mode else policy


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path

    def fail(self, key: str, happened: str, expected: str) -> ConfigError:
        return ConfigError(
            f"Scrub policy {self.path}, key `{key}`: {happened}.",
            expected=expected,
            next_step=f"Correct `{key}` in {self.path}.",
        )

    def policy(self, content: Any) -> ScrubPolicy:
        top = self.mapping("(top)", content)
        self.known("(top)", top, _KEYS)
        patterns, classes = self.recognizers(top.get("recognizers"))
        own = {p.entity for p in patterns} | {ours for c in classes for _, ours in c.entities}
        entities = self.mapping("entities", top.get("entities"))
        named = (*ENTITIES, *sorted(own - set(ENTITIES)))
        self.known("entities", entities, named)
        missing = [name for name in ENTITIES if name not in entities]
        if missing:
            raise self.fail("entities", f"no action for {', '.join(missing)}", "an action for every type")
        default, thresholds = self.thresholds(top.get("thresholds", {}))
        return ScrubPolicy(
            actions=tuple(
                (name, self.action(f"entities.{name}", entities.get(name, Action.SURROGATE))) for name in named
            ),
            thresholds=thresholds,
            default_threshold=default,
            places=self.choice("places", top.get("places", "personal"), ("personal", "all")),
            keep_public_figures=self.flag("keep_public_figures", top.get("keep_public_figures", False)),
            allow=self.words("allow", top.get("allow")),
            deny=self.deny(top.get("deny")),
            public_figures=self.words("public_figures", top.get("public_figures")),
            own_patterns=patterns,
            own_classes=classes,
        )

    def mapping(self, key: str, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise self.fail(key, f"found {type(value).__name__}", "a mapping with names as keys")
        return value

    def known(self, key: str, value: Mapping[str, Any], names: tuple[str, ...]) -> None:
        unknown = [name for name in value if name not in names]
        if unknown:
            raise self.fail(
                unknown[0] if key == "(top)" else f"{key}.{unknown[0]}", "not a known key", f"one of {', '.join(names)}"
            )

    def action(self, key: str, value: Any) -> Action:
        return Action(self.choice(key, value, tuple(Action)))

    def choice(self, key: str, value: Any, choices: tuple[str, ...]) -> str:
        if value not in choices:
            raise self.fail(key, f"{value!r} is not known", f"one of {', '.join(choices)}")
        return str(value)

    def flag(self, key: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self.fail(key, f"{value!r} is not known", "true or false")
        return value

    def words(self, key: str, value: Any) -> frozenset[str]:
        if value is None:
            return frozenset()
        if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
            raise self.fail(
                key, f"found {type(value).__name__}", "a list of texts (quote numbers and words such as yes)"
            )
        return frozenset(word.strip().casefold() for word in value)

    def thresholds(self, value: Any) -> tuple[float, tuple[tuple[str, float], ...]]:
        given = self.mapping("thresholds", value)
        self.known("thresholds", given, ("default", *ENTITIES))
        scores = {name: self.score(f"thresholds.{name}", number) for name, number in given.items()}
        default = scores.pop("default", 0.4)
        return default, tuple(sorted(scores.items()))

    def recognizers(self, value: Any) -> tuple[tuple[OwnPattern, ...], tuple[OwnClass, ...]]:
        if value is not None and not isinstance(value, list):
            raise self.fail("recognizers", f"found {type(value).__name__}", "a list of recognisers")
        found = [self.recognizer(f"recognizers[{n}]", one) for n, one in enumerate(value or ())]
        patterns = tuple(one for one in found if isinstance(one, OwnPattern))
        return patterns, tuple(one for one in found if isinstance(one, OwnClass))

    def recognizer(self, key: str, value: Any) -> OwnPattern | OwnClass:
        given = self.mapping(key, value)
        if "class" in given:
            self.known(key, given, ("class", "arguments", "entities"))
            names = self.mapping(f"{key}.entities", given.get("entities"))
            return OwnClass(
                path=str(given["class"]),
                arguments=tuple(self.mapping(f"{key}.arguments", given.get("arguments", {})).items()),
                entities=tuple(
                    (theirs, self.entity(f"{key}.entities.{theirs}", ours)) for theirs, ours in names.items()
                ),
            )
        self.known(key, given, ("pattern", "entity", "score", "context"))
        return OwnPattern(
            pattern=self.expression(f"{key}.pattern", given.get("pattern")),
            entity=self.entity(f"{key}.entity", given.get("entity")),
            score=self.score(f"{key}.score", given.get("score", 0.8)),
            context=tuple(sorted(self.words(f"{key}.context", given.get("context")))),
        )

    def entity(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not _ENTITY.fullmatch(value):
            raise self.fail(key, f"{value!r} is no name of a type", "capitals and underscores, such as CUSTOMER_ID")
        return value

    def expression(self, key: str, value: Any) -> str:
        try:
            regex.compile(value)
        except (TypeError, regex.error) as error:
            raise self.fail(key, f"not a regular expression ({error})", "a pattern in quotes") from error
        return str(value)

    def score(self, key: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise self.fail(key, f"{value!r} is not a score", "a number from 0 to 1")
        return float(value)

    def deny(self, value: Any) -> tuple[tuple[str, str], ...]:
        if value is None:
            return ()
        given = self.mapping("deny", value)
        self.known("deny", given, ENTITIES)
        return tuple(
            sorted((word, name) for name, words in given.items() for word in self.words(f"deny.{name}", words))
        )
