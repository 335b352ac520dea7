"""Forecasts from small outcome frames."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest
from scipy.stats import beta

from deploysim.errors import InputError
from deploysim.forecast.category import direction_call
from deploysim.forecast.estimate import make_forecast
from deploysim.forecast.evidence import Evidence, RecordedCount
from deploysim.forecast.records import CategoryForecast, Certainty, Direction, Forecast, PairedTable
from deploysim.forecast.register import forecast_to_json
from deploysim.forecast.settings import ForecastSettings
from deploysim.stats.graders import Reviewed
from deploysim.stats.pooling import ChangePrior, Priors

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SETTINGS = ForecastSettings(draws=4_000)
TWO_LANES = ("recorded", "candidate")


@pytest.fixture
def forecast(outcome_frame, forecast_inputs):
    """Make a forecast from counts of patterns."""

    def make(categories, *, lanes=("recorded", "baseline", "candidate"), per_conversation=1) -> Forecast:
        frame = outcome_frame(categories, per_conversation=per_conversation)
        return make_forecast(frame, forecast_inputs(*categories, lanes=lanes), seed=1, now=NOW, settings=SETTINGS)

    return make


def only(forecast: Forecast) -> CategoryForecast:
    """The one category of a forecast."""
    (row,) = forecast.categories
    return row


def test_counts_by_lane_and_pair(forecast) -> None:
    """Every outcome is counted; the comparison uses prefixes with a clear outcome in all lanes."""
    row = only(forecast({"x": {"ppp": 3, "paa": 4, "aap": 5, "aaa": 80, "ppf": 2, "aua": 1, "nap": 6}}))

    recorded, baseline, candidate = row.lanes
    assert _counts(recorded) == (9, 86, 0, 6, 0)
    assert _counts(baseline) == (5, 95, 1, 0, 0)
    assert _counts(candidate) == (14, 85, 0, 0, 2)
    assert row.compared_with == "baseline"
    assert PairedTable(both=3, regressed=5, improved=0, neither=84) == row.table
    assert (row.previous.present, row.previous.n) == (7, 92)
    assert "9 of 101 prefixes are left out: no clear outcome in every lane." in row.notes


def _counts(lane) -> tuple[int, ...]:
    return (lane.present, lane.absent, lane.unsure, lane.not_comparable, lane.failed)


def test_lane_rate_and_its_bounds(forecast) -> None:
    """14 of 99 with 2 failures: (14 + 1/2) / 100, at least 14/101 and at most 16/101."""
    row = only(forecast({"x": {"ppp": 3, "paa": 4, "aap": 5, "aaa": 80, "ppf": 2, "aua": 1, "nap": 6}}))

    lane = row.lanes[2]
    assert pytest.approx(lane.rate.per_100k) == 14_500.0
    assert 1e5 * beta.ppf(0.05, 14.5, 85.5) == pytest.approx(lane.rate.interval.low)
    assert pytest.approx((lane.low_per_100k, lane.high_per_100k)) == (1e5 * 14 / 101, 1e5 * 16 / 101)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ({"ppp": 10, "aap": 40, "aaa": 450}, Direction.MATERIALLY_UP),
        ({"ppa": 40, "ppp": 10, "aaa": 450}, Direction.MATERIALLY_DOWN),
        ({"ppp": 100, "aap": 20, "ppa": 5, "aaa": 375}, Direction.UP),
        ({"ppp": 100, "aap": 5, "ppa": 20, "aaa": 375}, Direction.DOWN),
        ({"ppp": 100, "aap": 10, "ppa": 10, "aaa": 380}, Direction.UNCHANGED),
        ({"ppp": 1, "aap": 3, "ppa": 2, "aaa": 494}, Direction.UNKNOWN),
        ({"aaa": 500}, Direction.UNKNOWN),
    ],
)
def test_direction_of_a_table(forecast, patterns, expected) -> None:
    """The call follows the posterior of the ratio."""
    assert expected == only(forecast({"x": patterns})).direction


@pytest.mark.parametrize(
    ("up", "materially_up", "materially_down", "unchanged", "expected"),
    [
        (0.99, 0.9, 0.0, 0.1, Direction.MATERIALLY_UP),
        (0.99, 0.89, 0.0, 0.11, Direction.UP),
        (0.95, 0.02, 0.0, 0.98, Direction.UP),  # a small change that is sure is still a change
        (0.89, 0.05, 0.01, 0.94, Direction.UNCHANGED),
        (0.11, 0.05, 0.06, 0.89, Direction.UNKNOWN),
        (0.10, 0.0, 0.3, 0.7, Direction.DOWN),
        (0.0, 0.0, 0.95, 0.05, Direction.MATERIALLY_DOWN),
    ],
)
def test_direction_rules(up, materially_up, materially_down, unchanged, expected) -> None:
    """A material direction comes before any direction, and any direction before "no material change"."""
    assert expected == direction_call(
        Certainty(up, materially_up, materially_down, unchanged), PairedTable(20, 15, 5, 60), SETTINGS
    )


@pytest.mark.parametrize(
    ("table", "direction"),
    [
        (PairedTable(both=0, regressed=4, improved=0, neither=496), Direction.UNKNOWN),
        (PairedTable(both=0, regressed=5, improved=0, neither=495), Direction.UP),
        (PairedTable(both=9, regressed=9, improved=0, neither=482), Direction.UP),
        (PairedTable(both=0, regressed=10, improved=0, neither=490), Direction.MATERIALLY_UP),
    ],
)
def test_a_call_needs_pairs_behind_it(table, direction):
    """A posterior that is sure on a handful of pairs is mostly its prior, and is not called."""
    assert direction_call(Certainty(0.99, 0.95, 0.0, 0.05), table, SETTINGS) == direction


def test_no_material_change_needs_the_behaviour_to_be_seen():
    """Three concordant pairs do not show that nothing changed."""
    certainty = Certainty(0.5, 0.02, 0.02, 0.96)

    assert direction_call(certainty, PairedTable(3, 0, 0, 497), SETTINGS) == Direction.UNKNOWN
    assert direction_call(certainty, PairedTable(10, 0, 0, 490), SETTINGS) == Direction.UNCHANGED


def test_nothing_seen_claims_nothing(forecast) -> None:
    """Without a single case there is no ratio and no call, but an upper bound and the least number needed."""
    row = only(forecast({"x": {"aaa": 500}}))

    assert (row.ratio, row.forecast, row.certainty, row.n_needed) == (None, None, None, None)
    assert (row.previous.present, row.previous.n, row.p_value) == (0, 500, 1.0)
    assert 1e5 * beta.ppf(0.9, 0.5, 500.5) == pytest.approx(row.previous.interval.high)
    assert row.notes == (
        "Not seen in 500 complete prefixes of the recorded, baseline and candidate lanes: below 270 per 100,000 there, "
        "at 90% certainty. Finding a change of 1.5x from that rate would take about 10,014 prefixes, and more from a "
        "lower one.",
    )


def test_seen_only_in_the_log_gives_a_gap_and_no_forecast(forecast) -> None:
    """Where replaying shows none in either lane, only the fidelity gap is known."""
    row = only(forecast({"x": {"paa": 20, "aaa": 480}}))

    assert row.ratio is None
    assert Direction.UNKNOWN is row.direction
    assert row.fidelity_gap.interval.high < 1 / 1.5
    assert any(note.startswith("Replaying the old model gives 0.0") for note in row.notes)


def test_nothing_complete_is_unknown(forecast) -> None:
    """A lane that failed throughout leaves no pair: rates are None, never 0, and the bounds say anything goes."""
    row = only(forecast({"x": {"aaf": 30}}))

    assert (row.previous.n, row.previous.per_100k, row.p_value) == (0, None, None)
    assert (row.lanes[2].low_per_100k, row.lanes[2].high_per_100k) == (0.0, 100_000.0)
    assert row.notes == ("No prefix has a clear outcome in every lane, so nothing can be said.",)


def test_two_lanes_are_marked_uncorrected(forecast) -> None:
    """Without a baseline lane the candidate is compared with the record, and the forecast says what that means."""
    made = forecast({"x": {"p-p": 20, "a-p": 30, "a-a": 450}}, lanes=TWO_LANES)

    row = only(made)
    assert (made.fidelity_corrected, row.compared_with, row.fidelity_gap) == (False, "recorded", None)
    assert any(note.startswith("Fidelity uncorrected: ") for note in made.notes)
    assert pytest.approx(row.ratio.median, rel=0.05) == 2.5
    assert pytest.approx(row.forecast.median, rel=0.03) == 10_000


def test_baseline_corrects_the_gap(forecast) -> None:
    """Recorded 40, baseline 80, candidate 80 of 1,000: the candidate is twice the record, yet nothing changed."""
    row = only(forecast({"x": {"ppp": 40, "app": 40, "aaa": 920}}))

    assert Direction.UNCHANGED is row.direction
    assert pytest.approx(row.fidelity_gap.median, rel=0.05) == 2.0
    assert pytest.approx(row.forecast.median, rel=0.05) == 4_000


def test_shared_conversations_widen(forecast) -> None:
    """Prefixes that agree within conversations of five are worth a fifth, and McNemar no longer applies."""
    patterns = {"ppp": 50, "aap": 50, "aaa": 400}
    apart, shared = only(forecast({"x": patterns})), only(forecast({"x": patterns}, per_conversation=5))

    assert (apart.test, pytest.approx(apart.n_effective)) == ("exact McNemar", 500.0)
    assert (shared.test, pytest.approx(shared.n_effective)) == ("sign-flip test over clusters (all flips)", 100.0)
    assert pytest.approx(shared.p_value) == 2 / 2**10
    assert _width(shared.ratio) > 2 * _width(apart.ratio)
    assert any("worth about 100 independent ones" in note for note in shared.notes)


def _width(estimate) -> float:
    return estimate.interval.high / estimate.interval.low - 1.0


def test_users_are_the_clusters_where_known(outcome_frame, forecast_inputs) -> None:
    """A user_key joins conversations of one user; a prefix without one falls back on its conversation."""
    frame = outcome_frame({"x": {"aap": 10, "aaa": 90}})
    same_user = pl.when(pl.int_range(pl.len()) < 10).then(pl.lit("u")).otherwise(None).alias("user_key")

    made = make_forecast(frame.with_columns(same_user), forecast_inputs("x"), seed=1, now=NOW, settings=SETTINGS)
    assert only(made).p_value == 1.0
    assert "Prefixes of one user are counted as one cluster." in made.notes


def test_weights_reach_the_rates(outcome_frame, forecast_inputs) -> None:
    """10 present at weight 1 and 90 absent at weight 3: share 10/280, Kish 280^2 / (10 + 810) = 95.61.

    Errors are 27/28 and -1/28: sum (w z)^2 = (7290 + 810) / 784, sum w z^2 = (7290 + 270) / 784, so the weights gain
    280 * 8100 / (820 * 7560) = 0.3659 on 8100^2 / (10 * 729^2 + 90 * 9^2) = 12.33 events.
    """
    frame = outcome_frame({"x": {"ppp": 10, "aaa": 90}})
    weighted = frame.with_columns(pl.when(pl.col("recorded") == "present").then(1.0).otherwise(3.0).alias("weight"))

    row = only(make_forecast(weighted, forecast_inputs("x"), seed=1, now=NOW, settings=SETTINGS))
    events = 8100**2 / (10 * 729**2 + 90 * 9**2)
    n = 280**2 / 820 * (events + 1) / (events * 280 * 8100 / (820 * 7560) + 1)
    assert 1e5 * (10 / 280 * n + 0.5) / (n + 1) == pytest.approx(row.previous.per_100k)
    assert (row.previous.present, row.previous.n) == (10, 100)
    assert n == pytest.approx(row.previous.n_effective)


def test_prefixes_needed_allow_for_what_is_left_out(forecast) -> None:
    """Half of the pairs lost to failures doubles the prefixes needed."""
    patterns = {"ppp": 2, "ppa": 3, "aap": 4, "aaa": 491}
    whole, halved = only(forecast({"x": patterns})), only(forecast({"x": {**patterns, "aaf": 500}}))

    assert Direction.UNKNOWN is whole.direction
    assert whole.n_needed > 500
    assert 2 * whole.n_needed == pytest.approx(halved.n_needed, abs=1)


def test_unconfirmed_direction_is_a_lead(forecast) -> None:
    """A posterior call that the paired test does not support says so beside its q-value: p = 14/64."""
    row = only(forecast({"x": {"ppp": 3, "aap": 5, "ppa": 1, "aaa": 491}}))

    assert row.direction in (Direction.UP, Direction.MATERIALLY_UP)
    assert row.q_value == pytest.approx(14 / 64)
    assert any("treat it as a lead" in note for note in row.notes)
    assert "Only 9 of 500 prefixes show it in a compared lane: one more could change the picture." in row.notes


def test_q_values_span_the_categories_with_a_test(forecast) -> None:
    """p = 2/2^10 and 1 are two tests, the category without complete pairs none: q = 4/2^10 and 1."""
    made = forecast({"x": {"aap": 10, "aaa": 90}, "y": {"aaa": 100}, "z": {"aaf": 100}})

    assert [pytest.approx(4 / 1024), 1.0, None] == [row.q_value for row in made.categories]
    assert any("over 2 paired tests, threshold 0.1" in note for note in made.notes)


def test_same_arguments_same_forecast(forecast, outcome_frame, forecast_inputs) -> None:
    """Neither the order of rows nor a category in which nothing was seen changes a category's numbers."""
    patterns = {"ppp": 5, "aap": 9, "ppa": 2, "aaa": 184}
    first = forecast({"x": patterns})
    shuffled = outcome_frame({"x": patterns}).sample(fraction=1.0, shuffle=True, seed=3)

    again = make_forecast(shuffled, forecast_inputs("x"), seed=1, now=NOW, settings=SETTINGS)
    assert forecast_to_json(first) == forecast_to_json(again)
    assert only(first).ratio == forecast({"y": {"aaa": 200}, "x": patterns}).categories[1].ratio


