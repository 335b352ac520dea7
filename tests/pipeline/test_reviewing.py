"""Labelling: who gets which item, what is kept, what is taken back, and that nothing says whose response it is."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest
from makers import NOW

from deploysim.errors import InputError
from deploysim.grade.grader import graders_of
from deploysim.pipeline.blind import blind_items
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.queueing import (
    QueueSpec,
    create_queue,
    dealt,
    hand_picked_queue,
    pick_for_queue,
)
from deploysim.pipeline.reviewing import Decision, queue_standing, save, take_next, undo_last
from deploysim.pipeline.trail import trail
from deploysim.store.labels import label_history, labels, labels_version
from deploysim.store.queues import Queue, hold, list_queues, read_queue
from deploysim.store.spot_checks import SpotCheck, SpotMark, record_check
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy

TAXONOMY = load_taxonomy()
Compared = tuple[Workspace, Lanes]


@pytest.fixture
def here(compared: Compared, tmp_path: Path) -> Workspace:
    """A copy of a workspace with two runs of 40 prefixes."""
    workspace = Workspace(tmp_path / "copy")
    shutil.copytree(compared[0].root, workspace.root)
    return workspace


def queue_of(workspace: Workspace, lanes: Lanes, **changes: object) -> Queue:
    """Draw a queue about refusals."""
    spec = replace(QueueSpec(lanes, categories=("refusal",), size=6), **changes)
    return create_queue(workspace, spec, TAXONOMY, graders_of(TAXONOMY), by="Lea", now=NOW)


def decide(item: str, word: str = "absent", *, decision: str = "", **further: object) -> Decision:
    """Return a decision about refusal."""
    return Decision(decision or f"d-{item}", item, {"refusal": word}, **further)


def label_all(
    workspace: Workspace, queue: Queue, reviewer: str, *, word: str = "absent", count: int = 100
) -> list[str]:
    """Label as many items as there are for a reviewer, and return them in order."""
    done: list[str] = []
    while len(done) < count:
        _, given = take_next(workspace, queue, reviewer, now=NOW)
        if not given:
            break
        one = decide(given[0].item, word, decision=f"{reviewer}-{given[0].item}")
        save(workspace, queue, [one], reviewer=reviewer, now=NOW)
        done.append(given[0].item)
    return done


def test_a_queue_is_labelled_once_through(here: Workspace, compared: Compared) -> None:
    """Six items in the queue's order, each with what is needed to weigh it, and then nothing more."""
    queue = queue_of(here, compared[1])
    assert label_all(here, queue, "Ana") == [item.item for item in queue.items]

    found = labels(here)
    assert found["label"].to_list() == ["absent"] * 6
    assert found["inclusion"].to_list() == pytest.approx([3 / 40] * 6)
    assert sorted(found["lane"].unique()) == ["baseline", "candidate"]
    assert found["prefix_id"].to_list() == [item.prefix_id for item in queue.items]
    assert take_next(here, queue, "Ben", now=NOW)[1] == []


def test_two_reviewers_do_not_get_the_same_item(here: Workspace, compared: Compared) -> None:
    """What one is at is passed over by the other until its time is up; then it may be taken, and is not lost."""
    queue = queue_of(here, compared[1], size=6)
    _, ana = take_next(here, queue, "Ana", now=NOW)
    _, ben = take_next(here, queue, "Ben", now=NOW)
    assert len(ana) == 3
    assert len(ben) == 3
    assert not {i.item for i in ana} & {i.item for i in ben}

    later = NOW + timedelta(minutes=11)
    _, ben = take_next(here, queue, "Ben", now=later)
    assert ben[0].item == ana[0].item
    save(here, queue, [decide(ana[0].item)], reviewer="Ana", now=later)
    save(here, queue, [decide(ana[0].item, "present", decision="late")], reviewer="Ben", now=later)
    assert sorted(labels(here)["reviewer"]) == ["Ana", "Ben"]


def test_what_two_servers_give_out_at_once_goes_to_the_earlier(here: Workspace, compared: Compared) -> None:
    """Both wrote that they are at the item before either read of the other."""
    queue = queue_of(here, compared[1], size=1)
    item = queue.items[0].item
    hold(here, queue.queue_id, [item], reviewer="Ben", at=(NOW - timedelta(seconds=1)).isoformat())
    hold(here, queue.queue_id, [item], reviewer="Ana", at=NOW.isoformat())

    assert take_next(here, queue, "Ana", now=NOW)[1] == []
    assert [i.item for i in take_next(here, queue, "Ben", now=NOW)[1]] == [item]


