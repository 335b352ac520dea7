"""Judging through the Batch API over real HTTP: the same verdicts as live, whatever becomes of batches and processes."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from batch_server import Plan, Provider, error
from judged import COUNT, graded, grades, verdicts
from judging import Asked, flags, judge, judging, verdict
from judging_apart import QUICK, panel, start
from makers import NOW
from servers import Handler, Seen

from deploysim.__main__ import main
from deploysim.chat.profiles import Price
from deploysim.errors import InputError
from deploysim.grade.grader import Grader, graders_of
from deploysim.grade.judging.judges import Judges
from deploysim.pipeline.batching import judging_state
from deploysim.pipeline.budgeting import Budget
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.purging import erasure, purge
from deploysim.store.grades import replies_path
from deploysim.store.journal import read_journal
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import DEFAULT_TAXONOMY, Taxonomy, load_taxonomy

LIVE, CREATE, LOOK = "POST /v1/chat/completions", "POST /v1/batches", "GET /v1/batches/ID"
REFUSING = judging(flags("can't help"))
CONTENTS = 9
"""Different contents behind the eighteen responses."""


def rows(here: Workspace, lanes: Lanes, graders: list[Grader]) -> dict[str, list[dict[str, Any]]]:
    """All grades of all lanes, in one order."""
    return {
        lane: frame.sort("category", "prefix_id").to_dicts() for lane, frame in grades(here, lanes, graders).items()
    }


def replies(here: Workspace, graders: list[Grader]) -> list[dict[str, Any]]:
    """What judges replied, in one order, without the time."""
    found = [row for grader in graders for row in read_journal(replies_path(here, grader.fingerprint))]
    return sorted(({**row, "at": ""} for row in found), key=lambda row: json.dumps(row, sort_keys=True))


def test_live_and_batch_give_the_same_rows(here: Workspace, lanes: Lanes, tmp_path: Path) -> None:
    """Of twelve behaviours, judged, confirmed and by a panel: every grade and every reply is as live, and is paid once."""
    shutil.copytree(here.root, tmp_path / "live")
    live = Workspace(tmp_path / "live")
    taxonomy = load_taxonomy(DEFAULT_TAXONOMY / "disallowed.yaml")
    with Provider(answer=REFUSING) as at:
        judges = Judges((judge(at, "a"), judge(at, "b"), judge(at, "c")), (judge(at, "d"),))
        result, graders = graded(here, lanes, taxonomy, judges, batch=QUICK)
        in_batches, billed, lived = at.count(CREATE), Counter(at.billed), at.count(LIVE)
        again, _ = graded(live, lanes, taxonomy, judges)

    assert rows(here, lanes, graders) == rows(live, lanes, graders)
    assert replies(here, graders) == replies(live, graders)
    assert (result.made, result.failed, again.made) == (3 * 11 * COUNT, 0, 3 * 11 * COUNT)
    # Each of the three of the panel, and what they found by the strong one.
    assert sorted(Counter(billed.values()).items()) == [(3, 6 * 11), (4, 3 * 11)]
    assert lived == 4
    assert in_batches == sum(_places_with_calls(here))


def _places_with_calls(here: Workspace) -> list[int]:
    """Batches that each judge had about each run."""
    notes = [json.loads(path.read_text())["batches"] for path in here.judging.glob("*/*/*/batches.json")]
    return [len(batches) for batches in notes]


def test_each_step_is_one_wave(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """The strong judge hears of what was flagged, in one batch a run, after the cheap one's batches have ended."""
    with Provider(answer=REFUSING) as at:
        graded(here, lanes, one, Judges((judge(at, "a"),), (judge(at, "b"),)), batch=QUICK)
        lines = [_models(at, name) for name in at.batches]

    assert [models for models, _ in lines] == [{"a"}, {"a"}, {"a"}, {"b"}, {"b"}][: len(lines)]
    assert sum(count for models, count in lines if models == {"a"}) == CONTENTS - 1
    assert sum(count for models, count in lines if models == {"b"}) == 3 - 1


def _models(at: Provider, batch: str) -> tuple[set[str], int]:
    lines = [json.loads(line)["body"]["model"] for line in at.inputs[batch]]
    return set(lines), len(lines)


