"""A workspace whose candidate can be told from the log, for tests of audits and their pages."""

from __future__ import annotations

import json
import random
from pathlib import Path

from makers import NOW, write_log

from deploysim.config import read_settings
from deploysim.grade.grader import graders_of
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.grading import grade_lanes
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.importing_responses import ResponseFile, import_responses
from deploysim.pipeline.lanes import Lanes
from deploysim.sampling import SampleSpec
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Lane

WORDS = [
    "numbers",
    "can",
    "be",
    "whole",
    "even",
    "odd",
    "prime",
    "small",
    "large",
    "and",
    "each",
    "of",
    "them",
    "comes",
    "after",
    "another",
    "one",
    "which",
    "people",
    "use",
    "when",
    "they",
    "count",
    "things",
    "such",
    "as",
    "apples",
    "stones",
    "days",
    "steps",
    "or",
    "stars",
    "in",
    "order",
    "to",
    "keep",
    "track",
    "of",
    "how",
    "many",
    "there",
    "are",
]


def audited_workspace(root: Path, *, count: int = 90) -> tuple[Workspace, Lanes]:
    """Return a workspace without users, where the candidate opens every other response with “Certainly!”.

    The baseline answers as the log does. Everything is graded; no audit has been made.
    """
    here, settings, rng = Workspace(root / "ws"), read_settings({}), random.Random(0)
    log = write_log(root / "log.jsonl", count)
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    for row in rows:
        row.pop("user")
        row["messages"][-1]["content"] = _noise(rng)
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_file(here, log, ImportOptions(), settings=settings, now=NOW)
    sample = draw(here, SampleSpec(unit="conversation", seed=1), now=NOW)
    runs = {}
    for lane in (Lane.BASELINE, Lane.CANDIDATE):
        path = root / f"{lane}-model.jsonl"
        opening = "Certainly! " if lane is Lane.CANDIDATE else ""
        answers = [
            {"id": f"chat-{n}", "response": (opening if n % 2 else "") + _noise(rng), "model": path.stem}
            for n in range(count)
        ]
        path.write_text("".join(json.dumps(one) + "\n" for one in answers))
        runs[lane] = import_responses(
            here, sample.sample_id, ResponseFile(path), lane=lane, name=f"{lane} model", settings=settings, now=NOW
        ).run_id
    lanes = Lanes(sample.sample_id, runs[Lane.CANDIDATE], runs[Lane.BASELINE])
    grade_lanes(here, lanes, graders_of(load_taxonomy()))
    return here, lanes


def _noise(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(12, 30))).capitalize() + "."
