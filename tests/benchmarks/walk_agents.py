"""Agents from import to audits, as a user runs them, with models that are scripted.

    PYTHONPATH=.:tests python tests/benchmarks/walk_agents.py ../shared/data/tau_bench/data.parquet WORKSPACE [ablate]

The baseline repeats what was recorded. The candidate opens every reply to the user with “Certainly!”, and in a third of
its replies before a call it asks instead of calling. What every command prints is printed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from repeating_server import repeating

from deploysim.store.samples import list_samples
from deploysim.store.workspace import Workspace
from deploysim.types import Message


def candidate(message: Message) -> Message:
    """Return what the candidate says in place of what was recorded."""
    drawn = hashlib.sha256(f"{message.content}{message.tool_calls}".encode()).digest()[0]
    if message.tool_calls and drawn < 85:
        return Message("assistant", "Certainly! Before I go on: is this really what you want?")
    return message if message.tool_calls else replace(message, content=f"Certainly! {message.content}")


def deploysim(*arguments: object, **environment: str) -> None:
    """Run one command and show what it prints."""
    print(f"\n$ deploysim {' '.join(map(str, arguments))}", flush=True)
    command = [sys.executable, "-m", "deploysim", *map(str, arguments)]
    subprocess.run(command, check=True, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)


def main(log: str, root: str, *also: str) -> None:
    """Run everything; what is there already is not made again."""
    os.environ["DEPLOYSIM_WORKSPACE"] = root
    here = Workspace(Path(root))
    if not list_samples(here):
        deploysim("import", log)
        deploysim("sample", "--unit", "conversation")
    sample = list_samples(here)[0].sample_id
    with repeating(here, sample) as old, repeating(here, sample, candidate) as new:
        runs = {"baseline": old, "candidate": new}
        for lane, endpoint in runs.items():
            deploysim(
                "replay", "--sample", sample, "--lane", lane, "--model", lane, "--repeats", 2,
                OPENAI_BASE_URL=endpoint.url, OPENAI_API_KEY="none",
            )  # fmt: skip
        deploysim("grade", "--sample", sample)
        for audit in ("fidelity", "discover", "awareness"):
            deploysim("audit", audit, "--sample", sample)
        if "ablate" in also:
            deploysim("audit", "ablate", "--sample", sample, "--model", "m", OPENAI_BASE_URL=old.url)


if __name__ == "__main__":
    main(*sys.argv[1:])
