"""Scrubbing in several processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deploysim.scrub.policy import ScrubPolicy
from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber, ScrubFailure
from deploysim.types import RawConversation


def scrub_in_processes(
    raws: Iterable[tuple[str, RawConversation]], *, policy: ScrubPolicy, key: bytes, spacy_model: str, processes: int
) -> Iterator[ScrubbedConversation | ScrubFailure]:
    """Yield every conversation scrubbed, in order."""
    return Scrubber(policy, key=key, spacy_model=spacy_model).scrub_conversations(raws)
