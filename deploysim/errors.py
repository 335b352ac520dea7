"""Every error that a user can meet.

Each says what happened, what was expected and what to do next; `app.py` and the command line show exactly that.

DeploysimError
├── ConfigError      a setting is missing or wrong
├── InputError       a file or an argument cannot be used
├── NotFoundError    the workspace has no such thing
├── BusyError        another process is at work on the same thing
├── ScrubError       personal data could not be removed, so nothing was kept
└── ModelError       a model endpoint cannot be used at all
"""

from __future__ import annotations


class DeploysimError(Exception):
    """Base of all errors that are shown to a user."""

    def __init__(self, happened: str, *, expected: str = "", next_step: str = "") -> None:
        self.happened = happened
        self.expected = expected
        self.next_step = next_step
        super().__init__(happened)

    def __str__(self) -> str:
        parts = [self.happened]
        if self.expected:
            parts.append(f"Expected: {self.expected}")
        if self.next_step:
            parts.append(f"Next: {self.next_step}")
        return "\n".join(parts)


class ConfigError(DeploysimError):
    """A setting is missing or wrong."""


class InputError(DeploysimError):
    """A file or an argument cannot be used."""


class NotFoundError(DeploysimError):
    """The workspace has no such thing."""


class BusyError(DeploysimError):
    """Another process is at work on the same thing."""


class ScrubError(DeploysimError):
    """Personal data could not be removed, so nothing was kept."""


class ModelError(DeploysimError):
    """A model endpoint cannot be used at all."""
