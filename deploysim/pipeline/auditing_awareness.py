"""The awareness audit: phrase rules and a detector on every lane, judges where there are any, and rates without the aware."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from deploysim import __version__
from deploysim.audit.awareness import SIGNS, Aware, awareness_in_words, likeness, signs_of, threshold_for
from deploysim.audit.noticing import AwarenessAudit, CategoryRate, Judged, Noticing, Scrubbing, SignRate
from deploysim.audit.records import RECORDED, Share, Shown
from deploysim.audit.spreads import Outcome
from deploysim.config import ROOT
from deploysim.grade.grader import Grader, graders_of
from deploysim.pipeline.audited_lanes import outcomes, side
from deploysim.pipeline.audits import SavedAudit, keep
from deploysim.pipeline.grading import RULES_ONLY, JudgeUse, Report, grade_lanes, silent
from deploysim.pipeline.lanes import Lanes, joint_verdicts, lane_grades
from deploysim.pipeline.placeholders import with_placeholders
from deploysim.stats.clusters import Bools, Floats, cluster_codes
from deploysim.stats.rates import jeffreys_interval
from deploysim.stats.significance import paired_test
from deploysim.store.sample_prefixes import SampledPrefix, prefixes
from deploysim.store.samples import read_sample
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Lane, Verdict

MEASURES = ROOT / "data" / "awareness.yaml"
FALSE_POSITIVES = 0.05
LEVEL = 0.95
EXAMPLES = 8
EVAL_SET = "eval set"


@dataclass(frozen=True, slots=True)
class _Read:
    """A lane's responses with what was found in them, in one order."""

    label: str
    sample_id: str
    run_id: str | None
    outcomes: tuple[Outcome, ...]
    aware: tuple[Aware, ...]
    signs: Floats


def audit_awareness(
    workspace: Workspace,
    lanes: Lanes,
    graders: Sequence[Grader],
    *,
    eval_sample_id: str | None = None,
    seed: int,
    now: datetime,
    false_positive_rate: float = FALSE_POSITIVES,
    use: JudgeUse = RULES_ONLY,
    report: Report = silent,
) -> SavedAudit[AwarenessAudit]:
    """Measure awareness in every lane of a sample, and in a sample of an eval set where one is named; keep the result."""
    sampled = {one.prefix.prefix_id: one for one in prefixes(workspace, lanes.sample_id)}
    read = _lanes(workspace, lanes, sampled, report)
    calibrating = _half(read[0].outcomes, seed)
    ordinary = read[0].signs[calibrating]
    threshold = threshold_for(likeness(ordinary, ordinary), false_positive_rate=false_positive_rate)
    evals = _eval_set(workspace, eval_sample_id) if eval_sample_id else []
    judged = _judges(workspace, lanes, eval_sample_id, use, report)
    noticing = [
        _noticing(workspace, one, ordinary, threshold, ~calibrating if one is read[0] else None, judged)
        for one in (*read, *evals)
    ]
    aware = _aware_prefixes(read)
    about = read_sample(workspace, lanes.sample_id)
    audit = AwarenessAudit(
        sample_id=lanes.sample_id,
        eval_sample_id=eval_sample_id,
        unit=about.unit,
        created_at=now.isoformat(timespec="seconds"),
        software=f"deploysim {__version__}",
        seed=seed,
        level=LEVEL,
        lanes=tuple(noticing),
        false_positive_rate=false_positive_rate,
        calibrated_on=int(calibrating.sum()),
        threshold=threshold,
        signs=_sign_rates([*read, *evals], ordinary),
        scrubbing=_scrubbing(read[0], sampled, ordinary, threshold, ~calibrating, seed),
        prefixes=len(read[0].outcomes),
        aware=len(aware),
        rates=_rates(workspace, lanes, graders, aware),
        notes=_notes(lanes, eval_sample_id, use, len(aware)),
    )
    return keep(workspace, audit)


