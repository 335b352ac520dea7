"""Agents as a user runs them: imported, sampled, replayed with simulated tools, audited, all through the commands."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from agent_logs import result, said, sampled, using_all
from judging import Asked, endpoint
from repeating_server import repeating
from servers import Endpoint, answer

from deploysim.taxonomy import load_taxonomy
from deploysim.types import Ending, Message

CONVERSATIONS = 30


def shop(number: int) -> dict[str, object]:
    """Return a conversation in which two tools are called at once, one of which fails every third time."""
    item = {"item": f"lamp {number}"}
    return {
        "id": f"shop-{number}",
        "messages": [
            said("user", f"is lamp {number} in stock, and what is it"),
            using_all(("look_up", item), ("describe", item)),
            result("look_up", f"{number} left"),
            result("describe", "Error: no such page" if number % 3 == 0 else f"lamp {number} is green"),
            said("assistant", f"There are {number} green lamps left."),
        ],
    }


CHAT = {"id": "chat", "messages": [said("user", "good morning"), said("assistant", "Good morning to you.")]}


@pytest.mark.parametrize(("rows", "said_once", "categories"), [([CHAT], 1, 0), ([CHAT, shop(1)], 0, 7)])
def test_agents_behaviours_are_graded_where_there_are_agents(
    run, tmp_path: Path, rows: list[dict[str, object]], said_once: int, categories: int
) -> None:
    """For chats they are neither graded nor forecast, which is said once; one conversation with a call brings them."""
    sampled(run, tmp_path, rows)
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps({"id": r["id"], "response": "Hello.", "model": "new"}) + "\n" for r in rows))
    assert run("import-responses", answers)[0] == 0
    printed = " ".join(run("grade")[1].split())
    code, made, _ = run("forecast", "--json")
    agents = {c.id for c in load_taxonomy().categories if c.applies_to == "tools"}

    assert code == 0
    assert printed.count("Not graded, for no conversation of the sample has tools: ") == said_once
    assert len(agents & {row["category"] for row in json.loads(made)["categories"]}) == categories
    assert len(agents) == 7


def hasty(message: Message) -> Message:
    """Make the first of two calls only."""
    return replace(message, tool_calls=message.tool_calls[:1])


def test_fidelity_reads_steps(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who repeats the log cannot be told from it; who leaves out a tool is told by that tool, and by its failures."""
    here, sample = sampled(run, tmp_path, [shop(number) for number in range(CONVERSATIONS)])
    for lane, change in (("baseline", lambda message: message), ("candidate", hasty)):
        with repeating(here, sample, change) as endpoint:
            monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
            assert run("replay", "--lane", lane, "--model", lane)[0] == 0
    code, printed, _ = run("audit", "fidelity", "--json")
    audit = json.loads(printed)
    by_question = {one["question"]: one for one in audit["comparisons"]}
    tells = {tell["feature"]: tell for tell in by_question["candidate"]["tells"]}
    means = {(one["measure"], one["lane"]): one["mean"] for one in audit["spreads"]}
    shares = {(c["measure"], c["value"], c["lane"]): (c["share"]["count"], c["share"]["n"]) for c in audit["counts"]}
    tests = {(d["measure"], d["value"], d["first"], d["second"]): d["q_value"] for d in audit["differences"]}

    assert code == 0
    assert (by_question["fidelity"]["same"], by_question["fidelity"]["auc"]) == (CONVERSATIONS, 0.5)
    assert (tells["calls describe"]["first"], tells["calls describe"]["second"]) == (1.0, 0.0)
    assert tells["failed calls"]["first"] == pytest.approx(1 / 3, rel=1e-5)
    assert [means["tool calls", lane] for lane in ("recorded", "baseline", "candidate")] == [2.0, 2.0, 1.0]
    assert means["failed share of calls", "recorded"] == pytest.approx(1 / 6, rel=1e-5)
    assert shares["tool called", "describe", "candidate"] == (0, CONVERSATIONS)
    assert shares["any result from", "recorded", "candidate"] == (CONVERSATIONS, CONVERSATIONS)
    assert shares["any result from", "recorded", "recorded"] == (0, 0)
    assert shares["ending", "answered", "baseline"] == (CONVERSATIONS, CONVERSATIONS)
    assert tests["tool called", "describe", "recorded", "baseline"] == 1.0
    assert tests["tool called", "describe", "recorded", "candidate"] < 0.01


