"""Batches of a run that is stopped and taken up again, and what stays where in between."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from batch_bench import CREATE, DELETE, LOOK, UPLOAD, Bench, all_ok, prefix
from batch_server import Plan, asked, echo, error
from servers import refuse

from deploysim.chat.batching.job import Limits
from deploysim.errors import ModelError


def test_a_request_to_stop_is_honoured_and_the_next_run_collects(bench: Bench) -> None:
    """While a batch is looked at the run can be stopped; what was submitted is not submitted again."""
    bench.provider.plans = [Plan(looks=30)]
    bench.run(stop=lambda: bench.provider.count(LOOK) >= 3)
    stopped = bench.provider.count(LOOK)
    bench.run()

    assert 3 <= stopped <= 4
    assert all_ok(10) == bench.outcomes()
    assert len(bench.provider.batches) == 1


@pytest.mark.parametrize("answered", [0, 3])
def test_cancelling_keeps_what_was_answered_and_sends_nothing(bench: Bench, answered: int) -> None:
    """Two batches at the provider are cancelled; the rest of the run is answered when it goes on, nothing twice."""
    bench.provider.plans = [Plan(looks=999, answered=answered), Plan(looks=999, answered=0)]
    bench.run(stop=lambda: bench.provider.count(LOOK) >= 3, options={"limits": Limits(requests=5)})
    bench.run(options={"limits": Limits(requests=5), "cancel": True})

    assert all_ok(10).items() >= bench.outcomes().items()
    assert len(bench.outcomes()) == answered
    assert bench.book.open == ()
    assert (bench.provider.count(CREATE), bench.provider.files) == (2, {})
    bench.run()
    assert all_ok(10) == bench.outcomes()
    assert {f"question {n}": 1 for n in range(10)} == bench.provider.billed


@pytest.mark.parametrize("at", range(1, 14))
def test_cancelling_at_any_step_leaves_nothing_open(bench: Bench, at: int) -> None:
    """Planned, uploaded, started or ended: nothing new is submitted, and nothing that was paid is lost."""
    bench.provider.plans = [Plan(looks=2)]
    asking = itertools.count()
    bench.run(stop=lambda: next(asking) >= at, options={"limits": Limits(requests=5)})
    before = bench.provider.count(CREATE)
    bench.run(options={"cancel": True})

    assert bench.book.open == ()
    assert before == bench.provider.count(CREATE)
    assert len(bench.outcomes()) == bench.provider.billed.total()


@pytest.mark.parametrize("at", range(14))
def test_a_run_that_stops_anywhere_is_taken_up(bench: Bench, at: int) -> None:
    """Stopped at the n-th question whether to stop, through expiry and splitting: the sum is right, nothing is run twice."""
    bench.provider.plans = [Plan(looks=2), Plan(status="expired", answered=2), Plan(looks=1)]
    asking = itertools.count()
    bench.run(stop=lambda: next(asking) >= at, options={"limits": Limits(requests=4)})
    bench.run(options={"limits": Limits(requests=4)})

    assert all_ok(10) == bench.outcomes()
    assert {f"question {n}": 1 for n in range(10)} == bench.provider.billed
    assert bench.provider.files == {}


def test_files_are_deleted_at_the_provider_or_kept_on_request(bench: Bench) -> None:
    """Inputs, outputs and errors go when the rows are here; a deletion that fails is said, and tried again next time."""
    bench.provider.answer = lambda body: error(400) if asked(body) == "question 1" else echo(body)
    bench.run(options={"delete_files": False})
    kept = len(bench.provider.files)
    bench.provider.before[DELETE] = [refuse(500)] * 3
    bench.run()
    remarks = bench.book.remarks
    bench.run()

    assert (kept, len(bench.provider.files)) == (3, 0)
    assert any(
        "could not be deleted at the provider (HTTP 500), delete them there: file-" in remark for remark in remarks
    )


def test_an_input_that_the_provider_deleted_is_uploaded_again(bench: Bench) -> None:
    """A run that is taken up weeks after its upload does not fail for the file that has expired."""
    bench.provider.before[CREATE] = [refuse(401)]
    with pytest.raises(ModelError):
        bench.run()
    bench.provider.files.clear()
    bench.run()

    assert all_ok(10) == bench.outcomes()
    assert bench.provider.count(UPLOAD) == 2


def test_what_was_erased_meanwhile_is_neither_sent_nor_taken(bench: Bench) -> None:
    """A conversation erased after its upload goes from the file; one erased after its batch began gets no row."""
    gone = frozenset({prefix(2).conversation_id})
    bench.provider.before[CREATE] = [refuse(401)]
    with pytest.raises(ModelError):
        bench.run()
    bench.run(kept_out=gone, stop=lambda: bench.provider.count(LOOK) >= 1)
    bench.run(kept_out=gone | {prefix(5).conversation_id})

    assert all_ok(10).keys() - {2, 5} == bench.outcomes().keys()
    assert "question 2" not in bench.provider.billed
    assert bench.provider.billed["question 5"] == 1


def test_no_conversation_text_is_left_in_the_runs_folder(bench: Bench) -> None:
    """Notes and lists hold ids; inputs have no name on the disk; only the journal of responses has words."""
    bench.provider.before[CREATE] = [refuse(401)]
    with pytest.raises(ModelError):
        bench.run()

    files = {path.relative_to(bench.folder).as_posix() for path in bench.folder.rglob("*") if path.is_file()}
    assert {"batches.json", "batches/00001.txt", "responses.jsonl", "responses.jsonl.lock"} == files
    assert not any(b"question" in (bench.folder / file).read_bytes() for file in files)


def test_two_workspaces_with_the_same_run_do_not_take_each_others_batches(bench: Bench, tmp_path: Path) -> None:
    """A colleague's run has the same id; its files and batches are told apart."""
    other = Bench(tmp_path / "other", bench.provider, bench.numbers)
    bench.provider.plans = [Plan(looks=50)]
    bench.run(stop=lambda: bench.provider.count(LOOK) >= 1)
    other.run()
    bench.run()

    assert all_ok(10) == bench.outcomes() == other.outcomes()
    assert len(bench.provider.batches) == 2


def test_old_runs_are_found_behind_many_batches(bench: Bench) -> None:
    """A batch whose creation was not written down is found although hundreds were made since, by others."""
    bench.provider.after[CREATE] = [refuse(401)]
    with pytest.raises(ModelError):
        bench.run()
    (ours,) = bench.provider.batches.values()
    for number in range(250):
        stranger = {**ours.shown, "id": f"other_{number}", "metadata": {}, "input_file_id": "file-other"}
        bench.provider.batches[f"other_{number}"] = replace(ours, shown=stranger)
    bench.run()

    assert all_ok(10) == bench.outcomes()
    assert {f"question {n}": 1 for n in range(10)} == bench.provider.billed
