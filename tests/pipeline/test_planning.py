"""Plans from a workspace, from given rates, and from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from makers import FACT, NOW, REFUSAL, write_log, write_responses_file

from deploysim.__main__ import main
from deploysim.config import read_settings
from deploysim.errors import InputError
from deploysim.grade.grader import graders_of
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.evidence import LEAST_FLAGGED
from deploysim.pipeline.forecasting import forecast
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.importing_responses import ResponseFile, import_responses
from deploysim.pipeline.lanes import Lanes, fitting
from deploysim.pipeline.planning import (
    Ask,
    Price,
    affordable_size,
    given_topic,
    known_topics,
    make_plan,
    power_curves,
    with_given,
    with_precision,
)
from deploysim.sampling import SampleSpec
from deploysim.stats.planning import Question, power_at, prefixes_needed
from deploysim.store.labels import Label, record_labels
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Lane

GRADERS = graders_of(load_taxonomy())


@pytest.mark.parametrize("rate", [1e-4, 0.01, 0.2])
@pytest.mark.parametrize("ratio", [0.5, 1.5, 3.0])
def test_the_prefixes_needed_have_the_power_asked_for(rate: float, ratio: float) -> None:
    """`power_at` is the inverse of `prefixes_needed`."""
    question = Question(rate, precision=0.8, cluster_effect=1.7, complete=0.9)
    needed = prefixes_needed(question, ratio=ratio)

    assert needed is not None
    assert 0.8 - 1e-6 <= power_at(question, ratio=ratio, prefixes=needed) < 0.83


def test_a_plan_of_given_rates() -> None:
    """Rarer behaviours take more prefixes; a sample of 5,000 sees most of what is above 46 per 100,000."""
    plan = make_plan([given_topic("rare", 10), given_topic("common", 5_000)], Ask())

    assert [row.name for row in plan.rows] == ["common", "rare"]
    assert plan.rows[0].needed < 5_000 < plan.rows[1].needed
    assert plan.rows[0].power > 0.8 > plan.rows[1].power
    assert plan.rows[0].smallest_ratio < 1.5 < plan.rows[1].smallest_ratio
    assert plan.unseen_per_100k == pytest.approx(46.05, abs=0.01)
    assert "in 1 of 2 behaviours" in plan.sentence()


def test_a_grader_that_errs_and_a_price(compared: tuple[Workspace, Lanes]) -> None:
    """False alarms make a change harder to find; a price turns prefixes into money, and a budget into prefixes."""
    (topic,) = [given_topic("x", 500)]
    plain, blurred = (
        make_plan([t], Ask(), Price("m", 0.02, "EUR", "2026-11-01")) for t in (topic, *with_precision([topic], 0.5))
    )

    assert blurred.rows[0].needed > 2 * plain.rows[0].needed
    assert plain.rows[0].cost == pytest.approx(0.02 * plain.rows[0].needed)
    assert affordable_size(plain.price, 10.0) == 500


def test_a_common_behaviour_with_a_poor_grader_is_dear_and_says_why() -> None:
    """1,300 per 100,000 of which a fifth holds takes more than 300 that all hold; the row names the grader error."""
    common, rare = with_precision([given_topic("common", 1_300)], 0.2)[0], given_topic("rare", 300)
    dear, plain = make_plan([common, rare], Ask()).rows

    assert dear.needed > plain.needed > dear.perfect_grader
    assert plain.perfect_grader == plain.needed
    assert dear.why() == f"rate {dear.perfect_grader:,} · grader error ×{dear.needed / dear.perfect_grader:.2g}"
    assert plain.why() == f"rate {plain.needed:,}"


@pytest.mark.parametrize(("count", "precision"), [(LEAST_FLAGGED - 1, 1.0), (LEAST_FLAGGED, 0.05)])
def test_a_plan_trusts_labels_from_as_many_on_as_a_forecast(tmp_path: Path, count: int, precision: float) -> None:
    """Labels that call every refusal that the log shows none: a handful of them says nothing of the grader."""
    here = Workspace(tmp_path / "ws")
    log = write_log(tmp_path / "log.jsonl", 20)
    log.write_text(log.read_text().replace(FACT, REFUSAL))
    import_file(here, log, ImportOptions(), settings=read_settings({}), now=NOW)
    sample = draw(here, SampleSpec(unit="conversation", seed=1), now=NOW)
    answers = ResponseFile(write_responses_file(tmp_path / "new.jsonl", 20, refuse_every=2))
    run = import_responses(
        here, sample.sample_id, answers, lane=Lane.CANDIDATE, name="new", settings=read_settings({}), now=NOW
    )
    forecast(here, Lanes(sample.sample_id, run.run_id), load_taxonomy(), seed=0, now=NOW)
    fields = {"queue": "q", "run": "recorded", "repeat": 0, "category": "refusal", "reviewer": "Ana", "label": "absent"}
    prefixes = prefix_index(here, sample.sample_id)["prefix_id"].to_list()[:count]
    record_labels(here, [Label(item=p, prefix_id=p, at=NOW.isoformat(), inclusion=1.0, **fields) for p in prefixes])

    refusal = next(topic for topic in known_topics(here, GRADERS) if topic.category == "refusal")
    assert refusal.question.precision == pytest.approx(precision, abs=0.04)


def test_rates_of_the_newest_forecast(compared: tuple[Workspace, Lanes]) -> None:
    """What the log never showed has no rate until one is given."""
    topics = known_topics(compared[0], GRADERS)
    fit = fitting(compared[0], compared[1].sample_id, GRADERS)
    assert {topic.category for topic in topics} == {grader.category for grader in fit} < {g.category for g in GRADERS}
    assert all(topic.question is None for topic in topics)
    given = {topic.category: topic for topic in with_given(topics, {"refusal": 200.0, "new one": 5.0})}

    assert given["refusal"].question.rate == pytest.approx(0.002)
    assert given["refusal"].name == "Declines the request"
    assert given["new one"].basis == "given"
    assert len(given) == len(topics) + 1


def test_curves_rise() -> None:
    """More prefixes never find less."""
    curve = power_curves([given_topic("x", 100)], Ask())["power"]
    assert curve.is_sorted()
    assert curve[0] < 0.3 < 0.99 < curve[-1]


@pytest.mark.parametrize("ask", [{"ratio": 1.0}, {"power": 1.0}, {"certainty": 0.5}, {"size": 0}])
def test_senseless_asks_are_refused(ask: dict[str, float]) -> None:
    """Each is named."""
    with pytest.raises(InputError, match=next(iter(ask))):
        Ask(**ask)


def test_the_shell_plans(tmp_path, monkeypatch, capsys) -> None:
    """An empty workspace plans with given rates, and says how to give them."""
    monkeypatch.setattr("sys.argv", ["deploysim", "plan", "-w", str(tmp_path)])
    assert main() == 1
    assert "plan --rate refusal=120" in capsys.readouterr().err
    argv = ["deploysim", "plan", "-w", str(tmp_path), "--rate", "refusal=120", "--size", "20000"]
    monkeypatch.setattr("sys.argv", argv)
    assert main() == 0
    assert "22,538" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", [*argv, "--json"])
    assert main() == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["needed"] == 22_538
    monkeypatch.setattr("sys.argv", ["deploysim", "plan", "-w", str(tmp_path), "--rate", "refusal"])
    assert main() == 1
    assert "NAME=PER_100K" in capsys.readouterr().err
