"""A recogniser that a marked text kills in the way it names."""

from __future__ import annotations

import os
from typing import Any


class Crashing:
    """Stands in for a detector in native code that takes its process down."""

    def load(self) -> None:
        """Have nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object) -> list[Any]:
        """Find nothing."""
        if "kill the process" in text:
            os._exit(3)
        if "raise past the scrubber" in text:
            raise SystemExit(text)
        if "raise inside" in text:
            raise ZeroDivisionError(text)
        if "print a line" in text:
            print(text)
        return []
