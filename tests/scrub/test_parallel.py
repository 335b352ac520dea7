"""Scrubbing in several processes gives what one gives, and loses no more than what kills a process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from deploysim.errors import ConfigError
from deploysim.scrub import parallel, scrubber
from deploysim.scrub.own_recognizers import OwnClass
from deploysim.scrub.parallel import DIED, scrub_in_processes
from deploysim.scrub.policy import load_policy
from deploysim.scrub.scrubber import ScrubbedConversation, ScrubFailure
from deploysim.types import Message, RawConversation

KEY = b"a key for tests"
POLICY = replace(load_policy(), own_classes=(OwnClass("scrub.crashing.Crashing", (), (("PERSON", "PERSON"),)),))


def raws(texts: list[str]) -> Iterator[tuple[str, RawConversation]]:
    """Yield a conversation for each text, which is its id as well."""
    for row, text in enumerate(texts):
        yield f"{row}", RawConversation((Message("user", text),), row=row)


def scrubbed(texts: list[str], processes: int) -> list[ScrubbedConversation | ScrubFailure]:
    """Return the texts scrubbed."""
    return list(
        scrub_in_processes(raws(texts), policy=POLICY, key=KEY, spacy_model="en_core_web_sm", processes=processes)
    )


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make batches of three conversations."""
    monkeypatch.setattr(scrubber, "_BATCH_CONVERSATIONS", 3)


def test_two_processes_give_what_one_gives_in_order() -> None:
    """The number of processes changes nothing, not even what a recogniser prints between the answers."""
    texts = [f"my name is Anna Reid {n}, \ud800 mail a{n}@corp-mail.net, print a line" for n in range(14)]

    assert scrubbed(texts, 2) == scrubbed(texts, 1)


def test_what_kills_a_worker_fails_alone(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """The other conversations of its batch are tried again and kept, and no word of it is printed or logged."""
    texts = ["fine"] * 8
    texts[1], texts[2], texts[4] = "kill the process Reid", "raise past the scrubber Reid", "raise inside Reid"
    with caplog.at_level(logging.DEBUG):
        results = scrubbed(texts, 2)

    failures = [result for result in results if isinstance(result, ScrubFailure)]
    assert failures == [
        ScrubFailure("1", -1, DIED),
        ScrubFailure("2", -1, DIED),
        ScrubFailure("4", 0, "ZeroDivisionError"),
    ]
    assert [result.conversation_id for result in results] == [str(n) for n in range(8)]
    assert "Reid" not in caplog.text + "".join(capfd.readouterr())


def test_closing_ends_the_workers_and_reads_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing runs on behind a caller who lost interest, and no more than two batches a process were taken."""
    started: list[parallel._Worker] = []
    worker = parallel._Worker

    def start() -> parallel._Worker:
        started.append(worker())
        return started[-1]

    monkeypatch.setattr(parallel, "_Worker", start)
    read: list[str] = []

    def noted() -> Iterator[tuple[str, RawConversation]]:
        for one in raws(["fine"] * 1_000):
            read.append(one[0])
            yield one

    results = scrub_in_processes(noted(), policy=POLICY, key=KEY, spacy_model="en_core_web_sm", processes=2)
    next(results)
    results.close()  # type: ignore[attr-defined]

    assert len(read) == 12
    assert [worker._process.returncode for worker in started] == [-9, -9]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("scrub")]


def test_a_pipeline_that_is_not_installed_is_an_error() -> None:
    """The worker's own error reaches the caller."""
    with pytest.raises(ConfigError, match="no_such_pipeline"):
        list(scrub_in_processes(raws(["a"]), policy=POLICY, key=KEY, spacy_model="no_such_pipeline", processes=2))
