"""The discriminator's control with a real model: two samples of one model in one configuration cannot be told apart.

    PYTHONPATH=.:tests python tests/benchmarks/bench_control.py [PREFIXES] [TOKENS]

The embedded model answers prefixes of arena_hard's prompts twice, with different seeds; printed is the surface
classifier's AUC between the two answers with its interval, which should hold 0.5, and, for contrast, that between its
answers and the log's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from walk_review import DATA


def deploysim(root: Path, command: str) -> dict[str, Any]:
    """Run one command and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "deploysim", *command.split(), "--json", "--workspace", str(root)],
        check=True,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main(prefixes: int = 120, tokens: int = 80) -> None:
    """Import, replay twice, tell apart."""
    with tempfile.TemporaryDirectory() as folder:
        root, began = Path(folder) / "ws", time.monotonic()
        columns = "user=prompt,assistant=response,id=prompt_id,model=model"
        deploysim(root, f"import {DATA} --map {columns} --where model=gpt-4-0314")
        deploysim(root, f"sample --size {prefixes} --seed 5 --unit conversation --max-chars 4000")
        run = deploysim(root, f"replay --lane baseline --model local --repeats 2 --max-tokens {tokens} --temperature 1")
        audit = deploysim(root, "audit fidelity")
        print(f"{run['responses']:,} responses, {run['failed']} failed, {time.monotonic() - began:.0f} s in all")
        for one in audit["comparisons"]:
            bounds = one["auc_interval"]
            told = f"{one['auc']:.3f} ({bounds['low']:.3f} to {bounds['high']:.3f})" if bounds else "n/a"
            print(f"{one['question']}: AUC {told}, {one['pairs']} pairs, p {one['p_value']}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
