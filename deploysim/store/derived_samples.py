"""Samples made from another one by taking something away: the same prefixes, by the same ids, in a file of their own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from deploysim.store.files import atomic_path, short_hash
from deploysim.store.samples import about_rows, read_sample, sample_path
from deploysim.store.sql import create_database, query_database
from deploysim.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Holds:
    """How much of what could be taken away a sample holds."""

    system_prompts: int
    """Conversations with one."""
    tools: int
    """Conversations with descriptions of tools."""
    spans: int
    """Replaced stretches."""


def what_it_holds(workspace: Workspace, sample_id: str) -> Holds:
    """Count what could be taken away from a sample."""
    path = sample_path(workspace, sample_id)
    tables = set(query_database(path, "select table_name as name from duckdb_tables()")["name"])
    given = "(select count(*) from given where tools is not null)" if "given" in tables else "0"
    row = query_database(
        path,
        "select (select count(distinct conversation_id) from messages where role = 'system') as s, "
        f"{given} as t, (select count(*) from spans) as p",
    ).row(0)
    return Holds(*map(int, row))


def without_surrogates(workspace: Workspace, sample_id: str, contents: Iterable[tuple[str, int, str]]) -> str:
    """Write a sample whose replaced stretches read <PERSON> and the like, and return its id; it is written once.

    Args:
        workspace: Where both are.
        sample_id: The whole one.
        contents: Conversation, message and new text of messages that read otherwise.
    """
    about = read_sample(workspace, sample_id)
    derived_id = short_hash([sample_id, "without", "surrogates"])
    target = sample_path(workspace, derived_id)
    if target.exists():
        return derived_id
    # A day without a time sorts before the sample it comes from, which therefore stays the newest one.
    derived = replace(
        about,
        sample_id=derived_id,
        created_at=about.created_at[:10],
        filters={**about.filters, "derived from": sample_id, "without": "surrogates"},
    )
    rows = pl.DataFrame(
        list(contents), schema={"conversation_id": pl.String, "idx": pl.Int64, "content": pl.String}, orient="row"
    )
    with atomic_path(target) as partial:
        shutil.copyfile(sample_path(workspace, sample_id), partial)
        partial.chmod(0o644)
        with create_database(partial) as db:
            db.register("texts", rows.to_arrow())
            db.execute(
                "update messages set content = texts.content from texts "
                "where messages.conversation_id = texts.conversation_id and messages.idx = texts.idx"
            )
            db.execute("delete from spans")
            db.execute("delete from about")
            db.executemany(
                "insert into about values (?, ?)", [[k, json.dumps(v)] for k, v in about_rows(derived).items()]
            )
    target.chmod(0o444)
    return derived_id
