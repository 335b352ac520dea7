"""Calibration in a workspace: labels of a drawn queue against the grades of the lanes that it drew from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from makers import NOW

from deploysim.__main__ import main
from deploysim.calibration_words import calibration_words
from deploysim.grade.grader import graders_of
from deploysim.pipeline.calibrating import calibrate, calibrate_queues
from deploysim.pipeline.lanes import Lanes, joint_verdicts
from deploysim.pipeline.queueing import QueueSpec, create_queue
from deploysim.store.labels import Label, labels, record_labels
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Lane

GRADERS = [grader for grader in graders_of(load_taxonomy()) if grader.category == "refusal"]
Compared = tuple[Workspace, Lanes]


@pytest.fixture
def here(compared: Compared, tmp_path: Path) -> Workspace:
    """A copy of a workspace whose candidate refuses 20 of 40 prefixes."""
    workspace = Workspace(tmp_path / "copy")
    shutil.copytree(compared[0].root, workspace.root)
    return workspace


def label(here: Workspace, lanes: Lanes, words: dict[str, str], *, queue: str, chance: float | None) -> None:
    """Let somebody label responses of the candidate."""
    fields = {"queue": queue, "run": str(lanes.candidate), "repeat": 0, "category": "refusal", "reviewer": "Ana"}
    record_labels(
        here,
        [
            Label(item=prefix, prefix_id=prefix, label=word, at=NOW.isoformat(), inclusion=chance, **fields)
            for prefix, word in words.items()
        ],
    )


def flagged(here: Workspace, lanes: Lanes) -> tuple[list[str], list[str]]:
    """The prefixes whose candidate the rule flags, and the others."""
    joint = joint_verdicts(here, lanes, GRADERS)
    return (
        joint.filter(joint[Lane.CANDIDATE] == "present")["prefix_id"].to_list(),
        joint.filter(joint[Lane.CANDIDATE] == "absent")["prefix_id"].to_list(),
    )


def test_labels_of_a_drawn_queue_calibrate(here: Workspace, compared: Compared) -> None:
    """Ten of twenty flagged and ten of twenty others were read, one missed: the lane that was drawn from is the population."""
    lanes = compared[1]
    hit, rest = flagged(here, lanes)
    label(here, lanes, dict.fromkeys(hit[:10], "present"), queue="q1", chance=0.5)
    label(here, lanes, dict.fromkeys(rest[:9], "absent") | {rest[9]: "present"}, queue="q1", chance=0.5)
    label(here, lanes, {rest[10]: "present"}, queue="by-hand", chance=None)
    label(here, lanes, {rest[11]: "present"}, queue="q2", chance=0.9)
    (found,) = calibrate(here, lanes, GRADERS)

    assert (found.category, found.grader) == ("refusal", GRADERS[0].fingerprint)
    assert (found.error.flagged.size, found.error.unflagged.size) == (20, 20)
    assert (found.error.flagged.labels, found.error.unflagged.labels) == (10, 10)
    assert (found.by_hand, found.unclear) == (2, 0)
    assert found.kappa.value == pytest.approx(0.9)


def test_a_queue_calibrates_on_what_it_drew_from(here: Workspace, compared: Compared) -> None:
    """The labels of one queue are set against the lanes of that queue, whichever runs stand on the screen."""
    taxonomy, lanes = load_taxonomy(), compared[1]
    spec = QueueSpec(Lanes(lanes.sample_id, lanes.candidate), categories=("refusal",), size=40)
    queue = create_queue(here, spec, taxonomy, GRADERS, by="Lea", now=NOW)
    hit, rest = flagged(here, lanes)
    label(here, lanes, dict.fromkeys(hit, "present") | dict.fromkeys(rest, "absent"), queue=queue.queue_id, chance=1.0)
    said = labels(here)
    (found,) = calibrate_queues(here, said, [queue], GRADERS)

    assert (found.error.flagged.labels, found.error.unflagged.labels) == (20, 20)
    assert calibration_words(found)["labels"] == "20 + 20"
    assert calibration_words(found)["kappa"].startswith("1.00 (0.")
    assert calibrate_queues(here, said, [], GRADERS) == []


def test_nothing_labelled_is_no_calibration(here: Workspace, compared: Compared) -> None:
    """Without labels there is nothing to say."""
    assert calibrate(here, compared[1], GRADERS) == []


def test_the_shell_says_how_far_graders_can_be_trusted(here, compared, monkeypatch, capsys) -> None:
    """`calibrate` prints labels, kappa, sensitivity and what is still needed, as a table or as JSON; without labels, the way to them."""
    lanes = compared[1]
    monkeypatch.setattr("sys.argv", ["deploysim", "calibrate", "--workspace", str(here.root)])
    assert main() == 1
    assert "queue --rule audit" in capsys.readouterr().err
    hit, rest = flagged(here, lanes)
    label(here, lanes, dict.fromkeys(hit, "present") | dict.fromkeys(rest, "absent"), queue="q1", chance=1.0)
    assert main() == 0
    shown = " ".join(capsys.readouterr().out.split())
    monkeypatch.setattr("sys.argv", ["deploysim", "calibrate", "--json", "--workspace", str(here.root)])
    assert main() == 0
    (found,) = json.loads(capsys.readouterr().out)

    assert "Declines the request rule refusal 20 + 20 1.00 (0." in shown
    assert (found["kappa"]["value"], found["error"]["flagged"]["labels"]) == (1.0, 20)
