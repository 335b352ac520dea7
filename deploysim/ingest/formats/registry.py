"""The formats that can be told from a file's rows, most specific first."""

from __future__ import annotations

from difflib import get_close_matches

from deploysim.errors import InputError
from deploysim.ingest.formats import (
    api_log,
    chat,
    langfuse,
    langsmith,
    openai_batch,
    openai_exports,
    openai_responses,
    otel,
    sharegpt,
    table,
    trajectories,
    wildchat,
)
from deploysim.ingest.formats.base import Format

FORMATS: tuple[Format, ...] = (
    wildchat.FORMAT,
    sharegpt.FORMAT,
    openai_batch.INPUT,
    openai_batch.OUTPUT,
    openai_exports.STORED,
    openai_exports.EVALS,
    openai_responses.FORMAT,
    otel.FORMAT,
    langfuse.FORMAT,
    langsmith.FORMAT,
    trajectories.INSPECT,
    trajectories.TAU,
    trajectories.SWE,
    api_log.FORMAT,
    chat.ANTHROPIC,
    chat.OPENAI,
)


def format_list() -> str:
    """Name all formats with a few words each, for help and error messages."""
    known = [f"{found.name} ({found.about})" for found in FORMATS]
    return "; ".join([*known, f"{table.NAME} ({table.ABOUT})"])


def format_named(name: str) -> Format:
    """Return the format of this name; raises InputError that lists all where there is none."""
    for found in FORMATS:
        if found.name == name:
            return found
    if name == table.NAME:
        raise InputError(
            "The table format needs to know which columns to read.",
            expected="A column map.",
            next_step="Add --map, for example: --map user=prompt,assistant=response",
        )
    close = get_close_matches(name, [found.name for found in FORMATS], n=1)
    raise InputError(
        f"There is no format {name}." + (f" Did you mean {close[0]}?" if close else ""),
        expected=f"One of: {format_list()}.",
        next_step="Leave --format out to have the format detected.",
    )
