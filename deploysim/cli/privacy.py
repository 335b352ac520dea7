"""The command that asks a model to look for what scrubbing overlooked: second-opinion."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from deploysim.chat.settings import ModelSettings
from deploysim.cli.console import JsonOption, WorkspaceOption, context, meter, print_json, say
from deploysim.errors import ConfigError
from deploysim.pipeline.model_choice import choose_model
from deploysim.pipeline.second_opinion import ask_second_opinion
from deploysim.wording import counted


def second_opinion_command(
    model: Annotated[str, typer.Option(help="Model name at the endpoint.")] = "",
    messages: Annotated[int, typer.Option(min=1, help="How many messages of the spot-check's queue it reads.")] = 200,
    base_url: Annotated[str, typer.Option(help="OpenAI-compatible endpoint; by default as for `replay`.")] = "",
    in_flight: Annotated[int, typer.Option(min=1, help="Requests at the same time.")] = 8,
    override_privacy: Annotated[
        str, typer.Option(help="Why text may leave this machine above the leak limit; see `replay`.")
    ] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a model point at personal data that scrubbing may have overlooked; readers see it as a hint.

    Example: python -m deploysim second-opinion --model gpt-5-mini --messages 200
    """
    here = context(workspace)
    settings = _endpoint(choose_model(here.settings, model=model, base_url=base_url, temperature=0.0).settings)
    with meter(quiet=as_json) as show:
        found = ask_second_opinion(
            here.workspace,
            settings,
            messages=messages,
            now=here.now,
            limit=here.settings.leak_limit,
            override=override_privacy,
            in_flight=in_flight,
            report=show,
        )
    if as_json:
        print_json(asdict(found))
        return
    say(f"{counted(found.asked, 'message')} read by {settings.name}, which points at something in {found.hints:,}.")
    for reason, count in found.failed.items():
        say(f"  no opinion on {count:,}: {reason}")
    say("Hints stand in the text on the Privacy page. They are counted nowhere: people decide.")


def _endpoint(settings: ModelSettings) -> ModelSettings:
    if settings.base_url is None:
        raise ConfigError(
            "The embedded model is far too small to judge scrubbing.",
            expected="a capable model at an OpenAI-compatible endpoint",
            next_step="name it with --model and, where it is not OpenAI's, --base-url",
        )
    return settings
