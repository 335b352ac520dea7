"""Options about agents' rollouts, which several commands share: who answers the tools, and within which limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploysim.cli.console import Context
from deploysim.errors import InputError
from deploysim.pipeline.model_choice import choose_model
from deploysim.pipeline.tool_worlds import SOURCES, RolloutOptions
from deploysim.replay.rollout import Limits
from deploysim.tools.snapshot import checked_repository
from deploysim.tools.spec import TOOLS

LIMITS = Limits()
SimulatorOption = Annotated[
    str, typer.Option(help="Model that plays tools where --tools names `simulator`; `local` is the embedded one.")
]
SimulatorUrlOption = Annotated[str, typer.Option(help="Its endpoint; OPENAI_BASE_URL by default.")]
RepositoryOption = Annotated[
    Path | None, typer.Option(help="Git repository for tools that --tools answers by `snapshot`.")
]
WithoutOption = Annotated[
    str,
    typer.Option(
        help=f"Sources that answer no tool in this run, with commas between them: {', '.join(SOURCES)}; "
        "database stands for the recorded calls that the simulator is shown."
    ),
]


def rollout_options(
    here: Context,
    *,
    file: Path | None,
    simulator: str,
    simulator_url: str,
    repository: Path | None,
    limits: Limits = LIMITS,
    without: str = "",
) -> RolloutOptions:
    """Return how rollouts go, as options of a command say it."""
    played = choose_model(here.settings, model=simulator, base_url=simulator_url).settings if simulator else None
    names = tuple(name.strip() for name in without.split(",") if name.strip())
    unknown = sorted({*names} - {*SOURCES})
    if unknown:
        raise InputError(
            f"--without names {', '.join(unknown)}.", expected=f"some of {', '.join(SOURCES)}", next_step="correct it"
        )
    return RolloutOptions(file or TOOLS, limits, played, checked_repository(repository), names)
