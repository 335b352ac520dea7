"""The command that makes a run: the same command resumes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploysim.pipeline.replaying import RETRY
from deploysim.store.runs import RunRecord

KIND = {outcome: name for name, outcome in RETRY.items()}
"""Short name by the outcome that it stands for."""


def options(given: Mapping[str, object]) -> list[str]:
    """Return options as a command line takes them; those without a value are left out."""
    return [part for key, value in given.items() if value not in (None, "") for part in (key, str(value))]


def resume_arguments(run: RunRecord, *, retry: Sequence[str] = (), batch: bool | None = None) -> list[str]:
    """Return the arguments of the command that goes on with a run.

    Args:
        run: The run.
        retry: Outcomes that are asked for anew, such as "timed out".
        batch: Whether it goes through the provider's Batch API; as it did before where None.
    """
    settings = run.settings
    given = options(
        {
            "--sample": run.sample_id,
            "--lane": run.lane,
            "--model": run.model,
            "--name": run.name,
            "--base-url": settings.get("base_url"),
            "--api": settings.get("api"),
            "--system-prompt": settings.get("system_prompt"),
            "--temperature": settings.get("temperature"),
            "--top-p": settings.get("top_p"),
            "--max-tokens": settings.get("max_tokens"),
            "--in-flight": settings.get("in_flight"),
            "--requests-per-minute": settings.get("requests_per_minute"),
            "--tokens-per-minute": settings.get("tokens_per_minute"),
            "--retries": settings.get("max_retries"),
            "--repeats": run.repeats if run.repeats > 1 else None,
            "--seed": run.seed,
        }
    )
    if settings.get("system_prompt") == "":
        given += ["--system-prompt", ""]
    if settings.get("batch") if batch is None else batch:
        given.append("--batch")
    return ["replay", *given, *(part for outcome in retry for part in ("--retry", KIND[outcome]))]
