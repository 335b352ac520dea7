"""A table of labels, checked and laid out: what each model showed on each prompt, and how prompts form clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from deploysim.errors import InputError
from deploysim.stats.clusters import Floats, Ints

KEYS = ("prompt_id", "cluster_id", "model", "category", "trial")
COLUMNS = (*KEYS, "flagged")


@dataclass(frozen=True, slots=True)
class CategoryLabels:
    """Labels of one category, counted; rows are prompts, columns are models."""

    name: str
    present: Floats
    """Responses that show it, shape (prompts, models)."""
    n: Floats
    """All labelled responses, of the same shape."""
    clusters: Ints
    """Cluster of each prompt, a code shared by all categories."""


@dataclass(frozen=True, slots=True)
class Labels:
    """A whole table of labels."""

    models: tuple[str, ...]
    categories: tuple[CategoryLabels, ...]
    clusters: int
    """Number of clusters."""
    responses: int


def read_labels(frame: pl.DataFrame) -> Labels:
    """Check a label table and count it.

    `frame` has one row for each labelled response, with the columns of COLUMNS: `flagged` says whether the response
    shows the category, `trial` numbers several responses of one model to one prompt.

    Raises:
        InputError: columns are missing or empty, a response is labelled twice, a prompt lies in two clusters, or there
            are fewer than two models or four clusters.
    """
    _check(frame)
    models = frame["model"].cast(pl.String).unique().sort().to_list()
    clusters = frame["cluster_id"].cast(pl.String).unique().sort().to_list()
    coded = frame.select(
        pl.col("prompt_id").cast(pl.String),
        _codes("cluster_id", clusters),
        _codes("model", models),
        pl.col("category").cast(pl.String),
        pl.col("flagged").cast(pl.Boolean),
    )
    categories = sorted(coded["category"].unique().to_list())
    return Labels(
        models=tuple(models),
        categories=tuple(_count(coded.filter(pl.col("category") == name), name, len(models)) for name in categories),
        clusters=len(clusters),
        responses=frame.height,
    )


def _count(rows: pl.DataFrame, name: str, models: int) -> CategoryLabels:
    counted = rows.group_by("prompt_id", "cluster_id", "model").agg(
        pl.col("flagged").sum().alias("present"), pl.len().alias("n")
    )
    prompts = counted.select("prompt_id", "cluster_id").unique().sort("prompt_id")
    placed = counted.join(prompts.with_row_index("row"), on="prompt_id")
    where = (placed["row"].to_numpy(), placed["model"].to_numpy())
    present, n = np.zeros((prompts.height, models)), np.zeros((prompts.height, models))
    present[where] = placed["present"].to_numpy()
    n[where] = placed["n"].to_numpy()
    return CategoryLabels(name, present, n, _ints(prompts["cluster_id"]))


def _codes(column: str, names: list[str]) -> pl.Expr:
    return pl.col(column).cast(pl.String).replace_strict(names, list(range(len(names))), return_dtype=pl.Int64)


def _ints(column: pl.Series) -> NDArray[np.int64]:
    return column.to_numpy().astype(np.int64)


def _check(frame: pl.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise _unusable(f"It has no column {', '.join(missing)}.")
    empty = [name for name in COLUMNS if frame[name].null_count()]
    if empty:
        raise _unusable(f"Some rows have no {', no '.join(empty)}.")
    if not _are_labels(frame["flagged"]):
        raise _unusable("Some labels in the column flagged are neither true nor false.")
    if frame.select(pl.struct("prompt_id", "model", "category", "trial").is_duplicated().any()).item():
        raise _unusable("Some responses are labelled more than once in one category.")
    if frame.select("prompt_id", "cluster_id").unique()["prompt_id"].is_duplicated().any():
        raise _unusable("Some prompts lie in more than one cluster.")
    if frame["model"].n_unique() < 2 or frame["cluster_id"].n_unique() < 4:
        raise _unusable("It holds fewer than two models or fewer than four clusters of prompts.")


def _are_labels(column: pl.Series) -> bool:
    return column.dtype == pl.Boolean or (column.dtype.is_numeric() and bool(column.is_in([0, 1]).all()))


def _unusable(reason: str) -> InputError:
    return InputError(
        f"No backtest can be made from this table. {reason}",
        expected=f"one row for each labelled response, with the columns {', '.join(COLUMNS)}",
        next_step="make flagged true or false in every row, and cluster_id the prompt's own id where prompts stand alone",
    )
