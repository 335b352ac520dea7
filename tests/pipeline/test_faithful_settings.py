"""Requests are what the log says: tools, decoding parameters, the run's own over them; what cannot be sent is counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from batch_server import Provider, echo, error
from makers import NOW, conversation, fill
from servers import Endpoint, Handler, Seen, answer, refuse

from deploysim.chat.batching.job import BatchOptions
from deploysim.chat.settings import ModelSettings
from deploysim.errors import ModelError
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.replaying import ReplayPlan, replay_sample
from deploysim.replay.engine import NO_SEED
from deploysim.sampling import SampleSpec
from deploysim.store.responses import responses
from deploysim.store.runs import RunRecord
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
CHOICE = {"type": "function", "function": {"name": "look_up"}}
LOGGED: dict[str, Any] = {
    "temperature": 0.25,
    "max_tokens": 64,
    "stop": ["END"],
    "seed": 5,
    "response_format": FORMAT,
    "tool_choice": CHOICE,
    "reasoning_effort": "low",
}
PARAMETERS = tuple((name, json.dumps(value)) for name, value in LOGGED.items())


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """Conversation 0 had tools and parameters, 1 had parameters alone, 2 had neither."""
    workspace = Workspace(tmp_path)
    given = [{"tools": (json.dumps(TOOL),), "parameters": PARAMETERS}, {"parameters": PARAMETERS}, {}]
    fill(workspace, [conversation(n, turns=1, **more) for n, more in enumerate(given)])
    draw(workspace, SampleSpec(seed=1), now=NOW)
    return workspace


def plan(workspace: Workspace, url: str, **settings: Any) -> ReplayPlan:
    sample_id = next(workspace.samples.glob("*.duckdb")).stem
    chosen = ModelSettings("x", "model-that-answered", url, max_retries=0, timeout_s=10, **settings)
    return ReplayPlan(sample_id, Lane.CANDIDATE, chosen)


def asked(endpoint: Endpoint, number: int) -> dict[str, Any]:
    """Return what was sent for a conversation beside model, messages and the run's own seed."""
    (found,) = [seen.body for seen in endpoint.requests if f"conversation {number}" in json.dumps(seen.body)]
    return {key: value for key, value in found.items() if key not in ("model", "messages", "seed", "input", "store")}


def rows(workspace: Workspace, run: RunRecord) -> dict[int, tuple[Any, str | None]]:
    """Return the parameters and what was dropped, by conversation."""
    found = responses(workspace, run.run_id).select("prefix_id", "parameters", "dropped").rows()
    return {int(key[:12], 16): (whole and json.loads(whole), dropped) for key, whole, dropped in found}


def test_a_conversation_s_own_tools_and_parameters_are_sent(here: Workspace) -> None:
    """With tools all of them; without, nothing about tools; the seed is always the run's; all of it is recorded."""
    with Endpoint() as endpoint:
        run = replay_sample(here, plan(here, endpoint.url), now=NOW)
        sent = [asked(endpoint, number) for number in range(3)]
        seeds = {seen.body["seed"] for seen in endpoint.requests}

    own = {key: value for key, value in LOGGED.items() if key != "seed"}
    plain = {key: value for key, value in own.items() if key != "tool_choice"}
    assert sent == [{**own, "tools": [TOOL]}, plain, {}]
    assert 5 not in seeds
    assert rows(here, run) == {0: (own, None), 1: (plain, None), 2: (None, None)}
    assert (run.dropped_parameters, run.notes) == ({}, ())


def test_the_run_s_own_parameters_win(here: Workspace) -> None:
    """What the run declares is sent for every conversation, and stands in its record and rows."""
    with Endpoint() as endpoint:
        run = replay_sample(here, plan(here, endpoint.url, temperature=1.0, max_tokens=9), now=NOW)
        sent = [asked(endpoint, number) for number in range(3)]

    assert [(one["temperature"], one["max_tokens"]) for one in sent] == [(1.0, 9)] * 3
    assert (run.settings["temperature"], rows(here, run)[1][0]["temperature"]) == (1.0, 1.0)


def test_logged_parameters_and_tools_can_be_left_out(here: Workspace) -> None:
    """That is another configuration: a run of its own that says so."""
    with Endpoint() as endpoint:
        faithful = plan(here, endpoint.url)
        bare = plan(here, endpoint.url, parameters_from="run", with_tools=False)
        run = replay_sample(here, bare, now=NOW)
        sent = [asked(endpoint, number) for number in range(3)]

    assert sent == [{}, {}, {}]
    assert faithful.run_id() != bare.run_id()
    assert (run.settings["parameters_from"], run.settings["with_tools"]) == ("run", False)
    assert "no logged parameters, no tools" in run.settings_line


