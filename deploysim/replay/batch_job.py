"""What is replayed in batches, within which limits, and what each request is called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from deploysim.chat.api import APIS
from deploysim.chat.parameters import RequestParameters
from deploysim.chat.settings import ModelSettings
from deploysim.replay.engine import Task, prefix_seed, what_is_given
from deploysim.types import Prefix

BYTES_PER_TOKEN = 4
"""Rough, and only for how much fits into an account's queue: the provider's word decides."""


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
class BatchJob:
    """What to replay in batches."""

    run_id: str
    folder: Path
    """The run's folder."""
    tasks: Callable[[], Iterable[Task]]
    """Gives what has no outcome yet, in the order in which it is sent. It is called once."""
    prefixes: Callable[[], Iterable[Prefix]]
    """Gives all prefixes that may be sent, each time that it is called."""
    settings: ModelSettings
    seed: int = 0
    kept_out: Set[str] = frozenset()
    """Conversations that were erased or withheld: they are not sent, and results for them are dropped."""
    options: BatchOptions = field(default_factory=BatchOptions)
    parameters: Callable[[Collection[str]], Mapping[str, RequestParameters]] = lambda prefix_ids: {}
    """Gives the parameters that prefixes are sent with, for those whose log has any."""

    def body(self, task: Task) -> dict[str, Any]:
        """Return the request for one response, the same that live mode sends."""
        seed = prefix_seed(self.seed, task.prefix.prefix_id, task.repeat, task.attempt)
        tools, given = what_is_given(self.settings, task.prefix)
        write = APIS[self.settings.api].body
        return write(self.settings, task.prefix.messages, seed=seed, tools=tools or None, parameters=given.sent)

    def is_kept_out(self, custom_id: str) -> bool:
        """Say whether a request is about a conversation that was erased or withheld."""
        return parts_of(custom_id).prefix_id.rpartition(":")[0] in self.kept_out


class Asked(NamedTuple):
    """What a request asks for."""

    prefix_id: str
    repeat: int
    attempt: int


def custom_id(prefix_id: str, repeat: int = 0, attempt: int = 1) -> str:
    """Return what a request is called at the provider: at most 64 letters, digits, "-" and "_", as all of them take."""
    return f"{prefix_id.replace(':', '-')}-{repeat}-{attempt}"


def parts_of(custom_id: str) -> Asked:
    """Return what a name of `custom_id` asks for."""
    conversation, end, repeat, attempt = custom_id.rsplit("-", 3)
    return Asked(f"{conversation}:{end}", int(repeat), int(attempt))
