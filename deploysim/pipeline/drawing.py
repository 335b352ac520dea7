"""Draw a sample from what was imported and keep it."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from deploysim.sampling import SampleSpec, draw_sample
from deploysim.store.conversations import conversation_index
from deploysim.store.imports import import_records
from deploysim.store.samples import SampleAbout, read_sample, sample_path, write_sample
from deploysim.store.workspace import Workspace


def draw(workspace: Workspace, spec: SampleSpec, *, now: datetime, risk: pl.DataFrame | None = None) -> SampleAbout:
    """Draw a sample and write its file; the same draw again gives the file that is there.

    `risk` holds the scores (prefix_id, score) of a draw by risk.

    Raises:
        InputError: where nothing is left to draw from.
    """
    scrubbing = {r.import_id: r.scrubbed_how() for r in import_records(workspace)}
    drawn = draw_sample(conversation_index(workspace), spec, scrubbing=scrubbing, now=now, risk=risk)
    if sample_path(workspace, drawn.about.sample_id).exists():
        return read_sample(workspace, drawn.about.sample_id)
    write_sample(workspace, drawn.about, drawn.prefixes)
    return drawn.about
