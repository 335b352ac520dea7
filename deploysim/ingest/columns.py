"""Which columns of a flat table hold what, as given on the command line: `user=prompt,assistant=response`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Self

from deploysim.errors import InputError
from deploysim.wording import counted

_SHOWN = 40
_NAME = re.compile(r"[^\W\d][\w.\-/()\[\]:]{0,39}(?: [\w.\-/()\[\]:]{1,20}){0,2}")
"""What a name of a column looks like: up to three short words of letters, digits and a few signs."""
_USUAL_NAMES = {
    "user": ("prompt", "question", "instruction", "input", "query", "user", "user_message"),
    "assistant": ("response", "answer", "output", "completion", "assistant", "assistant_message", "reply"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """Columns of a conversation: either `messages`, or `user` and `assistant`. Columns not named are not read."""

    messages: str | None = None
    """Column with a list of chat messages, or its JSON text."""
    user: str | None = None
    """Column with what the user wrote."""
    assistant: str | None = None
    """Column with the recorded response."""
    system: str | None = None
    id: str | None = None
    model: str | None = None
    time: str | None = None
    user_id: str | None = None
    """Column with the user's identifier."""
    language: str | None = None
    metadata: tuple[str, ...] = ()
    """Columns to keep as metadata."""

    def __post_init__(self) -> None:
        pair = (self.user, self.assistant)
        if self.messages and any(pair):
            raise _map_error("The map names messages as well as user or assistant.")
        if not self.messages and not all(pair):
            missing = " and ".join(name for name in ("user", "assistant") if not getattr(self, name))
            raise _map_error(f"The map does not say which column holds {missing}.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `user=prompt,assistant=response,id=prompt_id`; `metadata=` may be there several times."""
        pairs = _pairs(text, [item.name for item in fields(cls)])
        kept = tuple(column for name, column in pairs if name == "metadata")
        single = {name: column for name, column in pairs if name != "metadata"}
        return cls(metadata=kept, **single)

    def names(self) -> tuple[str, ...]:
        """Return all columns that the map names."""
        return _names(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseMap:
    """Columns of responses that were made elsewhere."""

    id: str
    """Column with the identifier that the conversation has in its own log."""
    response: str
    """Column with the text."""
    turn: str | None = None
    """Column with the number of the assistant turn, from 1; without it every response is to the last turn."""
    model: str | None = None
    finish_reason: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `id=prompt_id,response=response,turn=turn,model=model`."""
        found = dict(_pairs(text, [item.name for item in fields(cls)]))
        missing = [name for name in ("id", "response") if name not in found]
        if missing:
            raise InputError(
                f"The map does not say which column holds {' and '.join(missing)}.",
                expected="At least id and response.",
                next_step="For example: --map id=prompt_id,response=response",
            )
        return cls(**found)

    def names(self) -> tuple[str, ...]:
        """Return all columns that the map names."""
        return _names(self)


def check_columns(wanted: Iterable[str], present: Sequence[str], *, source: str, option: str) -> None:
    """Raise InputError, with the nearest and with all existing names, unless every wanted column is present."""
    missing = [name for name in wanted if name not in present]
    if not missing:
        return
    by_folded = {name.casefold(): name for name in present}
    close = get_close_matches(missing[0].casefold(), list(by_folded), n=1)
    hint = f" Did you mean {by_folded[close[0]]}?" if close else ""
    raise InputError(
        f"{source} has no column {missing[0]}.{hint}",
        expected=f"One of its columns: {listed(present)}.",
        next_step=f"Correct the name in {option}; upper and lower case count.",
    )


def listed(names: Sequence[str]) -> str:
    """List column names for a message, a limited number of them.

    Only those that look like names: the first line of a table without a header is data, and so may keys be.
    """
    shown = [name for name in names if _NAME.fullmatch(name)][:_SHOWN]
    more = len(names) - len(shown)
    if not shown:
        return f"{counted(more, 'column')} that look like data, not names"
    return ", ".join(shown) + (f" and {more} more" if more else "")


def suggested_map(present: Sequence[str]) -> str:
    """Propose a map from usual column names; an example where none of them is there."""
    chosen = {}
    for name, usual in _USUAL_NAMES.items():
        chosen[name] = next((column for column in present if column.casefold() in usual), None)
    if all(chosen.values()):
        return ",".join(f"{name}={column}" for name, column in chosen.items())
    return "user=<column of the prompt>,assistant=<column of the response>"


def _map_error(happened: str) -> InputError:
    return InputError(
        happened,
        expected="Either user and assistant, or messages alone.",
        next_step="For example: --map user=prompt,assistant=response,id=prompt_id,model=model",
    )


def _names(columns: ColumnMap | ResponseMap) -> tuple[str, ...]:
    values = [getattr(columns, item.name) for item in fields(columns)]
    return tuple(name for value in values for name in ((value,) if isinstance(value, str) else value or ()))


def _pairs(text: str, known: Sequence[str]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for item in text.split(","):
        name, _, column = (part.strip() for part in item.partition("="))
        if not name or not column:
            raise _pair_error("The map has a part that is not of the form name=column.", known)
        if name not in known:
            close = get_close_matches(name, known, n=1)
            raise _pair_error(f"The map does not know {name}." + (f" Did you mean {close[0]}?" if close else ""), known)
        if name != "metadata" and name in dict(pairs):
            raise _pair_error(f"The map names {name} twice.", known)
        pairs.append((name, column))
    return pairs


def _pair_error(happened: str, known: Sequence[str]) -> InputError:
    return InputError(
        happened,
        expected=f"Pairs of name=column, with commas between; the names are {', '.join(known)}.",
        next_step="Correct --map.",
    )
