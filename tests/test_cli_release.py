"""Register, gate, report, release, score: as a release engineer calls them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from makers import write_log, write_responses_file
from releases import write_release

POLICY = """version: "7"
rules:
  - categories: [refusal]
    most_ratio: 1.5
    certainty: 0.9
"""


def test_from_registering_to_the_scorecard(run, tmp_path: Path) -> None:
    """The whole way, with what each command says to people and to programs."""
    run("import", write_log(tmp_path / "log.jsonl", 40), "--json")
    run("sample", "--unit", "conversation", "--seed", 2, "--json")
    for lane, every in (("baseline", 20), ("candidate", 2)):
        answers = write_responses_file(tmp_path / f"{lane}.jsonl", 40, refuse_every=every)
        run("import-responses", answers, "--lane", lane, "--json")

    first = json.loads(run("forecast", "--register", "--statement", "Refusals rise.", "--json")[1])
    again = json.loads(run("forecast", "--register", "--statement", "No, they fall.", "--json")[1])
    assert again["forecast_id"] == first["forecast_id"]
    assert again["registration"] == first["registration"]
    assert first["registration"]["statement"] == "Refusals rise."

    name = first["forecast_id"][:12]
    status = json.loads(run("status", "--json")[1])
    assert (status["registered"], status["changed_after_freezing"]) == ([first["forecast_id"]], [])
    assert "“Refusals rise.”" in run("status")[1]

    gate_said(run, tmp_path, name)
    report = tmp_path / "forecast.html"
    code, out, _ = run("report", name, "--out", report)
    assert (code, "without conversation text" in out, report.read_text().startswith("<!doctype html>")) == (
        0,
        True,
        True,
    )

    log = write_release(tmp_path / "release.jsonl", 30, refuse_every=2)
    traffic = json.loads(run("import", log, "--json")[1])["import_id"]
    graded = json.loads(run("grade", "--stack", name, "--of", name, "--traffic", traffic, "--json")[1])
    assert graded["grades"] == len(first["graders"]) * 30
    card = json.loads(run("score", name, "--traffic", traffic, "--json")[1])
    assert card["registration_id"] == first["registration"]["id"]
    assert [row["realised"]["present"] for row in card["categories"] if row["category"] == "refusal"] == [15]

    said = run("score", name, "--traffic", traffic)[1]
    assert "1 category scored, direction right in 1 of 1" in said
    listed = json.loads(run("scorecards", "--json")[1])
    assert listed["scorecards"] == [card["scorecard_id"]]
    assert listed["track_record"]["rows"] == 1
    assert "Scored so far: 1 rate over 1 release." in run("scorecards")[1]


def gate_said(run, folder: Path, name: str) -> None:
    """Exit codes, the one line, the JUnit file, and an error that is no verdict."""
    policy, junit = folder / "policy.yaml", folder / "out" / "gate.xml"
    policy.write_text(POLICY)
    code, out, _ = run("gate", name, "--policy", policy, "--junit", junit, "--line")
    assert code == 1
    assert out.startswith("gate: BLOCKED | ")
    assert out.count("\n") == 1
    assert ElementTree.parse(junit).getroot().get("failures") == "1"

    policy.write_text(POLICY.replace("1.5", "2000"))
    assert run("gate", name, "--policy", policy)[0] in (0, 2)
    policy.write_text(POLICY + "    blocks: false\n")
    assert run("gate", name, "--policy", policy)[0] == 0
    policy.write_text(POLICY.replace("refusal", "tool_lies"))
    code, out, _ = run("gate", name, "--policy", policy, "--json")
    assert (code, json.loads(out)["verdict"]) == (2, "not enough evidence")
    policy.write_text(POLICY.replace("certainty", "certain"))
    code, out, err = run("gate", name, "--policy", policy, "--json")
    assert (code, out) == (3, "")
    assert "policy.yaml, line 5" in err


def test_traffic_has_to_be_named(run, tmp_path: Path) -> None:
    """Neither an import nor a sample, or both: the error says what is expected."""
    run("import", write_log(tmp_path / "log.jsonl", 8), "--json")
    run("sample", "--json")
    answers = write_responses_file(tmp_path / "candidate.jsonl", 8, refuse_every=1)
    run("import-responses", answers, "--lane", "candidate", "--json")
    name = json.loads(run("forecast", "--json")[1])["forecast_id"]

    code, _, err = run("score", name)
    assert (code, "--traffic with an import" in err) == (1, True)
