"""From a release's own traffic to a scorecard, with the graders of then or of now."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from makers import NOW, write_responses_file
from releases import LATER, Released, released_workspace, write_release
from test_registering import changed_taxonomy

from deploysim.config import read_settings
from deploysim.errors import InputError
from deploysim.pipeline.grading import RULES_ONLY, grade_lanes
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.importing_responses import ResponseFile, import_responses
from deploysim.pipeline.lanes import Lanes, joint_verdicts
from deploysim.pipeline.scorecards import SavedScorecard, load_scorecard, scorecards
from deploysim.pipeline.scoring import score
from deploysim.pipeline.stacks import MeasuringStack, archived_stack, current_stack
from deploysim.pipeline.traffic import Answers, find_answers
from deploysim.store.labels import Label, record_labels
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

SETTINGS = read_settings({})


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A registered forecast and the traffic of the release."""
    return released_workspace(tmp_path_factory.mktemp("released"))


def own_stack(released: Released) -> MeasuringStack:
    """The graders that were archived with the forecast."""
    return archived_stack(released.workspace, released.registered.registration.stack, SETTINGS)


def scored(released: Released, stack: MeasuringStack | None = None, **changes: object) -> SavedScorecard:
    """Score on all of the traffic."""
    stack = stack or own_stack(released)
    return score(released.workspace, released.saved, stack, released.plan(**changes), now=LATER, use=RULES_ONLY)


def refusal(card: SavedScorecard):
    """The row of refusals."""
    return next(row for row in card.scorecard.categories if row.category == "refusal")


def test_the_scorecard_says_what_came(released: Released) -> None:
    """0 of 40 in the log, 20 of 40 in the replay, 30 of 60 realised."""
    card = scored(released)
    row = refusal(card)

    assert (row.previous.present, row.realised.present, row.realised.n) == (0, 30, 60)
    assert row.score("forecast").error < row.score("naive").error
    assert row.score("forecast").predictive_nll < row.score("naive").predictive_nll
    assert card.scorecard.calls.moved_right == card.scorecard.calls.moved == 1
    assert card.scorecard.traffic.before == 0
    assert card.scorecard.registered_at == "2026-11-01T12:00:00+00:00"
    assert card.scorecard.traffic.models == ("new-model",)
    assert {"Prefix shift: n/a, the candidate has not answered the new traffic's prefixes."} <= set(
        card.scorecard.notes
    )


def test_scoring_again_gives_the_same_scorecard(released: Released) -> None:
    """Whenever it is done; and what is read back is what was kept."""
    first = scored(released)
    later = score(
        released.workspace,
        released.saved,
        own_stack(released),
        released.plan(),
        now=LATER.replace(year=2027),
        use=RULES_ONLY,
    )

    assert later.scorecard_id == first.scorecard_id
    assert load_scorecard(released.workspace, first.scorecard_id).scorecard.calls == first.scorecard.calls


def test_an_edited_scorecard_is_refused(released: Released, tmp_path: Path) -> None:
    """A better score by hand does not count."""
    name = scored(released).scorecard_id
    shutil.copytree(released.workspace.scorecards, tmp_path / "scorecards")
    copy = Workspace(tmp_path)
    path = copy.scorecards / f"{name}.json"
    path.write_text(path.read_text().replace('"moved_right":1', '"moved_right":2'))

    with pytest.raises(InputError, match="changed after it was written"):
        load_scorecard(copy, name)
    assert name not in [one.scorecard_id for one in scorecards(copy)]


def test_other_graders_are_refused_and_the_way_out_is_said(released: Released, tmp_path: Path) -> None:
    """A changed taxonomy does not measure the same; the error names what changed and the command."""
    now = current_stack(SETTINGS, changed_taxonomy(tmp_path))

    with pytest.raises(InputError) as raised:
        scored(released, now)
    assert "(refusal)" in str(raised.value)
    assert "--stack now" in str(raised.value)


def test_a_scorecard_survives_a_change_of_graders(released: Released, tmp_path: Path) -> None:
    """Old and new traffic are measured anew by the new graders; what was registered stands beside it."""
    now = current_stack(SETTINGS, changed_taxonomy(tmp_path))
    before = len(list(released.workspace.forecasts.glob("*.json")))
    card = scored(released, now, regrade=True)
    row = refusal(card)
    old = next(c for c in released.saved.forecast.categories if c.category == "refusal")

    assert card.scorecard.regraded
    assert dict(card.scorecard.graders)["refusal"] != dict(released.saved.forecast.graders)["refusal"]
    assert row.registered == old.forecast
    # Only the severity counts differently, so the rates are the same.
    assert row.forecast.median == pytest.approx(old.forecast.median, rel=1e-3)
    assert row.realised.present == 30
    assert before == len(list(released.workspace.forecasts.glob("*.json")))


def test_the_archived_graders_still_score_after_a_change(released: Released, tmp_path: Path) -> None:
    """The taxonomy in force may have changed; the archived one scores as if nothing had."""
    assert scored(released).scorecard.stack == released.registered.registration.stack


def test_the_forecast_s_own_sample_is_no_traffic(released: Released) -> None:
    """It would score itself."""
    plan = replace(released.plan(), traffic=Answers(released.saved.forecast.sample_id))

    with pytest.raises(InputError, match="the very sample"):
        score(released.workspace, released.saved, own_stack(released), plan, now=LATER, use=RULES_ONLY)


