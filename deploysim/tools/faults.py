"""Failures at the recorded rate: simulated tools that never fail would hide lies about tool results."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from deploysim.tools.recorded import Exchange
from deploysim.tools.spec import ToolSpecs


@dataclass(frozen=True, slots=True)
class FaultModel:
    """How often each tool failed in the records, and what it said then."""

    failures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Tool -> what it said each time it failed."""
    calls: Mapping[str, int] = field(default_factory=dict)
    """Tool -> recorded calls."""

    def rate(self, tool: str) -> float | None:
        """Return the share of recorded calls that failed, or None where there are none."""
        calls = self.calls.get(tool, 0)
        return len(self.failures.get(tool, ())) / calls if calls else None

    def failure(self, tool: str, *, seed: str) -> str | None:
        """Return what the tool says where this call is to fail, or None.

        Args:
            tool: Name of the tool.
            seed: Names the call: the same one gives the same outcome.
        """
        said = self.failures.get(tool, ())
        draw = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8])
        # One draw over all recorded calls: below the number of failures it picks one of them.
        place = draw % self.calls.get(tool, 1)
        return said[place] if place < len(said) else None


def fault_model(recorded: Iterable[Exchange], specs: ToolSpecs) -> FaultModel:
    """Count failures over recorded calls."""
    said: dict[str, list[str]] = defaultdict(list)
    calls: dict[str, int] = defaultdict(int)
    for one in recorded:
        name = one.call.name
        calls[name] += 1
        if specs.of(name).failed(one.result):
            said[name].append(one.result)
    return FaultModel({name: tuple(texts) for name, texts in said.items()}, dict(calls))
