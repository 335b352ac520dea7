"""Who answers an agent's tools, by the command `replay`: a repository, a model, similar calls, and over both APIs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from agent_logs import result, said, sampled, using
from repositories import git
from servers import Endpoint, Handler, Reply, Seen, completion, raw, send

from deploysim.store.responses import responses
from deploysim.store.runs import list_runs
from deploysim.store.trajectories import read_trajectory
from deploysim.store.workspace import Workspace
from deploysim.types import Trajectory

MARCH_7 = 1_772_884_800
"""Noon of the day, UTC, of 2026."""
Call = tuple[str, dict[str, object]]


def calling(calls: Sequence[Call], last: str = "Done.") -> Endpoint:
    """Return a model that makes some calls one after another, whatever it is answered, and then says a word."""

    def reply(handler: Handler, seen: Seen) -> None:
        made = sum(message["role"] == "tool" for message in seen.body["messages"]) - _before(seen)
        message = using(calls[made][0], **calls[made][1]) if made < len(calls) else said("assistant", last)
        body = completion(message["content"], tool_calls=message.get("tool_calls"))
        send(handler, 200, json.dumps(body).encode(), {"content-type": "application/json"})

    return Endpoint(otherwise=reply)


def _before(seen: Seen) -> int:
    """Return how many results the prefix holds: those before the last message of the user."""
    roles = [message["role"] for message in seen.body["messages"]]
    end = len(roles) - roles[::-1].index("user")
    return roles[:end].count("tool")


def rollout(here: Workspace) -> Trajectory:
    """Return the one rollout of the one run."""
    (run,) = list_runs(here)
    (found,) = [one for row in responses(here, run.run_id).iter_rows(named=True) if (one := read_trajectory(row))]
    return found


def results(trajectory: Trajectory) -> list[tuple[str, str, bool]]:
    """Return source, text and failure of every result."""
    texts = [message.content for message in trajectory.messages if message.role == "tool"]
    return list(zip(trajectory.sources, texts, trajectory.failed, strict=True))


@pytest.fixture
def tools(tmp_path: Path):
    """Write a file that says how tools are answered."""

    def write(text: str) -> Path:
        path = tmp_path / "tools.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose file changes on the tenth, with a secret beside it and a link to that."""
    (tmp_path / "secret.txt").write_text("secret of the machine")
    folder = tmp_path / "repository"
    (folder / "src").mkdir(parents=True)
    git(folder, "init", "-b", "main")
    for day, text in ((5, "value = 1\n"), (10, "value = 2\n")):
        (folder / "src" / "app.py").write_text(text)
        (folder / "link").unlink(missing_ok=True)
        (folder / "link").symlink_to("../secret.txt")
        git(folder, "add", ".")
        git(folder, "commit", "-m", f"day {day}", day=day)
    return folder


REPOSITORY_TOOLS = """\
tools:
  read_file: {read_only: true, answers: [snapshot], file: {path: path}, snapshot: {kind: read, path: path}}
  list_files: {read_only: true, answers: [snapshot], snapshot: {kind: list, path: path}}
  search: {read_only: true, answers: [snapshot], snapshot: {kind: search, pattern: words}}
  history: {read_only: true, answers: [snapshot], snapshot: {kind: log}}
  write_file: {answers: [static], file: {path: path, content: content}, static: written}
faults: false
"""
CODING = {
    "id": "coding",
    "created": MARCH_7,
    "messages": [
        said("user", "what is the value"),
        using("read_file", path="src/app.py"),
        result("read_file", "value = 1"),
        said("assistant", "It is one."),
    ],
}


def test_a_repository_answers_as_it_was(run, tools, repository: Path, tmp_path: Path) -> None:
    """What changed after the conversation is seen as before; no path leaves it; what was written is read back."""
    here, _ = sampled(run, tmp_path, [CODING])
    calls: list[Call] = [
        ("read_file", {"path": "src/app.py"}),
        ("list_files", {"path": ""}),
        ("search", {"words": "value"}),
        ("history", {}),
        ("read_file", {"path": "../secret.txt"}),
        ("read_file", {"path": "link"}),
        ("read_file", {"path": str(tmp_path / "secret.txt")}),
        ("write_file", {"path": "src/app.py", "content": "value = 3"}),
        ("read_file", {"path": "src/app.py"}),
        ("search", {"words": "value"}),
    ]
    with calling(calls) as model:
        code, printed, _ = run(
            "replay", "--lane", "candidate", "--model", "new", "--base-url", model.url,
            "--tools", tools(REPOSITORY_TOOLS), "--repository", repository,
        )  # fmt: skip
    found = rollout(here)
    given = results(found)

    assert code == 0
    assert given[:3] == [
        ("snapshot", "value = 1\n", False),
        ("snapshot", "link\nsrc/", False),
        ("snapshot", "src/app.py:1:value = 1", False),
    ]
    assert given[3][1].endswith("2026-03-05 day 5")
    assert [(source, failed) for source, _, failed in given[4:7]] == [("snapshot", True)] * 3
    assert "secret of the machine" not in str(found.messages)
    assert given[7:] == [("fixed answer", "written", False), ("written before", "value = 3", False)]
    assert (str(found.ending), found.left_at) == ("left the simulated world", "search")
    assert "snapshot 77.8% (7)" in " ".join(printed.split())


