"""Runs on disk: their state, progress and responses."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from makers import NOW

from deploysim.errors import NotFoundError
from deploysim.replay.engine import response_row
from deploysim.store.journal import Journal
from deploysim.store.outcomes import read_outcomes
from deploysim.store.responses import failures_by_reason, responses, responses_digest, seal_responses
from deploysim.store.run_progress import (
    RunProgress,
    clear_for_resume,
    read_progress,
    request_stop,
    run_state,
    stop_requested,
    write_progress,
)
from deploysim.store.runs import RunRecord, journal_path, list_runs, read_run, write_run
from deploysim.store.workspace import Workspace
from deploysim.types import Failure, FailureKind, Response

RUN = "a" * 12


def record(**changes: object) -> RunRecord:
    """Return a run's record."""
    values = {
        "run_id": RUN,
        "sample_id": "b" * 12,
        "lane": "candidate",
        "name": "new",
        "model": "m",
        "settings": {},
        "settings_line": "m",
        "fingerprint": "f",
        "seed": 0,
        "prefixes": 3,
        "created_at": NOW.isoformat(),
    }
    return RunRecord(**{**values, **changes})


def progress(updated: float) -> RunProgress:
    """Return a progress last heard of at a time."""
    return RunProgress(2, 1, 3, 10, 20, 4.0, 2, updated)


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """A workspace with one run that answered twice, once after failing."""
    workspace = Workspace(tmp_path)
    write_run(workspace, record())
    with Journal(journal_path(workspace, RUN)) as journal:
        journal.append([response_row("c:1", Failure(FailureKind.TIMED_OUT, "late"), at=NOW)])
        journal.append([response_row("c:1", Response("at last"), at=NOW), response_row("c:3", Response("yes"), at=NOW)])
    return workspace


def test_the_newest_row_of_a_prefix_counts(here: Workspace) -> None:
    """A retried failure is the response that came of it."""
    frame = responses(here, RUN)

    assert frame.select("prefix_id", "status", "text").rows() == [("c:1", "ok", "at last"), ("c:3", "ok", "yes")]
    assert failures_by_reason(frame) == {}


def test_sealed_responses_are_the_journal(here: Workspace) -> None:
    """Parquet holds what the journal held, and resuming lets the journal count again."""
    before = responses(here, RUN)
    seal_responses(here, RUN, read_outcomes(journal_path(here, RUN)))
    sealed = responses(here, RUN)

    assert sealed.equals(before)
    assert responses_digest(here, RUN) is not None
    clear_for_resume(here, RUN)
    assert responses_digest(here, RUN) is None
    assert responses(here, RUN).equals(sealed)


def test_failures_are_counted_by_reason() -> None:
    """Most frequent first."""
    rows = [response_row(f"c:{n}", Failure(FailureKind.RATE_LIMITED), at=NOW) for n in (1, 3)]
    rows += [response_row("c:5", Failure(FailureKind.MALFORMED), at=NOW), response_row("c:7", Response("x"), at=NOW)]

    counted = failures_by_reason(pl.DataFrame(rows, infer_schema_length=None))
    assert list(counted.items()) == [("rate limited", 2), ("malformed reply", 1)]


@pytest.mark.parametrize(
    ("status", "heard", "state"),
    [
        ("started", 100.0, "running"),
        ("started", 10.0, "interrupted"),
        ("started", None, "interrupted"),
        ("done", None, "done"),
        ("stopped", 100.0, "stopped"),
        ("failed", 100.0, "failed"),
    ],
)
def test_a_silent_run_is_interrupted(status: str, heard: float | None, state: str) -> None:
    """A run that started and is not heard of any more was killed."""
    known = progress(heard) if heard is not None else None

    assert run_state(record(status=status), known, now=105.0) == state


def test_progress_knows_rate_and_time_left(here: Workspace) -> None:
    """Two answers in four seconds, one to go."""
    write_progress(here, RUN, progress(1.0))
    read = read_progress(here, RUN)

    assert read == progress(1.0)
    assert read.per_second == 0.5
    assert read.seconds_left == 2.0


def test_a_stop_is_asked_for_and_taken_back(here: Workspace) -> None:
    """The running process sees the request; resuming clears it."""
    request_stop(here, RUN)
    assert stop_requested(here, RUN)

    clear_for_resume(here, RUN)
    assert not stop_requested(here, RUN)


def test_runs_are_listed_by_sample_and_named_when_missing(here: Workspace) -> None:
    """Another sample's runs are not shown; an unknown one is an error in words."""
    assert [r.run_id for r in list_runs(here, sample_id="b" * 12)] == [RUN]
    assert list_runs(here, sample_id="c" * 12) == []
    with pytest.raises(NotFoundError, match="no run"):
        read_run(here, "d" * 12)
