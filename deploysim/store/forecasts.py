"""Forecasts: canonical JSON, each named by its own SHA-256."""

from __future__ import annotations

from pathlib import Path

from deploysim.errors import NotFoundError
from deploysim.store.files import write_text
from deploysim.store.workspace import Workspace, checked_id


def save_forecast(workspace: Workspace, forecast_id: str, text: str) -> None:
    """Save a forecast's canonical JSON under its id; saving it again changes nothing."""
    target = workspace.forecasts / f"{forecast_id}.json"
    if not target.exists():
        write_text(target, text)


def forecast_file(workspace: Workspace, forecast_id: str) -> Path:
    """Return where a forecast is kept.

    Raises:
        NotFoundError: where the workspace has none of that id.
    """
    path = workspace.forecasts / f"{checked_id(forecast_id, kind='forecast')}.json"
    if not path.exists():
        raise NotFoundError(
            f"The workspace has no forecast {forecast_id[:12]}.",
            next_step="make one with `python -m deploysim forecast`, or open one from the Shifts page",
        )
    return path


def list_forecasts(workspace: Workspace) -> list[str]:
    """Return the ids of all forecasts."""
    return sorted(path.stem for path in workspace.forecasts.glob("*.json"))