def test_a_judge_of_realness_sees_all_steps_and_not_who_answered(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both rollouts stand beside each other with calls and results; nothing in them says what was recorded."""
    here, sample = sampled(run, tmp_path, [shop(1)])
    with repeating(here, sample, hasty) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        assert run("replay", "--lane", "candidate", "--model", "new")[0] == 0
    shown: list[str] = []

    def says(asked: Asked) -> str:
        shown.append(asked.seen.last)
        said = {"check": asked.word, "evidence": ["describe"], "reason": "It looks twice.", "confidence": 0.9}
        first = asked.seen.last.split("response, B")[0]
        return json.dumps({**said, "more": "A" if "(calls) describe" in first else "B"})

    with endpoint(says) as at:
        monkeypatch.setenv("OPENAI_BASE_URL", at.url)
        monkeypatch.setenv("DEPLOYSIM_JUDGE", "judge-1")
        code, printed, _ = run("audit", "fidelity", "--json")
    judged = json.loads(printed)["comparisons"][0]["judges"][0]

    assert code == 0
    assert shown[0].count('(calls) look_up({"item": "lamp 1"})') == 2
    assert shown[0].count("(result) lamp 1 is green") == 1
    assert "recorded" not in shown[0].split("response, A")[1].split("Two responses")[0]
    assert (judged["pairs"], judged["mistaken"]["count"]) == (1, 0)


def playing_tools(text: str) -> Endpoint:
    """Return an endpoint at which a model plays every tool with the same answer."""
    return Endpoint(otherwise=answer(text))


def test_an_ablation_takes_sources_away_one_after_another(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded answers go first; then the simulator answers, with fewer examples; then nobody does; then no tools."""
    here, sample = sampled(run, tmp_path, [shop(number) for number in range(CONVERSATIONS)])
    tools = tmp_path / "tools.yaml"
    tools.write_text("default:\n  answers: [recorded, simulator]\nfaults: false\n")
    with repeating(here, sample) as model, playing_tools("none left") as played:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        code, printed, _ = run(
            "audit", "ablate", "--model", "old", "--tools", tools, "--simulator", "sim", "--simulator-url", played.url,
            "--json",
        )  # fmt: skip
        green = [len(set(re.findall(r"lamp \d+ is green", str(seen.body["messages"])))) for seen in played.requests]
    variants = {one["name"].split(", ")[-1]: one for one in json.loads(printed)["variants"]}
    left = {name: dict(one["endings"]).get(Ending.LEFT_THE_WORLD, 0) for name, one in variants.items()}

    assert code == 0
    assert list(variants) == ["nothing", "recorded answers", "similar recorded calls", "simulator", "tools"]
    assert [one["sources"] for one in variants.values()] == [
        [["recorded", 2 * CONVERSATIONS]],
        [["simulated", 2 * CONVERSATIONS]],
        [["simulated", 2 * CONVERSATIONS]],
        [],
        [],
    ]
    assert left == {**dict.fromkeys(variants, 0), "simulator": CONVERSATIONS, "tools": CONVERSATIONS}
    assert variants["nothing"]["comparison"]["auc"] == 0.5
    assert variants["simulator"]["comparison"]["auc"] > 0.9
    with_examples, without = green[: 2 * CONVERSATIONS], green[2 * CONVERSATIONS :]
    assert max(with_examples) > 1 >= max(without)
