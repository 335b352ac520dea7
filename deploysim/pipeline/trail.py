"""The trail of who did what: labels, spot-checks, queues, notes and exports, in the order of time."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import polars as pl

from deploysim.store.labels import KIND as LABEL
from deploysim.store.labels import UNDONE
from deploysim.store.notes import KIND as NOTE
from deploysim.store.reviews import append_review, review_rows
from deploysim.store.spot_checks import KIND as SPOT_CHECK
from deploysim.store.workspace import Workspace

AUDIT = "audit"
TRAIL = {"at": pl.String, "by": pl.String, "what": pl.String, "about": pl.String}


def record_action(workspace: Workspace, action: str, *, by: str, at: str, **about: Any) -> None:
    """Append to the trail that somebody did something; `about` holds ids and counts, never text of a conversation."""
    append_review(workspace, {"kind": AUDIT, "action": action, "by": by, "at": at, **about})


def trail(workspace: Workspace) -> pl.DataFrame:
    """Return who did what when, newest first, with the columns of `TRAIL`."""
    rows = [_action(row) for row in review_rows(workspace, AUDIT)]
    rows += [_spot_check(row) for row in review_rows(workspace, SPOT_CHECK)]
    rows += [_note(row) for row in review_rows(workspace, NOTE)]
    rows += [_labels(list(group)) for _, group in groupby(review_rows(workspace, LABEL), key=_one_save)]
    frame = pl.DataFrame(rows, schema=TRAIL, orient="row").sort("at", descending=True)
    return frame.with_columns(pl.col("at").str.slice(0, 19).str.replace("T", " "))


def _one_save(row: dict[str, Any]) -> tuple[str, str, str, str]:
    return row["at"], row["reviewer"], row["queue"], row["item"]


def _action(row: dict[str, Any]) -> tuple[str, str, str, str]:
    about = {key: value for key, value in row.items() if key not in ("kind", "action", "by", "at")}
    return row["at"], row["by"], row["action"], ", ".join(f"{key} {value}" for key, value in about.items())


def _labels(rows: list[dict[str, Any]]) -> tuple[str, str, str, str]:
    """Return one entry for all that was labelled in one go."""
    first = rows[0]
    said = "; ".join(f"{row['category']} {row['label']}" for row in rows)
    what = "label taken back" if first["label"] == UNDONE else "settled" if first["adjudicates"] else "labelled"
    about = f"item {first['item']} of queue {first['queue']}"
    return first["at"], first["reviewer"], what, about if first["label"] == UNDONE else f"{said} · {about}"


def _note(row: dict[str, Any]) -> tuple[str, str, str, str]:
    return row["at"], row["by"], "note written", f"prefix {row['prefix_id']}"


def _spot_check(row: dict[str, Any]) -> tuple[str, str, str, str]:
    about = f"message {int(row['message']) + 1} of conversation {row['conversation_id']}"
    return row["at"], row["reader"], f"spot-check: {row['verdict']}", about
