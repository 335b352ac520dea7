"""The real scrubber, built once for the session."""

from __future__ import annotations

import pytest

from deploysim.scrub.policy import load_policy
from deploysim.scrub.scrubber import Scrubber

KEY = b"a key for tests"


@pytest.fixture(scope="session")
def scrubber() -> Scrubber:
    """Return a scrubber with the shipped policy and the installed language pipeline."""
    return Scrubber(load_policy(), key=KEY, spacy_model="en_core_web_sm")


@pytest.fixture(scope="session")
def marking_scrubber() -> Scrubber:
    """Return a scrubber that writes placeholders."""
    return Scrubber(load_policy(mode="placeholder"), key=KEY, spacy_model="en_core_web_sm")
