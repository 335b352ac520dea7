"""Which imports were scrubbed under another policy than the one in force."""

from __future__ import annotations

from collections.abc import Iterable

from deploysim.config import Settings
from deploysim.pipeline.importing import ImportOptions
from deploysim.scrub.pipeline_model import pipeline_model
from deploysim.store.imports import ImportRecord

OLDER = (
    "scrubbed under another policy than the one in force: import the log with --again to scrub it anew; samples drawn "
    "before keep their text"
)


def under_older_policy(records: Iterable[ImportRecord], settings: Settings) -> frozenset[str]:
    """Return the ids of imports whose policy, scrubber or language pipeline is not the one in force now.

    Imports that were scrubbed elsewhere have no policy and are not among them.
    """
    model = pipeline_model(settings.spacy_model)
    now = {
        options.scrubbing(): options.policy().fingerprint(spacy_model=model)
        for options in (ImportOptions(), ImportOptions(placeholders=True))
    }
    return frozenset(
        record.import_id
        for record in records
        if record.scrub_fingerprint and record.scrub_fingerprint != now.get(record.scrubbing)
    )