def _lanes(workspace: Workspace, lanes: Lanes, sampled: dict[str, SampledPrefix], report: Report) -> list[_Read]:
    runs: dict[str, str | None] = {RECORDED: None, **lanes.runs()}
    found = []
    for number, (label, run_id) in enumerate(runs.items()):
        report("reading lanes", number, len(runs))
        found.append(_read(workspace, label, lanes.sample_id, run_id, sampled))
    report("reading lanes", len(runs), len(runs))
    return found


def _eval_set(workspace: Workspace, sample_id: str) -> list[_Read]:
    sampled = {one.prefix.prefix_id: one for one in prefixes(workspace, sample_id)}
    return [_read(workspace, EVAL_SET, sample_id, None, sampled)]


def _read(
    workspace: Workspace, label: str, sample_id: str, run_id: str | None, sampled: dict[str, SampledPrefix]
) -> _Read:
    given = [o for o in outcomes(workspace, sample_id, run_id) if o.failure is None and o.prefix_id in sampled]
    messages = [sampled[o.prefix_id].prefix.messages for o in given]
    aware = tuple(awareness_in_words(o.text, m) for o, m in zip(given, messages, strict=True))
    signs = np.array([signs_of(m, o.text) for o, m in zip(given, messages, strict=True)]).reshape(-1, len(SIGNS))
    return _Read(label, sample_id, run_id, tuple(given), aware, signs)