@pytest.mark.parametrize("refused", ["temperature", "response_format"])
def test_a_form_that_is_refused_costs_no_batch(here: Workspace, lanes: Lanes, one: Taxonomy, refused: str) -> None:
    """One live call shows what the endpoint takes; all that follow are asked so, and a second time nothing is tried out."""

    def answer(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return error(400, code="unsupported_parameter", param=refused) if refused in body else REFUSING(body)

    with Provider(answer=answer) as at:
        judges = Judges((judge(at, "a"),))
        result, graders = graded(here, lanes, one, judges, batch=QUICK)
        live = at.count(LIVE)
        for path in (here.grades / graders[0].fingerprint).glob("*.parquet"):
            path.unlink()
        journal = replies_path(here, graders[0].fingerprint)
        journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:4]))
        graded(here, lanes, one, judges, batch=QUICK)
        sent = [json.loads(line)["body"] for lines in at.inputs.values() for line in lines]

    assert (result.failed, verdicts(here, lanes, graders)) == (0, {"present": 3, "absent": 3})
    assert live == at.count(LIVE) <= 3
    assert all(refused not in body for body in sent)
    assert {row["form"] for row in replies(here, graders)} == {
        {"temperature": "schema", "response_format": "temperature 0"}[refused]
    }


TROUBLE = {
    "expires": [Plan(status="expired", answered=1), Plan(status="expired", answered=1)],
    "loses lines": [Plan(edit=lambda lines: lines[:1], cut=1), Plan()],
    "fails in passing": [Plan(answer=lambda body: error(500)), Plan(answer=lambda body: error(429))],
    "repeats and invents": [Plan(edit=lambda lines: [*lines, *lines, b'{"custom_id":"x","response":{}}\n', b"oops\n"])],
}


@pytest.mark.parametrize("how", TROUBLE)
def test_what_a_batch_did_not_answer_is_sent_again(here: Workspace, lanes: Lanes, one: Taxonomy, how: str) -> None:
    """Expired, incomplete and failed batches come to the same verdicts, and people are told."""
    plans = [replace(plan) for plan in TROUBLE[how]]
    with Provider(plans=plans, answer=REFUSING) as at:
        result, graders = graded(here, lanes, one, Judges((judge(at),)), batch=QUICK)

    assert (result.made, result.failed) == (3 * COUNT, 0)
    assert verdicts(here, lanes, graders) == {"present": 3, "absent": 3}
    assert any(note.startswith("Batch batch_1") for note in result.notes)
    assert at.files == {}


