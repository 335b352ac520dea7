"""Where the workspace holds conversations that are to be erased."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from deploysim.store.drafts import drafts_quoting
from deploysim.store.files import read_json
from deploysim.store.imports import import_files
from deploysim.store.journal import read_journal
from deploysim.store.sql import query_database
from deploysim.store.workspace import Workspace

REVIEW_FIELDS = frozenset(
    {
        "kind",
        "event",
        "at",
        "by",
        "writer",
        "reader",
        "reviewer",
        "seed",
        "queue",
        "conversation_id",
        "prefix_id",
        "message",
    }
    | {"verdict", "label", "category", "severity", "start", "end", "entity", "type", "types", "marks", "import_id"}
    | {"item", "items", "run", "runs", "repeat", "categories", "adjudicates", "inclusion", "seconds", "decision"}
    | {"added", "reviewers", "by_model", "action", "count", "sample", "tombstone"}
)
"""What a review of an erased conversation keeps: which, who, when and the verdict, no words and no remarks. Without
them the leaks that were found and purged would no longer count, and the bound for what nobody read would be too low."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the workspace holds of some conversations."""

    conversations: dict[str, str | None] = field(default_factory=dict)
    """Conversation id -> its content key, where an import holds it."""
    imports: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Import id -> ids of the conversations that it holds."""
    unfinished: tuple[str, ...] = ()
    """Ids of imports that were interrupted and hold one of them in their parts."""
    samples: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Sample id -> ids of the conversations that it holds."""
    runs: tuple[str, ...] = ()
    """Ids of runs of these samples, and of others that answered a prefix of one of the conversations."""
    grades: tuple[Path, ...] = ()
    replies: tuple[Path, ...] = ()
    """Journals of what judges replied, quoting responses."""
    reviews: tuple[Path, ...] = ()
    drafts: tuple[Path, ...] = ()
    """Drafts of categories with an example from one of them."""

    def anything(self) -> bool:
        """Say whether there is something to erase."""
        kept = (
            self.imports,
            self.unfinished,
            self.samples,
            self.runs,
            self.grades,
            self.replies,
            self.reviews,
            self.drafts,
        )
        return any(kept)


def holdings(workspace: Workspace, conversation_ids: Collection[str], user_keys: Collection[str]) -> Holdings:
    """Find conversations, those of the users among them, in every file of the workspace."""
    imports = {
        path.stem: rows for path in import_files(workspace) if (rows := _imported(path, conversation_ids, user_keys))
    }
    parts = {
        folder: rows for folder in parts_folders(workspace) if (rows := _in_parts(folder, conversation_ids, user_keys))
    }
    samples = {path.stem: ids for path in _samples(workspace) if (ids := _sampled(path, conversation_ids, user_keys))}
    content: dict[str, str | None] = {one: None for ids in samples.values() for one in ids}
    for rows in (*imports.values(), *parts.values()):
        content |= rows
    # A run and its grades stay behind where their sample was removed by hand.
    wanted = {*conversation_ids, *content}
    return Holdings(
        conversations=content,
        imports={import_id: tuple(rows) for import_id, rows in imports.items()},
        unfinished=tuple(folder.name.removeprefix(".").removesuffix(".parts") for folder in parts),
        samples=samples,
        runs=tuple(p.name for p in _folders(workspace.runs) if _sample_of(p) in samples or _run_holds(p, wanted)),
        grades=tuple(p for p in sorted(workspace.grades.glob("*/*.parquet")) if _rows(p, about_prefixes_of(wanted))),
        replies=tuple(p for p in _journals(workspace) if _journal_names(p, wanted)),
        reviews=tuple(p for p in sorted((workspace.root / "reviews").glob("*.jsonl")) if _says_more(p, wanted)),
        drafts=drafts_quoting(workspace, wanted),
    )


def _journals(workspace: Workspace) -> list[Path]:
    """Return the journals of what judges said, of single responses and of pairs."""
    return sorted([*workspace.grades.glob("*/*.jsonl"), *workspace.audits.glob("*.jsonl")])


def about_prefixes_of(conversation_ids: Iterable[str]) -> pl.Expr:
    """Return the condition that a row's prefix belongs to one of the conversations."""
    return pl.col("prefix_id").str.split(":").list.first().is_in(sorted(conversation_ids))


def bare_review(value: Any) -> Any:
    """Return a review of an erased conversation with ids, places and verdicts only."""
    if isinstance(value, dict):
        return {key: bare_review(part) for key, part in value.items() if key in REVIEW_FIELDS}
    return [bare_review(part) for part in value] if isinstance(value, list) else value


def names_any(value: object, conversation_ids: Collection[str]) -> bool:
    """Say whether a JSON value names one of the conversations or a prefix of it."""
    if isinstance(value, str):
        return value.split(":", 1)[0] in conversation_ids
    if isinstance(value, dict):
        return any(names_any(part, conversation_ids) for part in value.values())
    return isinstance(value, list) and any(names_any(part, conversation_ids) for part in value)


def parts_folders(workspace: Workspace) -> list[Path]:
    """Return the folders in which imports that are running or were interrupted keep their parts."""
    return sorted(workspace.conversations.glob(".*.parts"))


def _samples(workspace: Workspace) -> list[Path]:
    return sorted(workspace.samples.glob("*.duckdb"))


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.glob("*") if path.is_dir())


def _imported(path: Path, conversation_ids: Collection[str], user_keys: Collection[str]) -> dict[str, str | None]:
    wanted = pl.col("conversation_id").is_in(sorted(conversation_ids)) | pl.col("user_key").is_in(sorted(user_keys))
    rows = pl.scan_parquet(path).filter(wanted).select("conversation_id", "content_key").collect()
    return dict(rows.iter_rows())


def _in_parts(folder: Path, conversation_ids: Collection[str], user_keys: Collection[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for path in sorted(folder.glob("*.parquet")):
        found |= _imported(path, conversation_ids, user_keys)
    return found


def _sampled(path: Path, conversation_ids: Collection[str], user_keys: Collection[str]) -> tuple[str, ...]:
    rows = query_database(
        path,
        "select conversation_id from conversations where list_contains(?::varchar[], conversation_id) "
        "or list_contains(?::varchar[], user_key) order by conversation_id",
        [sorted(conversation_ids), sorted(user_keys)],
    )
    return tuple(rows["conversation_id"])


def _run_holds(folder: Path, conversation_ids: Collection[str]) -> bool:
    sealed = folder / "responses.parquet"
    if sealed.exists() and _rows(sealed, about_prefixes_of(conversation_ids)):
        return True
    return _journal_names(folder / "responses.jsonl", conversation_ids)


def _sample_of(folder: Path) -> str:
    record = folder / "run.json"
    return str(read_json(record)["sample_id"]) if record.exists() else ""


def _says_more(path: Path, conversation_ids: Collection[str]) -> bool:
    return any(names_any(row, conversation_ids) and bare_review(row) != row for row in read_journal(path))


def _journal_names(path: Path, conversation_ids: Collection[str]) -> bool:
    return any(names_any(row, conversation_ids) for row in read_journal(path))


def _rows(path: Path, wanted: pl.Expr) -> int:
    return int(pl.scan_parquet(path).filter(wanted).select(pl.len()).collect().item())