def test_a_replay_of_the_new_traffic_shows_the_prefix_shift(released: Released, tmp_path: Path) -> None:
    """The candidate refuses a quarter of the new prefixes in a replay, half of the old ones: about 1/2."""
    traffic = released.plan().traffic
    answers = tmp_path / "again.jsonl"
    with answers.open("w") as file:
        source = write_responses_file(tmp_path / "x.jsonl", 1_060, refuse_every=4).read_text().splitlines()
        file.write("\n".join(source[1_000:]))
    run = import_responses(
        released.workspace,
        traffic.sample_id,
        ResponseFile(answers),
        lane=Lane.CANDIDATE,
        name="new-model",
        settings=SETTINGS,
        now=LATER,
    )
    row = refusal(scored(released, replayed=run.run_id))

    assert row.error.prefix_shift.median == pytest.approx(0.5, rel=0.1)
    with pytest.raises(InputError, match="did not answer the new traffic"):
        scored(released, replayed=released.saved.lanes().candidate)


def imported(released: Released, folder: Path, model: str, *, refuse_every: int, start: int) -> str:
    """Import a model's answers to challenging prompts."""
    log = write_release(folder / f"{model}.jsonl", 40, refuse_every=refuse_every, model=model, start=start)
    return import_file(released.workspace, log, ImportOptions(), settings=SETTINGS, now=NOW).record.import_id


def test_challenging_prompts_from_two_imports(released: Released, tmp_path: Path) -> None:
    """The new model refuses half of the challenging prompts, the old one a tenth."""
    new = imported(released, tmp_path, "new-model", refuse_every=2, start=5_000)
    old = imported(released, tmp_path, "old-model", refuse_every=10, start=6_000)
    found = [find_answers(released.workspace, one, "conversation", now=LATER) for one in (new, old)]
    card = scored(released, challenge=tuple(found)).scorecard

    assert card.challenge.prefixes == 40
    assert card.summary("challenging").rows == card.summary("forecast").rows
    assert refusal(SavedScorecard("", card)).score("challenging").up > 0.99
    assert {one.other for one in card.against} == {"naive", "challenging"}


def test_earlier_failures_are_challenging_prompts(tmp_path: Path) -> None:
    """A third model refuses every fourth of 40 prefixes: there the candidate refuses all 10 and the baseline 2.

    A model that came after the forecast has no say, and neither has the candidate itself.
    """
    here = released_workspace(tmp_path)
    assert scored(here).scorecard.challenge is None
    for name, when in (("third-model", NOW), ("late-model", LATER), ("candidate model", NOW)):
        answers = write_responses_file(tmp_path / f"{name}.jsonl", 40, refuse_every=4 if name == "third-model" else 1)
        sample = here.saved.forecast.sample_id
        run = import_responses(
            here.workspace, sample, ResponseFile(answers), lane=Lane.CANDIDATE, name=name, settings=SETTINGS, now=when
        )
        grade_lanes(here.workspace, Lanes(sample, run.run_id), list(own_stack(here).graders()), use=RULES_ONLY)
    card = scored(here).scorecard

    assert (card.challenge.new, card.challenge.prefixes) == ("the candidate lane where third-model failed", 10)
    # Odds of 10.5 : 0.5 against 2.5 : 8.5 move the log's 0.5 : 40.5 to 71.4 : 81.
    assert refusal(SavedScorecard("", card)).score("challenging").per_100k == pytest.approx(1e5 * 71.4 / 152.4)


def test_an_import_that_lost_rows_to_another_is_no_challenge(released: Released, tmp_path: Path) -> None:
    """Where both models answer alike under one id, the second import lacks the row: its rate would be off."""
    imported(released, tmp_path, "first-model", refuse_every=2, start=7_000)
    second = imported(released, tmp_path, "second-model", refuse_every=3, start=7_000)

    with pytest.raises(InputError, match="stood in another import already"):
        find_answers(released.workspace, second, "conversation", now=LATER)


def test_labels_of_the_traffic_show_the_grader_s_part(released: Released, tmp_path: Path) -> None:
    """People call half of the flagged refusals refusals, and none of the others: about half of the flagged rate is true."""
    shutil.copytree(released.workspace.root, tmp_path / "ws")
    copy = replace(released, workspace=Workspace(tmp_path / "ws"))
    traffic = copy.plan().traffic
    graders = [grader for grader in own_stack(copy).graders() if grader.category == "refusal"]
    grade_lanes(copy.workspace, traffic.lanes(), graders)
    joint = joint_verdicts(copy.workspace, traffic.lanes(), graders)
    flagged = joint.filter(joint["recorded"] == "present")["prefix_id"].to_list()
    others = joint.filter(joint["recorded"] == "absent")["prefix_id"].to_list()
    words = (
        dict.fromkeys(flagged[::2], "absent")
        | dict.fromkeys(flagged[1::2], "present")
        | dict.fromkeys(others, "absent")
    )
    fields = {"queue": "q1", "run": "recorded", "repeat": 0, "category": "refusal", "reviewer": "Ana", "inclusion": 1.0}
    said = [Label(item=i, prefix_id=i, label=word, at=LATER.isoformat(), **fields) for i, word in words.items()]
    record_labels(copy.workspace, said)

    card = scored(copy)
    assert refusal(card).error.grader.median == pytest.approx(0.5, abs=0.1)
    assert any("in 1 category." in note for note in card.scorecard.notes)
    assert refusal(card).realised.present == 30
