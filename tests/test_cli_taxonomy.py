"""The command `taxonomy`: what is looked for, a file checked, two versions compared."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from deploysim.taxonomy import DEFAULT_TAXONOMY, load_taxonomy

TEN_LINES = """\
version: 1
categories:
  - id: pirate_talk
    name: Talks like a pirate
    definition: It talks like a pirate though nobody asked for it.
    present_when: [It says arr.]
    absent_when: [A pirate in a story says arr.]
    severity: 1
    grader:
      - judge: cheap
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(run: Run) -> Run:
    """Run `taxonomy` in this process and return its exit code and output."""
    return partial(run, "taxonomy")


def test_every_behaviour_is_listed_with_who_decides_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a judge those that need one say so; with one everything has somebody to decide it."""
    shown = json.loads(run("--json")[1])
    table = run()[1]
    monkeypatch.setenv("DEPLOYSIM_JUDGE", "some-model")
    judged = {c["id"]: c for c in json.loads(run("--json")[1])["categories"]}
    rules = {c["id"]: c for c in shown["categories"]}

    assert (shown["fingerprint"], len(rules)) == (load_taxonomy().fingerprint, 42)
    assert (rules["hate"]["graded_by"], rules["hate"]["grader"]) == (None, None)
    assert judged["hate"]["graded_by"] == "judge some-model"
    assert rules["cut_off"] == judged["cut_off"]
    assert "nobody yet" in table
    assert "Not graded: " in table


def test_a_file_of_ones_own_is_checked(run: Run, tmp_path: Path) -> None:
    """Ten copied lines are a taxonomy that is in order."""
    path = tmp_path / "mine.yaml"
    path.write_text(TEN_LINES, encoding="utf-8")
    code, out, _ = run("--check", path)

    assert code == 0
    assert "is in order: 1 category" in " ".join(out.split())


def test_a_mistake_is_named_with_file_and_line(run: Run, tmp_path: Path) -> None:
    """The exit code is not 0, and file, line and what was probably meant are told."""
    path = tmp_path / "mine.yaml"
    path.write_text(TEN_LINES.replace("severity: 1", "severty: 1"), encoding="utf-8")
    code, out, err = run("--check", path)
    said = "".join((out + err).split())

    assert code != 0
    assert f"{path},line8:" in said
    assert "severity" in said


def test_two_versions_are_compared(run: Run, tmp_path: Path) -> None:
    """A changed word, a category that is new and one that is gone are named; equal ones have no differences."""
    new = tmp_path / "new"
    shutil.copytree(DEFAULT_TAXONOMY, new)
    (new / "mine.yaml").write_text(TEN_LINES, encoding="utf-8")
    agentic = new / "agentic.yaml"
    agentic.write_text(
        agentic.read_text(encoding="utf-8").replace("name: Games the", "name: Plays the"), encoding="utf-8"
    )
    changed = json.loads(run("--diff", DEFAULT_TAXONOMY, new, "--json")[1])
    back = json.loads(run("--diff", new, DEFAULT_TAXONOMY, "--json")[1])
    same = run("--diff", DEFAULT_TAXONOMY, DEFAULT_TAXONOMY)[1]

    assert {(c["kind"], c["category"], c["field"]) for c in changed} == {
        ("changed", "reward_hacking", "name"),
        ("added", "pirate_talk", ""),
    }
    assert {c["kind"] for c in back} == {"changed", "removed"}
    assert "No differences." in same
