"""A run that is answered in batches, from the shell and within a workspace: same run, same gate, same rows."""

from __future__ import annotations

import json
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from batch_server import Plan, Provider
from makers import NOW, write_log
from servers import refuse

from deploysim.__main__ import main
from deploysim.chat.batching.job import BatchOptions
from deploysim.chat.settings import ModelSettings
from deploysim.config import read_settings
from deploysim.errors import ConfigError, InputError, ModelError
from deploysim.pipeline.batching import batch_state
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.purging import erasure, purge
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.pipeline.replaying_elsewhere import hand_out
from deploysim.sampling import SampleSpec
from deploysim.store.responses import responses
from deploysim.store.run_progress import request_stop
from deploysim.store.runs import read_run, run_folder
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

QUICK = BatchOptions(first_poll_s=0.02, longest_poll_s=0.05)
LOOK = "GET /v1/batches/ID"


@pytest.fixture
def here(tmp_path: Path) -> tuple[Workspace, str]:
    """A workspace with a sample of six prefixes."""
    workspace = Workspace(tmp_path / "ws")
    import_file(workspace, write_log(tmp_path / "log.jsonl", 6), ImportOptions(), settings=read_settings({}), now=NOW)
    return workspace, draw(workspace, SampleSpec(unit="conversation", seed=1), now=NOW).sample_id


def plan(sample_id: str, base_url: str | None, **changes: Any) -> ReplayPlan:
    settings = ModelSettings("x", "a-model", base_url, temperature=0.5, max_retries=0)
    return replace(ReplayPlan(sample_id, Lane.CANDIDATE, settings, batch=QUICK), **changes)


def stop_when_submitted(here: Workspace, provider: Provider, one: ReplayPlan) -> None:
    """Ask a run to stop when its batch was looked at."""

    def ask() -> None:
        while provider.count(LOOK) < 2:
            time.sleep(0.005)
        request_stop(here, one.run_id())

    threading.Thread(target=ask, daemon=True).start()


def test_live_and_batch_are_the_same_run_with_the_same_responses(here: tuple[Workspace, str]) -> None:
    """The id, the fingerprint and the rows do not tell how a run was answered; its settings do."""
    workspace, sample_id = here
    with Provider() as provider:
        in_batches = plan(sample_id, provider.url)
        run = replay_sample(workspace, in_batches, now=NOW)
        rows = responses(workspace, run.run_id)
        live = replace(in_batches, batch=None)
        shutil.rmtree(run_folder(workspace, run.run_id))
        again = replay_sample(workspace, live, now=NOW)

    left_out = ("at", "latency_s")
    assert (run.status, run.settings["batch"]) == ("done", True)
    assert (run.run_id, run.fingerprint) == (again.run_id, again.fingerprint)
    assert "batch" not in again.settings
    assert rows.drop(left_out).equals(responses(workspace, run.run_id).drop(left_out))
    assert rows["latency_s"].to_list() == [None] * 6


def test_a_stopped_run_is_sealed_and_refuses_to_pay_twice(here: tuple[Workspace, str]) -> None:
    """While its batches are at the provider it goes on with --batch only, and says where they are."""
    workspace, sample_id = here
    with Provider(plans=[Plan(looks=10_000)]) as provider:
        one = plan(sample_id, provider.url)
        stop_when_submitted(workspace, provider, one)
        stopped = replay_sample(workspace, one, now=NOW)
        where = batch_state(workspace, one.run_id()).words()
        with pytest.raises(InputError, match="they would be paid twice"):
            replay_sample(workspace, replace(one, batch=None), now=NOW)
        with pytest.raises(InputError, match="they would be paid twice"):
            list(hand_out(workspace, replace(one, batch=None), now=NOW))
        for batch in provider.batches.values():
            batch.plan.looks = 0
        run = replay_sample(workspace, one, now=NOW)

    assert (stopped.status, run.status) == ("stopped", "done")
    assert where == "1 batch at the provider, 0 of 6 requests done there; the same command collects them"
    assert len(provider.batches) == 1
    assert batch_state(workspace, one.run_id()).words() == ""


