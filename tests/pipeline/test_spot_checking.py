"""Tests of what is read next, what reading says, and the gate."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from makers import NOW, conversation, fill, record

from deploysim.config import read_settings
from deploysim.errors import InputError
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.privacy_gate import above_limit, check_gate, is_remote
from deploysim.pipeline.scrub_versions import under_older_policy
from deploysim.pipeline.spot_checking import (
    Place,
    agreement,
    facts,
    next_unread,
    queue,
    reading,
    reading_text,
    valid_checks,
)
from deploysim.sampling import SampleSpec
from deploysim.store.files import write_json
from deploysim.store.spot_checks import SpotCheck, SpotMark, record_check
from deploysim.store.workspace import Workspace
from deploysim.types import Message, ToolCall

LEAK = SpotMark("leak", 0, 8, "PERSON")
REMOTE = "https://models.example/v1"


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    """A workspace of 25 conversations with four messages each."""
    workspace = Workspace(tmp_path / "ws")
    fill(workspace, [conversation(n) for n in range(25)])
    return workspace


def judged(place: Place, *marks: SpotMark, reader: str = "Ana", at: str = "2026-11-05T00:00:00+00:00") -> SpotCheck:
    """Return a reader's check of a message."""
    return SpotCheck(reader, *place, at, "a" * 12, marks)


def test_reading_follows_the_order(here: Workspace) -> None:
    """The first unread message comes next; when all are read there is none."""
    order = queue(here)
    checks = [judged(place) for place in order[:7]]

    assert len(order) == 100
    assert next_unread(order, checks, "Ana") == order[7]
    assert next_unread(order, [judged(place) for place in order], "Ana") is None


def test_a_second_reader_meets_new_messages_and_every_fifth_one_again(here: Workspace) -> None:
    """Work is shared, and agreement can still be told."""
    order = queue(here)
    checks = [judged(place) for place in order[:60]]
    met = []
    while (place := next_unread(order, checks, "Ben")) is not None:
        met.append(place)
        checks.append(judged(place, reader="Ben"))
    again = [place for place in met if place in order[:60]]

    assert met[len(again) :] == order[60:]
    assert 6 <= len(again) <= 20


def test_facts_count_messages_once(here: Workspace) -> None:
    """A message that two read counts once, and leaks when either found a leak."""
    order = queue(here)
    for one in (
        judged(order[0], LEAK),
        judged(order[0], reader="Ben"),
        judged(order[1]),
        judged(order[2], SpotMark("over", 1, 4, "LOCATION")),
    ):
        record_check(here, one)
    found = facts(here)

    assert (found.read, found.leaks) == (3, 1)
    assert found.leaks_by_type == {"PERSON": 1}
    assert found.over_by_type == {"LOCATION": 1}
    assert found.headline() == "3 messages read, 1 leak: at most 86.5% of messages leak (95 %)."
    assert found.conversation_bound == 1.0


def test_nothing_read_is_unknown(here: Workspace) -> None:
    """No number is invented."""
    assert facts(here).headline() == "Nothing read yet: how much may leak is unknown."
    assert facts(here).still_needed(0.01) == "299 more clean messages would bring it under 1.0%."


def test_kappa_by_hand() -> None:
    """Of ten, both call 2 leaks and 6 clean, one each way differs: 0.8 agree, by chance 0.58, kappa 0.22 / 0.42."""
    verdicts = [(True, True)] * 2 + [(False, False)] * 6 + [(True, False), (False, True)]
    checks = [
        judged((f"{n:012x}", 0), *((LEAK,) if leak else ()), reader=reader)
        for n, pair in enumerate(verdicts)
        for reader, leak in zip(("Ana", "Ben"), pair, strict=True)
    ]
    found = agreement(checks)

    assert found is not None
    assert (found.messages, found.agreed) == (10, 8)
    assert found.kappa == pytest.approx(0.22 / 0.42)


def test_agreement_that_cannot_be_told() -> None:
    """Without a message that two have read there is none; without any leak there is no kappa."""
    assert agreement([judged(("0" * 12, 0))]) is None
    both = agreement([judged(("0" * 12, 0)), judged(("0" * 12, 0), reader="Ben")])
    assert both is not None
    assert both.kappa is None


def test_a_message_is_read_with_what_its_tools_were_called_with() -> None:
    """A leak in the arguments of a tool can be marked too."""
    message = Message("assistant", "Booking.", (ToolCall("1", "book", '{"name": "Jo"}'),))

    assert reading_text(message) == 'Booking.\n\ncalls book\n{"name": "Jo"}'


def test_a_withheld_message_can_still_be_read(here: Workspace) -> None:
    """A second reader must be able to look at what the first one marked."""
    place = queue(here)[0]
    record_check(here, judged(place, LEAK))

    assert reading(here, place).text


def test_a_new_scrubbing_starts_the_count_anew_but_not_for_older_samples(here: Workspace) -> None:
    """What was read of the old text says nothing of the new one, and still holds for samples of the old one."""
    sample = draw(here, SampleSpec(unit="conversation", seed=1), now=NOW).sample_id
    record_check(here, judged(queue(here)[0]))
    anew = replace(record("a" * 12, 25), imported_at="2026-11-09T00:00:00+00:00")
    write_json(here.conversations / f"{anew.import_id}.json", asdict(anew))

    assert valid_checks(here) == []
    assert len(valid_checks(here, sample_id=sample)) == 1
    record_check(here, judged(queue(here)[1], at="2026-11-10T00:00:00+00:00"))
    assert facts(here).read == 1
    assert facts(here, sample_id=sample).read == 1


def test_the_gate(here: Workspace) -> None:
    """Another machine gets a sample only under the limit, or for a reason that is recorded."""
    sample = draw(here, SampleSpec(unit="conversation", seed=1), now=NOW).sample_id

    assert check_gate(here, sample, REMOTE, limit=None) == ""
    assert check_gate(here, sample, None, limit=0.5) == ""
    assert check_gate(here, sample, "http://127.0.0.1:8080/v1", limit=0.5) == ""
    with pytest.raises(InputError, match="does not allow") as caught:
        check_gate(here, sample, REMOTE, limit=0.5)
    assert "5 more clean messages would bring it under 50.0%" in str(caught.value)
    assert check_gate(here, sample, REMOTE, limit=0.5, override="signed off").endswith(": signed off")

    for place in queue(here)[:5]:
        record_check(here, judged(place))
    assert not above_limit(here, sample, REMOTE, limit=0.5)
    assert check_gate(here, sample, REMOTE, limit=0.5) == ""


@pytest.mark.parametrize(
    ("url", "remote"),
    [
        (None, False),
        ("http://localhost:1/v1", False),
        ("http://[::1]:1/v1", False),
        (REMOTE, True),
        ("http://127.0.0.1.example.com/v1", True),
        ("nonsense", True),
    ],
)
def test_what_counts_as_another_machine(url: str | None, remote: bool) -> None:
    """Loopback is this machine; whatever cannot be told is another."""
    assert is_remote(url) == remote


def test_imports_under_an_older_policy_are_named(here: Workspace) -> None:
    """Those that were scrubbed elsewhere have no policy and are not among them."""
    settings = read_settings()
    old, elsewhere = record("a" * 12, 1), replace(record("b" * 12, 1), scrub_fingerprint="")

    assert under_older_policy([old, elsewhere], settings) == {"a" * 12}
