"""The files of one import, one run or one grader, brought in line with what was erased from them."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

import polars as pl

from deploysim.store.erasing import Note, copy_rows, erase_file, erase_lines, erase_rows, replaced, rewrite_json
from deploysim.store.files import atomic_path, read_json, sha256_file
from deploysim.store.purging import about_prefixes_of
from deploysim.store.responses import responses
from deploysim.store.runs import journal_path, responses_path, run_folder
from deploysim.store.samples import read_sample, sample_path
from deploysim.store.sql import query
from deploysim.store.workspace import Workspace

ERASED = "erased on request"
"""Reason under which an import counts what it lost."""


def erase_from_import(
    workspace: Workspace, import_id: str, conversation_ids: Collection[str], *, lost: int, note: Note
) -> None:
    """Rewrite an import without some conversations, and its record with what is left.

    Args:
        workspace: Where it is.
        import_id: The import.
        conversation_ids: What goes.
        lost: Conversations that it lost in all, these among them.
        note: Told the hashes.
    """
    path = workspace.conversations / f"{import_id}.parquet"
    if not path.exists():
        return
    erase_rows(path, pl.col("conversation_id").is_in(sorted(conversation_ids)), note)
    left = query("select count(*) as n, coalesce(sum(n_messages), 0) as messages from read_parquet(?)", [str(path)])
    replaced_spans = query(
        "select entity, count(*) as n from (select unnest(spans).entity as entity from read_parquet(?)) "
        "group by entity order by n desc, entity",
        [str(path)],
    )
    record = path.with_suffix(".json")
    counts = {
        "conversations": int(left["n"][0]),
        "messages": int(left["messages"][0]),
        "replaced": dict(replaced_spans.iter_rows()),
    }
    before = read_json(record)
    rewrite_json(record, {**before, **counts, "excluded": {**before["excluded"], ERASED: lost}}, note)


def forget_unfinished(workspace: Workspace, import_id: str, note: Note) -> None:
    """Remove the parts of an interrupted import: the next import of the file begins anew, without what was erased."""
    folder = workspace.conversations / f".{import_id}.parts"
    for path in sorted(folder.rglob("*")) if folder.exists() else []:
        if path.is_file():
            note(path, sha256_file(path), None)
    shutil.rmtree(folder, ignore_errors=True)


def erase_from_run(workspace: Workspace, run_id: str, conversation_ids: Collection[str], note: Note) -> None:
    """Rewrite a run's responses; the grades of the other responses move with them to the new file's hash."""
    erase_lines(journal_path(workspace, run_id), conversation_ids, note)
    sealed = responses_path(workspace, run_id)
    erased = about_prefixes_of(conversation_ids)
    if sealed.exists() and pl.scan_parquet(sealed).filter(erased).head(1).collect().height:
        before = sha256_file(sealed)
        with replaced(sealed, note) as partial:
            copy_rows(sealed, partial, ~erased)
            _carry_grades(workspace, run_id, before, sha256_file(partial), erased)
        for old in _graded(workspace, run_id, before):
            erase_file(old, note)


def _graded(workspace: Workspace, run_id: str, digest: str) -> list[Path]:
    return sorted(workspace.grades.glob(f"*/{run_id}-{digest[:12]}.parquet"))


def _carry_grades(workspace: Workspace, run_id: str, before: str, after: str, erased: pl.Expr) -> None:
    for old in _graded(workspace, run_id, before):
        new = old.with_name(f"{run_id}-{after[:12]}.parquet")
        if not new.exists():
            # The old one goes only when the responses that it is named by are gone.
            with atomic_path(new) as partial:
                copy_rows(old, partial, ~erased)


def count_run_anew(workspace: Workspace, run_id: str, note: Note) -> None:
    """Make a run as long as its sample is now, where the sample is here."""
    record = run_folder(workspace, run_id) / "run.json"
    if not record.exists():
        return
    run = read_json(record)
    if sample_path(workspace, run["sample_id"]).exists():
        rewrite_json(record, {**run, "prefixes": read_sample(workspace, run["sample_id"]).size}, note)
    progress = run_folder(workspace, run_id) / "progress.json"
    if progress.exists():
        frame = responses(workspace, run_id)
        failed = frame.filter(pl.col("status") == "failed").height
        total = read_json(record)["prefixes"]
        rewrite_json(progress, {**read_json(progress), "done": frame.height, "failed": failed, "total": total}, note)
