"""Options that many commands share, and what they mean where nobody names anything."""

from __future__ import annotations

from typing import Annotated

import typer

from deploysim.cli.console import Context
from deploysim.errors import NotFoundError
from deploysim.store.samples import list_samples
from deploysim.store.workspace import find_id

SampleOption = Annotated[str | None, typer.Option(help="Sample id or its first characters; the newest when left out.")]
OverrideOption = Annotated[
    str, typer.Option(help="Why conversations may go to a judge elsewhere above the leak limit; it is recorded.")
]
CandidateOption = Annotated[str | None, typer.Option(help="Run id of the candidate; its newest when left out.")]
BaselineOption = Annotated[
    str | None, typer.Option(help="Run id of the baseline; its newest when left out; - for none.")
]


def chosen_sample(here: Context, start: str | None) -> str:
    """Return the sample that an option names, the newest where it names none."""
    if start:
        return find_id(here.workspace.samples, start, kind="sample", suffix=".duckdb")
    found = list_samples(here.workspace)
    if not found:
        raise NotFoundError(
            "The workspace has no sample.",
            next_step="draw one from what was imported: `python -m deploysim sample --size 500`",
        )
    return found[0].sample_id
