"""Judging end to end: workspaces graded by judges over real HTTP that answer well, badly, slowly and not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from datetime import date

import polars as pl
import pytest
from judged import COUNT, graded, grades, verdicts
from judging import Asked, Says, endpoint, flags, judge, verdict
from makers import FACT, NOW, REFUSAL
from servers import Endpoint, answer, drop, raw, refuse, silence

from deploysim.chat.profiles import Price
from deploysim.errors import BusyError, InputError, ModelError
from deploysim.grade.grader import Grader, graders_of
from deploysim.grade.judging.judges import Judges
from deploysim.pipeline.budgeting import Budget
from deploysim.pipeline.compared_item import load_item
from deploysim.pipeline.forecasting import forecast
from deploysim.pipeline.grading import JudgeUse, grade_lanes
from deploysim.pipeline.lanes import Lanes, fitting, joint_verdicts
from deploysim.pipeline.purging import erasure, purge
from deploysim.render import Badge
from deploysim.store.grades import replies_path
from deploysim.store.journal import Journal, read_journal
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.spot_checks import SpotCheck, SpotMark, record_check, undo_check
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import DEFAULT_TAXONOMY, Taxonomy, load_taxonomy
from deploysim.types import Lane


def test_safety_categories_are_graded_over_http(here: Workspace, lanes: Lanes) -> None:
    """All eleven kinds of disallowed content are judged in every lane, with evidence, severity and what each step said."""
    taxonomy = load_taxonomy(DEFAULT_TAXONOMY / "disallowed.yaml")
    with endpoint(flags("can't help")) as cheap, endpoint(flags("can't help")) as strong:
        result, graders = graded(here, lanes, taxonomy, Judges((judge(cheap, "a"),), (judge(strong, "b"),)))
        asked = [Asked(seen) for seen in cheap.requests]
    found = grades(here, lanes, graders)
    refused = found["candidate"].filter(pl.col("verdict") == "present")

    assert {lane: rows.height for lane, rows in found.items()} == dict.fromkeys(found, 11 * COUNT)
    assert (result.made, result.failed, refused.height) == (3 * 11 * COUNT, 0, 11 * 3)
    assert {a.behaviour for a in asked} == {category.name for category in taxonomy.categories}
    row = refused.row(0, named=True)
    (span,) = row["evidence"]
    assert REFUSAL[span["start"] : span["end"]] == REFUSAL[:40]
    assert (row["severity"], row["confidence"]) == (3, 0.9)
    assert [(step["by"], step["verdict"]) for step in row["steps"]] == [("judge a", "present"), ("judge b", "present")]


def test_only_what_was_flagged_is_confirmed(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """The strong judge hears of the three refusals and of nothing else, and has the last word."""
    with endpoint(flags("can't help")) as cheap, endpoint(flags("nothing")) as strong:
        _, graders = graded(here, lanes, one, Judges((judge(cheap, "a"),), (judge(strong, "b"),)))

    assert len(strong.requests) == 3
    assert verdicts(here, lanes, graders) == {"absent": COUNT}
    steps = [[s["verdict"] for s in row] for row in grades(here, lanes, graders)["candidate"]["steps"]]
    assert Counter(map(tuple, steps)) == {("present", "absent"): 3, ("absent",): 3}


def test_equal_texts_are_judged_once_and_the_fact_is_kept(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Nine contents stand behind eighteen responses: nine calls, and nine rows say that they share a verdict."""
    with endpoint(flags("can't help")) as at:
        result, graders = graded(here, lanes, one, Judges((judge(at),)))
        bodies = [json.dumps(seen.body["messages"]) for seen in at.requests]
    rows = pl.concat(grades(here, lanes, graders).values())

    assert len(bodies) == len(set(bodies)) == 9
    assert (result.work[0].judged.calls, result.work[0].reused) == (9, 9)
    assert rows["reused"].sum() == 9
    assert rows["content"].n_unique() == 9
    assert rows.group_by("content").agg(pl.col("verdict").n_unique())["verdict"].to_list() == [1] * 9


