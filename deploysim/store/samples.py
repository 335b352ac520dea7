"""Samples: each a frozen, self-contained DuckDB file that can be handed to a colleague and loaded."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from deploysim.errors import InputError
from deploysim.store.files import atomic_path
from deploysim.store.given import GIVEN
from deploysim.store.imports import has_column, import_files
from deploysim.store.sql import create_database, query_database
from deploysim.store.tombstones import erased_keys
from deploysim.store.workspace import Workspace, checked_id
from deploysim.types import Unit

FORMAT = 1
"""Version of the sample file's tables."""
WITH_ROLLOUTS = 2
"""Version of files in which some prefixes have a whole rollout for a response."""


@dataclass(frozen=True, slots=True)
class SampleAbout:
    """How a sample was drawn and what it covers."""

    sample_id: str
    unit: Unit
    size: int
    """Prefixes."""
    conversations: int
    seed: int
    filters: dict[str, Any]
    exclusions: dict[str, int]
    """Eligible turns or conversations left out, by reason; "not drawn" among them."""
    window_start: str | None
    window_end: str | None
    """First and last conversation, ISO, UTC."""
    undated: int
    """Conversations without a date."""
    models: dict[str, int]
    """Prefixes by the model that answered in the log."""
    scrubbing: list[str]
    """Scrubbing modes and policy fingerprints of the imports it was drawn from."""
    created_at: str
    software: str
    format: int = FORMAT
    whole_log: bool = False
    """Everything eligible in the log, to grade what was recorded and not to be replayed."""
    rollouts: int = 0
    """Prefixes whose response is an agent's whole rollout."""

    def window(self) -> str:
        """Return the time covered, in words."""
        if not self.window_start or not self.window_end:
            return "dates unknown"
        start, end = self.window_start[:10], self.window_end[:10]
        return start if start == end else f"{start} to {end}"

    def age_days(self, now: datetime) -> int | None:
        """Return how many days ago the last conversation began, or None where no date is known."""
        if not self.window_end:
            return None
        return max(0, (now.replace(tzinfo=None) - datetime.fromisoformat(self.window_end)).days)


def sample_path(workspace: Workspace, sample_id: str) -> Path:
    """Return where a sample is kept."""
    return workspace.samples / f"{checked_id(sample_id, kind='sample')}.duckdb"


def write_sample(workspace: Workspace, about: SampleAbout, prefixes: pl.DataFrame) -> Path:
    """Write a sample file from imported conversations.

    Args:
        workspace: Where the conversations are and the sample goes.
        about: How it was drawn.
        prefixes: Columns prefix_id, conversation_id, end_index, turn, turns, rollout, position, weight.
    """
    target = sample_path(workspace, about.sample_id)
    if target.exists():
        return target
    with atomic_path(target) as partial, create_database(partial) as db:
        db.register("drawn", prefixes.to_arrow())
        files = [str(p) for p in import_files(workspace)]
        # Imports made before there were these columns have none of what they hold.
        added = "".join(f", null::varchar as {n}" for n in ("tools", "parameters") if not has_column(workspace, n))
        db.execute(
            f"create temp table chosen as select *{added} from read_parquet(?, union_by_name = true) "
            "where conversation_id in (select conversation_id from drawn)",
            [files],
        )
        for statement in _TABLES:
            db.execute(statement)
        rows = [[key, json.dumps(value)] for key, value in about_rows(about).items()]
        db.executemany("insert into about values (?, ?)", rows)
    target.chmod(0o444)
    return target


def load_sample(workspace: Workspace, path: Path) -> SampleAbout:
    """Copy a sample file that somebody handed over into the workspace, after checking that it is one."""
    about = _read_about(path)
    _check_not_erased(workspace, path)
    target = sample_path(workspace, about.sample_id)
    if target.exists() and _content(target) != _content(path):
        raise InputError(
            f"The workspace has a sample {about.sample_id} of the same prefixes with other surrogates in the text.",
            expected="the very file that is here already, or a sample that is not here yet",
            next_step="load it into a workspace of its own, or share one DEPLOYSIM_KEY before importing",
        )
    if not target.exists():
        with atomic_path(target) as partial:
            shutil.copyfile(path, partial)
        target.chmod(0o444)
    return about