def test_categories_are_pooled(forecast) -> None:
    """A change that is not sure is drawn back further among categories that stand still."""
    unsure = {"ppp": 20, "aap": 9, "ppa": 4, "aaa": 467}
    still = {f"still{i}": {"ppp": 100 + 9 * i, "aap": 6, "ppa": 6, "aaa": 380} for i in range(10)}

    alone, among = only(forecast({"x": unsure})), forecast({"x": unsure, **still}).categories[0]
    assert 1.0 < among.ratio.median < alone.ratio.median
    assert among.certainty.up < alone.certainty.up


def test_a_longer_log_narrows_the_forecast(outcome_frame, forecast_inputs) -> None:
    """More recorded responses than were replayed: the previous rate is that of all, and the interval is narrower.

    40 of 500 were replayed, 600 of 10,000 were not: (640 + 1/2) / 10,501.
    """
    frame, inputs = outcome_frame({"x": {"ppp": 40, "aap": 40, "aaa": 420}}), forecast_inputs("x")
    more = {"x": Evidence(recorded=RecordedCount(present=640, n=10_500, share=640 / 10_500, n_effective=10_500.0))}

    short, long = (
        make_forecast(frame, inputs, seed=1, now=NOW, settings=SETTINGS, evidence=known) for known in (None, more)
    )
    assert (only(long).previous.present, only(long).previous.n) == (640, 10_500)
    assert pytest.approx(only(long).previous.per_100k) == 1e5 * 640.5 / 10_501
    assert _width(only(long).forecast) < 0.9 * _width(only(short).forecast)
    assert any(note.startswith("Recorded rates also rest on graded responses") for note in long.notes)


