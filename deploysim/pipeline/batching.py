"""Replaying in batches, as a way of answering a run: what it needs of the workspace, and what it may not meet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from deploysim.chat.batching.job import BatchOptions
from deploysim.chat.pace import Pace
from deploysim.chat.parameters import RequestParameters
from deploysim.chat.settings import ModelSettings
from deploysim.chat.tally import RunTally
from deploysim.chat.width import Width
from deploysim.errors import ConfigError, InputError
from deploysim.replay.batching import BatchReplay, replay_in_batches
from deploysim.replay.engine import Task, Watcher, what_is_given
from deploysim.store.batches import BatchBook
from deploysim.store.given import has_given, read_given
from deploysim.store.journal import Journal
from deploysim.store.quarantine import quarantined
from deploysim.store.run_progress import cancel_requested
from deploysim.store.runs import RunRecord, run_folder
from deploysim.store.sample_prefixes import prefixes
from deploysim.store.samples import sample_path
from deploysim.store.tombstones import erased_keys
from deploysim.store.workspace import Workspace
from deploysim.types import Prefix
from deploysim.wording import counted


@dataclass(frozen=True, slots=True)
class BatchState:
    """What a run, or judging, has at a provider, for people."""

    open: int
    """Batches that are not in the journal yet."""
    requests: int
    """Requests in them."""
    done: int
    """Those of them that the provider has finished, as it last said."""
    remarks: tuple[str, ...]
    """What went otherwise than usual."""

    def words(self, *, collected_by: str = "the same command") -> str:
        """Return where the open batches are in one sentence; nothing where there are none."""
        if not self.open:
            return ""
        return (
            f"{counted(self.open, 'batch', 'batches')} at the provider, {self.done:,} of "
            f"{counted(self.requests, 'request')} done there; {collected_by} collects them"
        )


def batch_state(workspace: Workspace, run_id: str) -> BatchState:
    """Return what a run has at a provider."""
    return _state([BatchBook(run_folder(workspace, run_id))])


def judging_state(workspace: Workspace) -> BatchState:
    """Return what judging has at providers, whatever is judged."""
    return _state([BatchBook(path.parent) for path in sorted(workspace.judging.glob("*/*/*/batches.json"))])


def _state(books: Sequence[BatchBook]) -> BatchState:
    opened = [note for book in books for note in book.open]
    return BatchState(
        open=len(opened),
        requests=sum(note.requests for note in opened),
        done=sum(note.completed + note.failed for note in opened),
        remarks=tuple(remark for book in books for remark in book.remarks),
    )


def check_way(workspace: Workspace, run_id: str, settings: ModelSettings, *, batch: bool) -> None:
    """Check that a run can be answered the way that was asked for.

    Raises:
        ConfigError: where the embedded model would be asked in batches.
        InputError: where requests would be sent live that are in a batch already.
    """
    if batch and settings.base_url is None:
        raise ConfigError(
            "The embedded model has no Batch API.",
            expected="--batch with a model at an endpoint that takes files and batches, as OpenAI's does",
            next_step="leave --batch out: the embedded model answers as fast as this machine can",
        )
    opened = BatchBook(run_folder(workspace, run_id)).submitted
    if opened and not batch:
        raise InputError(
            f"This run has {counted(len(opened), 'batch', 'batches')} at the provider: sent live, they would be paid twice.",
            expected="the results of these batches first",
            next_step="run the same command with --batch, which collects them",
        )


def answer_in_batches(
    workspace: Workspace,
    record: RunRecord,
    settings: ModelSettings,
    options: BatchOptions,
    tasks: Callable[[], Iterable[Task]],
    journal: Journal,
    watcher: Watcher,
) -> RunTally:
    """Answer what is left to do in a run through the provider's Batch API.

    Raises:
        ModelError: where the endpoint cannot be used; what was answered is kept.
    """
    job = BatchReplay(
        run_id=record.run_id,
        folder=run_folder(workspace, record.run_id),
        tasks=tasks,
        prefixes=lambda: (sampled.prefix for sampled in prefixes(workspace, record.sample_id)),
        settings=settings,
        seed=record.seed,
        kept_out=erased_keys(workspace) | quarantined(workspace),
        options=options,
        parameters=_parameters(workspace, record.sample_id, settings),
    )
    # One caller, which waits: nothing of the provider's own width is known.
    pace = Pace(Width(1, start=1))

    def answer(job: BatchReplay, stop: Callable[[], bool]) -> RunTally:
        return replay_in_batches(
            job, journal, clock=watcher.clock, on_rows=lambda tally: watcher.on_rows(tally, pace), stop=stop
        )

    tally = answer(job, watcher.stop)
    if cancel_requested(workspace, record.run_id):
        answer(replace(job, options=replace(options, cancel=True)), lambda: False)
    return tally


def _parameters(
    workspace: Workspace, sample_id: str, settings: ModelSettings
) -> Callable[[Collection[str]], Mapping[str, RequestParameters]]:
    path = sample_path(workspace, sample_id)
    if not has_given(path):
        return lambda prefix_ids: {}

    def of(prefix_ids: Collection[str]) -> dict[str, RequestParameters]:
        by_prefix = {prefix_id: prefix_id.rpartition(":")[0] for prefix_id in prefix_ids}
        given = read_given(path, [set(by_prefix.values())])
        known = {p: given[c] for p, c in by_prefix.items() if c in given}
        return {
            p: what_is_given(settings, Prefix(p, by_prefix[p], (), one.tools, one.parameters))[1]
            for p, one in known.items()
        }

    return of