def test_a_tool_call_is_a_response(here: Workspace) -> None:
    """It is kept as it came."""
    call = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"x": 1}'}}
    with Endpoint(otherwise=answer(None, finish="tool_calls", tool_calls=[call])) as endpoint:
        run = replay_sample(here, plan(here, endpoint.url), now=NOW)

    found = responses(here, run.run_id)
    assert found["status"].to_list() == ["ok"] * 3
    assert json.loads(found["tool_calls"][0]) == [{"id": "c1", "name": "look_up", "arguments": '{"x": 1}'}]


def test_what_the_responses_api_lacks_is_counted_and_not_sent(here: Workspace) -> None:
    """It has no stop words; everything else goes in its own shape."""
    bodies: list[dict[str, Any]] = []

    def answering(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        bodies.append(body)
        return echo(body)

    with Provider(answer=answering) as provider:
        chosen = replace(plan(here, provider.url, api="responses"), batch=BatchOptions(first_poll_s=0.02))
        run = replay_sample(here, chosen, now=NOW)

    (sent,) = [body for body in bodies if "tools" in body]
    assert sent["tools"] == [{"type": "function", "strict": False, **TOOL["function"]}]  # type: ignore[dict-item]
    assert sent["text"] == {"format": {"type": "json_schema", **FORMAT["json_schema"]}}  # type: ignore[dict-item]
    assert (sent["tool_choice"], sent["max_output_tokens"]) == ({"type": "function", "name": "look_up"}, 64)
    assert (sent["reasoning"], "stop" in sent) == ({"effort": "low"}, False)
    assert {number: dropped for number, (_, dropped) in rows(here, run).items()} == {0: "stop", 1: "stop", 2: None}
    assert run.dropped_parameters == {"stop": 2}
    assert any("stop (2)" in note for note in run.notes)


def refusing(name: str) -> Any:
    def reply(handler: Handler, seen: Seen) -> None:
        error = {"message": f"Unsupported parameter: {name}", "param": name, "code": "unsupported_parameter"}
        (refuse(400, error=error) if name in seen.body else answer())(handler, seen)

    return reply


@pytest.mark.parametrize("name", ["temperature", "reasoning_effort", "stop"])
def test_what_an_endpoint_refuses_of_the_log_is_dropped(here: Workspace, name: str) -> None:
    """Once refused it is not sent again, each response without it is counted, and nothing fails."""
    with Endpoint(otherwise=refusing(name)) as endpoint:
        run = replay_sample(here, replace(plan(here, endpoint.url), in_flight=1), now=NOW)
        refused = [seen for seen in endpoint.requests if name in seen.body]

    assert run.outcomes == {"answered": 3}
    assert len(refused) == 1
    assert run.dropped_parameters == {name: 2}
    assert name not in rows(here, run)[0][0]


def test_what_an_endpoint_refuses_of_the_run_ends_it(here: Workspace) -> None:
    """The run declared it: answers without it would be those of another configuration."""
    with Endpoint(otherwise=refusing("temperature")) as endpoint, pytest.raises(ModelError, match="temperature"):
        replay_sample(here, plan(here, endpoint.url, temperature=0.25), now=NOW)


def refusing_in_batches(*names: str) -> Any:
    def answerer(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        named = next((name for name in names if name in body), None)
        return error(400, param=named, code="unsupported_parameter") if named else echo(body)

    return answerer


def test_batches_leave_out_what_the_provider_refuses_of_the_log(here: Workspace) -> None:
    """More keys than a request has tries: each one that is learned of is left out, told in the rows, and asked for no more."""
    names = ("temperature", "reasoning_effort", "stop", "seed", "max_tokens")
    with Provider(answer=refusing_in_batches(*names)) as provider:
        ways = replace(plan(here, provider.url), batch=BatchOptions(first_poll_s=0.01))
        run = replay_sample(here, ways, now=NOW)

    assert run.outcomes == {"answered": 3}
    assert run.dropped_parameters == {"temperature": 2, "reasoning_effort": 2, "stop": 2, "max_tokens": 2}
    assert set(rows(here, run)[0][0]) == {"response_format", "tool_choice"}
    assert NO_SEED in run.notes


def test_batches_do_not_leave_out_what_is_refused_of_the_run(here: Workspace) -> None:
    """As in live mode: answers without it would be those of another configuration."""
    with Provider(answer=refusing_in_batches("temperature")) as provider:
        ways = replace(plan(here, provider.url, temperature=0.25), batch=BatchOptions(first_poll_s=0.01))
        with pytest.raises(ModelError, match="temperature"):
            replay_sample(here, ways, now=NOW)

    assert len(provider.batches) == 1