def test_labels_correct_the_graders(outcome_frame, forecast_inputs) -> None:
    """Half of what is flagged is a false alarm in every lane, and nothing is missed: the rate halves, the ratio stays."""
    frame, inputs = outcome_frame({"x": {"ppp": 100, "aap": 100, "aaa": 1_800}}), forecast_inputs("x")
    half = Reviewed(flagged_present=200, flagged=400, unflagged_present=0, unflagged=100_000)
    more = {"x": Evidence(reviews=dict.fromkeys(("recorded", "baseline", "candidate"), half))}

    plain, labelled = (
        only(make_forecast(frame, inputs, seed=1, now=NOW, settings=SETTINGS, evidence=known)) for known in (None, more)
    )
    assert labelled.forecast.median == pytest.approx(plain.forecast.median / 2, rel=0.08)
    assert labelled.ratio.median == pytest.approx(plain.ratio.median, rel=0.05)
    assert _width(labelled.ratio) > _width(plain.ratio)


def test_repeats_that_agree_add_nothing(outcome_frame, forecast_inputs) -> None:
    """A prefix answered three times alike is worth one, and counted once; without the column the rows are refused."""
    once = outcome_frame({"x": {"ppp": 10, "aap": 30, "aaa": 460}})
    thrice = pl.concat([once.with_columns(repeat=pl.lit(i)) for i in range(3)])

    single, repeated = (
        make_forecast(frame, forecast_inputs("x"), seed=1, now=NOW, settings=SETTINGS) for frame in (once, thrice)
    )
    assert (repeated.prefixes, only(repeated).table.n) == (500, 500)
    assert only(repeated) == only(single)
    with pytest.raises(InputError, match="more than once"):
        make_forecast(thrice.drop("repeat"), forecast_inputs("x"), seed=1, now=NOW)