def test_where_there_is_no_batch_api_it_goes_on_live(here: tuple[Workspace, str]) -> None:
    """As the error says: what never reached a provider is in nobody's batch."""
    workspace, sample_id = here
    with Provider(before={"POST /v1/files": [refuse(404)]}) as provider:
        one = plan(sample_id, provider.url)
        with pytest.raises(ModelError, match="has no Batch API"):
            replay_sample(workspace, one, now=NOW)
        run = replay_sample(workspace, replace(one, batch=None), now=NOW)

    assert (run.status, set(provider.billed.values())) == ("done", {1})


def test_what_is_erased_while_a_batch_runs_does_not_come_back(here: tuple[Workspace, str]) -> None:
    """A result for a conversation that was purged meanwhile is dropped; the run ends without it."""
    workspace, sample_id = here
    with Provider(plans=[Plan(looks=10_000)]) as provider:
        one = plan(sample_id, provider.url)
        stop_when_submitted(workspace, provider, one)
        replay_sample(workspace, one, now=NOW)
        gone = str(prefix_index(workspace, sample_id)["conversation_id"][0])
        purge(workspace, erasure([gone], (), (), b""), reason="asked for", now=NOW)
        for batch in provider.batches.values():
            batch.plan.looks = 0
        run = replay_sample(workspace, one, now=NOW)

    found = responses(workspace, run.run_id)
    assert (run.status, found.height) == ("done", 5)
    assert not any(prefix_id.startswith(gone) for prefix_id in found["prefix_id"])


def test_the_embedded_model_takes_no_batches(here: tuple[Workspace, str]) -> None:
    """It is said before a run is begun."""
    workspace, sample_id = here
    one = plan(sample_id, None)
    with pytest.raises(ConfigError, match="embedded model has no Batch API"):
        replay_sample(workspace, one, now=NOW)

    assert not run_folder(workspace, one.run_id()).exists()


def test_batches_pass_the_privacy_gate(here: tuple[Workspace, str]) -> None:
    """What may not go to another machine live may not go in a file either; a reason is recorded as for live."""
    workspace, sample_id = here
    one = plan(sample_id, "https://models.invalid/v1", leak_limit=0.01)
    with pytest.raises(InputError, match="does not allow sending conversations to another machine"):
        replay_sample(workspace, one, now=NOW)

    assert not (run_folder(workspace, one.run_id()) / "batches.json").exists()


def test_from_the_shell(here: tuple[Workspace, str], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """One command submits, waits and collects, and tells a program what became of the batches."""
    workspace, _ = here
    with Provider(plans=[Plan(status="expired", answered=4)]) as provider:
        options = ["--lane", "candidate", "--model", "a-model", "--base-url", provider.url, "--api", "responses"]
        where = ["--workspace", str(workspace.root), "--json"]
        monkeypatch.setattr("sys.argv", ["deploysim", "replay", *options, "--batch", *where])
        code = main()

    found = json.loads(capsys.readouterr().out)
    run = read_run(workspace, found["run_id"])
    assert (code, found["status"], found["responses"], found["failed"]) == (0, "done", 6, {})
    assert {k: v for k, v in found["batches"].items() if k != "remarks"} == {"open": 0, "requests": 0, "done": 0}
    assert found["batches"]["remarks"] == ["Batch batch_1 (expired, try 1): 2 requests that it did not answer"]
    assert (run.settings["api"], run.settings["batch"]) == ("responses", True)
    assert {b.shown["endpoint"] for b in provider.batches.values()} == {"/v1/responses"}


def test_stop_may_cancel_what_was_submitted(here: tuple[Workspace, str]) -> None:
    """Asked to stop and to cancel, the run ends with nothing left at the provider, and goes on when it is resumed."""
    workspace, sample_id = here
    with Provider(plans=[Plan(looks=10_000)]) as provider:
        one = plan(sample_id, provider.url)

        def ask() -> None:
            while provider.count(LOOK) < 2:
                time.sleep(0.005)
            request_stop(workspace, one.run_id(), cancel_batches=True)

        threading.Thread(target=ask, daemon=True).start()
        run = replay_sample(workspace, one, now=NOW)

        assert run.status == "stopped"
        assert batch_state(workspace, run.run_id).open == 0
        assert provider.count("POST /v1/batches/ID/cancel") == 1
        assert replay_sample(workspace, one, now=NOW).status == "done"
    assert set(provider.billed.values()) == {1}
