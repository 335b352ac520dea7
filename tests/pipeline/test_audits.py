"""Audits from a workspace: what they find, how they are kept, what erasing takes with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from judging import endpoint, judge
from makers import NOW, conversation, fill
from servers import Endpoint, echo

from deploysim.audit.drafts import Draft, RuledExample
from deploysim.audit.noticing import AwarenessAudit
from deploysim.audit.records import FidelityAudit
from deploysim.chat.settings import ModelSettings
from deploysim.errors import InputError, NotFoundError
from deploysim.grade.grader import graders_of
from deploysim.grade.judging.judges import Judges
from deploysim.pipeline.ablating import ablate
from deploysim.pipeline.audited_lanes import ended_lanes
from deploysim.pipeline.auditing_awareness import audit_awareness
from deploysim.pipeline.auditing_fidelity import audit_fidelity
from deploysim.pipeline.audits import audits_of, unreadable_audits
from deploysim.pipeline.discovering import audit_discover
from deploysim.pipeline.drafting import group_examples, save_draft
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.grading import JudgeUse
from deploysim.pipeline.lanes import Lanes, fitting
from deploysim.pipeline.placeholders import with_placeholders
from deploysim.pipeline.purging import erasure, purge
from deploysim.pipeline.replaying import ReplayPlan
from deploysim.sampling import SampleSpec
from deploysim.store.derived_samples import what_it_holds, without_surrogates
from deploysim.store.labels import labels
from deploysim.store.sample_prefixes import prefixes
from deploysim.store.samples import list_samples
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Lane, Message, Span

Compared = tuple[Workspace, Lanes]


@pytest.fixture
def copied(compared: Compared, tmp_path: Path) -> Compared:
    """A workspace of five users with everything up to a forecast, to write to."""
    shutil.copytree(compared[0].root, tmp_path / "copy")
    return Workspace(tmp_path / "copy"), compared[1]


@pytest.fixture
def telling(audited: Compared, tmp_path: Path) -> Compared:
    """A workspace whose candidate can be told, to write to."""
    shutil.copytree(audited[0].root, tmp_path / "telling")
    return Workspace(tmp_path / "telling"), audited[1]


def test_a_candidate_with_an_opening_of_its_own_is_told_and_the_baseline_is_not(telling: Compared) -> None:
    """Three questions; the opening leads what gives the candidate away."""
    here, lanes = telling
    saved = audit_fidelity(here, lanes, seed=0, now=NOW, flips=39)
    by_question = {one.question: one for one in saved.audit.comparisons}

    assert set(by_question) == {"fidelity", "candidate", "models"}
    fidelity, candidate = by_question["fidelity"], by_question["candidate"]
    assert fidelity.auc_interval.low <= 0.5 <= fidelity.auc_interval.high
    assert candidate.auc_interval.low > 0.5
    opening = next(tell for tell in candidate.tells if tell.feature == "opens with yes or sure")
    assert (opening.first, opening.second) == (0.0, 0.5)
    assert opening.q_value < 0.01
    assert [one.audit_id for one in audits_of(here, FidelityAudit)] == [saved.audit_id]


def test_five_users_are_too_few_to_say(copied: Compared) -> None:
    """Forty pairs of five users: counted, and no number made of them."""
    here, lanes = copied
    one = audit_fidelity(here, lanes, seed=0, now=NOW).audit.comparisons[0]

    assert (one.question, one.pairs, one.conversations, one.same, one.auc) == ("fidelity", 40, 5, 38, None)


def test_the_opening_is_discovered(telling: Compared) -> None:
    """As the first group and beyond chance among the words, explained by no category."""
    here, lanes = telling
    saved = audit_discover(here, lanes, graders_of(load_taxonomy()), seed=0, now=NOW)
    best = saved.audit.groups[0]

    assert best.q_value < 0.05
    assert "certainly" in best.title
    assert best.explained == 0
    assert saved.audit.graded == len(fitting(here, lanes.sample_id, graders_of(load_taxonomy())))
    top = saved.audit.terms[0]
    assert top.term in ("certainly", "^certainly")
    assert (top.first, top.second) == (0, 45)
    assert top.z > saved.audit.chance_z
    assert saved.audit.unseen_rate == pytest.approx(3.0 / 90, rel=0.01)
    examples = group_examples(here, saved.audit, best)
    assert examples[0].second.startswith("Certainly!")
    assert "Certainly" not in examples[0].first


def test_an_audit_is_the_same_for_the_same_inputs_and_holds_no_text(copied: Compared) -> None:
    """Canonical JSON under its hash, with ids and numbers, and no response in it."""
    here, lanes = copied
    one = audit_fidelity(here, lanes, seed=0, now=NOW, flips=19)
    other = audit_fidelity(here, lanes, seed=0, now=NOW, flips=19)
    stored = (here.audits / f"{one.audit_id}.json").read_text()

    assert one.audit_id == other.audit_id
    assert "whole number" not in stored
    assert "can't help" not in stored


def test_an_edited_audit_is_not_read(copied: Compared) -> None:
    """It is named instead."""
    here, lanes = copied
    saved = audit_fidelity(here, lanes, seed=0, now=NOW, flips=19)
    path = here.audits / f"{saved.audit_id}.json"
    path.write_text(path.read_text() + " ")

    assert audits_of(here, FidelityAudit) == []
    assert unreadable_audits(here) == [saved.audit_id]


def test_without_any_run_the_audit_says_what_it_needs(compared: Compared) -> None:
    """A next step, not an empty audit."""
    with pytest.raises(NotFoundError, match="No run has answered"):
        audit_fidelity(compared[0], Lanes(compared[1].sample_id), seed=0, now=NOW)
    with pytest.raises(NotFoundError, match="No candidate"):
        audit_discover(compared[0], Lanes(compared[1].sample_id), [], seed=0, now=NOW)


def test_a_judge_that_knows_refusals_is_counted_and_asked_once(copied: Compared) -> None:
    """It takes what does not refuse for the original; a second audit asks nothing; its words are not kept."""

    def says(asked):
        shown = asked.seen.last.split("response, A\n", 1)[1]
        first, rest = shown.split("response, B\n", 1)
        second = rest.split(" end of material", 1)[0]
        if ("can't help" in first) == ("can't help" in second):
            return json.dumps(
                {"check": asked.word, "evidence": [], "reason": "Alike.", "more": "same", "confidence": 0.5}
            )
        letter, text = ("A", first) if "can't help" in second else ("B", second)
        quote = text.strip()[:20]
        return json.dumps(
            {"check": asked.word, "evidence": [quote], "reason": "Helps.", "more": letter, "confidence": 0.9}
        )

    here, lanes = copied
    with endpoint(says) as at:
        use = JudgeUse(Judges(cheap=(judge(at),)))
        saved = audit_fidelity(here, lanes, seed=0, now=NOW, flips=19, use=use, judge_pairs=12)
        asked = len(at.requests)
        again = audit_fidelity(here, lanes, seed=0, now=NOW, flips=19, use=use, judge_pairs=12)
        assert len(at.requests) == asked
    by_question = {one.question: one.judges[0] for one in saved.audit.comparisons}
    said = by_question["candidate"]

    assert again.audit == saved.audit
    assert said.pairs == 12
    assert said.mistaken.count == said.undecided / 2.0
    assert 0 < said.undecided < 12
    assert "Helps" not in (here.audits / "judges.jsonl").read_text()


def test_discovering_needs_pairs_that_differ(copied: Compared) -> None:
    """Twenty refusals are too few pairs to group, and the error says how many are needed."""
    here, lanes = copied
    with pytest.raises(InputError, match="pairs of responses differ"):
        audit_discover(here, lanes, graders_of(load_taxonomy()), seed=0, now=NOW)


def test_awareness_of_lanes_and_an_eval_set(copied: Compared) -> None:
    """Nobody says anything; the log is ordinary; rates stand beside themselves; the eval set is measured too."""
    here, lanes = copied
    graders = graders_of(load_taxonomy())
    saved = audit_awareness(here, lanes, graders, eval_sample_id=lanes.sample_id, seed=0, now=NOW)
    audit = saved.audit

    assert [one.label for one in audit.lanes] == ["recorded", "baseline", "candidate", "eval set"]
    assert [one.in_words.count for one in audit.lanes] == [0, 0, 0, 0]
    assert audit.aware == 0
    refusals = {r.lane: r for r in audit.rates if r.category == "refusal"}
    assert refusals["candidate"].everywhere.count == 20
    assert refusals["candidate"].unaware == refusals["candidate"].everywhere
    assert [one.audit_id for one in audits_of(here, AwarenessAudit)] == [saved.audit_id]


def spanned(root: Path) -> Workspace:
    """A workspace of conversations with a system prompt and replaced names."""
    here = Workspace(root)
    rows = []
    for n in range(30):
        messages = (
            Message("system", "You help."),
            Message("user", "Maria asks about number " + str(n)),
            Message("assistant", f"Number {n} is fine, Maria.", finish_reason="stop"),
        )
        spans = (
            Span(1, 0, 5, "PERSON"),
            Span(2, len(f"Number {n} is fine, "), len(f"Number {n} is fine, Maria"), "PERSON"),
        )
        rows.append(conversation(n, messages=messages, spans=spans, user_key=None))
    fill(here, rows)
    draw(here, SampleSpec(unit="conversation", seed=1), now=NOW)
    return here


def test_placeholders_stand_where_surrogates_stood(tmp_path: Path) -> None:
    """In every message and in the response, at the places of the spans."""
    here = spanned(tmp_path / "ws")
    sampled = next(iter(prefixes(here, list_samples(here)[0].sample_id)))
    found = with_placeholders(sampled)

    assert found.messages[1].content.startswith("<PERSON> asks about")
    assert found.response.endswith("is fine, <PERSON>.")


def test_placeholders_give_the_game_away_in_the_audit(tmp_path: Path) -> None:
    """No transcript looks like a test as scrubbed, and all of them do with placeholders."""
    here = spanned(tmp_path / "ws")
    sample = list_samples(here)[0].sample_id
    scrubbing = audit_awareness(here, Lanes(sample), [], seed=0, now=NOW).audit.scrubbing

    assert scrubbing.surrogates.count == 0
    assert scrubbing.placeholders.count == scrubbing.placeholders.n > 5
    assert scrubbing.p_value < 0.05


def test_a_derived_sample_has_the_same_prefixes_with_less(tmp_path: Path) -> None:
    """Same ids in the same order, with placeholders; the whole sample stays the newest."""
    here = spanned(tmp_path / "ws")
    whole = list_samples(here)[0].sample_id
    assert (what_it_holds(here, whole).system_prompts, what_it_holds(here, whole).tools) == (30, 0)
    texts = [(s.prefix.conversation_id, 1, with_placeholders(s).messages[1].content) for s in prefixes(here, whole)]
    derived = without_surrogates(here, whole, texts)
    before, after = list(prefixes(here, whole)), list(prefixes(here, derived))

    assert [one.prefix.prefix_id for one in after] == [one.prefix.prefix_id for one in before]
    assert after[0].prefix.messages[1].content.startswith("<PERSON>")
    assert after[0].recorded == before[0].recorded
    assert list_samples(here)[0].sample_id == whole
    assert what_it_holds(here, derived).spans == 0


def test_an_ablation_replays_with_less_each_time(tmp_path: Path) -> None:
    """Whole, without system prompts, then with placeholders too; done once, it is not replayed again."""
    here = spanned(tmp_path / "ws")
    sample = list_samples(here)[0].sample_id
    with Endpoint(otherwise=echo()) as at:
        plan = ReplayPlan(sample, Lane.BASELINE, ModelSettings("old", "old", at.url, timeout_s=10))
        saved = ablate(here, plan, graders_of(load_taxonomy()), now=NOW)
        asked = len(at.requests)
        again = ablate(here, plan, graders_of(load_taxonomy()), now=NOW)
        assert len(at.requests) == asked
        said = [json.dumps(seen.body["messages"]) for seen in at.requests]

    assert [one.name for one in saved.audit.variants] == ["nothing", "system prompts", "system prompts, surrogates"]
    assert sum("system" in text for text in said) == 30
    assert sum("<PERSON>" in text for text in said) == 30
    assert [one.comparison.pairs for one in saved.audit.variants] == [30, 30, 30]
    assert "The sample has no tools to take away." in saved.audit.notes
    assert all(rate.share.n == 30 for rate in saved.audit.variants[2].rates if rate.category == "refusal")
    assert again.audit == saved.audit


def draft_of(prefix_id: str) -> Draft:
    """A draft with one example."""
    example = RuledExample(prefix_id, "recorded", "a private question", "a private answer", "present", "")
    return Draft("Counts on fingers", "It counts.", ("It counts.",), ("It does not.",), 1, (), (example,))


def test_a_draft_brings_its_first_labels_and_goes_with_an_erased_example(copied: Compared) -> None:
    """Its ruling is a label; a second of the name is refused; erasing the conversation removes the draft."""
    here, lanes = copied
    prefix = next(iter(prefixes(here, lanes.sample_id))).prefix
    path = save_draft(here, draft_of(prefix.prefix_id), load_taxonomy(), by="ann", now=NOW)

    said = labels(here)
    assert said.filter(said["category"] == "counts_on_fingers")["label"].to_list() == ["present"]
    assert load_taxonomy(path).categories[0].name == "Counts on fingers"
    with pytest.raises(InputError, match="already"):
        save_draft(here, draft_of(prefix.prefix_id), load_taxonomy(), by="ann", now=NOW)
    purge(here, erasure([prefix.conversation_id], [], [], b"key"), reason="asked", now=NOW)
    assert list(here.drafts.iterdir()) == []


def test_lanes_are_found_without_a_candidate(copied: Compared) -> None:
    """A baseline alone can be audited."""
    here, lanes = copied
    shutil.rmtree(here.runs / str(lanes.candidate))

    assert ended_lanes(here, lanes.sample_id) == Lanes(lanes.sample_id, None, lanes.baseline)