def stock(item: str, left: str) -> dict[str, object]:
    """Return a conversation in which somebody asks about an item."""
    return {
        "id": item,
        "messages": [
            said("user", f"is the {item} there"),
            using("look_up", item=item),
            result("look_up", left),
            said("assistant", "I looked."),
        ],
    }


def test_a_model_plays_a_tool_and_stays_consistent(run, tools, tmp_path: Path) -> None:
    """It is shown the nearest recorded calls and its own earlier results; the same question is asked once."""
    here, _ = sampled(
        run, tmp_path, [stock("small blue lamp", "2 lamps"), stock("large red sofa", "1 sofa"), stock("chair", "none")]
    )
    one = json.loads(run("sample", "--unit", "conversation", "--size", 1, "--json")[1])["sample_id"]
    played = Endpoint(script=[raw(json.dumps(completion(f"simulated {n}")).encode()) for n in (1, 2)])
    blue, sofa = {"item": "large blue lamp"}, {"item": "red sofa, large"}
    asked: list[Call] = [("look_up", blue), ("look_up", sofa), ("look_up", blue)]
    with calling(asked) as model, played:
        code, _, _ = run(
            "replay", "--lane", "candidate", "--model", "new", "--base-url", model.url, "--sample", one,
            "--tools", tools("default: {read_only: true, answers: [recorded, simulator]}\nfaults: false\n"),
            "--simulator", "player", "--simulator-url", played.url,
        )  # fmt: skip
    first, second = (str(seen.body["messages"][1]["content"]) for seen in played.requests[:2])

    assert code == 0
    assert results(rollout(here)) == [
        ("simulated", "simulated 1", False),
        ("simulated", "simulated 2", False),
        ("simulated", "simulated 1", False),
    ]
    assert len(played.requests) == 2
    similar = first.split("## similar recorded calls")[1].split("## the call to answer")[0]
    nearest = [line for line in similar.splitlines() if line.startswith("look_up")]
    assert len(nearest) == 2
    assert "chair" not in nearest[0]
    assert '"large blue lamp"})\n-> simulated 1' in second.split("## calls of this session so far")[1]


def speaking_responses(call: Call, last: str) -> Reply:
    """Return what a Responses endpoint says: a call first, and once that is answered, words."""

    def reply(handler: Handler, seen: Seen) -> None:
        answered = any(item.get("type") == "function_call_output" for item in seen.body["input"])
        words = {"type": "output_text", "text": last, "annotations": []}
        spoken = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [words]}
        made = {"type": "function_call", "id": "f", "call_id": "c9", "name": call[0], "arguments": json.dumps(call[1])}
        body = {
            "id": "r", "object": "response", "created_at": 1, "status": "completed", "error": None,
            "incomplete_details": None, "model": "m", "output": [spoken if answered else made],
            "usage": {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10},
        }  # fmt: skip
        send(handler, 200, json.dumps(body).encode(), {"content-type": "application/json"})

    return reply


def test_rollouts_go_over_the_responses_api(run, tmp_path: Path) -> None:
    """Tools are offered, the call comes back with the recorded result beside it, and the words end the rollout."""
    here, _ = sampled(run, tmp_path, [stock("lamp", "3 lamps")])
    with Endpoint(otherwise=speaking_responses(("look_up", {"item": "lamp"}), "Three.")) as model:
        code, _, _ = run(
            "replay", "--lane", "candidate", "--model", "new", "--base-url", model.url, "--api", "responses"
        )
    opened, answered = (seen.body for seen in model.requests)
    found = rollout(here)

    assert code == 0
    assert [seen.path for seen in model.requests] == ["/v1/responses"] * 2
    assert [tool["name"] for tool in opened["tools"]] == ["look_up"]
    assert answered["input"][-1] == {"type": "function_call_output", "call_id": "c9", "output": "3 lamps"}
    assert answered["input"][-2]["call_id"] == "c9"
    assert results(found) == [("recorded", "3 lamps", False)]
    assert (str(found.ending), found.messages[-1].content) == ("answered", "Three.")
