"""What reaches the estimator from a workspace besides the replayed prefixes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from makers import FACT, NOW, REFUSAL, write_log, write_responses_file

from deploysim.__main__ import main
from deploysim.config import read_settings
from deploysim.errors import InputError
from deploysim.forecast.records import CategoryForecast
from deploysim.grade.grader import graders_of
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.forecasting import forecast
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.importing_responses import ResponseFile, import_responses
from deploysim.pipeline.lanes import Lanes, joint_verdicts
from deploysim.pipeline.risk_drawing import draw_by_risk
from deploysim.pipeline.whole_log import grade_whole_log
from deploysim.sampling import SampleSpec
from deploysim.store.files import write_parquet
from deploysim.store.labels import Label, record_labels
from deploysim.store.responses import responses
from deploysim.store.runs import responses_path
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.samples import list_samples
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Lane

TAXONOMY = load_taxonomy()
GRADERS = [grader for grader in graders_of(TAXONOMY) if grader.category == "refusal"]


@pytest.fixture(scope="module")
def part_replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Lanes]:
    """A log of 60 conversations, of which 24 were sampled and answered by both models."""
    root = tmp_path_factory.mktemp("part")
    here, settings = Workspace(root / "ws"), read_settings({})
    import_file(here, write_log(root / "log.jsonl", 60), ImportOptions(), settings=settings, now=NOW)
    sample = draw(here, SampleSpec(unit="conversation", seed=1, size=24), now=NOW)
    runs = {
        lane: import_responses(
            here,
            sample.sample_id,
            ResponseFile(write_responses_file(root / f"{lane}-model.jsonl", 60, refuse_every=every)),
            lane=lane,
            name=f"{lane} model",
            settings=settings,
            now=NOW,
        ).run_id
        for lane, every in ((Lane.BASELINE, 6), (Lane.CANDIDATE, 2))
    }
    return here, Lanes(sample.sample_id, runs[Lane.CANDIDATE], runs[Lane.BASELINE])


@pytest.fixture
def here(part_replayed: tuple[Workspace, Lanes], tmp_path: Path) -> tuple[Workspace, Lanes]:
    """A copy to change."""
    copy = Workspace(tmp_path / "copy")
    shutil.copytree(part_replayed[0].root, copy.root)
    return copy, part_replayed[1]


def refusals(here: Workspace, lanes: Lanes) -> tuple[CategoryForecast, str]:
    """The forecast of refusals, and the notes on the whole forecast."""
    made = forecast(here, lanes, TAXONOMY, seed=0, now=NOW).forecast
    return next(row for row in made.categories if row.category == "refusal"), " ".join(made.notes)


def test_the_whole_log_sharpens_recorded_rates(here) -> None:
    """24 of 60 were replayed; once the other 36 recorded responses are graded, the recorded rate rests on all."""
    workspace, lanes = here
    before, notes = refusals(workspace, lanes)
    assert before.previous.n == 24
    assert "36 more recorded responses" in notes
    log, graded = grade_whole_log(workspace, lanes.sample_id, GRADERS, now=NOW)
    after, notes = refusals(workspace, lanes)

    assert (log.size, graded.made) == (60, 60)
    assert after.previous.n == 60
    assert after.previous.interval.high < before.previous.interval.high
    assert "not replayed" in notes
    assert "more recorded responses" not in notes


def test_a_whole_log_is_not_the_newest_sample(here, monkeypatch, capsys) -> None:
    """Commands that take the newest sample go on taking the one that is replayed."""
    workspace, lanes = here
    monkeypatch.setattr("sys.argv", ["deploysim", "grade", "--recorded-all", "--workspace", str(workspace.root)])
    assert main() == 0
    assert "has 60 recorded responses" in capsys.readouterr().out
    assert [log.whole_log for log in list_samples(workspace)] == [False, True]
    assert list_samples(workspace)[0].sample_id == lanes.sample_id


def test_labels_correct_the_grader(here) -> None:
    """Half of the flagged responses are none by people's word: the forecast rate halves, and the row says on what."""
    workspace, lanes = here
    plain, _ = refusals(workspace, lanes)
    joint = joint_verdicts(workspace, lanes, GRADERS)
    said = []
    for lane, run in lanes.runs().items():
        flagged = joint.filter(pl.col(lane) == "present")["prefix_id"].to_list()
        for number, prefix in enumerate(flagged):
            word = "present" if number % 2 else "absent"
            said.append(
                Label(
                    item=f"{prefix}-{lane}",
                    prefix_id=prefix,
                    label=word,
                    at=NOW.isoformat(),
                    inclusion=1.0,
                    queue="q",
                    run=run,
                    repeat=0,
                    category="refusal",
                    reviewer="Ana",
                )
            )
    record_labels(workspace, said)
    labelled, notes = refusals(workspace, lanes)

    assert labelled.forecast.median == pytest.approx(plain.forecast.median / 2, rel=0.25)
    assert any("corrected by labels worth" in note for note in labelled.notes)
    assert any("not checked against human labels" in note for note in plain.notes)
    assert "corrected for grader error" in notes


