"""From a group of changed pairs, or a model's proposal, to a draft category: what to read, and the draft kept with its first labels."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from deploysim.audit.discoveries import DiscoverAudit, Group, Proposal, Which
from deploysim.audit.drafts import Draft, RuledExample, draft_yaml
from deploysim.audit.records import Shown
from deploysim.errors import InputError
from deploysim.grade.asking import last_user_text
from deploysim.grade.grader import graders_of
from deploysim.grade.judging.judges import NO_JUDGES
from deploysim.pipeline.audited_lanes import readings
from deploysim.store.drafts import draft_path, write_draft
from deploysim.store.files import short_hash
from deploysim.store.labels import Label, record_labels
from deploysim.store.queues import RECORDED
from deploysim.store.responses import responses_to
from deploysim.store.sample_prefixes import get_prefixes
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import Taxonomy, load_taxonomy
from deploysim.taxonomy.records import Ruling
from deploysim.types import Prefix


@dataclass(frozen=True, slots=True)
class Example:
    """One pair of a group, to be read."""

    prefix: Prefix
    request: str
    first: str
    second: str
    first_run: str
    """Run id, or "recorded"."""
    second_run: str
    why: str

    def ruled(self, side: Which, ruling: Ruling) -> RuledExample:
        """Return one side's response as its reader ruled it."""
        run, text = (self.first_run, self.first) if side == "first" else (self.second_run, self.second)
        return RuledExample(self.prefix.prefix_id, run, self.request, text, ruling, "")


def group_examples(workspace: Workspace, audit: DiscoverAudit, group: Group) -> list[Example]:
    """Return the group's most typical pairs, as far as they are still there."""
    ids = [one.prefix_id for one in group.examples]
    sides = [_texts(workspace, run, ids) for run in (audit.surface.first.run_id, audit.surface.second.run_id)]
    return _examples(workspace, audit, group.examples, sides)


def proposal_examples(workspace: Workspace, audit: DiscoverAudit, proposal: Proposal) -> list[Example]:
    """Return the pairs that an auditor quotes, as it read them and as far as they are still there."""
    shown: dict[str, list[str]] = {}
    for one in proposal.evidence:
        side = audit.first if one.side == "first" else audit.second
        shown.setdefault(one.prefix_id, []).append(f"quoted from {side}")
    there = list(get_prefixes(workspace, audit.sample_id, list(shown)))
    sides = [
        readings(workspace, audit.sample_id, one.run_id, there, repeat=one.repeat)
        for one in (audit.surface.first, audit.surface.second)
    ]
    whys = [Shown(i, ", ".join(dict.fromkeys(why))) for i, why in shown.items()]
    return _examples(workspace, audit, whys, sides)


def _examples(
    workspace: Workspace, audit: DiscoverAudit, shown: Sequence[Shown], sides: Sequence[Mapping[str, str]]
) -> list[Example]:
    found = get_prefixes(workspace, audit.sample_id, [one.prefix_id for one in shown])
    return [
        Example(
            prefix=sampled.prefix,
            request=last_user_text(sampled.prefix),
            first=sides[0].get(one.prefix_id, sampled.recorded.content),
            second=sides[1].get(one.prefix_id, sampled.recorded.content),
            first_run=audit.surface.first.run_id or RECORDED,
            second_run=audit.surface.second.run_id or RECORDED,
            why=one.why,
        )
        for one in shown
        if (sampled := found.get(one.prefix_id))
    ]


def save_draft(workspace: Workspace, draft: Draft, taxonomy: Taxonomy, *, by: str, now: datetime) -> Path:
    """Write a draft category after loading it as a taxonomy would, and record its examples as labels of it.

    Raises:
        InputError: where it is not complete, cannot be loaded, or its id or name is taken.
    """
    text = draft_yaml(draft)
    taken = [c for c in taxonomy.categories if c.id == draft.category_id or c.name.casefold() == draft.name.casefold()]
    if taken or draft_path(workspace, draft.category_id).exists():
        raise InputError(
            f"There is a category “{draft.name}” already.",
            expected="a name of its own for every category",
            next_step="choose another name, or edit the category that there is",
        )
    _check(text)
    path = write_draft(workspace, draft.category_id, text, {one.prefix_id for one in draft.examples})
    record_labels(workspace, _labels(draft, by, now))
    return path


def _check(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draft.yaml"
        path.write_text(text, encoding="utf-8")
        graders_of(load_taxonomy(path), NO_JUDGES)


def _labels(draft: Draft, by: str, now: datetime) -> Sequence[Label]:
    at = now.isoformat(timespec="seconds")
    queue = short_hash(["draft", draft.category_id])
    return [
        Label(
            queue=queue,
            item=short_hash([queue, one.prefix_id, one.run]),
            prefix_id=one.prefix_id,
            run=one.run,
            repeat=0,
            category=draft.category_id,
            label=one.ruling,
            reviewer=by,
            at=at,
        )
        for one in draft.examples
    ]


def _texts(workspace: Workspace, run_id: str | None, prefix_ids: Sequence[str]) -> dict[str, str]:
    """Return a run's responses by prefix; none for the log, whose responses are in the sample."""
    if run_id is None:
        return {}
    rows = responses_to(workspace, run_id, prefix_ids)
    return {row["prefix_id"]: row["text"] or "" for row in rows.filter(rows["repeat"] == 0).iter_rows(named=True)}
