"""What a replay says of itself while it runs: for the terminal, and in the run's folder for whoever looks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from deploysim.chat.pace import Pace
from deploysim.chat.tally import RunTally
from deploysim.chat.width import Width
from deploysim.pipeline.grading import Report
from deploysim.replay.todo import Todo
from deploysim.store.outcomes import CUT, failures
from deploysim.store.run_progress import RunProgress, write_progress
from deploysim.store.workspace import Workspace

EVERY_S = 1.0


@dataclass(slots=True)
class Watch:
    """Adds what this process has done to what was there before."""

    workspace: Workspace
    run_id: str
    title: str
    todo: Todo
    report: Report
    stopping: Callable[[], bool] = lambda: False
    """Whether the run was asked to stop: what is in flight still comes to its end."""
    notes: set[str] = field(default_factory=set)
    """What this process found that readers of the responses should know."""
    _models: Counter[str] = field(init=False)
    _written: float = 0.0
    _latest: tuple[RunTally, Pace] | None = None

    def __post_init__(self) -> None:
        self._models = Counter(self.todo.outcomes.by_model())

    def begin(self) -> None:
        """Say that a process is at work again: to start a model may take longer than a silence that means trouble."""
        self(RunTally(), Pace(Width(1, start=1)))

    def __call__(self, tally: RunTally, pace: Pace) -> None:
        """Take note of how far the run is."""
        self.notes |= tally.notes
        self._latest = (tally, pace)
        done = self.todo.settled.total() + tally.rows
        title = f"{self.title}, stopping: waiting for what is in flight" if self.stopping() else self.title
        self.report(title, done, self.todo.total)
        if time.time() - self._written < EVERY_S and done < self.todo.total:
            return
        self._write(tally, pace)

    def close(self) -> None:
        """Say how far the run came, however short ago it was last said."""
        if self._latest:
            self._write(*self._latest)

    def _write(self, tally: RunTally, pace: Pace) -> None:
        self._written = time.time()
        write_progress(self.workspace, self.run_id, self._progress(tally, pace))

    def _progress(self, tally: RunTally, pace: Pace) -> RunProgress:
        before, outcomes = self.todo.settled, self.todo.outcomes
        failed = Counter(failures(before)) + tally.failed_by_kind
        return RunProgress(
            done=before.total() + tally.rows,
            failed=failed.total(),
            total=self.todo.total,
            prompt_tokens=outcomes.prompt_tokens + tally.prompt_tokens,
            completion_tokens=outcomes.completion_tokens + tally.completion_tokens,
            seconds=tally.seconds,
            answered_now=tally.rows,
            updated=self._written,
            failed_by_kind=dict(failed.most_common()),
            cut=before[CUT] + tally.cut,
            lately_per_second=tally.per_second,
            latencies={str(percent): seconds for percent, seconds in tally.latencies().items()},
            width=pace.width.size,
            ceiling=pace.width.ceiling,
            waits_s=round(pace.waits_s, 1),
            retries=pace.retries,
            answered_by=dict((self._models + tally.answered_by).most_common()),
        )
