"""What a request says beside its messages: the conversation's own tools and decoding parameters, and the run's."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from deploysim.chat.model import Tool
from deploysim.chat.settings import ModelSettings
from deploysim.types import DECODING

_NEED_TOOLS = ("tool_choice", "parallel_tool_calls")
"""Parameters that say nothing, and that endpoints refuse, where no tools are sent."""


@dataclass(slots=True)
class RequestParameters:
    """Decoding parameters of one request, by the chat API's names."""

    sent: dict[str, Any]
    logged: set[str] = field(default_factory=set)
    """Those that come from the log. Where the endpoint does not take one, it is left out; one of the run's own is never
    left out in silence."""
    dropped: list[str] = field(default_factory=list)
    """Logged ones that this API or this endpoint does not take, which are not sent."""

    def drop(self, name: str) -> None:
        """Leave a logged parameter out, and take note of it."""
        if name in self.logged:
            self.logged.discard(name)
            del self.sent[name]
            self.dropped.append(name)

    def may_lack(self, name: str) -> bool:
        """Whether a request may go without a part that the endpoint does not take: what came from the log, and the seed."""
        return name == "seed" or name in self.logged

    def row(self) -> dict[str, str]:
        """Return what stands in the response's row: nothing where the log said nothing."""
        whole = {"parameters": json.dumps(self.sent, ensure_ascii=False, sort_keys=True)} if self.logged else {}
        return whole | ({"dropped": ",".join(sorted(self.dropped))} if self.dropped else {})


def request_parameters(
    settings: ModelSettings, logged: Iterable[tuple[str, str]], *, has_tools: bool, lacks: Collection[str] = ()
) -> RequestParameters:
    """Return the parameters of a request: those of the run win over those of the log.

    Each response has a seed of its own from the run's, so that repeats are independent: a logged seed is never sent.

    Args:
        settings: The run's own, and whether the log's are sent at all.
        logged: Names and JSON texts. Names that are no decoding parameters are not sent: a sample may come from anywhere.
        has_tools: Whether tools are sent.
        lacks: Parameters that the API does not have.
    """
    own = settings.parameters()
    if not logged or settings.parameters_from == "run":
        return RequestParameters(own)
    found = {
        name: json.loads(value)
        for name, value in logged
        if name in DECODING and name != "seed" and name not in own and (has_tools or name not in _NEED_TOOLS)
    }
    given = RequestParameters({**found, **own}, set(found))
    for name in lacks:
        given.drop(name)
    return given


def request_tools(settings: ModelSettings, tools: tuple[str, ...]) -> tuple[Tool, ...]:
    """Return the tools that are sent for a conversation, as the chat API takes them."""
    return parsed_tools(tools) if tools and settings.with_tools else ()


@lru_cache(maxsize=256)
def parsed_tools(tools: tuple[str, ...]) -> tuple[Tool, ...]:
    """Return the tools of a conversation or prefix, parsed; most conversations have the same ones."""
    found = (json.loads(tool) for tool in tools)
    return tuple(tool for tool in found if isinstance(tool, Mapping))
