"""Recognisers that a team adds by configuration, and the actions of the policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from presidio_analyzer import EntityRecognizer, RecognizerResult

from deploysim.config import read_settings
from deploysim.errors import ConfigError
from deploysim.scrub.policy import DEFAULT_POLICY, load_policy
from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber, ScrubFailure
from deploysim.types import Message, RawConversation

PATTERN = {"pattern": "ACME-[0-9]{6}", "entity": "ACME_NUMBER"}


class Shouting(EntityRecognizer):
    """Takes every word in capitals for a codename; stands for a model with weights of the team's own."""

    def __init__(self, least: int) -> None:
        super().__init__(supported_entities=["SHOUT"])
        self.least = least

    def load(self) -> None:
        """Need nothing."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Find the words."""
        at = 0
        found = []
        for word in text.split(" "):
            if word.isupper() and len(word) >= self.least:
                found.append(RecognizerResult("SHOUT", at, at + len(word), 0.9))
            at += len(word) + 1
        return found


def scrubber(tmp_path: Path, *, entities: dict[str, str] | None = None, **keys: Any) -> Scrubber:
    """Return a scrubber under the shipped policy with changes."""
    content = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8")) | keys
    content["entities"] |= entities or {}
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return Scrubber(load_policy(path), key=b"key", spacy_model=read_settings({}).spacy_model)


def test_a_pattern_of_ones_own_is_replaced_in_its_own_shape(tmp_path: Path) -> None:
    """A new type gets a surrogate without being named elsewhere; letter case is part of the pattern."""
    found = scrubber(tmp_path, recognizers=[PATTERN]).scrub_text(
        "my number is ACME-482913, not acme-482913", conversation_id="a"
    )

    assert [span.entity for span in found.spans] == ["ACME_NUMBER"]
    assert "ACME-482913" not in found.text
    assert "acme-482913" in found.text


def test_a_recognizer_class_is_loaded_by_its_path_and_arguments(tmp_path: Path) -> None:
    """Any Presidio recogniser takes part under the name that the policy gives its type."""
    own = {"class": f"{__name__}.Shouting", "arguments": {"least": 6}, "entities": {"SHOUT": "CASE_ID"}}
    found = scrubber(tmp_path, recognizers=[own]).scrub_text("file FALCON under NASA", conversation_id="a")

    assert [(span.entity) for span in found.spans] == ["CASE_ID"]
    assert "FALCON" not in found.text
    assert "NASA" in found.text


@pytest.mark.parametrize(
    ("recognizer", "named"),
    [
        ({"pattern": "(", "entity": "X_ID"}, r"recognizers\[0\].pattern"),
        ({"pattern": "x", "entity": "x id"}, r"recognizers\[0\].entity"),
        ({"pattern": "x", "entity": "X_ID", "score": 3}, r"recognizers\[0\].score"),
        ({"pattern": "x", "entity": "X_ID", "colour": 3}, r"recognizers\[0\].colour"),
        ({"class": "a.B"}, r"recognizers\[0\].entities"),
        ("x", r"recognizers\[0\]"),
    ],
)
def test_mistakes_in_recognizers_are_named(tmp_path: Path, recognizer: Any, named: str) -> None:
    """The error names the key."""
    with pytest.raises(ConfigError, match=named):
        scrubber(tmp_path, recognizers=[recognizer])


@pytest.mark.parametrize("path", ["nowhere.Thing", "presidio_analyzer.Nothing", "Thing", f"{__name__}.Shouting"])
def test_a_class_that_cannot_be_loaded_says_so(tmp_path: Path, path: str) -> None:
    """A wrong path or missing arguments stop the import before anything is read."""
    with pytest.raises(ConfigError, match="cannot be loaded"):
        scrubber(tmp_path, recognizers=[{"class": path, "entities": {"SHOUT": "CASE_ID"}}])


def test_a_hash_is_the_same_in_every_conversation_and_another_under_another_key(tmp_path: Path) -> None:
    """The mark links what belongs together within the workspace only."""
    here = scrubber(tmp_path, entities={"EMAIL_ADDRESS": "hash"})
    text = "mail to anna.reid@corp-mail.net"
    first, second = (here.scrub_text(text, conversation_id=name).text for name in "ab")
    other = Scrubber(here.policy, key=b"other", spacy_model=read_settings({}).spacy_model)

    assert first == second
    assert first.startswith("mail to <EMAIL_ADDRESS_")
    assert other.scrub_text(text, conversation_id="a").text != first


def test_a_dropped_type_takes_its_conversation_with_it_and_no_other(tmp_path: Path) -> None:
    """What the policy does not let in is left out as a whole, with the type as the reason."""
    here = scrubber(tmp_path, entities={"CREDIT_CARD": "drop"})
    raws = [
        (name, RawConversation((Message("user", text), Message("assistant", "ok")), row=1))
        for name, text in (("a", "card 4111 1111 1111 1111"), ("b", "no card"))
    ]
    dropped, kept = here.scrub_conversations(raws)

    assert isinstance(dropped, ScrubFailure)
    assert dropped.dropped_for == "CREDIT_CARD"
    assert isinstance(kept, ScrubbedConversation)
