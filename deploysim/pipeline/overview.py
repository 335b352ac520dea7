"""What is in a workspace, in sentences, and the step to take next."""

from __future__ import annotations

from dataclasses import dataclass

from deploysim.pipeline.spot_checking import facts
from deploysim.store.forecasts import list_forecasts
from deploysim.store.imports import ImportRecord, import_records
from deploysim.store.run_progress import read_progress, run_state
from deploysim.store.runs import ENDED, list_runs
from deploysim.store.samples import SampleAbout, list_samples
from deploysim.store.workspace import Workspace
from deploysim.wording import counted


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way, with what it has given so far."""

    name: str
    done: bool
    says: str


@dataclass(frozen=True, slots=True)
class Overview:
    """A workspace at a glance."""

    headline: str
    steps: tuple[Step, ...]
    next_label: str = ""
    next_step: str = ""
    """Name of the step that the label leads to."""
    next_command: str = ""


def overview(workspace: Workspace) -> Overview:
    """Return what the workspace holds and what to do next."""
    records, samples = import_records(workspace), list_samples(workspace)
    steps = (
        _imported(records, samples),
        _scrubbed(workspace, records, samples),
        _sampled(samples),
        _replayed(workspace),
        _forecast(workspace),
    )
    if not records and not samples:
        return Overview(
            "This workspace is empty. Import a log of conversations, or let the demo fill it.",
            steps,
            "Import a log",
            "Import",
            next_command="python -m deploysim import conversations.jsonl\npython -m deploysim demo",
        )
    # A sample that came as a file needs no import.
    missing = next((step for step in steps if not step.done and step.name in _NEXT), None)
    if missing is None:
        return Overview("There is a forecast to read.", steps, "Read the forecast", "Forecast")
    return Overview(_NEXT[missing.name][0], steps, _NEXT[missing.name][1], missing.name)


_NEXT = {
    "Sample": ("The conversations are in. Next: draw a sample of prefixes.", "Draw a sample"),
    "Replay": ("The sample is there. Next: let the old and the new model answer it.", "Start a replay"),
    "Forecast": ("The replays are there. Next: grade them and make the forecast.", "Make the forecast"),
}


def _imported(records: list[ImportRecord], samples: list[SampleAbout]) -> Step:
    kept = sum(r.conversations for r in records)
    left_out = sum(sum(r.excluded.values()) + r.rejected_rows for r in records)
    says = (
        f"{counted(kept, 'conversation')} from {counted(len(records), 'import')}, {left_out:,} left out with a reason."
    )
    nothing = "Nothing imported here; the samples came as files." if samples else "Nothing imported yet."
    return Step("Import", bool(records), says if records else nothing)


def _scrubbed(workspace: Workspace, records: list[ImportRecord], samples: list[SampleAbout]) -> Step:
    replaced = sum(sum(r.replaced.values()) for r in records)
    says = f"{counted(replaced, 'stretch', 'stretches')} of personal data replaced before anything was kept."
    if records:
        says += f" Spot-check: {facts(workspace).headline()}"
    nothing = (
        "Was done where the samples were drawn." if samples else "Happens while importing; nothing raw is ever kept."
    )
    return Step("Scrub", bool(records), says if records else nothing)


def _sampled(found: list[SampleAbout]) -> Step:
    if not found:
        return Step("Sample", False, "No sample drawn yet.")
    newest = found[0]
    says = f"{counted(len(found), 'sample')}; the newest holds {counted(newest.size, 'prefix', 'prefixes')} from {newest.window()}."
    return Step("Sample", True, says)


def _replayed(workspace: Workspace) -> Step:
    runs = list_runs(workspace)
    states = [run_state(r, read_progress(workspace, r.run_id)) for r in runs]
    done, running = states.count("done"), states.count("running")
    says = f"{counted(done, 'finished run')}" + (f", {running} running now." if running else ".")
    finished_candidate = any(r.lane == "candidate" and s in ENDED for r, s in zip(runs, states, strict=True))
    return Step("Replay", finished_candidate, says if runs else "No model has answered a sample yet.")


def _forecast(workspace: Workspace) -> Step:
    found = list_forecasts(workspace)
    says = f"{counted(len(found), 'forecast')} made." if found else "No forecast made yet."
    return Step("Forecast", bool(found), says)
