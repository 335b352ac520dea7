"""A sample file written anew without some conversations.

Deleting rows leaves their bytes in a DuckDB file, so what stays is copied into a fresh one, under the same id.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from deploysim.store.erasing import Note, replaced
from deploysim.store.sql import create_database, query_database

ERASED = "conversations erased on request"
"""Reason under which a sample counts what it lost."""

_BASE_TABLES = (
    "select table_name from information_schema.tables where table_schema = 'main' and table_type = 'BASE TABLE'"
)
_COLUMNS = "select column_name from information_schema.columns where table_schema = 'main' and table_name = ?"


def erase_from_sample(path: Path, conversation_ids: Collection[str], *, lost: int, note: Note) -> None:
    """Rewrite a sample file.

    Args:
        path: The file.
        conversation_ids: What goes.
        lost: Conversations that the sample lost in all, these among them; noted in `about`.
        note: Told the hashes.
    """
    held = query_database(
        path,
        "select count(*) as n from conversations where list_contains(?::varchar[], conversation_id)",
        [sorted(conversation_ids)],
    )
    if not held["n"][0]:
        return
    with replaced(path, note) as partial:
        tables = query_database(path, _BASE_TABLES)["table_name"].to_list()
        columns = {name: set(query_database(path, _COLUMNS, [name])["column_name"]) for name in tables}
        with create_database(partial) as db:
            db.execute(f"attach '{_quoted(str(path), quote=chr(39))}' as old (read_only)")
            # The file may come from somebody else: from here on nothing in it can reach another file.
            db.execute("set enable_external_access = false")
            db.register("erased", pl.DataFrame({"id": sorted(conversation_ids)}).to_arrow())
            for name in tables:
                if name != "about":
                    db.execute(_copy(name, columns[name]))
            _tell(db, lost)
            db.unregister("erased")
            db.execute("detach old")
    path.chmod(0o444)


def _copy(name: str, columns: set[str]) -> str:
    table = f'"{_quoted(name)}"'
    what = "*"
    if name == "prefixes":
        # Prefixes are read by ranges of their positions, which must have no gaps.
        what = "* replace (cast(row_number() over (order by position) - 1 as integer) as position)"
    where = "where conversation_id not in (select id from erased)" if "conversation_id" in columns else ""
    return f"create table main.{table} as select {what} from old.main.{table} {where} order by rowid"


def _tell(db: duckdb.DuckDBPyConnection, lost: int) -> None:
    rows = {key: json.loads(value) for key, value in db.execute("select key, value from old.main.about").fetchall()}
    size, conversations = db.execute(
        "select (select count(*) from main.prefixes), (select count(*) from main.conversations)"
    ).fetchone() or (0, 0)
    start, end, dated = db.execute(
        "select min(started_at), max(started_at), count(started_at) from main.conversations"
    ).fetchone() or (None, None, 0)
    models = db.execute(
        "select coalesce(c.model, 'unknown') as model, count(*) as n from main.prefixes p "
        "join main.conversations c using (conversation_id) group by all order by n desc, model"
    ).fetchall()
    rows |= {
        "size": size,
        "conversations": conversations,
        "window_start": start.isoformat(timespec="seconds") if start else None,
        "window_end": end.isoformat(timespec="seconds") if end else None,
        "undated": conversations - dated,
        "models": dict(models),
        "exclusions": {**rows.get("exclusions", {}), ERASED: lost},
    }
    db.execute("create table main.about (key varchar, value varchar)")
    db.executemany("insert into main.about values (?, ?)", [[key, json.dumps(value)] for key, value in rows.items()])


def _quoted(name: str, *, quote: str = '"') -> str:
    return name.replace(quote, quote * 2)