def test_no_request_names_a_lane_or_a_model(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """What is sent holds neither lanes nor the models that answered nor ids of runs."""
    with endpoint(flags("can't help")) as at:
        graded(here, lanes, one, Judges((judge(at),)))
        sent = " ".join(json.dumps(seen.body["messages"]) for seen in at.requests)

    for word in ("candidate", "baseline", "recorded", "old-model", *lanes.runs().values(), lanes.sample_id):
        assert word not in sent


def test_a_second_time_nothing_is_asked(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Grades are kept, and replies are kept beside them: without the grades the same verdicts come from the replies."""
    with endpoint(flags("can't help")) as at:
        judges = Judges((judge(at),))
        _, graders = graded(here, lanes, one, judges)
        before = verdicts(here, lanes, graders)
        again, _ = graded(here, lanes, one, judges)
        for path in (here.grades / graders[0].fingerprint).glob("*.parquet"):
            path.unlink()
        from_replies, _ = graded(here, lanes, one, judges)

    assert len(at.requests) == 9
    assert (again.made, from_replies.made) == (0, 3 * COUNT)
    assert (from_replies.work[0].judged.calls, from_replies.work[0].judged.cached) == (0, 9)
    assert verdicts(here, lanes, graders) == before


def test_another_judge_asks_anew(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Replies are kept under the grader that asked: another model shares nothing with it."""
    with endpoint(flags("can't help")) as at:
        graded(here, lanes, one, Judges((judge(at, "a"),)))
        _, graders = graded(here, lanes, one, Judges((judge(at, "b"),)))

    assert len(at.requests) == 18
    assert verdicts(here, lanes, graders) == {"present": 3, "absent": 3}


FORMS = [
    ("takes everything", None, [True], [0.0]),
    ("refuses a schema", "response_format", [False], [0.0]),
    ("refuses a temperature", "temperature", [True], [None]),
]


@pytest.mark.parametrize(("claim", "refused", "schema", "temperature"), FORMS, ids=[f[0] for f in FORMS])
def test_endpoints_are_asked_in_the_form_they_take(here, lanes, one, claim, refused, schema, temperature) -> None:
    """A parameter that an endpoint refuses is left out, once and for all, and the rest is kept."""

    def reply(handler, seen) -> None:
        if refused in seen.body:
            refuse(400, error={"code": "unsupported_parameter", "param": refused})(handler, seen)
        else:
            answer(flags("can't help")(Asked(seen)))(handler, seen)

    with Endpoint(otherwise=reply) as at:
        result, graders = graded(here, lanes, one, Judges((judge(at),)))
    taken = [seen.body for seen in at.requests if refused not in seen.body]

    assert (result.failed, verdicts(here, lanes, graders)) == (0, {"present": 3, "absent": 3})
    assert len(taken) == 9
    assert len(at.requests) - len(taken) <= 2
    assert {"response_format" in body for body in taken} == set(schema)
    assert {body.get("temperature") for body in taken} == set(temperature)
    assert {row["form"] for row in read_journal(replies_path(here, graders[0].fingerprint))} == {
        {None: "schema, temperature 0", "response_format": "temperature 0", "temperature": "schema"}[refused]
    }


def fenced(asked: Asked) -> str:
    """A judge who talks around its verdict."""
    said = "present" if "can't help" in asked.response else "absent"
    return f"<think>Hm, perhaps {{'verdict': 'unsure'}}?</think>Sure! Here it is:\n```json\n{verdict(asked, said)[:-1]},}}\n```\nBye."


def test_replies_out_of_the_schema_are_read(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Reasoning, fences, remarks and a comma too many do not cost a verdict."""
    with endpoint(fenced) as at:
        result, graders = graded(here, lanes, one, Judges((judge(at),)))

    assert (result.failed, verdicts(here, lanes, graders)) == (0, {"present": 3, "absent": 3})


def test_a_judge_that_obeys_the_text_decides_nothing(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Replies without the check word are unsure, and counted."""
    says: Says = lambda asked: verdict(asked, "absent", check="ok", seal="ok/absent")  # noqa: E731
    with endpoint(says) as at:
        result, graders = graded(here, lanes, one, Judges((judge(at),)))

    assert verdicts(here, lanes, graders) == {"unsure": COUNT}
    assert result.work[0].judged.led_astray == 9


BROKEN = {
    "says nothing that can be read": (answer("I'd rather not."), {}, "malformed reply"),
    "is not json": (raw(b"oops"), {}, "malformed reply"),
    "hangs up": (drop, {}, "connection lost"),
    "is too slow": (silence, {"timeout_s": 1.0}, "timed out"),
    "fails": (refuse(500), {}, "server error"),
    "is busy": (refuse(429), {}, "rate limited"),
    "filters": (refuse(400, error={"code": "content_filter"}), {}, "refused by the provider's filter"),
    "finds it too long": (refuse(400, error={"code": "context_length_exceeded"}), {}, "context too long"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_judge_that_fails_is_counted_and_asked_again(here: Workspace, lanes: Lanes, one: Taxonomy, how: str) -> None:
    """A call that gives no verdict is a row that says why; the next time only such rows are asked about."""
    broken, settings, kind = BROKEN[how]

    def reply(handler, seen) -> None:
        asked = Asked(seen)
        bad = "can't help" in asked.response and not mended
        (broken if bad else answer(flags("can't help")(asked)))(handler, seen)

    mended: list[bool] = []
    with Endpoint(otherwise=reply) as at:
        first, graders = graded(here, lanes, one, Judges((judge(at, **settings),)), in_flight=1)
        rows = grades(here, lanes, graders)["candidate"]
        mended.append(True)
        before = len(at.requests)
        second, _ = graded(here, lanes, one, Judges((judge(at),)))

    # The baseline gave one of the three refusals too.
    assert (first.failed, first.work[0].judged.failed) == (4, 3)
    assert Counter(rows["verdict"]) == {"failed": 3, "absent": 3}
    assert all(kind in reason for reason in rows.filter(pl.col("verdict") == "failed")["reason"])
    assert (second.made, second.failed, len(at.requests) - before) == (4, 0, 3)
    assert verdicts(here, lanes, graders) == {"present": 3, "absent": 3}


def test_a_panel_decides_by_majority_and_keeps_every_voice(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Two of three judges carry the verdict; the third one's word stands beside it."""
    with (
        endpoint(flags("can't help")) as first,
        endpoint(flags("can't help")) as second,
        endpoint(flags("fact")) as third,
    ):
        panel = Judges((judge(first, "a"), judge(second, "b"), judge(third, "c")))
        result, graders = graded(here, lanes, one, panel)
    rows = grades(here, lanes, graders)["candidate"].filter(pl.col("verdict") == "present")

    assert (result.work[0].judged.calls, rows.height) == (27, 3)
    assert [(s["by"], s["verdict"]) for s in rows["steps"][0]] == [
        ("judge a", "present"),
        ("judge b", "present"),
        ("judge c", "absent"),
    ]


def test_the_page_shows_steps_and_missing_verdicts(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Under a response stand what every judge said and what the behaviour means, and never "none found" for no verdict."""
    with endpoint(flags("can't help")) as cheap, endpoint(flags("nothing")) as strong:
        _, confirmed = graded(here, lanes, one, Judges((judge(cheap, "a"),), (judge(strong, "b"),)))
    with endpoint(lambda asked: "No idea.") as mute:
        _, unread = graded(here, lanes, one, Judges((judge(mute, "m"),)))
    refused = refusals(here, lanes, confirmed, step="present")[0]

    overruled, missing = (badges(here, lanes, one, graders, refused) for graders in (confirmed, unread))
    assert [(badge.kind, badge.text) for badge in overruled] == [("note", "Declines · absent in the end")]
    assert overruled[0].more == (
        ("meaning", "It declines."),
        ("judge a: present · 90% sure", "It is present."),
        ("judge b: absent · 90% sure", "It is absent."),
    )
    assert [(badge.kind, badge.text) for badge in missing] == [("unsure", "no verdict: Declines")]
    assert "malformed" in missing[0].reason


def refusals(here: Workspace, lanes: Lanes, graders: list[Grader], *, step: str) -> list[str]:
    """The prefixes whose candidate response the first step of a chain found to be so."""
    rows = grades(here, lanes, graders)["candidate"]
    return [row["prefix_id"] for row in rows.iter_rows(named=True) if row["steps"][0]["verdict"] == step]


def badges(
    here: Workspace, lanes: Lanes, taxonomy: Taxonomy, graders: list[Grader], prefix_id: str
) -> tuple[Badge, ...]:
    """What stands under the candidate's response on Compare."""
    item = load_item(here, lanes, prefix_id, taxonomy=taxonomy, graders=graders)
    assert item is not None
    return item.panels()[-1].badges


def test_a_wrong_key_stops_and_what_was_said_is_kept(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """An endpoint that shuts its door ends the job with an error; the next job asks about the rest only."""

    def reply(handler, seen) -> None:
        shut = len(at.requests) > 4 and not opened
        (refuse(401) if shut else answer(flags("can't help")(Asked(seen))))(handler, seen)

    opened: list[bool] = []
    with Endpoint(otherwise=reply) as at:
        judges = Judges((judge(at),))
        with pytest.raises(ModelError, match="refused the key"):
            graded(here, lanes, one, judges, in_flight=1)
        opened.append(True)
        before = len(at.requests)
        result, graders = graded(here, lanes, one, judges)

    assert len(at.requests) - before == 5
    assert (result.made, result.work[0].judged.cached) == (3 * COUNT, 4)
    assert verdicts(here, lanes, graders) == {"present": 3, "absent": 3}


def test_a_budget_ends_judging_and_what_was_said_is_kept(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Each reply takes ten tokens: after thirty nobody is asked any more, and the next call goes on from there."""
    with endpoint(flags("can't help")) as at:
        judges = Judges((judge(at),))
        with pytest.raises(InputError, match="budget for judging is spent: 30 tokens"):
            graded(here, lanes, one, judges, in_flight=1, budget=Budget(tokens=30))
        asked = len(at.requests)
        result, _ = graded(here, lanes, one, judges, budget=Budget(tokens=10_000))

    assert asked == 3
    assert (result.made, result.work[0].judged.cached) == (3 * COUNT, 3)


def test_a_budget_for_judges_in_money_needs_their_prices(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """With a cent a token written, three cents are spent by one reply; without a price nobody is asked."""
    price = Price(0.0, 10_000.0, "USD", date(2026, 11, 1))
    with endpoint(flags("can't help")) as at:
        judges = Judges((judge(at),))
        with pytest.raises(InputError, match="cannot be kept: the price of"):
            graded(here, lanes, one, judges, budget=Budget(money=1.0))
        asked = len(at.requests)
        with pytest.raises(InputError, match="budget for judging is spent"):
            graded(here, lanes, one, judges, in_flight=1, budget=Budget(money=0.03), prices={judge(at).name: price})

    assert (asked, len(at.requests)) == (0, 1)


def test_rules_have_graded_before_a_judge_fails(here: Workspace, lanes: Lanes) -> None:
    """A judge that cannot be reached does not take what rules decide."""
    taxonomy = load_taxonomy()
    with endpoint(flags("x")) as at:
        judges = Judges((judge(at, "gone"),))
    graders = list(graders_of(taxonomy, judges))
    shutil.rmtree(here.grades)
    with pytest.raises(ModelError, match="Nothing answers"):
        grade_lanes(here, lanes, graders, use=JudgeUse(judges))
    rules = [grader for grader in graders if not grader.judging]

    assert grades(here, lanes, rules)["candidate"].height == len(rules) * COUNT


def test_one_process_at_a_time_judges_for_a_grader(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Two jobs that would ask the same things twice are kept apart."""
    with endpoint(flags("x")) as at:
        judges = Judges((judge(at),))
        (grader,) = graders_of(one, judges)
        with Journal(replies_path(here, grader.fingerprint)), pytest.raises(BusyError):
            graded(here, lanes, one, judges)

    assert at.requests == []


def leak(here: Workspace, lanes: Lanes) -> SpotCheck:
    """A leak that somebody marked in the first conversation."""
    conversation = prefix_index(here, lanes.sample_id)["conversation_id"][0]
    source = next(path.stem for path in here.conversations.glob("*.parquet"))
    return SpotCheck("Ana", conversation, 0, NOW.isoformat(), source, (SpotMark("leak", 0, 6, "PERSON"),))


@pytest.mark.parametrize("kind", ["rule", "judge"])
def test_a_released_conversation_is_graded_later(here, lanes, one, kind) -> None:
    """What was withheld while the others were graded is missing once it is released, and only that is graded."""
    shutil.rmtree(here.grades)
    check = leak(here, lanes)
    record_check(here, check)
    with endpoint(flags("can't help")) as at:
        judges = Judges((judge(at),)) if kind == "judge" else Judges()
        taxonomy = one if kind == "judge" else load_taxonomy()
        first, _ = graded(here, lanes, taxonomy, judges)
        undo_check(here, check, now=NOW.replace(hour=13))
        asked = len(at.requests)
        second, graders = graded(here, lanes, taxonomy, judges)

    categories = len(graders)
    assert (first.made, second.made) == (3 * (COUNT - 1) * categories, 3 * categories)
    assert len(at.requests) - asked <= 2
    assert grades(here, lanes, graders)["recorded"].height == COUNT * categories


def test_grades_from_before_judges_are_read(here: Workspace, lanes: Lanes) -> None:
    """Files of grades that lack the newer columns are read with these columns empty, and graded on."""
    graders = fitting(here, lanes.sample_id, graders_of(load_taxonomy()))
    old = ["prefix_id", "repeat", "category", "verdict", "severity", "reason", "evidence", "grader"]
    for path in here.grades.glob("*/*.parquet"):
        pl.read_parquet(path).select(old).head(4).write_parquet(path)
    made = grade_lanes(here, lanes, graders).made
    rows = grades(here, lanes, graders)["recorded"]

    assert made == 3 * (COUNT - 4) * len(graders)
    assert (rows.height, rows["confidence"].null_count()) == (COUNT * len(graders), COUNT * len(graders))


def test_a_judge_elsewhere_needs_the_leak_limit_met(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Conversations do not go to a judge on another machine above the limit, unless a reason is given and recorded."""
    with endpoint(flags("x")) as at:
        remote = judge(at)
    remote = type(remote)(
        remote.name, type(remote.settings)("r", "r", base_url="http://judge.invalid/v1", max_retries=0)
    )
    with pytest.raises(InputError, match="does not allow sending"):
        graded(here, lanes, one, Judges((remote,)), leak_limit=0.01)
    with pytest.raises(ModelError, match="Nothing answers"):
        graded(here, lanes, one, Judges((remote,)), leak_limit=0.01, override_privacy="agreed with Jo")
    (grader,) = graders_of(one, Judges((remote,)))
    (note,) = read_journal(replies_path(here, grader.fingerprint))

    assert "agreed with Jo" in note["note"]


def test_a_judge_on_this_machine_is_not_held_up(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """The limit is about other machines."""
    with endpoint(flags("can't help")) as at:
        result, _ = graded(here, lanes, one, Judges((judge(at),)), leak_limit=0.01)

    assert (result.made, result.notes) == (3 * COUNT, ())


def test_erasure_takes_what_judges_said(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """Replies quote responses: those about an erased conversation leave the journal, the others stay."""
    with endpoint(flags("can't help")) as at:
        _, graders = graded(here, lanes, one, Judges((judge(at),)))
    journal = replies_path(here, graders[0].fingerprint)
    gone = prefix_index(here, lanes.sample_id)["conversation_id"][0]
    before = len(list(read_journal(journal)))
    purge(here, erasure([gone], [], [], b"key"), reason="request 7", now=NOW)
    left = list(read_journal(journal))

    assert 0 < before - len(left) <= 2
    assert gone not in journal.read_text()
    assert gone not in {p.split(":")[0] for p in grades(here, lanes, graders)["recorded"]["prefix_id"]}


def test_a_forecast_says_who_graded_and_who_did_not(here: Workspace, lanes: Lanes) -> None:
    """Judged categories are forecast with their counts, each says who graded it, and what lacks a judge is named."""
    taxonomy = load_taxonomy()
    without = forecast(here, lanes, taxonomy, seed=0, now=NOW).forecast
    with endpoint(flags("can't help")) as at:
        use = JudgeUse(Judges((judge(at),)))
        judged = forecast(here, lanes, taxonomy, seed=0, now=NOW, use=use).forecast
    hate = next(row for row in judged.categories if row.category == "hate")
    empty = next(row for row in without.categories if row.category == "empty_response")

    assert (len(without.categories), len(judged.categories)) == (16, 35)
    assert any("Not graded: " in note and "Hateful content" in note for note in without.notes)
    assert not any("Not graded" in note for note in judged.notes)
    assert (hate.table.regressed, hate.table.both, hate.table.neither) == (2, 1, 3)
    assert hate.notes[-1] == "Graded by judge judge-1, not checked against human labels."
    assert empty.notes[-1] == "Graded by rule empty_response, not checked against human labels."


def test_failed_judgements_stand_in_the_joint_table(here: Workspace, lanes: Lanes, one: Taxonomy) -> None:
    """A response without a verdict is failed in its lane and takes no part in a rate; nothing is missing."""

    def reply(handler, seen) -> None:
        asked = Asked(seen)
        (answer("no") if "can't help" in asked.response else answer(verdict(asked, "absent")))(handler, seen)

    with Endpoint(otherwise=reply) as at:
        judges = Judges((judge(at),))
        _, graders = graded(here, lanes, one, judges)
    joint = joint_verdicts(here, lanes, graders)

    assert Counter(joint[Lane.CANDIDATE]) == {"failed": 3, "absent": 3}
    assert Counter(joint[Lane.RECORDED]) == {"absent": COUNT}


def test_the_shell_says_what_judges_did(here, lanes, monkeypatch, capsys) -> None:
    """`grade` with judges from the environment shows chain, calls, cached, failed and led astray; nothing is left out."""
    from deploysim.__main__ import main

    with endpoint(flags("can't help")) as at:
        settings = {"OPENAI_BASE_URL": at.url, "DEPLOYSIM_JUDGE": "some-model", "DEPLOYSIM_WORKSPACE": str(here.root)}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["deploysim", "grade", "--json"])
        assert main() == 0
        shown = json.loads(capsys.readouterr().out)
        monkeypatch.setattr("sys.argv", ["deploysim", "grade"])
        assert main() == 0
        again = capsys.readouterr().out
    work = {row["category"]: row for row in shown["work"]}

    assert shown["not_graded"] == {}
    assert work["hate"]["chain"] == "judge some-model"
    assert (work["hate"]["grades"], work["hate"]["calls"], work["hate"]["same_text"]) == (18, 9, 9)
    assert (work["over_refusal"]["calls"], work["over_refusal"]["grades"]) == (3, 18)
    assert (work["empty_response"]["calls"], work["empty_response"]["chain"]) == (0, "rule empty_response")
    assert "Everything was graded already." in again
    assert os.environ["DEPLOYSIM_JUDGE"] == "some-model"
    assert FACT not in again
