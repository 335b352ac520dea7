"""Who judges: the models that a team has named, in two tiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deploysim.chat.settings import ModelSettings
from deploysim.taxonomy import Tier


@dataclass(frozen=True, slots=True)
class Judge:
    """One model that judges."""

    name: str
    """What people call it."""
    settings: ModelSettings

    def identity(self) -> dict[str, Any]:
        """Return all of it that a verdict depends on."""
        return self.settings.identity()


@dataclass(frozen=True, slots=True)
class Judges:
    """The models of each tier; several in one tier are a panel that decides by majority."""

    cheap: tuple[Judge, ...] = ()
    strong: tuple[Judge, ...] = ()

    def of(self, tier: Tier) -> tuple[Judge, ...]:
        """Return who judges in a tier: where no strong judge is named, the cheap ones do."""
        return (self.strong or self.cheap) if tier == "strong" else self.cheap

    def everyone(self) -> tuple[Judge, ...]:
        """Return all judges, each once."""
        return tuple(dict.fromkeys((*self.cheap, *self.strong)))


NO_JUDGES = Judges()
