"""Model configurations: what identifies one, and what never shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploysim.chat.settings import ModelSettings
from deploysim.config import Secret

BASE = ModelSettings("old", "m", "https://models.example/v1", Secret("sk-hidden"), "Be kind.", 0.5, 0.9, 100)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"model": "n"}, False),
        ({"base_url": None}, False),
        ({"system_prompt": None}, False),
        ({"system_prompt": ""}, False),
        ({"temperature": None}, False),
        ({"top_p": 1.0}, False),
        ({"max_tokens": 101}, False),
        ({"api": "responses"}, False),
        ({"api": "chat"}, True),
        ({"name": "another label"}, True),
        ({"api_key": Secret("sk-other")}, True),
        ({"timeout_s": 1.0, "max_retries": 0}, True),
    ],
)
def test_the_fingerprint_covers_what_can_change_an_answer(change: dict[str, Any], same: bool) -> None:
    """Everything sent to the model counts; labels, keys and patience do not."""
    assert same == (BASE.fingerprint() == replace(BASE, **change).fingerprint())


def test_runs_made_before_there_was_a_choice_keep_their_ids() -> None:
    """The API is part of what identifies a configuration only where it is not the first one."""
    assert "api" not in BASE.identity()
    assert replace(BASE, api="responses").identity()["api"] == "responses"


def test_a_key_never_shows() -> None:
    """Neither the record nor its description nor its identity holds the key."""
    assert "hidden" not in f"{BASE!r} {BASE} {BASE.describe()} {BASE.identity()}"


def test_a_configuration_reads_as_one_line() -> None:
    """Model, place, parameters and whose system prompt."""
    expected = "m (https://models.example/v1), temperature 0.5, top_p 0.9, max_tokens 100, own system prompt"

    assert expected == BASE.describe()
