"""The table of prefixes in a sample file, whichever version wrote it."""

from __future__ import annotations

import functools
from pathlib import Path

from deploysim.store.sql import query_database


def prefix_table(path: Path) -> str:
    """Return what to read a sample's prefixes from, with where the recorded response of each begins and ends.

    `until` is the index behind it and `answer_index` that of its last response; `rollout` says whether it is an agent's
    whole rollout. A file made before there were rollouts has single responses only.
    """
    if _knows_rollouts(path, path.stat().st_mtime_ns):
        return "prefixes"
    return "(select *, end_index + 1 as until, end_index as answer_index, false as rollout from prefixes)"


@functools.lru_cache(maxsize=32)
def _knows_rollouts(path: Path, changed: int) -> bool:
    columns = "select column_name from duckdb_columns() where table_name = 'prefixes' and column_name = 'rollout'"
    return query_database(path, columns).height > 0
