"""Sets of responses that are graded together: one a lane, and what of it each grader has not graded yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from deploysim.errors import NotFoundError
from deploysim.grade.grader import Grader
from deploysim.pipeline.lanes import Lanes, graded_name
from deploysim.store.grades import graded_rows, graded_set
from deploysim.store.imports import decode_tool_calls
from deploysim.store.responses import responses
from deploysim.store.sample_prefixes import SampledPrefix, get_prefixes, prefixes, recorded_responses
from deploysim.store.trajectories import read_trajectory
from deploysim.store.workspace import Workspace
from deploysim.tools.spec import ToolSpecs
from deploysim.tools.trajectory import recorded_trajectory
from deploysim.types import Lane, Prefix, Response, Trajectory

RECORDED = "recorded"
SO_FAR = "so-far"
"""In place of a digest, where a run still answers: what an answer is graded as does not change any more."""
Row = tuple[Prefix, int, Response]
_KEY = ["prefix_id", "repeat"]


@dataclass(frozen=True, slots=True)
class GradedSet:
    """The responses of one lane that have grades to come."""

    workspace: Workspace
    sample_id: str
    lane: Lane
    run: str
    """Run id, or "recorded"."""
    name: str
    """Under which its grades are kept."""
    answers: pl.DataFrame
    """Responses that some grader has not graded."""
    missing: dict[str, frozenset[tuple[str, int]]]
    """Grader's fingerprint -> prefix and repeat of what it has not graded; graders that are done are left out."""

    def rows(self, only: Collection[str] | None = None) -> Iterator[Row]:
        """Yield prefix, repeat and response of the answers, in the sample's order, a batch in memory at a time.

        Args:
            only: Prefixes that are wanted; all where None.
        """
        wanted = self.answers if only is None else self.answers.filter(pl.col("prefix_id").is_in(list(only)))
        by_prefix = wanted.partition_by("prefix_id", as_dict=True)
        if not by_prefix:
            return
        for sampled in self._sampled(only):
            found = by_prefix.get((sampled.prefix.prefix_id,))
            if found is not None:
                yield from _responses(sampled, found)

    def _sampled(self, only: Collection[str] | None) -> Iterable[SampledPrefix]:
        if only is None:
            return prefixes(self.workspace, self.sample_id)
        return get_prefixes(self.workspace, self.sample_id, list(only)).values()

    def lacks(self, grader: Grader, prefix: Prefix, repeat: int) -> bool:
        """Say whether a grader has not graded a response yet."""
        return (prefix.prefix_id, repeat) in self.missing.get(grader.fingerprint, frozenset())


def graded_sets(workspace: Workspace, lanes: Lanes, graders: Sequence[Grader]) -> list[GradedSet]:
    """Return the lanes in which something is left to grade.

    Raises:
        NotFoundError: where a run still answers.
    """
    runs = lanes.runs()
    found = [
        _set(workspace, lanes.sample_id, lane, runs.get(lane), graders)
        for lane in Lane
        if lane is Lane.RECORDED or lane in runs
    ]
    return [one for one in found if one.missing]


def _set(workspace: Workspace, sample_id: str, lane: Lane, run_id: str | None, graders: Sequence[Grader]) -> GradedSet:
    name = graded_name(workspace, sample_id, run_id)
    if name is None:
        raise NotFoundError(
            f"Run {run_id} still has prefixes to answer.",
            expected="runs that are done or were stopped",
            next_step="wait for it, stop it, or resume it with the same `replay` command",
        )
    answers = _answers(workspace, sample_id, run_id)
    missing = _missing(workspace, name, answers, graders)
    wanted = pl.DataFrame(sorted(set().union(*missing.values())), schema=dict.fromkeys(_KEY), orient="row")
    wanted = wanted.cast({"prefix_id": pl.String, "repeat": pl.Int32})
    left = answers.join(wanted, on=_KEY, how="semi")
    return GradedSet(workspace, sample_id, lane, run_id or RECORDED, name, left, missing)


def answered_so_far(
    workspace: Workspace, sample_id: str, lane: Lane, run_id: str, prefix_ids: Sequence[str], graders: Sequence[Grader]
) -> GradedSet:
    """Return the first answers of a run that may still go on, to some prefixes."""
    name = graded_set(run_id, SO_FAR)
    first = pl.col("prefix_id").is_in(list(prefix_ids)) & (pl.col("repeat") == 0)
    answers = _answers(workspace, sample_id, run_id).filter(first)
    return GradedSet(workspace, sample_id, lane, run_id, name, answers, _missing(workspace, name, answers, graders))


def _missing(
    workspace: Workspace, name: str, answers: pl.DataFrame, graders: Sequence[Grader]
) -> dict[str, frozenset[tuple[str, int]]]:
    """Return what is not graded: a conversation that was withheld is missing once it is released."""
    done = graded_rows(workspace, name, [grader.fingerprint for grader in graders])
    by_grader = {str(key[0]): rows for key, rows in done.partition_by("grader", as_dict=True).items()}
    wanted = answers.select(_KEY)
    left = {
        grader.fingerprint: wanted.join(rows, on=_KEY, how="anti")
        if (rows := by_grader.get(grader.fingerprint)) is not None
        else wanted
        for grader in graders
    }
    return {grader: frozenset(rows.iter_rows()) for grader, rows in left.items() if rows.height}


def _answers(workspace: Workspace, sample_id: str, run_id: str | None) -> pl.DataFrame:
    """Return the responses to grade: failures are no responses."""
    if run_id is None:
        return recorded_responses(workspace, sample_id).with_columns(repeat=pl.lit(0, dtype=pl.Int32))
    return responses(workspace, run_id).filter(pl.col("status") == "ok")


def _responses(sampled: SampledPrefix, rows: pl.DataFrame) -> Iterator[Row]:
    for row in rows.iter_rows(named=True):
        response = Response(
            text=row["text"] or "",
            tool_calls=decode_tool_calls(row["tool_calls"]),
            finish_reason=row["finish_reason"],
            trajectory=_trajectory(sampled.prefix, row),
        )
        yield sampled.prefix, row["repeat"], response


def _trajectory(prefix: Prefix, row: dict[str, Any]) -> Trajectory | None:
    """Return what a run did after a prefix, or what the log holds where the row is not of a run."""
    if not prefix.followed_by:
        return None
    return read_trajectory(row) if "steps" in row else recorded_trajectory(prefix.followed_by, ToolSpecs())
