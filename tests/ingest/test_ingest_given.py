"""Tools and decoding parameters as logs have them, in the chat API's shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploysim.ingest.given import read_parameters, read_tools
from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import ReadStats
from deploysim.types import RawConversation

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
BARE = {"name": "weather", "description": "Tells the weather.", "parameters": SCHEMA}
CHAT = {"type": "function", "function": BARE}
GIVEN = {"temperature": 0.25, "max_tokens": 64, "stop": ["END"]}
ASKED = [{"role": "user", "content": "How is it in Rome?"}]
SAID = {"role": "assistant", "content": "Sunny."}


@pytest.mark.parametrize(
    "listed",
    [
        {"tools": [CHAT]},
        {"tools": json.dumps([CHAT])},
        {"tools": [{"type": "function", **BARE}]},
        {"functions": [BARE]},
        {"tools": [{"name": "weather", "description": BARE["description"], "input_schema": SCHEMA}]},
        {"tools": [{"type": "custom", "name": "weather", "description": BARE["description"], "input_schema": SCHEMA}]},
        {"tool_definitions": [{"type": "function", **BARE}]},
    ],
)
def test_every_shape_of_a_tool_is_read_as_the_chat_apis(listed: dict[str, object]) -> None:
    """Chat completions, JSON text, Responses, legacy functions, Anthropic, traces."""
    stats = ReadStats()

    assert [json.loads(tool) for tool in read_tools(listed, stats)] == [CHAT]
    assert stats.tools_dropped == 0


@pytest.mark.parametrize("tool", [{"type": "web_search"}, {"type": "bash_20250124", "name": "bash"}, "x", {"name": 3}])
def test_a_tool_that_only_its_provider_runs_is_counted(tool: object) -> None:
    """It is not sent as something that it is not."""
    stats = ReadStats()

    assert read_tools({"tools": [tool, CHAT]}, stats) == (json.dumps(CHAT),)
    assert stats.tools_dropped == 1


@pytest.mark.parametrize(
    ("logged", "read"),
    [
        ({"temperature": 0.7, "top_p": 1}, {"temperature": 0.7, "top_p": 1}),
        ({"temperature": "0.7", "max_tokens": "100"}, {"temperature": 0.7, "max_tokens": 100}),
        ({"temperature": "hot", "top_p": None, "seed": 1.5, "max_tokens": 0}, {}),
        ({"temperature": True, "stop": 3, "parallel_tool_calls": "maybe"}, {}),
        ({"max_completion_tokens": 5, "max_tokens": 9}, {"max_tokens": 5}),
        ({"max_output_tokens": 7, "reasoning": {"effort": "low"}}, {"max_tokens": 7, "reasoning_effort": "low"}),
        ({"reasoning": {"effort": None, "summary": None}, "text": {"format": {"type": "text"}}}, {}),
        ({"stop_sequences": ["\n"], "stop": None}, {"stop": ["\n"]}),
        (
            {"stop": "END", "seed": 3, "parallel_tool_calls": False},
            {"seed": 3, "stop": "END", "parallel_tool_calls": False},
        ),
        (
            {"text": {"format": {"type": "json_schema", "name": "a", "schema": {}}}},
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}},
        ),
        ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
        ({"tool_choice": {"type": "any"}}, {"tool_choice": "required"}),
        (
            {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
            {"tool_choice": "auto", "parallel_tool_calls": False},
        ),
        (
            {"tool_choice": {"type": "tool", "name": "weather"}},
            {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
        ),
    ],
)
def test_parameters_are_read_by_the_chat_apis_names(logged: dict[str, Any], read: dict[str, Any]) -> None:
    """Other APIs' names are translated; what is of the wrong kind is no parameter."""
    found = read_parameters(logged, ReadStats())

    assert {name: json.loads(value) for name, value in found} == read


