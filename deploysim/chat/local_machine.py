"""What this machine can give the embedded model: threads, and responses at the same time."""

from __future__ import annotations

import os
import re
from pathlib import Path

CONTEXT = 4_096
"""Tokens that a prefix and its response may have together: of 100 real WildChat prefixes 89 fit, of twice as many 97, in
half the memory. The model knows twice as many."""
SLOTS_PER_THREAD = 4
"""On two threads, 8 slots write half as many tokens again as 1, and more write no more."""
MOST_THREADS = 8
"""A model this small gains nothing from more."""
SLOT_BYTES = CONTEXT * 23_040
"""Keys and values of one slot: two of them for 30 layers of 3 heads of 64 numbers of 2 bytes, for each token."""
WEIGHTS_BYTES = 200_000_000
"""Weights and working memory, whatever the number of slots."""

_MEMINFO = Path("/proc/meminfo")
_AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB", re.MULTILINE)


def threads() -> int:
    """Return how many threads the model may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    return min(cores, MOST_THREADS)


def slots(threads: int, free_bytes: int | None) -> int:
    """Return how many responses may be written at the same time.

    Args:
        threads: Threads that the model may use.
        free_bytes: Memory that programs may still take, of which half is left to others; None where nobody can say.
    """
    by_threads = SLOTS_PER_THREAD * threads
    if free_bytes is None:
        return by_threads
    return max(1, min(by_threads, (free_bytes - WEIGHTS_BYTES) // 2 // SLOT_BYTES))


def free_memory() -> int | None:
    """Return how many bytes programs may still take, or None where the system does not say."""
    found = _AVAILABLE.search(_MEMINFO.read_text()) if _MEMINFO.exists() else None
    return int(found[1]) * 1_024 if found else None
