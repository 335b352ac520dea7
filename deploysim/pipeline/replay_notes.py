"""What whoever reads the responses of a run should know of how they came about."""

from __future__ import annotations

from collections.abc import Mapping

from deploysim.store.outcomes import CUT, Outcomes
from deploysim.store.runs import RunRecord
from deploysim.store.trajectories import ending_counts, left_counts, source_counts
from deploysim.store.workspace import Workspace
from deploysim.wording import counted

CUT_OFF = (
    "It was cut off with calls in flight, so that slow answers may be missing from the last blocks before the first "
    "incomplete one: let it go on, or stop it once and wait, before much rests on it."
)


def facts(record: RunRecord, outcomes: Outcomes) -> tuple[str, ...]:
    """Return what a sealed run has to say of itself, given what its journal holds."""
    found = (_answered_by(record), _dropped(record), _stopped(record, outcomes), _cut_again(outcomes))
    return tuple(note for note in found if note)


def tool_facts(workspace: Workspace, run_id: str) -> tuple[str, ...]:
    """Return what a run with rollouts has to say of them: how they ended, and who answered the tools."""
    endings, sources = ending_counts(workspace, run_id), source_counts(workspace, run_id)
    if not endings:
        return ()
    left = left_counts(workspace, run_id)
    where = f" (at {', '.join(f'{tool} {count:,}' for tool, count in list(left.items())[:5])})" if left else ""
    ended = ", ".join(f"{ending} {count:,}" for ending, count in endings.items())
    return (f"Rollouts: {ended}{where}.", source_shares(sources))


def source_shares(sources: Mapping[str, int]) -> str:
    """Return in words which share of tool results came from where."""
    total = sum(sources.values())
    if not total:
        return "No tool was called."
    parts = ", ".join(f"{source} {count / total:.1%} ({count:,})" for source, count in sources.items())
    return f"{counted(total, 'tool result')}: {parts}."


def _answered_by(record: RunRecord) -> str:
    if set(record.answered_by) <= {record.model}:
        return ""
    names = ", ".join(f"{name} ({count:,})" for name, count in record.answered_by.items())
    return f"Asked was {record.model}; by its own account answered {names}."


def _dropped(record: RunRecord) -> str:
    if not record.dropped_parameters:
        return ""
    names = ", ".join(f"{name} ({count:,})" for name, count in record.dropped_parameters.items())
    return f"Not sent, because this endpoint does not take them as the log has them: {names}."


def _stopped(record: RunRecord, outcomes: Outcomes) -> str:
    if record.status != "stopped":
        return ""
    counts = outcomes.counting()
    waiting = len(outcomes) - counts
    said = f"It stopped early: {counts:,} of {record.prefixes * record.repeats:,} outcomes are in complete blocks and count."
    if not waiting:
        return said
    return f"{said} {counted(waiting, 'other', 'others')} of blocks that are not complete will count once it goes on."


def _cut_again(outcomes: Outcomes) -> str:
    again = outcomes.replaced.get(CUT, 0)
    if not again:
        return ""
    return (
        f"{counted(again, 'response', 'responses')} cut by length gave way to a new attempt, which favours responses "
        "that are short by chance."
    )
