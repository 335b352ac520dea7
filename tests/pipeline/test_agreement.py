"""Agreement from labels, by hand; what labels come to; settling; and what is stale after a label."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from makers import NOW

from deploysim.errors import InputError
from deploysim.grade.grader import graders_of
from deploysim.pipeline.agreement import (
    by_category,
    by_pair,
    can_weigh,
    disagreements,
    grader_matrix,
    people_matrix,
    summary,
    verdicts_for,
)
from deploysim.pipeline.blind import blind_items
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.queueing import QueueSpec, create_queue
from deploysim.pipeline.reviewing import Decision, save, work_of
from deploysim.pipeline.settling import settling_queue
from deploysim.pipeline.trail import trail
from deploysim.pipeline.truth import labels_since, truth_of
from deploysim.store.labels import Label, labels, labels_version, record_labels
from deploysim.store.queues import Queue
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy

TAXONOMY = load_taxonomy()
GRADERS = graders_of(TAXONOMY)
Compared = tuple[Workspace, Lanes]
# Ana and Ben on ten responses: they agree on 6 absent and 2 present ones, and differ on two.
ANA = ["absent"] * 6 + ["present"] * 2 + ["present", "absent"]
BEN = ["absent"] * 6 + ["present"] * 2 + ["absent", "present"]


@pytest.fixture
def here(compared: Compared, tmp_path: Path) -> Workspace:
    """A copy of a workspace with two runs of 40 prefixes."""
    workspace = Workspace(tmp_path / "copy")
    shutil.copytree(compared[0].root, workspace.root)
    return workspace


@pytest.fixture
def queue(here: Workspace, compared: Compared) -> Queue:
    """Ten responses of the candidate and the baseline, drawn at random, for two reviewers each."""
    spec = QueueSpec(compared[1], categories=("refusal",), size=10, per_item=2)
    return create_queue(here, spec, TAXONOMY, GRADERS, by="Lea", now=NOW)


def say(here: Workspace, queue: Queue, name: str, words: list[str], *, hours: int = 0) -> None:
    """Let somebody label the first items of a queue."""
    for item, word in zip(queue.items, words, strict=False):
        one = Decision(f"{name}-{item.item}-{hours}", item.item, {"refusal": word}, note=f"{name} thinks {word}")
        save(here, queue, [one], reviewer=name, now=NOW + timedelta(hours=hours))


def graded(here: Workspace, queue: Queue) -> list[str]:
    """Return what the rule about refusals says of each item that is labelled."""
    found = verdicts_for(here, labels(here), [queue], GRADERS).filter(pl.col("category") == "refusal")
    by = {(row["prefix_id"], row["run"]): row["verdict"] for row in found.iter_rows(named=True)}
    return [by[(item.prefix_id, item.runs[0])] for item in queue.items]


def test_kappa_and_alpha_by_hand(here: Workspace, queue: Queue) -> None:
    """Both say present of 3 in 10. Kappa: observed 0.8, expected 0.09 + 0.49 = 0.58, so (0.8 - 0.58) / 0.42 = 0.524.

    Alpha: 2 of 10 pairs disagree; of 20 labels 6 are present, so 2 x 6 x 14 / (20 x 19) = 0.442 is expected to;
    1 - 0.2 / 0.442 = 0.548.
    """
    say(here, queue, "Ana", ANA)
    say(here, queue, "Ben", BEN)
    found = labels(here)
    (row,) = by_category(found, verdicts_for(here, found, [queue], GRADERS))
    (pair,) = by_pair(found)

    assert (pair.first, pair.second, pair.kappa.items) == ("Ana", "Ben", 10)
    assert pair.kappa.value == pytest.approx(0.22 / 0.42)
    assert row.people.value == pytest.approx(1 - 0.2 / (2 * 6 * 14 / (20 * 19)))
    assert row.people.interval is not None
    assert row.people.interval.low < row.people.value < row.people.interval.high
    assert (row.responses, row.twice, row.open) == (10, 10, 2)


def test_confusion_matrices_count_every_response(here: Workspace, queue: Queue) -> None:
    """Rows are the first person's words; what was never said is 0."""
    say(here, queue, "Ana", ANA)
    say(here, queue, "Ben", BEN)
    counts = people_matrix(labels(here), "Ana", "Ben")

    assert counts.filter(pl.col("") == "present").row(0) == ("present", 2, 1, 0, 0)
    assert counts.filter(pl.col("") == "absent").row(0) == ("absent", 1, 6, 0, 0)
    assert people_matrix(labels(here), "Ana", "Nobody")["present"].sum() == 0


