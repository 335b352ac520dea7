"""Messages in the shapes that tracing tools and gateways log, and pages of their APIs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploysim.ingest.detect import detect
from deploysim.ingest.logged_messages import reply_message, sent_messages
from deploysim.ingest.read import read_conversations
from deploysim.ingest.records import Outcome, ReadStats
from deploysim.types import RawConversation

WriteRows = Callable[..., Path]
ASK = {"role": "user", "content": "hi"}
ANSWER = {"role": "assistant", "content": "yes"}
LOOK = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
THOUGHT = {"type": "reasoning", "summary": []}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "yes"}]}


@pytest.mark.parametrize(
    ("logged", "sent"),
    [
        ("hi", [("user", "hi")]),
        ({"messages": [{"role": "user", "content": "hi"}]}, [("user", "hi")]),
        (
            {"system": "be kind", "messages": [{"role": "user", "content": "hi"}]},
            [("system", "be kind"), ("user", "hi")],
        ),
        ([["human", "hi"]], [("user", "hi")]),
        ([[{"type": "human", "data": {"content": "hi"}}]], [("user", "hi")]),
        ({"question": "hi"}, [("user", "hi")]),
        ('[{"role": "user", "content": "hi"}]', [("user", "hi")]),
        ([{"role": "user", "content": "hi"}, {"nonsense": 1}], []),
        ({"k": 3}, []),
        (None, []),
        ("  ", []),
        ([{"role": "user", "content": "hi"}, LOOK], [("user", "hi"), ("assistant", "")]),
    ],
)
def test_inputs_are_read_in_the_shapes_that_people_log(logged: object, sent: list[tuple[str, str]]) -> None:
    """Lists of messages, what wraps them, LangChain's serialisations and plain text."""
    assert [(m["role"], m["content"]) for m in sent_messages(logged)] == sent


@pytest.mark.parametrize(
    ("logged", "text"),
    [
        ("yes", "yes"),
        ({"choices": [{"message": {"role": "assistant", "content": "yes"}}]}, "yes"),
        ({"generations": [[{"text": "yes"}]]}, "yes"),
        ({"output": "yes"}, "yes"),
        ({"messages": [{"role": "user", "content": "?"}, {"type": "ai", "content": "yes"}]}, "yes"),
        ({"messages": [{"role": "user", "content": "?"}]}, None),
        ({"output": [THOUGHT, SAID]}, [{"type": "output_text", "text": "yes"}]),
        ([THOUGHT, LOOK], ""),
        ({"tokens": 3}, None),
        ([], None),
        (None, None),
    ],
)
def test_outputs_are_read_in_the_shapes_that_people_log(logged: object, text: object) -> None:
    """The assistant's message, wherever it stands."""
    found = reply_message(logged)
    assert (found["content"] if found else None) == text


def outcomes(path: Path, stats: ReadStats | None = None) -> list[Outcome]:
    """Read a file with its format detected."""
    return list(read_conversations(path, stats=stats))


def told(outcome: Outcome) -> tuple[str | None, str]:
    """Return an outcome's identifier and roles, or why it is left out."""
    if isinstance(outcome, RawConversation):
        return outcome.source_id, "".join(message.role[0] for message in outcome.messages)
    return None, str(outcome.reason)


def test_what_a_langchain_message_says_twice_counts_once() -> None:
    """Providers' blocks repeat the calls; text and calls stay, and the blocks go."""
    blocks = [{"type": "text", "text": "a"}, {"type": "tool_use", "id": "c1", "name": "look", "input": {}}]
    logged = {"type": "ai", "content": blocks, "tool_calls": [{"name": "look", "args": {}, "id": "c1"}]}
    alone = {"type": "ai", "content": blocks, "tool_calls": []}

    (message,) = sent_messages([logged])
    assert message["content"] == blocks[:1]
    assert [call["id"] for call in message["tool_calls"]] == ["c1"]  # type: ignore[attr-defined]
    assert sent_messages([alone])[0]["content"] == blocks


TRACE = {"id": "t1", "sessionId": "s1", "input": "hi", "output": "yes"}
RUN = {"id": "r1", "run_type": "llm", "inputs": {"messages": [ASK]}, "outputs": {"choices": [{"message": ANSWER}]}}
STORED = {"id": "c1", "object": "chat.completion", "messages": [ASK], "choices": [{"message": ANSWER}]}
ITEM = {"id": "o1", "object": "eval.run.output_item", "item": {"input": "hi"}, "sample": {"output_text": "yes"}}


@pytest.mark.parametrize(
    ("page", "format"),
    [
        ({"data": [TRACE, {**TRACE, "id": "t2", "sessionId": "s2"}], "meta": {"page": 1}}, "langfuse"),
        ({"runs": [RUN, {**RUN, "id": "r2"}], "cursors": {"next": None}}, "langsmith"),
        ({"object": "list", "data": [STORED, {**STORED, "id": "c2"}], "has_more": False}, "openai-stored"),
        ({"object": "list", "data": [ITEM, {**ITEM, "id": "o2"}], "first_id": "o1"}, "openai-evals"),
    ],
)
def test_a_page_of_an_api_is_its_records(write_rows: WriteRows, page: dict[str, Any], format: str) -> None:
    """Pages saved as they came, one a line or one for the file, and each record has a row number of its own."""
    path = write_rows(page, page)
    found = [one for one in outcomes(path) if isinstance(one, RawConversation)]
    expected = 2 if format == "langfuse" else 4
    whole = write_rows(page, name="page.json")

    assert (detect(path).format, detect(whole).format) == (format, format)
    assert len({one.row for one in found}) == len(found) == expected
    assert len(outcomes(whole)) == 2


