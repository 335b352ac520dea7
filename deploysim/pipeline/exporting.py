"""A selection of prefixes as a file: what was asked, what each lane answered, what graders and people say of it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from deploysim.pipeline.comparing import Comparison
from deploysim.pipeline.lanes import Lanes
from deploysim.store.labels import labels
from deploysim.store.queues import RECORDED
from deploysim.store.responses import responses
from deploysim.store.sample_prefixes import recorded_responses
from deploysim.store.searching import last_user_messages
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell must not begin with: spreadsheets would run it."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file."""

    suffix: str
    mime: str
    write: Callable[[pl.DataFrame], bytes]


def selection(workspace: Workspace, lanes: Lanes, comparison: Comparison, prefix_ids: Sequence[str]) -> pl.DataFrame:
    """Return one row per prefix, in the order given.

    Columns: prefix_id, conversation_id, model (in the log), regressed and improved (categories), asked (the last user
    message), then per lane its text and failure, per category and lane the verdict, and people (what they said).
    """
    chosen = pl.DataFrame({"prefix_id": prefix_ids}, schema={"prefix_id": pl.String})
    about = comparison.texts.select("prefix_id", "conversation_id", "model")
    parts = [about, _moved(comparison, "regressed"), _moved(comparison, "improved")]
    parts += [last_user_messages(workspace, lanes.sample_id), *_answers(workspace, lanes)]
    parts += [_verdicts(comparison), _people(workspace, lanes)]
    for part in parts:
        chosen = chosen.join(part, on="prefix_id", how="left", maintain_order="left")
    return chosen


def as_csv(frame: pl.DataFrame) -> bytes:
    """Write comma-separated values that no spreadsheet takes for formulas: such cells begin with an apostrophe."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    safe = frame.with_columns(_inert(pl.col(name)).alias(name) for name in texts)
    return safe.write_csv(quote_style="non_numeric").encode("utf-8")


def as_jsonl(frame: pl.DataFrame) -> bytes:
    """Write one JSON object a line."""
    return frame.write_ndjson().encode("utf-8")


def as_parquet(frame: pl.DataFrame) -> bytes:
    """Write Parquet."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


FORMATS = {
    "CSV": Format("csv", "text/csv", as_csv),
    "JSONL": Format("jsonl", "application/jsonl", as_jsonl),
    "Parquet": Format("parquet", "application/vnd.apache.parquet", as_parquet),
}


def _inert(text: pl.Expr) -> pl.Expr:
    first = text.str.strip_chars_start(" ").str.slice(0, 1)
    return pl.when(first.is_in(FORMULA)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)


def _moved(comparison: Comparison, outcome: str) -> pl.DataFrame:
    rows = comparison.verdicts.filter(pl.col("outcome") == outcome)
    return rows.group_by("prefix_id").agg(pl.col("category").sort().str.join("; ").alias(outcome))


def _answers(workspace: Workspace, lanes: Lanes) -> list[pl.DataFrame]:
    recorded = recorded_responses(workspace, lanes.sample_id).select("prefix_id", pl.col("text").alias(Lane.RECORDED))
    found = [recorded]
    for lane, run in lanes.runs().items():
        rows = responses(workspace, run).filter(pl.col("repeat") == 0)
        text, failure = pl.col("text").alias(lane), pl.col("failure_kind").alias(f"{lane}_failure")
        found.append(rows.select("prefix_id", text, failure))
    return found


def _verdicts(comparison: Comparison) -> pl.DataFrame:
    lanes = [lane.value for lane in Lane if comparison.verdicts[lane].is_not_null().any()]
    long = comparison.verdicts.select("prefix_id", "category", *lanes).unpivot(
        lanes, index=["prefix_id", "category"], variable_name="lane", value_name="verdict"
    )
    named = long.with_columns(name=pl.format("{}: {}", "category", "lane"))
    return named.pivot("name", index="prefix_id", values="verdict", sort_columns=True)


def _people(workspace: Workspace, lanes: Lanes) -> pl.DataFrame:
    found = labels(workspace).filter(pl.col("run").is_in([RECORDED, *lanes.runs().values()]))
    said = pl.format("{}, {}: {} ({})", "lane", "category", "label", "reviewer")
    return found.group_by("prefix_id", maintain_order=True).agg(said.str.join("; ").alias("people"))
