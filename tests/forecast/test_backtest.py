"""The backtest: its parts against slower definitions, and what it reports."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from deploysim.errors import InputError
from deploysim.forecast.backtest.labels import Labels, read_labels
from deploysim.forecast.backtest.methods import MethodForecast, Pairs, all_pairs, forecasts
from deploysim.forecast.backtest.result import LIMITS, differences, table, to_plain
from deploysim.forecast.backtest.run import Backtest, BacktestSettings, backtest
from deploysim.forecast.backtest.scoring import Truth, joined, score, summarise
from deploysim.forecast.backtest.splits import Split, Splitter
from deploysim.stats.arcsine import rate_moments, to_arcsine
from deploysim.stats.lanes import lane_moments, stack, with_recorded
from deploysim.stats.pooling import Priors, pool

QUICK = BacktestSettings(splits=3, resamples=10)
MODELS = ("a", "b", "c", "d")


def silent(what: str, done: int, total: int) -> None:
    """Report to nobody."""


def label_table(*, prompts: int = 60, trials: int = 2, per_cluster: int = 3, seed: int = 1) -> pl.DataFrame:
    """Labels of four models in two categories; prompts differ in how much they invite a behaviour."""
    rng = np.random.default_rng(seed)
    rows = []
    for category in ("x", "y"):
        invites = rng.normal(-1.0, 1.0, prompts)
        for shift, model in enumerate(MODELS):
            chance = 1 / (1 + np.exp(-(invites + 0.5 * shift)))
            for trial in range(trials):
                flagged = rng.random(prompts) < chance
                rows += [
                    (f"p{i}", f"c{i // per_cluster}", model, category, trial, bool(f)) for i, f in enumerate(flagged)
                ]
    return pl.DataFrame(rows, schema=["prompt_id", "cluster_id", "model", "category", "trial", "flagged"], orient="row")


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    """A small label table."""
    return label_table()


@pytest.fixture(scope="module")
def labels(frame: pl.DataFrame) -> Labels:
    """The same, counted."""
    return read_labels(frame)


@pytest.fixture(scope="module")
def result(labels: Labels) -> Backtest:
    """A quick backtest of it."""
    return backtest(labels, QUICK, report=silent)


def test_labels_are_counted(labels: Labels) -> None:
    """Every prompt has two responses a model, and clusters are shared by the categories."""
    assert (labels.models, labels.clusters, labels.responses) == (MODELS, 20, 960)
    assert [category.name for category in labels.categories] == ["x", "y"]
    assert {2.0} == set(labels.categories[0].n.ravel().tolist())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop("trial"), "no column trial"),
        (lambda f: f.with_columns(flagged=pl.lit(None, pl.Boolean)), "have no flagged"),
        (lambda f: f.with_columns(flagged=pl.lit(2)), "neither true nor false"),
        (lambda f: f.with_columns(flagged=pl.lit("yes")), "neither true nor false"),
        (lambda f: pl.concat([f, f]), "labelled more than once"),
        (lambda f: f.with_columns(cluster_id=pl.int_range(pl.len()).cast(pl.String)), "more than one cluster"),
        (lambda f: f.filter(pl.col("model") == "a"), "fewer than two models"),
        (lambda f: f.filter(pl.col("cluster_id") == "c1"), "fewer than four clusters"),
    ],
)
def test_unusable_labels_are_refused(frame: pl.DataFrame, change, message: str) -> None:
    """Each way in which a table can be wrong has its own message."""
    with pytest.raises(InputError, match=message):
        read_labels(change(frame))


def test_labels_of_0_and_1_are_labels(frame: pl.DataFrame, labels: Labels) -> None:
    """Numbers 0 and 1 say the same as false and true."""
    counted = read_labels(frame.with_columns(pl.col("flagged").cast(pl.Int8)))

    assert np.array_equal(labels.categories[0].present, counted.categories[0].present)


@pytest.mark.parametrize("wrong", [{"splits": 0}, {"thin": 0.0}, {"thin": 1.5}, {"certainty": 0.5}, {"resamples": 1}])
def test_settings_out_of_range_are_refused(wrong) -> None:
    """A setting that means nothing is named."""
    with pytest.raises(InputError, match=next(iter(wrong))):
        replace(QUICK, **wrong)


@pytest.mark.parametrize(("thin", "replayed"), [(1.0, 10), (0.5, 5), (0.01, 1)])
def test_halves(labels: Labels, thin: float, replayed: int) -> None:
    """Each cluster lies in one part; half of them are kept back, and of the others a share is replayed."""
    split = Splitter(labels).draw(thin=thin, rng=np.random.default_rng(1))

    parts = np.stack([split.replayed, split.kept, split.realised])
    assert {1.0} == set(parts.sum(axis=0))
    assert [replayed, 10 - replayed, 10] == parts.sum(axis=1).tolist()


def test_copies_of_a_cluster_stay_together(labels: Labels) -> None:
    """A cluster drawn three times counts three times, in one half."""
    copies = np.ones(20)
    copies[4], copies[5] = 3.0, 0.0
    split = Splitter(labels).draw(thin=1.0, rng=np.random.default_rng(1), copies=copies)

    assert sorted({split.replayed[4], split.realised[4]}, reverse=True) == [3.0, 0.0]
    assert split.replayed[5] == split.realised[5] == 0.0


def test_challenging_prompts_by_their_definition(labels: Labels) -> None:
    """Counts equal those of going through all prompts for every pair."""
    splitter = Splitter(labels)
    split = splitter.draw(thin=1.0, rng=np.random.default_rng(2))
    challenge = splitter.count(split).challenge

    category = labels.categories[0]
    for a in range(4):
        for b in (m for m in range(4) if m != a):
            others = [m for m in range(4) if m not in (a, b)]
            chosen = (category.present[:, others] > 0).any(axis=1) & (split.replayed[category.clusters] > 0)
            assert challenge.present[0, a, b] == category.present[chosen, a].sum()
            assert challenge.n[0, a, b] == category.n[chosen, a].sum()


@pytest.mark.parametrize("thin", [1.0, 0.5])
def test_ours_is_the_forecast_made_from_the_responses_one_by_one(frame, labels, thin: float) -> None:
    """The quick sums give what the forecast's own model gives from the prefixes: two lanes, both categories pooled.

    Prompts are answered twice, so lanes are the two trials side by side; clusters hold three prompts.
    """
    splitter = Splitter(labels)
    split = splitter.draw(thin=thin, rng=np.random.default_rng(3))
    quick = forecasts(splitter.count(split), Pairs(np.array([0]), np.array([2])), Priors())["ours"]

    seen = [slow_moments(frame, labels, split, category) for category in ("x", "y")]
    posterior = pool(stack(seen), Priors())
    moments = rate_moments(posterior.mean[..., 1], posterior.cov[..., 1, 1], posterior.weights)
    assert pytest.approx(moments.mean, rel=1e-3) == quick.mean[0]
    assert pytest.approx(moments.variance, rel=0.01) == quick.variance[0]


def slow_moments(frame: pl.DataFrame, labels: Labels, split: Split, category: str):
    """Moments of models a and c from their responses."""
    names = frame["cluster_id"].unique().sort().to_list()
    wide = (
        frame.filter((pl.col("category") == category) & pl.col("model").is_in(["a", "c"]))
        .pivot("model", index=["prompt_id", "cluster_id", "trial"], values="flagged")
        .with_columns(pl.col("cluster_id").replace_strict(names, list(range(len(names)))).alias("code"))
    )
    codes = wide["code"].to_numpy()
    values = wide.select("a", "c").to_numpy().astype(float)
    replayed, kept = split.replayed[codes] > 0, split.kept[codes] > 0
    seen = lane_moments(values[replayed], weights=np.ones(replayed.sum()), clusters=codes[replayed])
    first = values[replayed | kept, 0]
    effect = replayed.sum() * seen.cov[0, 0]
    return with_recorded(seen, centre=to_arcsine(first.sum(), first.size), variance=effect / first.size)


def test_the_second_half_is_not_read(frame: pl.DataFrame, labels: Labels) -> None:
    """Turning every label of the second half over changes no forecast."""
    splitter = Splitter(labels)
    split = splitter.draw(thin=1.0, rng=np.random.default_rng(4))
    names = np.array(frame["cluster_id"].unique().sort().to_list())
    later = pl.col("cluster_id").is_in(names[split.realised > 0].tolist())
    turned = read_labels(frame.with_columns(pl.when(later).then(~pl.col("flagged")).otherwise(pl.col("flagged"))))

    before = forecasts(splitter.count(split), all_pairs(4), Priors())
    after = forecasts(Splitter(turned).count(split), all_pairs(4), Priors())
    for name in before:
        assert np.array_equal(before[name].mean, after[name].mean, equal_nan=True)
        assert np.array_equal(before[name].up, after[name].up, equal_nan=True)


def test_ours_reads_its_two_models_only(frame: pl.DataFrame, labels: Labels) -> None:
    """Turning the labels of third models over leaves the forecast of a and b alone."""
    splitter = Splitter(labels)
    split = splitter.draw(thin=0.5, rng=np.random.default_rng(4))
    third = pl.col("model").is_in(["c", "d"])
    turned = read_labels(frame.with_columns(pl.when(third).then(~pl.col("flagged")).otherwise(pl.col("flagged"))))

    pair = Pairs(np.array([0]), np.array([1]))
    before, after = (forecasts(Splitter(of).count(split), pair, Priors())["ours"] for of in (labels, turned))
    assert np.array_equal(before.mean, after.mean)


def test_naive_and_raw_by_hand(labels: Labels) -> None:
    """Naive is the old model's Jeffreys rate in the whole first half, raw the new one's in what was replayed."""
    splitter = Splitter(labels)
    split = splitter.draw(thin=0.5, rng=np.random.default_rng(5))
    made = forecasts(splitter.count(split), all_pairs(4), Priors())
    category = labels.categories[1]
    weight = {name: getattr(split, name)[category.clusters] for name in ("replayed", "kept")}

    old = (weight["replayed"] + weight["kept"]) @ category.present[:, 0]
    new = weight["replayed"] @ category.present[:, 1]
    assert made["naive"].mean[0, 1] == pytest.approx((old + 0.5) / (60 + 1))
    assert made["raw"].mean[0, 1] == pytest.approx((new + 0.5) / (weight["replayed"].sum() * 2 + 1))


def one_row(*, present: float, mean: float, up: float, change: float) -> tuple[dict[str, MethodForecast], Truth]:
    """One forecast and what came, of 100 responses."""
    shape = np.full((1, 1), 1.0)
    forecast = MethodForecast(mean * shape, 0.0004 * shape, shape, up * shape)
    came = Truth(present * shape, 100 * shape, change * shape, change * shape, np.ones((1, 1), dtype=bool))
    return {"ours": forecast}, came


def test_summary_by_hand() -> None:
    """Three rows: up 2x and called right, up 1.2x and not called, down to half and called wrong."""
    cases = [
        {"present": 20, "mean": 0.2, "up": 0.95, "change": 2.0},
        {"present": 12, "mean": 0.1, "up": 0.6, "change": 1.2},
        {"present": 5, "mean": 0.1, "up": 0.92, "change": 0.5},
    ]
    parts = [score(*one_row(**case), level=0.9) for case in cases]
    summary = summarise(joined(parts), certainty=0.9)

    assert (summary["all.rows"], summary["changed.rows"], summary["hardly_changed.rows"]) == (3, 2, 1)
    assert summary["all.ours.called"] == pytest.approx(2 / 3)
    assert (summary["changed.ours.calls_right"], summary["changed.ours.direction_right"]) == (0.5, 0.5)
    assert summary["hardly_changed.ours.direction_right"] == 1.0
    assert summary["changed.ours.brier"] == pytest.approx((0.05**2 + 0.92**2) / 2)
    assert summary["hardly_changed.ours.sme_median"] == pytest.approx((12.5 / 101) / 0.1)


def test_same_seed_same_scores(labels: Labels, result: Backtest) -> None:
    """The seed decides everything."""
    assert result == backtest(labels, QUICK, report=silent)
    assert result.scores != backtest(labels, replace(QUICK, seed=1), report=silent).scores


def test_result_as_json(result: Backtest) -> None:
    """The result has no NaN, nests groups and methods, and says what it does not show."""
    plain = json.loads(json.dumps(to_plain(result), allow_nan=False))

    assert plain["limits"] == list(LIMITS)
    assert plain["groups"]["all"]["rows"] == 3 * 12 * 2
    ours = plain["groups"]["all"]["ours"]
    assert ours["nll_plug_in"]["low"] <= ours["nll_plug_in"]["value"] <= ours["nll_plug_in"]["high"]
    assert plain["groups"]["all"]["naive"]["direction_right"]["value"] is None
    difference = ours["nll_plug_in"]["value"] - plain["groups"]["all"]["raw"]["nll_plug_in"]["value"]
    assert plain["groups"]["all"]["ours_less_raw"]["nll_plug_in"]["value"] == pytest.approx(difference)
    assert plain["thinning"] is None


def test_thinning_is_measured_against_a_full_replay(labels: Labels) -> None:
    """With half of the replays, what raw loses and ours wins back follows from the scores shown."""
    plain = to_plain(backtest(labels, replace(QUICK, thin=0.5), report=silent))

    raw, full = plain["groups"]["all"]["raw"], plain["groups"]["full_replay"]["raw"]
    lost = raw["nll_plug_in"]["value"] - full["nll_plug_in"]["value"]
    won = raw["nll_plug_in"]["value"] - plain["groups"]["all"]["ours"]["nll_plug_in"]["value"]
    assert plain["thinning"]["won_back"]["nll_plug_in"]["value"] == pytest.approx(won / lost)


def test_rows_for_reading(result: Backtest) -> None:
    """A table has a row for each group and a column for each method, with n/a where there is no score."""
    rows = table(result, "direction_right")

    assert [r[0] for r in rows] == [
        "all",
        "changed",
        "hardly changed",
        "changed everywhere",
        "hardly changed everywhere",
    ]
    assert {"n/a"} == {row[3] for row in rows}


@pytest.mark.parametrize("thin", [1.0, 0.5])
@pytest.mark.parametrize("seed", range(4))
def test_sparse_labels_are_scored_as_far_as_they_go(thin: float, seed: int) -> None:
    """With a handful of prompts, a third of the labels missing and one model that shows nothing, no score is NaN."""
    frame = label_table(prompts=9, per_cluster=1, seed=seed).sample(fraction=0.67, seed=seed)
    sparse = frame.with_columns(flagged=pl.col("flagged") & (pl.col("model") != "a"))

    scores = backtest(read_labels(sparse), replace(QUICK, thin=thin), report=silent).scores
    assert json.dumps(to_plain(backtest(read_labels(sparse), QUICK, report=silent)), allow_nan=False)
    assert scores["all.ours.nll_predictive"].value > 0.0


def test_differences_in_words(result: Backtest) -> None:
    """A line for each other method and kind of NLL, below 0 where ours is better."""
    lines = differences(result)

    assert len(lines) == 6
    value = result.scores["all.ours_less_naive.nll_predictive"].value
    assert f"predictive NLL on all rows, ours less naive: {value:.3f} (" in lines[3]


def test_two_models_have_no_challenging_prompts(frame: pl.DataFrame) -> None:
    """Without a third model that method has no score, and the others do."""
    two = read_labels(frame.filter(pl.col("model").is_in(["a", "b"])))
    scores = backtest(two, QUICK, report=silent).scores

    assert scores["all.challenging.nll_plug_in"].value is None
    assert scores["all.ours.nll_plug_in"].value is not None


@pytest.mark.slow
def test_targets_on_human_labels(shared_data) -> None:
    """On five models' refusals as people labelled them: better than raw and naive, sure calls right, honest intervals."""
    found = shared_data("xstest").parent.parent / "labels" / "xstest.parquet"
    scores = backtest(read_labels(pl.read_parquet(found)), BacktestSettings(resamples=10), report=silent).scores
    value = {key: score.value for key, score in scores.items()}

    for kind in ("nll_plug_in", "nll_predictive"):
        assert value[f"all.ours_less_raw.{kind}"] < 0.0
        assert value[f"all.ours_less_naive.{kind}"] < 0.0
        assert value[f"hardly_changed.ours.{kind}"] <= 1.01 * value[f"hardly_changed.naive.{kind}"]
    assert value["changed.ours.called"] >= 0.8
    assert value["changed.ours.calls_right"] >= 0.97
    assert 0.87 <= value["all.ours.coverage"] <= 0.93