def test_graders_are_measured_against_what_labels_come_to(here: Workspace, queue: Queue) -> None:
    """Where people agree with the rule on all but one; what is open counts for nothing."""
    verdicts = verdicts_for(here, _labelled_as_the_grader(here, queue), [queue], GRADERS)
    found = labels(here)
    counts = grader_matrix(found, verdicts)

    assert sum(counts[word].sum() for word in ("present", "absent", "unsure", "not comparable")) == 9
    (row,) = by_category(found, verdicts)
    assert row.graders.items == 9
    wrong = disagreements(found, verdicts, with_graders=True)
    assert wrong.height == 1
    assert wrong["clash"].to_list() == [True]


def _labelled_as_the_grader(here: Workspace, queue: Queue) -> pl.DataFrame:
    """Label all ten as the rule grades them, but say the opposite of the first; Ben differs on the second."""
    say(here, queue, "Ana", ["absent"] * 10)
    words = graded(here, queue)
    opposite = {"present": "absent", "absent": "present"}
    words[0] = opposite[words[0]]
    say(here, queue, "Ana", words, hours=1)
    say(here, queue, "Ben", [words[0], opposite[words[1]]])
    return labels(here)


def test_weights_undo_the_draw(here: Workspace, compared: Compared) -> None:
    """In an audit flagged responses are over-represented; weighed, observed agreement is that on all of them."""
    spec = QueueSpec(compared[1], rule="audit", categories=("refusal",), size=24, per_item=2)
    queue = create_queue(here, spec, TAXONOMY, GRADERS, by="Lea", now=NOW)
    say(here, queue, "Ana", ["absent"] * 24)
    # Ben says present of exactly what the rule flags; Ana of nothing. They agree on what is not flagged: 58 of 80.
    say(here, queue, "Ben", graded(here, queue))
    found = labels(here)
    assert can_weigh(found)
    (plain,), (weighed,) = by_pair(found), by_pair(found, weigh=True)

    assert weighed.kappa.observed == pytest.approx(58 / 80)
    assert plain.kappa.observed is not None
    assert plain.kappa.observed < 58 / 80


def test_only_a_drawn_queue_can_be_weighed(here: Workspace, queue: Queue) -> None:
    """Labels of two queues, or of picked responses, have no common weights."""
    say(here, queue, "Ana", ANA)
    assert can_weigh(labels(here))
    record_labels(here, [Label("f" * 12, "i", "p:1", "recorded", 0, "refusal", "absent", "Ana", NOW.isoformat())])
    assert not can_weigh(labels(here))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([("Ana", "present", False)], ("present", "agreed")),
        ([("Ana", "present", False), ("Ben", "present", False)], ("present", "agreed")),
        ([("Ana", "present", False), ("Ben", "absent", False)], (None, "open")),
        ([("Ana", "present", False), ("Ben", "unsure", False)], (None, "open")),
        ([("Ana", "present", False), ("Ben", "absent", False), ("Lea", "absent", True)], ("absent", "settled")),
        ([("Lea", "absent", True), ("Mia", "present", True), ("Ana", "absent", False)], ("present", "settled")),
        ([("Ana", "absent", False), ("Ben", "absent", False), ("Lea", "present", True)], ("present", "settled")),
    ],
)
def test_what_labels_come_to(
    here: Workspace, said: list[tuple[str, str, bool]], expected: tuple[str | None, str]
) -> None:
    """The last adjudication decides, else agreement of all, else nothing."""
    rows = [
        Label("q", f"i{settles}", "p:1", "recorded", 0, "refusal", word, who, f"2026-11-01T0{n}", adjudicates=settles)
        for n, (who, word, settles) in enumerate(said)
    ]
    record_labels(here, rows)

    assert truth_of(labels(here)).select("truth", "how").row(0) == expected