def read_sample(workspace: Workspace, sample_id: str) -> SampleAbout:
    """Return how a sample was drawn."""
    return _read_about(sample_path(workspace, sample_id))


def list_samples(workspace: Workspace) -> list[SampleAbout]:
    """Return all samples of the workspace, newest first; those of a whole log, which nobody replays, come last."""
    found = [_read_about(path) for path in workspace.samples.glob("*.duckdb")]
    return sorted(found, key=lambda s: (not s.whole_log, s.created_at, s.sample_id), reverse=True)


def sample_imports(workspace: Workspace, sample_id: str) -> frozenset[str]:
    """Return the imports that a sample was drawn from."""
    frame = query_database(sample_path(workspace, sample_id), "select distinct import_id from conversations")
    return frozenset(frame["import_id"])


def _content(path: Path) -> tuple[Any, ...]:
    """Return a value that two sample files share when their messages are the same."""
    frame = query_database(
        path,
        "select count(*) as n, bit_xor(hash(conversation_id, idx, role, content)) as d from messages",
    )
    return frame.row(0)


def _check_not_erased(workspace: Workspace, path: Path) -> None:
    held = query_database(path, "select distinct unnest([conversation_id, user_key]) as id from conversations")
    erased = erased_keys(workspace).intersection(held["id"].drop_nulls())
    if erased:
        raise InputError(
            f"The sample holds {len(erased):,} of the conversations or users that were erased from this workspace.",
            expected="a sample that was drawn or purged since",
            next_step="ask whoever sent it to run `python -m deploysim purge` for them too, and to send it again",
        )


def about_rows(about: SampleAbout) -> dict[str, Any]:
    rows = {field: getattr(about, field) for field in SampleAbout.__slots__}
    if not about.rollouts:
        # What older versions can read stays as they know it.
        del rows["rollouts"]
    return rows


def _read_about(path: Path) -> SampleAbout:
    frame = query_database(path, "select key, value from about")
    values = {row["key"]: json.loads(row["value"]) for row in frame.iter_rows(named=True)}
    if values.get("format") not in (FORMAT, WITH_ROLLOUTS):
        raise InputError(
            f"{path.name} was written in sample format {values.get('format')}.",
            expected=f"format {FORMAT} or {WITH_ROLLOUTS}, which this version of deploysim reads",
            next_step="draw the sample again with this version, or read it with the version that wrote it",
        )
    return SampleAbout(**values)


_TABLES = (
    # A rollout ends before the next message of the user, and its last response may stand before a last result.
    "create temp table ends as select d.*, case when d.rollout then coalesce(list_min(list_filter("
    "range(d.end_index + 1, len(c.messages)), lambda i: c.messages[i + 1].role in ('user', 'system'))), "
    "len(c.messages)) else d.end_index + 1 end as until from drawn d join chosen c using (conversation_id)",
    "create temp table ranges as select e.*, list_max(list_filter(range(e.end_index, e.until), "
    "lambda i: c.messages[i + 1].role = 'assistant')) as answer_index from ends e join chosen c using (conversation_id)",
    "create temp table lasts as select conversation_id, max(until) as until from ranges group by conversation_id",
    "create table about (key varchar, value varchar)",
    "create table conversations as select conversation_id, import_id, source_key, model, started_at, user_key, "
    "language, metadata from chosen order by conversation_id",
    GIVEN,
    "create table messages as select conversation_id, idx, m.role, m.content, m.tool_calls, m.tool_call_id, "
    "m.finish_reason from "
    "(select conversation_id, until, unnest(messages) as m, generate_subscripts(messages, 1) - 1 as idx "
    "from chosen join lasts using (conversation_id)) where idx < until order by conversation_id, idx",
    'create table spans as select conversation_id, s.message, s."start", s."end", s.entity from '
    "(select conversation_id, until, unnest(spans) as s from chosen join lasts using (conversation_id)) "
    "where s.message < until "
    "order by conversation_id, s.message",
    "create table prefixes as select prefix_id, conversation_id, end_index, turn, turns, position, weight, rollout, "
    "until::integer as until, answer_index::integer as answer_index from ranges order by position",
)
