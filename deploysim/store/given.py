"""What a sample's conversations were given besides their messages: tools, and decoding parameters.

Samples that were written before there was such a table have none of it, and no conversation of theirs was given anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploysim.store.imports import decode_parameters, decode_tools
from deploysim.store.sql import query_database, query_each

GIVEN = (
    "create table given as select conversation_id, tools, parameters from chosen "
    "where tools is not null or parameters is not null order by conversation_id"
)
"""Makes the table out of the conversations that were chosen."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one conversation was given."""

    tools: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


NOTHING = Given()


def has_given(path: Path) -> bool:
    """Say whether any conversation of a sample was given anything."""
    tables = query_database(path, "select table_name from duckdb_tables() where table_name = 'given'")
    return tables.height > 0 and query_database(path, "select 1 from given limit 1").height > 0


def read_given(path: Path, groups: Sequence[Collection[str]]) -> dict[str, Given]:
    """Return what conversations were given, those that were given anything, by their id.

    Args:
        path: A sample for which `has_given` says yes.
        groups: Ids of conversations; those of a group had better lie side by side.
    """
    params = [[min(ids), max(ids), sorted(ids)] for ids in groups if ids]
    rows = (row for frame in query_each(path, _GIVEN, params) for row in frame.iter_rows(named=True))
    return {
        row["conversation_id"]: Given(decode_tools(row["tools"]), decode_parameters(row["parameters"])) for row in rows
    }


_GIVEN = """
select conversation_id, tools, parameters from given
where conversation_id between ? and ? and conversation_id in (select unnest(?::varchar[]))
"""
