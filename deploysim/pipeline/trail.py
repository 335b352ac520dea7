"""The trail of who did what: labels, queues, notes and exports, in the order of time."""

from __future__ import annotations

from typing import Any

import polars as pl

from deploysim.store.labels import KIND as LABEL
from deploysim.store.labels import UNDONE
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
    rows += [_label(row) for row in review_rows(workspace, LABEL)]
    rows += [_spot_check(row) for row in review_rows(workspace, SPOT_CHECK)]
    return pl.DataFrame(rows, schema=TRAIL, orient="row").sort("at", descending=True)


def _action(row: dict[str, Any]) -> tuple[str, str, str, str]:
    about = {key: value for key, value in row.items() if key not in ("kind", "action", "by", "at")}
    return row["at"], row["by"], row["action"], ", ".join(f"{key} {value}" for key, value in about.items())


def _label(row: dict[str, Any]) -> tuple[str, str, str, str]:
    said = "label taken back" if row["label"] == UNDONE else f"labelled {row['label']}"
    about = f"{row['category']}, item {row['item']} of queue {row['queue']}"
    return row["at"], row["reviewer"], said, about


def _spot_check(row: dict[str, Any]) -> tuple[str, str, str, str]:
    about = f"message {int(row['message']) + 1} of conversation {row['conversation_id']}"
    return row["at"], row["reader"], f"spot-check: {row['verdict']}", about
