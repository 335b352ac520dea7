"""The audit commands, as a user or a program calls them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from deploysim.__main__ import main
from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import Workspace

COMMANDS = ("fidelity", "awareness", "discover", "ablate")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run one audit command in this process and return its exit code and output."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["deploysim", "audit", *(str(a) for a in arguments)])
        code = main()
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


@pytest.fixture
def here(audited: tuple[Workspace, Lanes], tmp_path: Path) -> Workspace:
    """The workspace of this process: one whose candidate can be told."""
    shutil.copytree(audited[0].root, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_audit_has_help_with_an_example(run, name: str) -> None:
    """Help says what the command does and shows one call of it."""
    code, out, _ = run(name, "--help")

    assert code == 0
    assert f"Example: python -m deploysim audit {name}" in " ".join(out.split())


def test_audits_print_their_answer_and_their_json(run, here: Workspace) -> None:
    """Each in words for people, and whole for programs, under the id that it is stored by."""
    code, said, _ = run("discover")
    assert code == 0
    assert "more in candidate than chance allows: " in said
    assert "certainly" in said
    code, said, _ = run("awareness")
    assert code == 0
    assert "Sensitivity analysis, no correction" in said
    code, printed, _ = run("fidelity", "--json", "--baseline", "-")
    found = json.loads(printed)
    assert code == 0
    assert [one["question"] for one in found["comparisons"]] == ["candidate"]
    assert (here.audits / f"{found['audit_id']}.json").exists()


def test_an_ablation_in_the_recorded_lane_is_refused(run, here: Workspace) -> None:
    """Nothing can be replayed there, and the error says which lanes there are."""
    code, _, said = run("ablate", "--model", "nobody", "--lane", "recorded")

    assert code == 1
    assert "--lane baseline for the old model" in said