def test_the_worst_disagreements_come_first(here: Workspace, queue: Queue) -> None:
    """Present against absent before absent against unsure."""
    say(here, queue, "Ana", ["absent", "absent", "present"])
    say(here, queue, "Ben", ["unsure", "absent", "absent"])
    found = labels(here)
    rows = disagreements(found, verdicts_for(here, found, [queue], GRADERS), with_graders=False)

    assert rows["prefix_id"].to_list() == [queue.items[2].prefix_id, queue.items[0].prefix_id]
    assert rows["clash"].to_list() == [True, False]
    assert rows["said"][0] == "Ana present, Ben absent"


def test_disagreements_are_settled_blind_and_decide(here: Workspace, queue: Queue) -> None:
    """The queue shows what was said without names; its word counts before the others, and keeps their weight."""
    say(here, queue, "Ana", ANA)
    say(here, queue, "Ben", BEN)
    found = labels(here)
    verdicts = verdicts_for(here, found, [queue], GRADERS)
    settling = settling_queue(here, disagreements(found, verdicts, with_graders=False), TAXONOMY, by="Lea", now=NOW)
    assert (settling.mode, len(settling.items), settling.per_item) == ("adjudication", 2, 1)
    first = settling.items[0]
    shown = blind_items(here, settling, [first])[first.item]
    assert sorted(opinion.label for opinion in shown.opinions) == ["absent", "present"]
    assert {opinion.who for opinion in shown.opinions} == {"reviewer A", "reviewer B"}

    save(here, settling, [Decision("s1", first.item, {"refusal": "absent"})], reviewer="Lea", now=NOW)
    truth = truth_of(labels(here))
    settled = truth.filter(pl.col("how") == "settled")
    assert settled["truth"].to_list() == ["absent"]
    assert settled["inclusion"].to_list() == pytest.approx([5 / 40])
    assert summary(labels(here)).open == 1
    assert by_category(labels(here), verdicts)[0].people.items == 10


def test_nothing_to_settle_is_said(here: Workspace, queue: Queue) -> None:
    """An empty selection makes no queue."""
    say(here, queue, "Ana", ANA)
    found = labels(here)
    none = disagreements(found, verdicts_for(here, found, [queue], GRADERS), with_graders=False)
    with pytest.raises(InputError, match="nothing to settle"):
        settling_queue(here, none, TAXONOMY, by="Lea", now=NOW)


def test_a_label_makes_what_rests_on_labels_stale(here: Workspace, queue: Queue, compared: Compared) -> None:
    """Given or changed, and back again only where everything is as it was."""
    versions = [labels_version(here)]
    assert labels_since(here, compared[1].sample_id, NOW.isoformat()) == 0
    say(here, queue, "Ana", ["absent"], hours=1)
    versions.append(labels_version(here))
    say(here, queue, "Ana", ["present"], hours=2)
    versions.append(labels_version(here))

    assert len(set(versions)) == 3
    assert labels_since(here, compared[1].sample_id, NOW.isoformat()) == 2
    assert labels_since(here, compared[1].sample_id, (NOW + timedelta(hours=1)).isoformat()) == 1
    assert labels_since(here, "0" * 12, NOW.isoformat()) == 0


def test_who_did_what_is_in_the_trail(here: Workspace, queue: Queue) -> None:
    """Newest first: labels with their words, the queue with its size; never what a note says."""
    say(here, queue, "Ana", ["absent"], hours=1)
    rows = trail(here)

    assert rows.select("by", "what").rows() == [("Ana", "labelled absent"), ("Lea", "queue made")]
    assert "count 10" in rows["about"][1]
    assert "thinks" not in str(rows.rows())


def test_work_is_counted_by_person(here: Workspace, queue: Queue) -> None:
    """Items, labels and the median time of an item."""
    for n, (item, seconds) in enumerate(zip(queue.items[:3], (1.0, 2.0, 9.0), strict=True)):
        one = Decision(f"d{n}", item.item, {"refusal": "unsure" if n else "absent"}, seconds=seconds)
        save(here, queue, [one], reviewer="Ana", now=NOW)
    row = work_of(here).row(0, named=True)

    assert (row["person"], row["items"], row["labels"], row["seconds an item"]) == ("Ana", 3, 3, 2.0)
    assert row["share unsure"] == pytest.approx(2 / 3)
