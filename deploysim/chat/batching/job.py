"""What is asked in batches, within which limits, and where its outcomes go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from deploysim.chat.model import Answer
from deploysim.chat.settings import ModelSettings

BYTES_PER_TOKEN = 4
"""Rough, and only for how much fits into an account's queue or a budget: the provider's word decides."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one batch may hold, as OpenAI documents it."""

    requests: int = 50_000
    size: int = 200_000_000
    """Bytes of the input file."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How batches are handled."""

    limits: Limits = field(default_factory=Limits)
    tries: int = 3
    """How many times a request is sent that a batch did not answer for a reason that may pass."""
    first_poll_s: float = 2.0
    longest_poll_s: float = 300.0
    """Pauses between looking at the batches grow from the first to the longest, and start again with every change."""
    delete_files: bool = True
    """Delete a batch's files at the provider when its results are in the journal."""
    resend_lost: bool = False
    """Send the requests of batches again whose results the provider does not have any more."""
    cancel: bool = False
    """Submit nothing, cancel what is open at the provider, and collect what it has answered by then."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One response to ask for."""

    name: str
    """What it is called at the provider: at most 64 letters, digits, "-" and "_", as all of them take."""
    body: Callable[[Collection[str]], dict[str, Any]]
    """Writes the request, the same that live mode sends: without what came from a log among some keys that the endpoint does
    not take."""


class Ledger(Protocol):
    """Where outcomes are kept, by the names of their requests."""

    refused: set[str]
    """Keys of requests that the endpoint turned out not to take."""

    def can_do_without(self, refused: Mapping[str, str]) -> Set[str]:
        """Return which of some requests may be sent again without the key that the endpoint did not take."""
        ...

    def beat(self) -> None:
        """Tell whoever watches that it goes on."""
        ...

    def has_outcome(self, name: str) -> bool:
        """Say whether a request has its outcome."""
        ...

    def keep(self, answers: Mapping[str, Answer]) -> None:
        """Write outcomes that are not there yet; when this returns they are on the disk."""
        ...


@dataclass(frozen=True, slots=True)
class BatchJob:
    """What to ask one model in batches."""

    mark: str
    """What its batches are recognised by at the provider."""
    folder: Path
    """Where the notes on its batches are kept."""
    settings: ModelSettings
    ledger: Ledger
    waiting: Callable[[], Iterable[BatchRequest]]
    """Gives what has no outcome yet, in the order in which it is sent. It is called once."""
    listed: Callable[[Set[str]], Iterable[BatchRequest]]
    """Gives the requests of these names anew, in the same order."""
    is_kept_out: Callable[[str], bool]
    """Says whether a request is about what was erased or withheld, or is wanted no more: it is not sent, and a result for
    it is dropped."""
    options: BatchOptions = field(default_factory=BatchOptions)
