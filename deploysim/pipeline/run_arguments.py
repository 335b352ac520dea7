"""The command that makes a run: the same command resumes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploysim.chat.settings import address
from deploysim.pipeline.replaying import RETRY
from deploysim.store.runs import RunRecord

KIND = {outcome: name for name, outcome in RETRY.items()}
"""Short name by the outcome that it stands for."""


def options(given: Mapping[str, object]) -> list[str]:
    """Return options as a command line takes them; those without a value are left out."""
    return [part for key, value in given.items() if value not in (None, "") for part in (key, str(value))]


def resume_arguments(run: RunRecord, *, retry: Sequence[str] = (), default_url: str | None = None) -> list[str]:
    """Return the arguments of the command that goes on with a run.

    Args:
        run: The run.
        retry: Outcomes that are asked for anew, such as "timed out".
        default_url: Where its model is asked when nothing is named, as `usual_endpoint` says.
    """
    settings = run.settings
    base_url, profile = settings.get("base_url"), settings.get("profile")
    # An address is kept without the password that it may carry, so one that need not be named is not.
    is_default = bool(profile) and base_url == (default_url and address(default_url))
    given = options(
        {
            "--sample": run.sample_id,
            "--lane": run.lane,
            "--model": profile or run.model,
            "--name": run.name,
            "--base-url": None if is_default else base_url,
            "--api": settings.get("api"),
            "--system-prompt": settings.get("system_prompt"),
            "--temperature": settings.get("temperature"),
            "--top-p": settings.get("top_p"),
            "--max-tokens": settings.get("max_tokens"),
            "--parameters": settings.get("parameters_from"),
            "--tools": "none" if settings.get("with_tools") is False else None,
            "--budget": settings.get("budget"),
            "--budget-tokens": settings.get("budget_tokens"),
            "--in-flight": settings.get("in_flight"),
            "--requests-per-minute": settings.get("requests_per_minute"),
            "--tokens-per-minute": settings.get("tokens_per_minute"),
            "--retries": settings.get("max_retries"),
            "--repeats": run.repeats if run.repeats > 1 else None,
            "--seed": run.seed,
            **settings.get("rollouts", {}),
        }
    )
    if settings.get("system_prompt") == "":
        given += ["--system-prompt", ""]
    if settings.get("batch"):
        given.append("--batch")
    return ["replay", *given, *(part for outcome in retry for part in ("--retry", KIND[outcome]))]
