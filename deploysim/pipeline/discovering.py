"""The audit for behaviours that no category names: a candidate beside the baseline, or the log where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from deploysim import __version__
from deploysim.audit.discover import discover
from deploysim.audit.discoveries import DiscoverAudit, Opinion
from deploysim.audit.lexicon import FEWEST_CLUSTERS
from deploysim.audit.telling import MOST_PAIRS, compare, part
from deploysim.errors import InputError, NotFoundError
from deploysim.grade.grader import Grader
from deploysim.pipeline.asking_auditor import Auditor, ask_auditor
from deploysim.pipeline.audited_lanes import outcomes, pairs, side
from deploysim.pipeline.audits import SavedAudit, keep
from deploysim.pipeline.grading import Report, silent
from deploysim.pipeline.lanes import Lanes, joint_verdicts, with_outcomes
from deploysim.stats.planning import unseen_rate
from deploysim.store.samples import read_sample
from deploysim.store.workspace import Workspace

CERTAINTY = 0.95
LEVEL = 0.95
FEWEST_PAIRS = 30


def audit_discover(
    workspace: Workspace,
    lanes: Lanes,
    graders: Sequence[Grader],
    *,
    seed: int,
    now: datetime,
    auditor: Auditor | None = None,
    report: Report = silent,
) -> SavedAudit[DiscoverAudit]:
    """Find how the candidate's responses differ, beside what the graders in force already name, and keep the result.

    With an auditor a model reads some of the changed pairs and proposes categories.

    Raises:
        NotFoundError: where no candidate has answered the sample.
        InputError: where too few pairs differ, or where the auditor may not be asked.
        ModelError: where the auditor's endpoint refuses every call.
    """
    if lanes.candidate is None:
        raise NotFoundError(
            f"No candidate has answered sample {lanes.sample_id} yet.",
            expected="a run in the lane candidate that is done or was stopped",
            next_step=f"python -m deploysim replay --sample {lanes.sample_id} --lane candidate --model NAME",
        )
    both, left_out = pairs(
        outcomes(workspace, lanes.sample_id, lanes.baseline), outcomes(workspace, lanes.sample_id, lanes.candidate)
    )
    used = part(both, seed)
    changed = [pair for pair in used if pair.first != pair.second]
    if len(changed) < FEWEST_PAIRS:
        raise InputError(
            f"Only {len(changed):,} pairs of responses differ.",
            expected=f"at least {FEWEST_PAIRS} pairs that differ, or nothing can be said of what they share",
            next_step="replay more prefixes; the few that differ are on the Compare page",
        )
    sides = side(workspace, lanes.sample_id, lanes.baseline), side(workspace, lanes.sample_id, lanes.candidate)
    opinion: Opinion | None = None
    remarks: tuple[str, ...] = ()
    if auditor:
        opinion, remarks = ask_auditor(workspace, lanes.sample_id, changed, sides, auditor, seed=seed, report=report)
    report("comparing form and length", 0, 2)
    surface = compare(
        used,
        question="models" if lanes.baseline else "candidate",
        first=sides[0],
        second=sides[1],
        left_out=left_out,
        seed=seed,
        level=LEVEL,
    )
    report("grouping what changed", 1, 2)
    verdicts, graded = _changed_verdicts(workspace, lanes, graders)
    found = discover(changed, verdicts, seed=seed)
    report("grouping what changed", 2, 2)
    about = read_sample(workspace, lanes.sample_id)
    independent = len({pair.cluster for pair in used})
    audit = DiscoverAudit(
        sample_id=lanes.sample_id,
        unit=about.unit,
        created_at=now.isoformat(timespec="seconds"),
        software=f"deploysim {__version__}",
        seed=seed,
        level=LEVEL,
        surface=surface,
        changed=len(changed),
        terms=found.terms,
        fewest=FEWEST_CLUSTERS,
        chance_z=found.chance_z,
        groups=found.groups,
        explained=None if verdicts is None else sum(bool(verdicts.get(pair.prefix_id)) for pair in changed),
        graded=graded,
        unseen_rate=unseen_rate(independent, probability=CERTAINTY),
        unlisted_rate=unseen_rate(independent, times=FEWEST_CLUSTERS, probability=CERTAINTY),
        certainty=CERTAINTY,
        notes=(*_notes(lanes, len(both), graded), *remarks),
        auditor=opinion,
    )
    return keep(workspace, audit)


def _changed_verdicts(
    workspace: Workspace, lanes: Lanes, graders: Sequence[Grader]
) -> tuple[dict[str, list[str]] | None, int]:
    """Return by prefix the categories whose verdict changed, and how many categories were graded on both sides."""
    joint = with_outcomes(joint_verdicts(workspace, lanes, list(graders)), lanes.compared_with)
    graded = joint.filter(joint[lanes.compared_with].is_not_null() & joint["candidate"].is_not_null())
    if graded.is_empty():
        return None, 0
    moved = graded.filter(graded["outcome"].is_in(["regressed", "improved"]))
    found: dict[str, list[str]] = {}
    for prefix, category in moved.select("prefix_id", "category").iter_rows():
        found.setdefault(prefix, []).append(category)
    return found, graded["category"].n_unique()


def _notes(lanes: Lanes, count: int, graded: int) -> tuple[str, ...]:
    notes = []
    if lanes.baseline is None:
        notes.append(
            "Compared with the log, for want of a baseline: what replaying itself changes is in the differences too."
        )
    if not graded:
        notes.append(
            "Nothing is graded yet, so how much the categories explain is not known: python -m deploysim grade."
        )
    if count > MOST_PAIRS:
        notes.append(f"Of {count:,} pairs a seeded part of about {MOST_PAIRS:,} was used.")
    return tuple(notes)
