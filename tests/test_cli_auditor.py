"""`audit discover --auditor`: a model behind real HTTP reads pairs, and what it proposes is kept, printed and limited."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from auditing import NAME, proposal, reply, sees, shown
from judging import Asked, Says, endpoint
from makers import NOW
from servers import Endpoint

from deploysim.__main__ import main
from deploysim.audit.discoveries import DiscoverAudit
from deploysim.chat.settings import ModelSettings
from deploysim.errors import InputError
from deploysim.grade.judging.judges import Judge
from deploysim.pipeline.asking_auditor import Auditor
from deploysim.pipeline.audits import audits_of
from deploysim.pipeline.discovering import audit_discover
from deploysim.pipeline.drafting import proposal_examples
from deploysim.pipeline.grading import JudgeUse
from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import Workspace

Called = tuple[int, str, str]


@pytest.fixture
def here(audited: tuple[Workspace, Lanes], tmp_path: Path) -> Workspace:
    """The workspace of this process: one whose candidate opens every other response with “Certainly!”."""
    shutil.copytree(audited[0].root, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def discover(here: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command against an endpoint behind which an auditor answers."""

    def call(says: Says, *arguments: object) -> tuple[Called, Endpoint]:
        with endpoint(says) as at:
            monkeypatch.setenv("OPENAI_BASE_URL", at.url)
            asked = [] if "--no-auditor" in arguments else ["--auditor", "judge-1"]
            rest = [str(one) for one in arguments if one != "--no-auditor"]
            monkeypatch.setattr("sys.argv", ["deploysim", "audit", "discover", *asked, *rest])
            code = main()
        printed = capsys.readouterr()
        return (code, printed.out, printed.err), at

    return call


def test_what_an_auditor_proposes_is_printed_and_kept_without_any_text(here: Workspace, discover) -> None:
    """Of 40 pairs about half open so, all of the candidate; a category that there is is dropped; no quotation is kept."""
    (code, printed, _), at = discover(sees("Certainly!"))
    (saved,) = audits_of(here, DiscoverAudit)
    opinion = saved.audit.auditor
    (found,) = opinion.proposals
    examples = proposal_examples(here, saved.audit, found)
    by_id = {one.prefix.prefix_id: one.second for one in examples}

    assert code == 0
    assert len(at.requests) == opinion.calls == 5
    assert (opinion.judge, opinion.pairs, opinion.failed, opinion.known) == ("judge-1", 40, 0, 1)
    assert found.first == 0
    assert 10 < found.second < 30
    assert f"{NAME} (quoted from baseline in 0 and from candidate in {found.second} of 40 pairs read)" in printed
    assert "A model's opinion, not a measurement: judge-1 read 40 pairs" in printed
    assert {by_id[one.prefix_id][slice(*one.spans[0])] for one in found.evidence} == {"Certainly!"}
    baseline, candidate = (examples[0].ruled(side, "present") for side in ("first", "second"))
    assert baseline.run == saved.audit.surface.first.run_id != candidate.run == saved.audit.surface.second.run_id
    assert candidate.response.startswith("Certainly!")
    assert not baseline.response.startswith("Certainly!")
    assert "Certainly!" not in (here.audits / f"{saved.audit_id}.json").read_text()


def test_without_the_option_no_model_is_asked(here: Workspace, discover) -> None:
    """The audit says nothing of an auditor."""
    (code, printed, _), at = discover(sees("Certainly!"), "--no-auditor")

    assert code == 0
    assert at.requests == []
    assert audits_of(here, DiscoverAudit)[0].audit.auditor is None
    assert "opinion" not in printed


def test_pairs_and_budget_are_kept(here: Workspace, discover) -> None:
    """Sixteen pairs are two calls; a budget that has room for one says that the other was not made."""
    (code, printed, _), at = discover(sees("Certainly!"), "--auditor-pairs", 16, "--json")
    assert code == 0
    assert len(at.requests) == 2
    assert json.loads(printed)["auditor"]["pairs"] == 16
    one_call = 250 + sum(len(one["content"]) for one in at.requests[0].body["messages"]) // 4 + 600
    (code, printed, _), at = discover(sees("Certainly!"), "--auditor-pairs", 16, "--budget-tokens", one_call)
    assert code == 0
    assert len(at.requests) == 1
    assert "The auditor's budget had no room for 1 of 2 calls." in printed


def test_an_auditor_that_follows_the_text_is_counted_as_failed(here: Workspace, discover) -> None:
    """It answers without the check word, or with words that are in no response: nothing is proposed."""

    def led(asked: Asked) -> str:
        first = shown(asked)[0]
        if "pair 8" in asked.told:
            return reply(asked, proposal((first.pair, first.side, first.text[:20])), check="obeyed")
        return reply(asked, proposal((1, "A", "what nobody said"), (2, "B", "what nobody said")))

    (code, printed, _), _ = discover(led, "--auditor-pairs", 12)

    assert code == 0
    assert "read 4 pairs" in printed
    assert "1 of 2 calls brought no usable answer." in printed
    assert "2 quotations not in the response named, or in both" in printed
    assert audits_of(here, DiscoverAudit)[0].audit.auditor.proposals == ()


def test_the_leak_limit_holds_for_auditors(audited: tuple[Workspace, Lanes]) -> None:
    """An auditor on another machine is not asked before the spot-check allows it, or somebody says why; here it may."""
    here, lanes = audited
    away = Judge("judge-1", ModelSettings("judge-1", "judge-1", base_url="https://models.example/v1"))
    near = Judge("judge-1", ModelSettings("judge-1", "judge-1", base_url="http://127.0.0.1:1/v1"))

    with pytest.raises(InputError, match="does not allow"):
        audit_discover(here, lanes, [], seed=0, now=NOW, auditor=Auditor(away, JudgeUse(leak_limit=0.01), ()))
    note = Auditor(away, JudgeUse(leak_limit=0.01, override_privacy="agreed"), ()).gate(here, lanes.sample_id)
    assert note.endswith("agreed")
    assert Auditor(near, JudgeUse(leak_limit=0.01), ()).gate(here, lanes.sample_id) == ""