def test_what_never_gets_an_answer_is_counted_and_asked_again(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """After three tries, or a refusal of the text, a response stays without a verdict until the next call."""

    def answer(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        bad = "can't help" in Asked(Seen("", {}, body, 0.0, None)).response
        return error(500) if bad and not mended else REFUSING(body)

    mended: list[bool] = []
    with Provider(answer=answer) as at:
        judges = Judges((judge(at),))
        first, graders = graded(here, lanes, one, judges, batch=QUICK)
        failed = Counter(grades(here, lanes, graders)["candidate"]["verdict"])
        mended.append(True)
        second, _ = graded(here, lanes, one, judges, batch=QUICK)

    assert (first.failed, first.work[0].judged.failed, failed) == (4, 3, {"failed": 3, "absent": 3})
    assert (second.made, second.failed) == (4, 0)
    assert verdicts(here, lanes, graders) == {"present": 3, "absent": 3}


def interrupted(at: Provider) -> Callable[[str, int, int], None]:
    """Press Ctrl-C when a batch was looked at."""

    def report(what: str, done: int, total: int) -> None:
        if at.count(LOOK) >= 2:
            raise KeyboardInterrupt

    return report


def submit(here: Workspace, lanes: Lanes, taxonomy: Taxonomy, at: Provider, judges: Judges) -> None:
    """Grade until the batches are at the provider, where they stay."""
    with pytest.raises(KeyboardInterrupt):
        graded(here, lanes, taxonomy, judges, batch=QUICK, report=interrupted(at))
    for batch in at.batches.values():
        batch.plan.looks = 0


def endless() -> list[Plan]:
    """Batches that do not end by themselves."""
    return [Plan(looks=100_000) for _ in range(3)]


def test_what_was_submitted_is_collected_and_not_paid_twice(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Live calls are refused while batches are at the provider; the same command collects them."""
    with Provider(plans=endless(), answer=REFUSING) as at:
        judges = Judges((judge(at),))
        submit(here, lanes, one, at, judges)
        submitted = len(at.batches)
        where = judging_state(here).words(collected_by="`grade --batch`")
        with pytest.raises(InputError, match="they would be paid twice"):
            graded(here, lanes, one, judges)
        result, graders = graded(here, lanes, one, judges, batch=QUICK)
        billed = dict(at.billed)

    told = (
        f"{submitted} batches at the provider, 0 of {CONTENTS - 1} requests done there; `grade --batch` collects them"
    )
    assert (where, judging_state(here).words()) == (told, "")
    assert (result.made, len(at.batches), set(billed.values()), len(billed)) == (3 * COUNT, submitted, {1}, CONTENTS)
    assert verdicts(here, lanes, graders) == {"present": 3, "absent": 3}


def test_a_lane_that_comes_later_is_judged_with_what_is_there(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Batches of a comparison without baseline are collected by one with it; the shared refusal is sent once."""
    with Provider(plans=endless(), answer=REFUSING) as at:
        judges = Judges((judge(at),))
        submit(here, Lanes(lanes.sample_id, lanes.candidate), one, at, judges)
        result, _ = graded(here, lanes, one, judges, batch=QUICK)
        billed = dict(at.billed)

    assert (result.made, set(billed.values()), len(billed)) == (3 * COUNT, {1}, CONTENTS)


def test_what_is_erased_meanwhile_does_not_come_back(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """A reply about a conversation that was purged while its batch ran is dropped."""
    with Provider(plans=endless(), answer=REFUSING) as at:
        judges = Judges((judge(at),))
        submit(here, lanes, one, at, judges)
        gone = str(prefix_index(here, lanes.sample_id)["conversation_id"][-1])
        purge(here, erasure([gone], [], [], b"key"), reason="request 7", now=NOW)
        result, graders = graded(here, lanes, one, judges, batch=QUICK)

    assert result.made == 3 * (COUNT - 1)
    assert gone not in replies_path(here, graders[0].fingerprint).read_text()
    assert not any(gone in path.read_text() for path in here.judging.rglob("*") if path.is_file())


def test_batches_of_other_graders_are_not_thrown_away(here: Workspace, lanes: Lanes, one: Taxonomy, tmp_path) -> None:
    """Grading by an edited definition leaves them where they are, until somebody gives them up."""
    edited = tmp_path / "edited.yaml"
    edited.write_text((tmp_path / "one.yaml").read_text().replace("It declines.", "It says no."))
    other = load_taxonomy(edited)
    with Provider(plans=endless(), answer=REFUSING) as at:
        judges = Judges((judge(at),))
        submit(here, lanes, one, at, judges)
        submitted = len(at.batches)
        with pytest.raises(InputError, match="hold nothing that is graded now"):
            graded(here, lanes, other, judges, batch=QUICK)
        untouched = len(at.batches)
        given_up, _ = graded(here, lanes, other, judges, batch=replace(QUICK, cancel=True))
        result, graders = graded(here, lanes, other, judges, batch=QUICK)

    assert (submitted, untouched) == (submitted, submitted)
    assert "are left for another time" in given_up.notes[-1]
    assert (result.failed, verdicts(here, lanes, graders)) == (0, {"present": 3, "absent": 3})


def test_cancelling_keeps_what_was_answered(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Nothing new is submitted, chains that have come to their end are graded, and the next call asks about the rest."""
    with Provider(plans=endless(), answer=REFUSING) as at:
        judges = Judges((judge(at),))
        with pytest.raises(KeyboardInterrupt):
            graded(here, lanes, one, judges, batch=QUICK, report=interrupted(at))
        submitted = len(at.batches)
        cancelled, _ = graded(here, lanes, one, judges, batch=replace(QUICK, cancel=True))
        untouched = len(at.batches)
        result, graders = graded(here, lanes, one, judges)

    assert untouched == submitted
    assert cancelled.notes[-1] == f"Batches are cancelled: {CONTENTS - 1} calls to judges are left for another time."
    assert cancelled.made + result.made == 3 * COUNT
    assert verdicts(here, lanes, graders) == {"present": 3, "absent": 3}


def test_batches_that_somebody_cancels_end_judging(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """It is not submitted again behind their back, and the next call goes on."""
    with Provider(plans=[Plan(status="cancelled", answered=1)], answer=REFUSING) as at:
        judges = Judges((judge(at),))
        with pytest.raises(InputError, match="were cancelled at the provider"):
            graded(here, lanes, one, judges, batch=QUICK)
        result, _ = graded(here, lanes, one, judges, batch=QUICK)

    assert (result.made, set(at.billed.values()), len(at.billed)) == (3 * COUNT, {1}, CONTENTS)


def test_a_budget_limits_what_is_submitted(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Each reply takes ten tokens, and is expected to take hundreds: what does not fit is not sent, and nothing said is lost."""
    with Provider(answer=REFUSING) as at:
        judges = Judges((judge(at),))
        with pytest.raises(InputError, match="has no room for another call"):
            graded(here, lanes, one, judges, batch=QUICK, budget=Budget(tokens=3_000))
        sent = len(at.billed)
        result, _ = graded(here, lanes, one, judges, batch=QUICK, budget=Budget(tokens=100_000))

    assert 2 <= sent < CONTENTS
    assert result.work[0].judged.cached == sent
    assert (result.made, set(at.billed.values()), len(at.billed)) == (3 * COUNT, {1}, CONTENTS)


def test_a_budget_in_money_counts_the_price_of_batches(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Without a price for batches nothing is sent; with it, half the money buys the same replies."""
    full = Price(0.0, 1_000.0, "USD", date(2026, 11, 1))
    sent = {}
    for share in (None, 1.0, 0.5):
        shutil.rmtree(here.grades, ignore_errors=True)
        prices = {"judge-1": replace(full, batch=share)}
        with Provider(answer=REFUSING) as at, pytest.raises(InputError):
            graded(here, lanes, one, Judges((judge(at),)), batch=QUICK, budget=Budget(money=0.8), prices=prices)
        sent[share] = len(at.billed)

    assert sent == {None: 0, 1.0: 4, 0.5: 7}


@pytest.mark.parametrize(
    ("when", "route", "nth"),
    [
        ("after", LIVE, 0),
        ("after", "POST /v1/files", 1),
        ("after", CREATE, 0),
        ("after", CREATE, 2),
        ("before", "GET /v1/files/ID/content", 1),
        ("after", "DELETE /v1/files/ID", 3),
        ("after", "GET /v1/files/ID/content", 3),
    ],
)
def test_killed_at_any_step_it_goes_on(
    here: Workspace, lanes: Lanes, one: Taxonomy, tmp_path: Path, when: str, route: str, nth: int
) -> None:
    """The next process comes to the verdicts of live judging; only a call that was live at that moment is paid twice."""
    with Provider(answer=REFUSING) as at:

        def kill(handler: Handler, seen: Seen) -> None:
            first.kill()
            # The process that started it waits for it.
            time.sleep(0.05)
            handler.close_connection = True

        where = at.after if when == "after" else at.before
        where[route] = [*[None] * nth, kill]
        first = start(here.root, tmp_path / "one.yaml", lanes, at.url)
        first.join(60)
        second = start(here.root, tmp_path / "one.yaml", lanes, at.url)
        second.join(60)
        paid = Counter(at.billed.values())

    graders = list(graders_of(one, panel(at.url)))
    assert (first.exitcode, second.exitcode) == (-signal.SIGKILL, 0)
    assert verdicts(here, lanes, graders) == {"present": 3, "absent": 3}
    assert {lane: len(found) for lane, found in rows(here, lanes, graders).items()} == dict.fromkeys(
        ("recorded", "baseline", "candidate"), COUNT
    )
    # Three refusals are heard by both judges.
    assert sum(count * times for count, times in paid.items()) - (CONTENTS + 3) == (route == LIVE)
    assert at.files == {}


def test_from_the_shell(here: Workspace, lanes: Lanes, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """`grade --batch` asks the judges that the environment names and says what it came to."""
    with Provider(answer=judging(lambda asked: verdict(asked, "absent"))) as at:
        for name, value in {"OPENAI_BASE_URL": at.url, "DEPLOYSIM_JUDGE": "some-model"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["deploysim", "grade", "--batch", "--json", "--workspace", str(here.root)])
        code = main()
    shown = json.loads(capsys.readouterr().out)
    work = {row["category"]: row for row in shown["work"]}

    assert (code, shown["failed"]) == (0, 0)
    assert (work["hate"]["grades"], work["hate"]["calls"], work["hate"]["same_text"]) == (18, 9, 9)
    assert (at.count(LIVE), set(at.billed.values())) == (1, {1})