def otel(attributes: dict[str, Any]) -> dict[str, Any]:
    """An export with one span."""

    def typed(value: Any) -> dict[str, Any]:
        if isinstance(value, list):
            return {"arrayValue": {"values": [typed(one) for one in value]}}
        kinds = {str: "stringValue", int: "intValue", float: "doubleValue"}
        return {kinds[type(value)]: value}

    said = {"gen_ai.operation.name": "chat"}
    for name, message in (("input", ASKED[0]), ("output", SAID)):
        part = {"role": message["role"], "parts": [{"type": "text", "content": message["content"]}]}
        said[f"gen_ai.{name}.messages"] = json.dumps([part])
    listed = [{"key": key, "value": typed(value)} for key, value in {**said, **attributes}.items()]
    span = {"traceId": "a1", "spanId": "b1", "startTimeUnixNano": "1790000000000000000", "attributes": listed}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def rows() -> dict[str, dict[str, Any]]:
    """One row of each format with the same tool and parameters."""
    answer = {"choices": [{"message": SAID, "finish_reason": "stop"}], "model": "m"}
    responses = {"tools": [{"type": "function", **BARE}], "temperature": 0.25, "max_output_tokens": 64}
    output = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Sunny."}]}]
    anthropic = {"tools": [{"name": "weather", "description": BARE["description"], "input_schema": SCHEMA}]}
    span = {"id": "o1", "traceId": "t1", "type": "GENERATION", "startTime": "2026-09-01T10:00:00Z", "model": "m"}
    run = {"id": "r1", "trace_id": "t1", "run_type": "llm", "start_time": "2026-09-01T10:00:00"}
    return {
        "openai-chat": {"messages": [*ASKED, SAID], "tools": [CHAT], **GIVEN},
        "anthropic-chat": {
            "model": "claude-x",
            "system": "Be kind.",
            "messages": [*ASKED, SAID],
            **anthropic,
            "temperature": 0.25,
            "max_tokens": 64,
            "stop_sequences": ["END"],
        },
        "api-log": {"request": {"messages": ASKED, "tools": [CHAT], **GIVEN}, "response": answer},
        "openai-stored": {"object": "chat.completion", **answer, "messages": ASKED, "tools": [CHAT], **GIVEN},
        "openai-evals": {"item": {"x": 1}, "sample": {"input": ASKED, "tools": [CHAT], **GIVEN, "output": [SAID]}},
        "openai-responses": {
            "request": {"input": "How is it in Rome?", **responses, "stop": ["END"]},
            "response": {"id": "resp_1", "output": output, "temperature": 1.0},
        },
        "langfuse": {
            **span,
            "input": {"messages": ASKED, "tools": [CHAT]},
            "output": SAID,
            "modelParameters": {"temperature": "0.25", "max_tokens": "64", "stop": ["END"]},
        },
        "langsmith": {
            **run,
            "inputs": {"messages": ASKED},
            "outputs": SAID,
            "extra": {"invocation_params": {"tools": [CHAT], **GIVEN}},
        },
        "otel": otel(
            {
                "gen_ai.tool.definitions": json.dumps([{"type": "function", **BARE}]),
                "gen_ai.request.temperature": 0.25,
                "gen_ai.request.max_tokens": 64,
                "gen_ai.request.stop_sequences": ["END"],
            }
        ),
        "otel, one attribute a tool": otel(
            {"llm.tools.0.tool.json_schema": json.dumps(CHAT), "llm.invocation_parameters": json.dumps(GIVEN)}
        ),
        "otel, one attribute a field": otel(
            {
                **{
                    f"llm.request.functions.0.{key}": part if key != "parameters" else json.dumps(part)
                    for key, part in BARE.items()
                },
                "llm.invocation_parameters": json.dumps(GIVEN),
            }
        ),
        "tau-bench": {"task_id": 1, "trial": 0, "traj": [*ASKED, SAID], "info": {"tools": [CHAT], **GIVEN}},
        "swe-agent": {"trajectory": [], "history": [*ASKED, SAID], "config": {"tools": [CHAT], **GIVEN}},
        "inspect": {
            "id": 1,
            "epoch": 1,
            "output": {"model": "m"},
            "messages": [*ASKED, SAID],
            "events": [{"event": "model", "tools": [BARE], "config": {**GIVEN, "stop": None, "stop_seqs": ["END"]}}],
        },
    }


@pytest.mark.parametrize("name", rows())
def test_every_format_keeps_what_the_model_was_given(name: str, tmp_path: Path) -> None:
    """One tool, a temperature, a limit of length and a stop word, wherever the format has them."""
    file = tmp_path / "log.jsonl"
    file.write_text(json.dumps(rows()[name]) + "\n", encoding="utf-8")

    (found,) = read_conversations(file, format=name.split(",")[0])

    assert isinstance(found, RawConversation)
    assert [json.loads(tool) for tool in found.tools] == [CHAT]
    assert {key: json.loads(value) for key, value in found.parameters} == GIVEN


def test_wildchat_s_turns_have_a_temperature(tmp_path: Path) -> None:
    """The last turn that has one counts."""
    turns = [{**ASKED[0], "temperature": None}, {**SAID, "temperature": 0.5, "top_p": 1.0}]
    file = tmp_path / "log.jsonl"
    file.write_text(json.dumps({"conversation_hash": "a", "model": "m", "turn": 1, "conversation": turns}) + "\n")

    (found,) = read_conversations(file, format="wildchat")

    assert isinstance(found, RawConversation)
    assert found.parameters == (("temperature", "0.5"), ("top_p", "1.0"))