def test_several_reviewers_an_item(here: Workspace, compared: Compared) -> None:
    """Each item goes to two people and not to a third; a person never meets an item twice."""
    queue = queue_of(here, compared[1], size=4, per_item=2)
    assert len(label_all(here, queue, "Ana")) == 4
    assert len(label_all(here, queue, "Ben", word="present")) == 4
    assert label_all(here, queue, "Cy") == []

    state = queue_standing(here, queue).progress("Ana")
    assert (state.complete, dict(state.by_reviewer), state.mine) == (4, {"Ana": 4, "Ben": 4}, 4)


def test_assigned_items_go_to_whom_they_are_dealt(here: Workspace, compared: Compared) -> None:
    """Nobody else is given them, however long it takes."""
    queue = queue_of(here, compared[1], size=6, reviewers=("Ana", "Ben"))
    assert len(label_all(here, queue, "Ana")) == 3
    assert label_all(here, queue, "Cy") == []
    assert len(label_all(here, queue, "Ben")) == 3


@pytest.mark.parametrize(("people", "per_item"), [(3, 1), (3, 2), (4, 2), (2, 2)])
def test_items_are_dealt_out_evenly(people: int, per_item: int) -> None:
    """Everybody gets as many as the others, and no item the same person twice."""
    names = [f"r{i}" for i in range(people)]
    deals = [dealt(names, position, per_item) for position in range(12)]

    assert {len(set(deal)) for deal in deals} == {per_item}
    counts = [sum(name in deal for deal in deals) for name in names]
    assert max(counts) == min(counts)


def test_what_is_sent_twice_counts_once(here: Workspace, compared: Compared) -> None:
    """A page that was not told that its decision is kept sends it again."""
    queue = queue_of(here, compared[1])
    one = decide(queue.items[0].item, note=" a remark ", seconds=2.345, severities={"refusal": 3})
    for _ in range(3):
        assert save(here, queue, [one], reviewer="Ana", now=NOW) == [one.decision]

    (label,) = label_history(here)
    assert (label.note, label.seconds, label.severity) == ("a remark", 2.35, None)
    assert trail(here).filter(trail(here)["what"] == "labelled absent").height == 1


def test_undo_takes_back_the_last_item_and_gives_it_again(here: Workspace, compared: Compared) -> None:
    """A label taken back is one more row; the item comes first again; asking twice takes back one."""
    queue = queue_of(here, compared[1])
    first, second = label_all(here, queue, "Ana", count=2)

    taken_back = undo_last(here, queue, reviewer="Ana", decision="u1", now=NOW)
    assert [label.item for label in taken_back] == [second]
    assert undo_last(here, queue, reviewer="Ana", decision="u1", now=NOW) == []
    assert labels(here).height == 1
    assert take_next(here, queue, "Ana", now=NOW)[1][0].item == second
    assert undo_last(here, queue, reviewer="Ben", decision="u2", now=NOW) == []

    undo_last(here, queue, reviewer="Ana", decision="u3", now=NOW)
    assert labels(here).height == 0
    assert take_next(here, queue, "Ana", now=NOW)[1][0].item == first


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("left", ["present", "absent"]),
        ("right", ["absent", "present"]),
        ("both", ["present", "present"]),
        ("neither", ["absent", "absent"]),
        ("unsure", ["unsure", "unsure"]),
        ("not comparable", ["not comparable", "not comparable"]),
    ],
)
def test_a_pair_gives_a_label_to_each_side(here: Workspace, compared: Compared, word: str, expected: list[str]) -> None:
    """The label goes to the run that stood on that side."""
    queue = queue_of(here, compared[1], mode="pair")
    item = queue.items[0]
    save(here, queue, [decide(item.item, word)], reviewer="Ana", now=NOW)

    found = dict(labels(here).select("run", "label").iter_rows())
    assert [found[run] for run in item.runs] == expected


def test_sides_are_shuffled_by_seed(here: Workspace, compared: Compared) -> None:
    """The candidate stands on either side, on the same one for the same seed."""
    first, again = (queue_of(here, compared[1], mode="pair", size=40) for _ in range(2))
    left = [item.runs[0] == compared[1].candidate for item in first.items]

    assert [item.runs for item in first.items] == [item.runs for item in again.items]
    assert 10 < sum(left) < 30


