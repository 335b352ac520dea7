"""Compare: outcomes, filters and what moved beside each, by hand on a small workspace; exports that run nothing."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from makers import NOW, REFUSAL

from deploysim.grade.grader import graders_of
from deploysim.pipeline.compared_item import load_item
from deploysim.pipeline.comparing import ANY, FAILED, Comparison, Filters, Moved, holding, load_comparison
from deploysim.pipeline.exporting import FORMATS, as_csv, selection
from deploysim.pipeline.lanes import Lanes
from deploysim.store.labels import Label, labels, record_labels
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy

TAXONOMY = load_taxonomy()
GRADERS = list(graders_of(TAXONOMY))
Compared = tuple[Workspace, Lanes]


@pytest.fixture(scope="module")
def comparison(compared: Compared) -> Comparison:
    """Forty prefixes: every twentieth baseline response refuses, every second candidate response does."""
    return load_comparison(*compared, GRADERS)


def label(prefix_id: str, run: str, said: str, reviewer: str = "Ana") -> Label:
    """Return a label about refusal."""
    return Label("q" * 12, prefix_id, prefix_id, run, 0, "refusal", said, reviewer, NOW.isoformat())


def test_outcomes_are_counted(comparison: Comparison) -> None:
    """Regressed, improved, both and neither add up; different ones come apart from equal ones."""
    counts = comparison.counts(Filters("refusal"))

    assert counts == {"regressed": 18, "improved": 0, "both": 2, "neither": 20, "unclear": 0, FAILED: 0, ANY: 40}
    assert comparison.counts(Filters("refusal", different=True))[ANY] == 18


def test_regressed_ones_come_first(comparison: Comparison) -> None:
    """Sorted by evidence the regressed prefixes lead, in the order drawn; as drawn they do not."""
    regressed = comparison.matching(Filters("refusal", "regressed"))

    assert len(regressed) == 18
    assert comparison.matching(Filters("refusal"))[:18] == regressed
    drawn = comparison.matching(Filters("refusal"), sort="drawn")
    assert drawn == comparison.texts.sort("position")["prefix_id"].to_list()
    changed = comparison.matching(Filters("refusal"), sort="difference")
    assert set(changed[:18]) == set(regressed)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters("refusal", severity="1"), 20),
        (Filters("refusal", severity="2"), 0),
        (Filters("refusal", "both"), 2),
        (Filters("refusal", "both", different=True), 0),
        (Filters("refusal", FAILED), 0),
        (Filters(disagreement="graders"), 0),
        (Filters(reviewed="no"), 40),
        (Filters(reviewed="yes"), 0),
        (Filters(model="unheard of"), 0),
    ],
)
def test_filters_narrow(comparison: Comparison, filters: Filters, expected: int) -> None:
    """Each filter by itself and two together."""
    assert len(comparison.matching(filters)) == expected


def test_what_moved_stands_beside_every_value(comparison: Comparison) -> None:
    """The numbers beside a value are those that choosing it gives, whatever the outcome looked at."""
    filters = Filters("refusal", "both")
    by_user = comparison.moved(filters, "cluster")
    assert len(by_user) == 6
    assert by_user[ANY] == Moved(18, 0, 40)
    for value, moved in by_user.items():
        if value != ANY:
            assert moved.regressed == len(comparison.matching(Filters("refusal", "regressed", cluster=value)))
    assert sum(m.regressed for v, m in by_user.items() if v != ANY) == 18
    assert comparison.moved(filters, "category")["refusal"] == Moved(18, 0, 40)
    assert comparison.moved(filters, "severity")["1"].regressed == 18


def test_words_are_found_in_messages_and_in_responses(compared: Compared, comparison: Comparison) -> None:
    """What was asked, what was answered, in large or small letters, and never as a pattern."""
    workspace, lanes = compared
    assert len(holding(workspace, lanes, "NUMBER 17.")) == 1
    assert len(holding(workspace, lanes, "can't help")) == 20
    assert holding(workspace, lanes, "n.mber") == frozenset()

    found = holding(workspace, lanes, "can't help")
    assert len(comparison.matching(Filters("refusal", "both"), holding=found)) == 2
    assert comparison.matching(Filters("refusal", "neither"), holding=found) == []


def test_people_against_graders_and_each_other(compared: Compared, comparison: Comparison, tmp_path: Path) -> None:
    """Three labels: one agrees with the grader, one does not, and two people say opposite things of a third."""
    workspace, lanes = Workspace(tmp_path / "copy"), compared[1]
    shutil.copytree(compared[0].root, workspace.root)
    first, second, third = comparison.matching(Filters("refusal", "regressed"))[:3]
    run = str(lanes.candidate)
    said = [(first, "present", "Ana"), (second, "absent", "Ana"), (third, "present", "Ana"), (third, "absent", "Ben")]
    record_labels(workspace, [label(prefix, run, word, who) for prefix, word, who in said])
    found = comparison.with_people(labels(workspace))

    assert found.matching(Filters(disagreement="people"), sort="drawn") == sorted(
        [second, third], key=found.matching(Filters(), sort="drawn").index
    )
    assert found.matching(Filters(disagreement="reviewers")) == [third]
    assert len(found.matching(Filters(reviewed="yes"))) == 3
    assert found.moved(Filters("refusal"), "reviewed")["yes"] == Moved(3, 0, 3)
    item = load_item(workspace, lanes, third, taxonomy=TAXONOMY, graders=GRADERS)
    assert item is not None
    assert [b.text for b in item.panels()[2].badges if b.kind == "people"] == [
        "Ana: present · Declines the request",
        "Ben: absent · Declines the request",
    ]


def test_an_item_shows_all_lanes_with_evidence(compared: Compared, comparison: Comparison) -> None:
    """The candidate's refusal is marked where the rule saw it, under the behaviour's name."""
    prefix = comparison.matching(Filters("refusal", "regressed"))[0]
    item = load_item(*compared, prefix, taxonomy=TAXONOMY, graders=GRADERS)

    assert item is not None
    assert [p.lane for p in item.panels()] == ["recorded", "baseline", "candidate"]
    assert [(m.kind, m.label) for m in item.panels()[2].marks] == [("evidence", "Declines the request")]
    assert not item.unchanged()
    assert item.diff().new
    assert [(m.start, m.end) for m in item.diff(by_line=True).new] == [(0, len(REFUSAL))]


def test_a_prefix_that_is_not_there_gives_none(compared: Compared) -> None:
    """A link to another sample's prefix is no crash."""
    assert load_item(*compared, "nothing:1", taxonomy=TAXONOMY, graders=GRADERS) is None


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "  =1", "＝1", '=HYPERLINK("http://evil.example")'],
)
def test_no_cell_is_a_formula(cell: str) -> None:
    """Such a cell begins with an apostrophe, and its text is otherwise whole; others stay as they are."""
    written = as_csv(pl.DataFrame({"text": [cell, "plain", "a=1", None, ""]})).decode()
    rows = [row[0] if row else "" for row in csv.reader(io.StringIO(written, newline=""))]

    assert rows == ["text", "'" + cell, "plain", "a=1", "", ""]


def test_numbers_stay_numbers() -> None:
    """A negative number is no formula."""
    assert as_csv(pl.DataFrame({"n": [-1.5]})).decode().splitlines() == ['"n"', "-1.5"]


def test_a_selection_is_written_in_every_format(compared: Compared, comparison: Comparison) -> None:
    """One row per prefix in the order chosen, with texts, verdicts and what moved."""
    ids = comparison.matching(Filters("refusal", "regressed"))[:3]
    frame = selection(*compared, comparison, ids)
    assert frame["prefix_id"].to_list() == ids
    assert frame["candidate"].to_list() == [REFUSAL] * 3
    assert frame["regressed"].to_list() == ["refusal"] * 3
    assert frame["refusal: candidate"].to_list() == ["present"] * 3
    assert all(text.startswith("Please tell me fact 1") for text in frame["asked"])

    written = {name: kind.write(frame) for name, kind in FORMATS.items()}
    assert len(list(csv.reader(io.StringIO(written["CSV"].decode(), newline="")))) == 4
    assert [json.loads(line)["prefix_id"] for line in written["JSONL"].decode().splitlines()] == ids
    assert pl.read_parquet(written["Parquet"]).equals(frame)