def _half(found: Sequence[Outcome], seed: int) -> Bools:
    """Return which responses calibrate the detector: those of a half of the conversations or users, drawn by the seed."""

    def drawn(cluster: str) -> bytes:
        return hashlib.sha256(f"calibrate:{seed}:{cluster}".encode()).digest()

    clusters = sorted({one.cluster for one in found}, key=drawn)
    chosen = set(clusters[: (len(clusters) + 1) // 2])
    return np.array([one.cluster in chosen for one in found], dtype=bool)


def _noticing(
    workspace: Workspace,
    one: _Read,
    ordinary: Floats,
    threshold: float,
    held_out: Bools | None,
    judged: Sequence[Grader],
) -> Noticing:
    flagged = likeness(one.signs, ordinary) > threshold
    counted = flagged if held_out is None else flagged[held_out]
    shown = [
        Shown(
            o.prefix_id, "reasons about grading" if a.about_grading and not a.in_words else "says that it may be a test"
        )
        for o, a in zip(one.outcomes, one.aware, strict=True)
        if a
    ]
    n = len(one.outcomes)
    return Noticing(
        side=side(workspace, one.sample_id, one.run_id),
        label=one.label,
        in_words=_share(sum(bool(a.in_words) for a in one.aware), n),
        about_grading=_share(sum(bool(a.about_grading) for a in one.aware), n),
        test_like=_share(int(counted.sum()), int(counted.size)),
        judged=_judged(workspace, one, judged),
        examples=tuple(shown[:EXAMPLES]),
    )


def _judges(
    workspace: Workspace, lanes: Lanes, eval_sample_id: str | None, use: JudgeUse, report: Report
) -> tuple[Grader, ...]:
    """Let the configured judges grade the three measures, and return their graders; none where nobody judges."""
    if not use.judges.cheap:
        return ()
    graders = graders_of(load_taxonomy(MEASURES), use.judges)
    grade_lanes(workspace, lanes, graders, use=use, report=report)
    if eval_sample_id:
        grade_lanes(workspace, Lanes(eval_sample_id), graders, use=use, report=report)
    return graders


def _judged(workspace: Workspace, one: _Read, graders: Sequence[Grader]) -> tuple[Judged, ...]:
    if not graders:
        return ()
    grades = lane_grades(workspace, one.sample_id, one.run_id, list(graders))
    found = []
    for grader in graders:
        verdicts = grades.filter(pl.col("category") == grader.category)["verdict"].to_list()
        present, absent = verdicts.count(Verdict.PRESENT.value), verdicts.count(Verdict.ABSENT.value)
        found.append(Judged(grader.about.name, _share(present, present + absent)))
    return tuple(found)


def _sign_rates(read: Sequence[_Read], ordinary: Floats) -> tuple[SignRate, ...]:
    weights = likeness(np.eye(len(SIGNS)), ordinary)
    return tuple(
        SignRate(
            sign.name,
            sign.words,
            one.label,
            _share(int(one.signs[:, at].sum()), one.signs.shape[0]),
            float(weights[at]),
        )
        for at, sign in enumerate(SIGNS)
        for one in read
    )


def _scrubbing(
    one: _Read,
    sampled: dict[str, SampledPrefix],
    ordinary: Floats,
    threshold: float,
    held_out: Bools,
    seed: int,
) -> Scrubbing:
    """Compare the log as scrubbed with the same with placeholders, on conversations that did not calibrate the detector."""
    here = [outcome for outcome, kept in zip(one.outcomes, held_out, strict=True) if kept]
    signs = []
    for outcome in here:
        found = with_placeholders(sampled[outcome.prefix_id])
        signs.append(signs_of(found.messages, found.response))
    before = likeness(one.signs[held_out], ordinary) > threshold
    after = likeness(np.array(signs).reshape(-1, len(SIGNS)), ordinary) > threshold
    touched = sum(bool(sampled[outcome.prefix_id].spans) for outcome in here)
    clusters = cluster_codes([outcome.cluster for outcome in here])
    test = paired_test(before, after, weights=np.ones(len(here)), clusters=clusters, seed=seed) if here else None
    return Scrubbing(
        replaced=_share(touched, len(here)),
        surrogates=_share(int(before.sum()), len(here)),
        placeholders=_share(int(after.sum()), len(here)),
        p_value=test.p_value if test else None,
    )


def _aware_prefixes(read: Sequence[_Read]) -> frozenset[str]:
    return frozenset(o.prefix_id for one in read for o, a in zip(one.outcomes, one.aware, strict=True) if a)


def _rates(
    workspace: Workspace, lanes: Lanes, graders: Sequence[Grader], aware: frozenset[str]
) -> tuple[CategoryRate, ...]:
    """Return every graded category's rate per lane, on all prefixes and without those where a lane shows awareness."""
    joint = joint_verdicts(workspace, lanes, list(graders)).with_columns(aware=pl.col("prefix_id").is_in(list(aware)))
    names = {grader.category: grader.about.name for grader in graders}
    found = []
    for category, name in names.items():
        rows = joint.filter(pl.col("category") == category)
        for lane in (Lane.RECORDED.value, *lanes.runs()):
            everywhere, unaware = _rate(rows, lane), _rate(rows.filter(~pl.col("aware")), lane)
            if everywhere.n:
                found.append(CategoryRate(category, name, lane, everywhere, unaware))
    return tuple(found)


def _rate(rows: pl.DataFrame, lane: str) -> Share:
    verdicts = rows[lane].to_list()
    present, absent = verdicts.count(Verdict.PRESENT.value), verdicts.count(Verdict.ABSENT.value)
    return _share(present, present + absent)


def _share(count: int, n: int) -> Share:
    return Share(float(count), n, jeffreys_interval(count, n, level=LEVEL))


def _notes(lanes: Lanes, eval_sample_id: str | None, use: JudgeUse, aware: int) -> tuple[str, ...]:
    notes = ["Phrase rules read English only, and find only what is said: they are a lower bound."]
    if lanes.baseline is None:
        notes.append("There is no baseline lane: that a response was replaced at all may move the detector by itself.")
    if eval_sample_id is None:
        notes.append("No eval set to compare with: import one, draw a sample of it and name it with --eval-sample.")
    if not use.judges.cheap:
        notes.append("No judge is configured (DEPLOYSIM_JUDGE), so rules alone measured.")
    if not aware:
        notes.append("No response shows awareness, so the rates without aware prefixes are the rates themselves.")
    return tuple(notes)
