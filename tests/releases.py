"""A workspace whose forecast was registered and whose new model was released: its own traffic is there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from makers import FACT, NOW, REFUSAL, compared_workspace

from deploysim.config import read_settings
from deploysim.pipeline.forecasting import SavedForecast, all_forecasts
from deploysim.pipeline.importing import ImportOptions, import_file
from deploysim.pipeline.registering import Registered, register
from deploysim.pipeline.scoring import ScorePlan
from deploysim.pipeline.stacks import current_stack
from deploysim.pipeline.traffic import draw_traffic
from deploysim.store.workspace import Workspace

LATER = NOW + timedelta(days=30)


@dataclass(frozen=True)
class Released:
    """What there is after a release."""

    workspace: Workspace
    saved: SavedForecast
    registered: Registered
    import_id: str

    def plan(self, **changes: object) -> ScorePlan:
        """Return a plan to score on all of the release's traffic."""
        traffic = draw_traffic(self.workspace, self.import_id, "conversation", size=None, now=LATER)
        return ScorePlan(traffic, **changes)


def write_release(path: Path, count: int, *, refuse_every: int, model: str = "new-model", start: int = 1_000) -> Path:
    """Write a log of the new model: other questions, some of them refused."""
    with path.open("w", encoding="utf-8") as file:
        for n in range(start, start + count):
            said = REFUSAL if n % refuse_every == 0 else FACT
            messages = [
                {"role": "user", "content": f"Please tell me fact 1 about the number {n}."},
                {"role": "assistant", "content": said, "finish_reason": "stop"},
            ]
            row = {"id": f"chat-{n}", "model": model, "created": 1_796_000_000 + 60 * n, "user": f"user-{n}"}
            file.write(json.dumps({**row, "messages": messages}) + "\n")
    return path


def released_workspace(root: Path, *, count: int = 40, release: int = 60) -> Released:
    """Forecast, register, release: 2 of 40 refusals become 20 of 40 in the replay and half of the traffic."""
    here, _ = compared_workspace(root, count=count)
    saved = all_forecasts(here)[0]
    settings = read_settings({})
    registered = register(here, saved, current_stack(settings), now=NOW, statement="Refusals double.")
    log = write_release(root / "release.jsonl", release, refuse_every=2)
    made = import_file(here, log, ImportOptions(), settings=settings, now=LATER)
    return Released(here, saved, registered, made.record.import_id)