@pytest.mark.parametrize(
    "row", [{"messages": [ASK, ANSWER], "data": [{"a": 1}]}, {"messages": [ASK, ANSWER], "runs": "three"}]
)
def test_a_row_that_only_has_such_a_key_is_no_page(write_rows: WriteRows, row: dict[str, Any]) -> None:
    """A conversation with a list of something beside it stays one, under its line's number."""
    path = write_rows({"messages": [ASK, ANSWER]}, row)
    assert [one.row for one in outcomes(path)] == [1, 2]


def test_the_items_of_one_conversation_are_no_page(write_rows: WriteRows) -> None:
    """They come as a list, too, and stay together."""
    items = [{"type": "message", **ASK}, SAID]
    assert [told(o) for o in outcomes(write_rows({"object": "list", "data": items}))] == [("row 1", "ua")]


def test_what_langfuse_downloads_for_one_trace_is_read(write_rows: WriteRows) -> None:
    """The trace and its observations stand side by side."""
    generation = {"id": "o1", "type": "GENERATION", "input": [ASK], "output": ANSWER, "model": "m"}
    row = {"trace": {"id": "t1", "projectId": "p1", "sessionId": None}, "observations": [generation]}
    path = write_rows(row, name="trace.json")

    assert detect(path).format == "langfuse"
    assert [told(o) for o in outcomes(path)] == [("t1", "ua")]


@pytest.mark.parametrize(("sent", "back"), [("request_body", "response_body"), ("input", "output")])
def test_calls_as_gateways_log_them_are_read(write_rows: WriteRows, sent: str, back: str) -> None:
    """Other names for the request and the response."""
    row = {sent: {"model": "m", "messages": [ASK]}, back: {"id": "c1", "choices": [{"message": ANSWER}]}}
    assert detect(write_rows(row)).format == "api-log"
    assert [told(o) for o in outcomes(write_rows(row))] == [("c1", "ua")]


def logged_response(number: int, text: str, **request: Any) -> dict[str, Any]:
    """Return a request to the Responses API with what came back."""
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": f"answer {number}"}]}
    return {"request": {"input": text, **request}, "response": {"id": f"resp_{number}", "output": [said]}}


def test_turns_of_a_stored_conversation_are_joined(write_rows: WriteRows) -> None:
    """Each request holds its new turn alone, and names the conversation as text or as an object."""
    rows = [
        logged_response(1, "one", conversation="conv_1"),
        logged_response(2, "other", conversation="conv_2"),
        logged_response(3, "two", conversation={"id": "conv_1"}),
    ]
    found = outcomes(write_rows(*rows))
    assert [told(o) for o in found] == [("resp_1", "uaua"), ("resp_2", "ua")]


def test_only_the_last_responses_are_remembered(write_rows: WriteRows, monkeypatch: pytest.MonkeyPatch) -> None:
    """What continues one that is too far above is excluded, and not taken for a conversation of its own."""
    monkeypatch.setattr("deploysim.ingest.formats.openai_responses.MAX_JOINED_BYTES", 1_500)
    rows = [logged_response(n, "x" * 300) for n in range(5)]
    late = [logged_response(9, "late", previous_response_id=f"resp_{n}") for n in (0, 4)]
    reasons = [told(o)[1] for o in outcomes(write_rows(*rows, *late))]
    assert sorted(reasons) == ["a user message is missing from the log", "ua", "ua", "ua", "ua", "uaua"]


@pytest.mark.parametrize(
    ("error", "kept"), [(None, 1), ({"code": "", "message": ""}, 1), ({"code": "rate_limit", "message": "later"}, 0)]
)
def test_an_empty_error_of_an_evaluation_is_none(write_rows: WriteRows, error: object, kept: int) -> None:
    """Some exports write that there was no error as an object with nothing in it."""
    row = {"item": {"input": "hi"}, "sample": {"output_text": "yes", "error": error}}
    assert sum(isinstance(o, RawConversation) for o in outcomes(write_rows(row))) == kept


def test_the_thoughts_of_an_agent_are_dropped_and_its_results_linked(write_rows: WriteRows) -> None:
    """SWE-agent keeps thinking beside the text, and names the calls that a result answers in a list."""
    call = {"id": "call_7", "type": "function", "function": {"name": "bash", "arguments": "{}"}}
    history = [
        {"role": "user", "content": [{"type": "text", "text": "fix it"}], "message_type": "observation"},
        {"role": "assistant", "content": "I look.", "tool_calls": [call], "thinking_blocks": [{"thinking": "hm"}]},
        {"role": "tool", "content": [{"type": "text", "text": "ok"}], "tool_call_ids": ["call_7"]},
        {"role": "assistant", "content": "Done."},
    ]
    stats = ReadStats()
    path = write_rows({"trajectory": [], "history": history, "info": {}}, name="one.traj")
    (found,) = outcomes(path, stats)

    assert isinstance(found, RawConversation)
    assert (found.messages[2].tool_call_id, stats.reasoning_dropped) == ("call_7", 1)
    assert json.loads(found.messages[1].tool_calls[0].arguments) == {}


def test_sharegpt_with_roles_is_read(write_rows: WriteRows) -> None:
    """The same conversations under the chat API's own keys."""
    path = write_rows({"id": "c1", "conversations": [ASK, ANSWER]})
    assert detect(path).format == "sharegpt"
    assert [told(o) for o in outcomes(path)] == [("c1", "ua")]
