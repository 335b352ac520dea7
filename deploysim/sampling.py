"""Draws a frozen, seeded sample of prefixes from imported conversations."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time

import numpy as np
import polars as pl

from deploysim import __version__
from deploysim.errors import InputError
from deploysim.stats.risk import draw as draw_by_chance
from deploysim.stats.risk import inclusion_probabilities
from deploysim.store.files import short_hash
from deploysim.store.samples import FORMAT, WITH_ROLLOUTS, SampleAbout
from deploysim.types import Unit


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """What to draw. Filters left empty let everything through."""

    unit: Unit = "turn"
    size: int | None = None
    """Prefixes to draw; None takes all that are eligible."""
    seed: int = 0
    models: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    """First and last day, inclusive, UTC."""
    min_chars: int | None = None
    max_chars: int | None = None
    """Length of the whole conversation."""
    whole_log: bool = False
    """Everything eligible, to grade what was recorded and not to be replayed."""
    risk: str | None = None
    """Category by whose risk prefixes are drawn; None for a uniform draw."""
    imports: tuple[str, ...] = ()
    """Only conversations of these imports."""
    single_steps: bool = False
    """Draw single responses also where a conversation has tool calls, whose rollouts are replayed whole otherwise."""

    def filters(self) -> dict[str, object]:
        """Return the filters in use, ready for JSON."""
        named = {k: v for k, v in asdict(self).items() if k not in ("unit", "size", "seed", "whole_log")}
        return {k: str(v) if isinstance(v, date) else v for k, v in named.items() if v not in (None, (), False)}


def whole_log_spec(about: SampleAbout) -> SampleSpec:
    """Return the spec of all that a sample was drawn from."""
    kept = about.filters
    since, until = (date.fromisoformat(kept[key]) if key in kept else None for key in ("since", "until"))
    return SampleSpec(
        unit=about.unit,
        models=tuple(kept.get("models", ())),
        languages=tuple(kept.get("languages", ())),
        since=since,
        until=until,
        min_chars=kept.get("min_chars"),
        max_chars=kept.get("max_chars"),
        whole_log=True,
        single_steps=kept.get("single_steps", False),
    )


@dataclass(frozen=True, slots=True)
class Draw:
    """A sample before it is written."""

    about: SampleAbout
    prefixes: pl.DataFrame


def draw_sample(
    index: pl.DataFrame,
    spec: SampleSpec,
    *,
    scrubbing: Mapping[str, str],
    now: datetime,
    risk: pl.DataFrame | None = None,
) -> Draw:
    """Draw prefixes uniformly over the unit or by risk, the same ones on any machine for the same imports and seed.

    Args:
        index: One row per conversation, as the store's `conversation_index` gives it.
        spec: What to draw.
        scrubbing: How each import was scrubbed, by import id; noted in the sample.
        now: Time of drawing.
        risk: Columns prefix_id and score, one row for each eligible prefix, where the spec asks for a draw by risk.

    Raises:
        InputError: where the spec makes no sense or nothing is left to draw from.
    """
    _check(spec)
    eligible, exclusions = _filter(_with_ends(index, spec), spec)
    units = _units(eligible, spec.unit)
    if units.is_empty():
        raise _nothing_left(index, exclusions)
    if risk is not None and spec.size is not None:
        units = _by_risk(units.join(risk, on="prefix_id"), spec.seed, min(spec.size, units.height))
        drawn = _shuffled(units.filter("drawn"), spec.seed, units.height)
    else:
        drawn = _shuffled(units.with_columns(weight=pl.lit(1.0)), spec.seed, spec.size or units.height)
    if drawn.height < units.height:
        exclusions = {**exclusions, f"{_plural(spec.unit)} not drawn": units.height - drawn.height}
    return Draw(about=_about(drawn, spec, exclusions, scrubbing, now), prefixes=_prefix_rows(drawn))


def _check(spec: SampleSpec) -> None:
    if spec.unit not in ("turn", "conversation"):
        raise InputError(f"A sample cannot be drawn per {spec.unit!r}.", expected="unit turn or conversation")
    if spec.size is not None and spec.size < 1:
        raise InputError(f"A sample of {spec.size} prefixes cannot be drawn.", expected="a size of at least 1")
    if spec.risk and spec.size is None:
        raise InputError(
            "A sample of everything cannot be drawn by risk.", expected="how many prefixes to draw: --size"
        )
    if spec.since and spec.until and spec.since > spec.until:
        raise InputError(f"The first day, {spec.since}, comes after the last, {spec.until}.")


def _with_ends(index: pl.DataFrame, spec: SampleSpec) -> pl.DataFrame:
    """Add where prefixes may end: before every response, or before every rollout of a conversation with tool calls."""
    whole = pl.lit(False) if spec.single_steps else pl.col("rollout_ends").is_not_null()
    return index.with_columns(
        rollout=whole, ends=pl.when(whole).then(pl.col("rollout_ends")).otherwise(pl.col("turn_ends"))
    )


def _filter(index: pl.DataFrame, spec: SampleSpec) -> tuple[pl.DataFrame, dict[str, int]]:
    """Apply the filters one after another, so that each conversation left out is counted under one reason."""
    exclusions: dict[str, int] = {}
    for reason, keep in _conditions(spec):
        kept = index.filter(keep)
        if kept.height < index.height:
            exclusions[reason] = index.height - kept.height
        index = kept
    return index, exclusions


def _conditions(spec: SampleSpec) -> list[tuple[str, pl.Expr]]:
    conditions = [("conversations without an answered user message", pl.col("ends").list.len() > 0)]
    if spec.imports:
        conditions.append(("conversations of other imports", pl.col("import_id").is_in(spec.imports)))
    if spec.models:
        conditions.append(("conversations of another model", pl.col("model").is_in(spec.models).fill_null(False)))
    if spec.languages:
        conditions.append(
            ("conversations in another language", pl.col("language").is_in(spec.languages).fill_null(False))
        )
    if spec.since or spec.until:
        conditions.append(("conversations without a date", pl.col("started_at").is_not_null()))
    if spec.since:
        conditions.append(
            (
                "conversations before the first day",
                pl.col("started_at") >= datetime.combine(spec.since, time.min),
            )
        )
    if spec.until:
        conditions.append(
            (
                "conversations after the last day",
                pl.col("started_at") <= datetime.combine(spec.until, time.max),
            )
        )
    if spec.min_chars is not None:
        conditions.append(("conversations that are too short", pl.col("n_chars") >= spec.min_chars))
    if spec.max_chars is not None:
        conditions.append(("conversations that are too long", pl.col("n_chars") <= spec.max_chars))
    return conditions


def _units(conversations: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    """Return one row per thing that can be drawn: every eligible turn, or the last one of each conversation."""
    turns = (
        conversations.select("conversation_id", "import_id", "model", "started_at", "rollout", "ends")
        .with_columns(turn=pl.int_ranges(1, pl.col("ends").list.len() + 1), turns=pl.col("ends").list.len())
        .explode("ends", "turn")
        .rename({"ends": "end_index"})
    )
    if unit == "conversation":
        turns = turns.sort("conversation_id", "end_index").group_by("conversation_id", maintain_order=True).last()
    return turns.with_columns(prefix_id=pl.format("{}:{}", "conversation_id", "end_index"))


def _shuffled(units: pl.DataFrame, seed: int, size: int) -> pl.DataFrame:
    """Return the first units by a hash of seed and prefix: a shuffle without a generator, and the same everywhere."""
    keys = [hashlib.sha256(f"{seed}:{prefix_id}".encode()).digest() for prefix_id in units["prefix_id"]]
    return units.with_columns(order=pl.Series(keys, dtype=pl.Binary)).bottom_k(size, by="order").sort("order")


def _by_risk(units: pl.DataFrame, seed: int, size: int) -> pl.DataFrame:
    """Mark the units drawn with chances by their scores; a weight of 1 is that of a uniform draw of the same size."""
    units = units.sort("prefix_id")
    chances = inclusion_probabilities(units["score"].to_numpy().astype(np.float64), size=size)
    drawn = np.zeros(units.height, dtype=bool)
    drawn[draw_by_chance(chances, seed=seed)] = True
    uniform = size / units.height
    return units.with_columns(weight=pl.Series(uniform / chances), drawn=pl.Series(drawn))


def _prefix_rows(drawn: pl.DataFrame) -> pl.DataFrame:
    return drawn.select(
        "prefix_id",
        "conversation_id",
        pl.col("end_index").cast(pl.Int32),
        pl.col("turn").cast(pl.Int32),
        pl.col("turns").cast(pl.Int64),
        "rollout",
        position=pl.int_range(pl.len(), dtype=pl.Int32),
        weight=pl.col("weight").cast(pl.Float64),
    )


def _about(
    drawn: pl.DataFrame,
    spec: SampleSpec,
    exclusions: dict[str, int],
    scrubbing: Mapping[str, str],
    now: datetime,
) -> SampleAbout:
    conversations = drawn.unique("conversation_id")
    dates = conversations["started_at"].drop_nulls()
    models = drawn.group_by(pl.col("model").fill_null("unknown")).len().sort("len", "model", descending=[True, False])
    rollouts = int(drawn["rollout"].sum())
    identity: list[object] = [spec.unit, spec.size, spec.seed, spec.filters(), drawn["prefix_id"].to_list()]
    if spec.whole_log:
        identity.append("whole log")
    if rollouts:
        identity.append(f"{rollouts} rollouts")
    return SampleAbout(
        sample_id=short_hash(identity),
        unit=spec.unit,
        size=drawn.height,
        conversations=conversations.height,
        seed=spec.seed,
        filters=spec.filters(),
        exclusions=exclusions,
        window_start=_iso(dates.min()),
        window_end=_iso(dates.max()),
        undated=conversations.height - dates.len(),
        models=dict(models.iter_rows()),
        scrubbing=sorted({scrubbing[i] for i in drawn["import_id"].unique() if i in scrubbing}),
        created_at=now.isoformat(timespec="seconds"),
        software=f"deploysim {__version__}",
        whole_log=spec.whole_log,
        rollouts=rollouts,
        format=WITH_ROLLOUTS if rollouts else FORMAT,
    )


def _iso(value: object) -> str | None:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else None


def _plural(unit: Unit) -> str:
    return "eligible turns" if unit == "turn" else "eligible conversations"


def _nothing_left(index: pl.DataFrame, exclusions: dict[str, int]) -> InputError:
    if index.is_empty():
        return InputError(
            "There are no conversations to draw from.",
            next_step="import some first: `python -m deploysim import FILE`",
        )
    reasons = "; ".join(f"{count:,} {reason}" for reason, count in exclusions.items())
    return InputError(
        "No prefix is left to draw.",
        expected="at least one conversation that passes every filter",
        next_step=f"loosen a filter ({reasons})",
    )
