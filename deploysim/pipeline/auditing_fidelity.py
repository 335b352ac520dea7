"""The fidelity audit: recorded, baseline and candidate responses told apart, pair by pair of lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from deploysim import __version__
from deploysim.audit.records import Comparison, FidelityAudit
from deploysim.audit.spreads import Outcome, counts, differences, spreads
from deploysim.audit.telling import MOST_PAIRS, compare
from deploysim.errors import NotFoundError
from deploysim.pipeline.audited_lanes import outcomes, pairs, repeats_of, side
from deploysim.pipeline.audits import SavedAudit, keep
from deploysim.pipeline.grading import RULES_ONLY, JudgeUse, Report, silent
from deploysim.pipeline.judging_realness import ask_which_is_original
from deploysim.pipeline.lanes import Lanes
from deploysim.stats.discrimination import FLIPS
from deploysim.store.samples import read_sample
from deploysim.store.workspace import Workspace
from deploysim.wording import counted

LEVEL = 0.95
JUDGE_PAIRS = 200
"""Pairs of each comparison that judges are asked about."""


def audit_fidelity(
    workspace: Workspace,
    lanes: Lanes,
    *,
    seed: int,
    now: datetime,
    flips: int = FLIPS,
    use: JudgeUse = RULES_ONLY,
    judge_pairs: int = JUDGE_PAIRS,
    report: Report = silent,
) -> SavedAudit[FidelityAudit]:
    """Tell the lanes of a sample apart by their surface, compare their distributions, and keep the result.

    Raises:
        NotFoundError: where no run has answered the sample.
    """
    if not lanes.runs():
        raise NotFoundError(
            f"No run has answered sample {lanes.sample_id} yet, so there is nothing to compare with the log.",
            expected="a run in the lane baseline or candidate that is done or was stopped",
            next_step=f"python -m deploysim replay --sample {lanes.sample_id} --lane baseline --model NAME",
        )
    wanted = _wanted(workspace, lanes)
    found = []
    for number, (question, first, second) in enumerate(wanted):
        report("telling lanes apart", number, len(wanted))
        answers = [outcomes(workspace, lanes.sample_id, run, repeat=repeat) for run, repeat in (first, second)]
        both, left_out = pairs(*answers)
        told = compare(
            both,
            question=question,
            first=side(workspace, lanes.sample_id, first[0], repeat=first[1]),
            second=side(workspace, lanes.sample_id, second[0], repeat=second[1]),
            left_out=left_out,
            seed=seed,
            level=LEVEL,
            flips=flips,
        )
        judges = ask_which_is_original(
            workspace,
            lanes.sample_id,
            both,
            (told.first, told.second),
            use,
            most=judge_pairs,
            seed=seed,
            level=LEVEL,
            report=report,
        )
        found.append(replace(told, judges=judges))
    report("telling lanes apart", len(wanted), len(wanted))
    by_lane = _by_lane(workspace, lanes)
    about = read_sample(workspace, lanes.sample_id)
    audit = FidelityAudit(
        sample_id=lanes.sample_id,
        unit=about.unit,
        created_at=now.isoformat(timespec="seconds"),
        software=f"deploysim {__version__}",
        seed=seed,
        level=LEVEL,
        comparisons=tuple(found),
        spreads=spreads(by_lane),
        counts=counts(by_lane, level=LEVEL),
        differences=differences(by_lane, seed=seed),
        notes=_notes(found, lanes, sum(one.cut for one in by_lane["recorded"])),
    )
    return keep(workspace, audit)


_Place = tuple[str | None, int]
"""Run id, or None for the log, and repeat."""


def _wanted(workspace: Workspace, lanes: Lanes) -> list[tuple[str, _Place, _Place]]:
    """Return what is compared with what, and which question that answers."""
    found: list[tuple[str, _Place, _Place]] = []
    if lanes.baseline:
        found.append(("fidelity", (None, 0), (lanes.baseline, 0)))
    if lanes.candidate:
        found.append(("candidate", (None, 0), (lanes.candidate, 0)))
    if lanes.baseline and lanes.candidate:
        found.append(("models", (lanes.baseline, 0), (lanes.candidate, 0)))
    for run_id in lanes.runs().values():
        if repeats_of(workspace, run_id) > 1:
            found.append(("control", (run_id, 0), (run_id, 1)))
    return found


def _by_lane(workspace: Workspace, lanes: Lanes) -> dict[str, Sequence[Outcome]]:
    runs = {"recorded": None, **lanes.runs()}
    return {str(lane): outcomes(workspace, lanes.sample_id, run) for lane, run in runs.items()}


def _notes(found: Sequence[Comparison], lanes: Lanes, cut: int) -> tuple[str, ...]:
    notes = []
    if lanes.baseline is None:
        notes.append(
            "There is no baseline lane. What tells the candidate from the log may be the new model, the replay, or both."
        )
    if not any(one.question == "control" for one in found):
        notes.append("No run has repeats, so there is no control of two samples of one model: replay with --repeats 2.")
    if any(one.pairs + one.left_out > MOST_PAIRS for one in found):
        notes.append(f"Of more than {MOST_PAIRS:,} pairs a seeded part was used.")
    if cut:
        notes.append(
            f"At {counted(cut, 'prefix', 'prefixes')} the log ends before the agent's answer: they count in the recorded "
            "lane's distributions, and are compared with nothing."
        )
    return tuple(notes)
