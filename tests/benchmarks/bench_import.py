"""Measure imports and large workspaces: memory, speed, and how long pages wait for the store.

    python tests/benchmarks/bench_import.py scrubbed            # 5,000 and 20,000 conversations, scrubbed
    python tests/benchmarks/bench_import.py million             # 1,000,000 conversations of 4,000 characters, as they are

The logs are made up by make_log.py. Memory is the largest sum of resident memory over the import's processes, read from
/proc twice a second (Linux). The scrubbed import is compared with one of a quarter of its size in the same run: flat
memory means a ratio near 1. Files go to a folder that --folder names and are kept there; 1,000,000 conversations take
about 8 GB of it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "benchmarks")]

from make_log import write_log  # noqa: E402

from deploysim.store.conversations import ConversationFilter, facets, get_conversation, list_conversations  # noqa: E402
from deploysim.store.workspace import Workspace  # noqa: E402

MB = 1024 * 1024
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def family(root: int) -> list[int]:
    """Return a process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            parents.setdefault(parent, []).append(int(folder.name))
    found = [root]
    for pid in found:
        found.extend(parents.get(pid, []))
    return found


def resident(pids: list[int]) -> int:
    """Return the resident bytes of processes that still run."""
    total = 0
    for pid in pids:
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
        except OSError:
            continue
    return total


def run_import(log: Path, workspace: Path, *options: str) -> tuple[float, float]:
    """Import a log in a process of its own; return seconds and the largest resident memory in MB."""
    where = ["--workspace", str(workspace.resolve())]
    command = [sys.executable, "-m", "deploysim", "import", str(log.resolve()), *where, *options]
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident(family(process.pid)))
        time.sleep(0.5)
    if process.returncode:
        sys.exit(f"the import ended with {process.returncode}")
    return time.monotonic() - started, peak / MB


def made(folder: Path, count: int, *, personal: bool) -> Path:
    """Return a log of so many conversations, made at first use."""
    log = folder / f"{'personal' if personal else 'plain'}-{count}.jsonl"
    if not log.exists():
        partial = log.with_suffix(".part")
        write_log(partial, count=count, chars=4_000, personal=personal)
        partial.rename(log)
    return log


def scrubbed(folder: Path, counts: list[int]) -> None:
    """Import and scrub logs of growing size, each into a workspace of its own."""
    peaks = []
    for count in counts:
        log = made(folder, count, personal=True)
        seconds, peak = run_import(log, folder / f"scrubbed-{count}-{time.time_ns()}")
        peaks.append(peak)
        speed = log.stat().st_size / 1000 / seconds
        print(f"{count:,} conversations scrubbed: {seconds:,.0f} s, {speed:,.0f} kB/s, at most {peak:,.0f} MB resident")
    print(f"memory of the largest against the smallest: {peaks[-1] / peaks[0]:.2f}")


def median_ms(question: Callable[[], object], times: int = 5) -> float:
    """Return how long a question takes, in milliseconds."""
    taken = []
    for _ in range(times):
        started = time.monotonic()
        question()
        taken.append(1000 * (time.monotonic() - started))
    return sorted(taken)[times // 2]


def large(folder: Path, count: int) -> None:
    """Import a large log as it is, and ask the workspace what its pages ask."""
    log = made(folder, count, personal=False)
    workspace = Workspace(folder / f"workspace-{count}")
    if not workspace.root.exists():
        seconds, peak = run_import(log, workspace.root, "--already-scrubbed")
        print(f"{count:,} conversations, {log.stat().st_size / MB:,.0f} MB, kept as they are: {seconds:,.0f} s")
        print(f"at most {peak:,.0f} MB resident")
    anything = ConversationFilter()
    one_model = ConversationFilter(models=("model-b",))
    last = list_conversations(workspace, anything, offset=count - 50, limit=50).rows["conversation_id"][-1]
    questions: list[tuple[str, Callable[[], object]]] = [
        ("first page of conversations", lambda: list_conversations(workspace, anything, offset=0, limit=50)),
        ("a page in the middle", lambda: list_conversations(workspace, anything, offset=count // 2, limit=50)),
        ("first page of one model", lambda: list_conversations(workspace, one_model, offset=0, limit=50)),
        ("models and languages", lambda: facets(workspace)),
        ("one conversation in full", lambda: get_conversation(workspace, last)),
    ]
    for name, question in questions:
        print(f"{name}: {median_ms(question):,.0f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("scrubbed", "million"))
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data"))
    parser.add_argument("--conversations", type=int, help="in place of 20,000 or 1,000,000")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.what == "scrubbed":
        largest = given.conversations or 20_000
        scrubbed(given.folder, [largest // 4, largest])
    else:
        large(given.folder, given.conversations or 1_000_000)