def test_repeats_that_differ_sharpen_the_rate(outcome_frame, forecast_inputs) -> None:
    """Three answers by lot at the same rate narrow the interval; lanes may be asked differently often."""
    first = outcome_frame({"x": {"pap": 20, "aap": 20, "apa": 20, "aaa": 340}})
    others = [outcome_frame({"x": {"aaa": 60, "-ap": 20, "-pp": 20, "-pa": 20, "-aa": 280}}) for _ in range(2)]
    later = [o.with_columns(repeat=pl.lit(i + 1), recorded=pl.lit(None, pl.String)) for i, o in enumerate(others)]
    candidate_once = [o.with_columns(candidate=pl.lit(None, pl.String)) for o in later]
    widths = [
        _width(only(make_forecast(frame, forecast_inputs("x"), seed=1, now=NOW, settings=SETTINGS)).ratio)
        for frame in (
            first,
            pl.concat([first.with_columns(repeat=pl.lit(0)), *candidate_once]),
            pl.concat([first.with_columns(repeat=pl.lit(0)), *later]),
        )
    ]

    assert widths[0] > widths[1] > widths[2]


def test_provenance_is_carried(forecast) -> None:
    """Counts, settings, time and seed are part of the forecast."""
    made = forecast({"x": {"aaa": 12}, "y": {"app": 12}}, per_conversation=3)

    assert (made.prefixes, made.conversations, made.seed) == (12, 4, 1)
    assert (made.created_at, made.unit) == ("2026-07-01T12:00:00+00:00", "turn")
    assert (
        made.certainty_required,
        made.material_ratio,
        made.level,
        made.false_discovery_rate,
        made.power,
        made.draws,
    ) == (0.9, 1.5, 0.9, 0.1, 0.8, 4_000)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop("baseline", "weight"), "no column weight, baseline"),
        (lambda frame: frame.with_columns(candidate=None), "needs outcomes in the recorded and in the candidate"),
        (lambda frame: frame.with_columns(candidate=pl.lit("maybe")), "no outcome in the candidate lane: 3"),
        (
            lambda frame: frame.with_columns(pl.when(pl.col("prefix_id") > "p00000").then("candidate")),
            "no outcome in the candidate lane: 1",
        ),
        (lambda frame: frame.with_columns(conversation_id=pl.lit(None, pl.String)), "is missing in some rows"),
        (lambda frame: frame.with_columns(weight=pl.lit(0.0)), "not positive"),
        (lambda frame: frame.with_columns(weight=pl.lit(float("nan"))), "not positive"),
        (lambda frame: pl.concat([frame, frame]), "more than once"),
        (lambda frame: frame.with_columns(category=pl.lit("other")), "does not know the category other"),
        (lambda frame: frame.with_columns(baseline=pl.lit(None, pl.String)), "hold the lanes recorded, candidate"),
    ],
)
def test_unusable_outcomes_are_refused(outcome_frame, forecast_inputs, change, message) -> None:
    """Each way in which a frame can be wrong has its own message."""
    frame = change(outcome_frame({"x": {"aaa": 3}}))

    with pytest.raises(InputError, match=message):
        make_forecast(frame, forecast_inputs("x"), seed=1, now=NOW)


def test_time_needs_a_zone(outcome_frame, forecast_inputs) -> None:
    """A naive time would mean another moment on another machine."""
    with pytest.raises(InputError, match="no time zone"):
        make_forecast(outcome_frame({"x": {"aaa": 3}}), forecast_inputs("x"), seed=1, now=NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    "wrong",
    [
        {"certainty": 0.5},
        {"material_ratio": 1.0},
        {"level": 1.0},
        {"false_discovery_rate": 0.0},
        {"draws": 10},
        {"priors": Priors(shift=ChangePrior(0.0, 1.0))},
    ],
)
def test_settings_out_of_range_are_refused(wrong) -> None:
    """A threshold that means nothing is named."""
    with pytest.raises(InputError, match=next(iter(wrong))):
        replace(ForecastSettings(), **wrong)
