"""What taking affordances away one after another does to realism and to rates."""

from __future__ import annotations

from dataclasses import dataclass

from deploysim.audit.records import Comparison, Share


@dataclass(frozen=True, slots=True)
class VariantRate:
    """A category's rate in one variant."""

    category: str
    name: str
    share: Share


@dataclass(frozen=True, slots=True)
class Variant:
    """A replay with some affordances taken away."""

    name: str
    """What is gone, in words; "nothing" for the whole replay."""
    sample_id: str
    run_id: str
    comparison: Comparison
    """Of the log and this replay."""
    rates: tuple[VariantRate, ...]
    sources: tuple[tuple[str, int], ...] = ()
    """Of agents: how many results of tools came from where."""
    endings: tuple[tuple[str, int], ...] = ()
    """Of agents: how many rollouts ended how."""

    @property
    def step(self) -> str:
        """What this variant lacks that the one before it has."""
        return self.name.rsplit(", ", 1)[-1]


@dataclass(frozen=True, slots=True)
class AblationAudit:
    """Replays of one model with ever fewer affordances."""

    sample_id: str
    unit: str
    created_at: str
    software: str
    seed: int
    level: float
    model: str
    lane: str
    variants: tuple[Variant, ...]
    notes: tuple[str, ...]