def test_too_few_labels_are_named_and_change_nothing(here) -> None:
    """Two labels say next to nothing of a grader."""
    workspace, lanes = here
    plain, _ = refusals(workspace, lanes)
    joint = joint_verdicts(workspace, lanes, GRADERS).filter(pl.col("candidate") == "present")
    fields = {"queue": "q", "run": lanes.candidate, "repeat": 0, "category": "refusal", "reviewer": "Ana"}
    record_labels(
        workspace,
        [
            Label(item=p, prefix_id=p, label="absent", at=NOW.isoformat(), inclusion=1.0, **fields)
            for p in joint["prefix_id"].to_list()[:2]
        ],
    )
    labelled, notes = refusals(workspace, lanes)

    assert labelled.ratio == plain.ratio
    assert "Too few labels of flagged responses to correct the grader: Declines the request." in notes


def test_repeats_and_users_reach_the_estimator(here) -> None:
    """The candidate answered twice, the second time always refusing; the log names five users."""
    workspace, lanes = here
    once, notes = refusals(workspace, lanes)
    path = responses_path(workspace, lanes.candidate)
    first = responses(workspace, lanes.candidate)
    refusal = first.filter(pl.col("text").str.contains("sorry"))["text"][0]
    second = first.with_columns(repeat=pl.lit(1, pl.Int32), text=pl.lit(refusal))
    write_parquet(path, pl.concat([first, second]))
    twice, repeated_notes = refusals(workspace, lanes)

    assert "Prefixes of one user" in notes
    assert twice.table == once.table
    assert twice.ratio.median > 1.2 * once.ratio.median
    assert "means of up to 2 answers" in repeated_notes


def test_a_sample_by_risk_needs_a_log_that_shows_it(here) -> None:
    """A category that the log never shows tells nothing of where it is likely."""
    workspace, _ = here
    with pytest.raises(InputError, match="in none of its 60"):
        draw_by_risk(workspace, SampleSpec(unit="conversation", size=20, risk="refusal"), GRADERS[0], now=NOW)


def test_risky_prefixes_are_drawn_more_often(tmp_path: Path) -> None:
    """Refused questions share a word; those that hold it come more often, and their weights say so."""
    log = tmp_path / "log.jsonl"
    with log.open("w") as file:
        for n in range(200):
            risky = n % 10 == 0
            asked = f"please open the vault number {n}" if risky else f"tell me fact number {n}"
            answer = REFUSAL if risky and n % 20 == 0 else FACT
            rows = [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
            file.write(json.dumps({"id": f"c{n}", "model": "m", "messages": rows}) + "\n")
    workspace = Workspace(tmp_path / "ws")
    import_file(workspace, log, ImportOptions(), settings=read_settings({}), now=NOW)
    spec = SampleSpec(unit="conversation", size=40, risk="refusal")
    drawn = draw_by_risk(workspace, spec, GRADERS[0], now=NOW)
    index = prefix_index(workspace, drawn.sample_id)

    assert (drawn.size, drawn.filters["risk"]) == (40, "refusal")
    assert index["weight"].min() < 1.0 < index["weight"].max() <= 10.0
    assert (index["weight"] < 0.6).sum() > 10
    assert draw_by_risk(workspace, spec, GRADERS[0], now=NOW) == drawn