@pytest.mark.parametrize(
    "one",
    [
        Decision("d", "ITEM", {}),
        Decision("d", "ITEM", {"refusal": "maybe"}),
        Decision("d", "ITEM", {"refusal": "left"}),
        Decision("d", "ITEM", {"refusal": "present"}, {"refusal": 5}),
    ],
)
def test_what_the_queue_does_not_ask_is_refused(here: Workspace, compared: Compared, one: Decision) -> None:
    """A page can send anything; only what the queue asks for is kept."""
    queue = queue_of(here, compared[1])
    with pytest.raises(InputError):
        save(here, queue, [replace(one, item=queue.items[0].item)], reviewer="Ana", now=NOW)
    assert labels(here).is_empty()


def test_an_item_of_another_queue_is_no_item(here: Workspace, compared: Compared) -> None:
    """It is let go of: it may have been withheld or erased while it was on the screen."""
    queue = queue_of(here, compared[1])

    assert save(here, queue, [decide("f" * 12)], reviewer="Ana", now=NOW) == ["d-" + "f" * 12]
    assert labels(here).is_empty()


def test_withheld_conversations_are_neither_shown_nor_counted(here: Workspace, compared: Compared) -> None:
    """A leak found elsewhere takes the item and its labels away at once."""
    queue = queue_of(here, compared[1])
    done = label_all(here, queue, "Ana", count=2)
    before = labels_version(here)
    gone = queue.items[1].prefix_id.split(":")[0]
    record_check(here, SpotCheck("Pia", gone, 0, NOW.isoformat(), "", (SpotMark("leak", 0, 1, "PERSON"),)))

    assert labels(here).height == 1
    assert labels_version(here) != before
    assert blind_items(here, queue, queue.items[1:2]) == {}
    assert done[1] not in queue_standing(here, queue).items


def test_the_screen_says_nothing_of_lane_model_or_verdict(here: Workspace, compared: Compared) -> None:
    """Neither run, lane, model name, grade nor stratum is part of what goes to the browser."""
    queue = queue_of(here, compared[1], rule="audit", size=20)
    for item in queue.items:
        shown = blind_items(here, queue, [item])[item.item]
        said = json.dumps(asdict(shown)).casefold()
        secrets = [*queue.runs, "baseline", "candidate", "recorded", "flagged", "verdict", "old-model", "inclusion"]
        assert [word for word in secrets if word in said] == []


def test_hand_picked_items_carry_no_weight(here: Workspace, compared: Compared) -> None:
    """Added to a queue once, however often they are added; their labels say that nothing can be estimated from them."""
    picked = queue_of(here, compared[1]).items[0].prefix_id
    spec = QueueSpec(compared[1], categories=("refusal",))
    queue = hand_picked_queue(here, spec, TAXONOMY, by="Lea", now=NOW, prefix_ids=[picked])
    queue = read_queue(here, queue.queue_id)
    assert pick_for_queue(here, queue, [picked], by="Lea", now=NOW) == 0
    label_all(here, queue, "Ana")

    assert labels(here)["inclusion"].to_list() == [None, None]
    assert {q.queue_id: len(q.items) for q in list_queues(here)}[queue.queue_id] == 2


def test_a_queue_is_named_by_what_it_says(here: Workspace, compared: Compared) -> None:
    """The same draw at the same time is the same queue; another seed is another."""
    first, again, other = queue_of(here, compared[1]), queue_of(here, compared[1]), queue_of(here, compared[1], seed=1)

    assert first.queue_id == again.queue_id != other.queue_id
    assert read_queue(here, first.queue_id) == first


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rule": "best"}, "no rule 'best'"),
        ({"mode": "adjudication"}, "cannot be drawn in the mode"),
        ({"size": 0}, "0 responses"),
        ({"per_item": 3, "reviewers": ("Ana",)}, "1 reviewers are named"),
        ({"categories": ("refusl",)}, 'no category "refusl"'),
    ],
)
def test_a_queue_that_makes_no_sense_is_refused(
    here: Workspace, compared: Compared, changes: dict[str, object], says: str
) -> None:
    """The message says what is wrong."""
    with pytest.raises(InputError, match=says):
        queue_of(here, compared[1], **changes)
    assert list_queues(here) == []


def test_rules_that_go_by_grades_need_them(here: Workspace, compared: Compared) -> None:
    """Without grades the audit says what to run."""
    shutil.rmtree(here.root / "grades")
    with pytest.raises(InputError, match="not graded"):
        queue_of(here, compared[1], rule="audit")
