"""Whole conversations through the real scrubber."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploysim.errors import ConfigError, ScrubError
from deploysim.scrub.detector import Detector, Read
from deploysim.scrub.findings import Finding
from deploysim.scrub.policy import load_policy
from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber, ScrubFailure
from deploysim.types import Message, RawConversation, ToolCall


def talk(*contents: str, metadata: tuple[tuple[str, str], ...] = ()) -> RawConversation:
    """Build a conversation of user and assistant messages in turn."""
    roles = ("user", "assistant")
    messages = tuple(Message(roles[at % 2], content) for at, content in enumerate(contents))  # type: ignore[arg-type]
    return RawConversation(messages, row=1, metadata=metadata)


def scrub_one(scrubber: Scrubber, raw: RawConversation) -> ScrubbedConversation:
    """Scrub one conversation that must not fail."""
    [result] = scrubber.scrub_conversations([("c1", raw)])
    assert isinstance(result, ScrubbedConversation)
    return result


def test_names_agree_through_a_conversation(scrubber: Scrubber) -> None:
    """A name introduced once is found everywhere, and its parts and mailbox keep naming the same person."""
    result = scrub_one(
        scrubber,
        talk("My name is Anna Velkova, anna.velkova@acme.com", "Hello Anna!", "what did VELKOVA say? anna is waiting"),
    )
    text = " ".join(message.content for message in result.messages)
    first, last = result.messages[0].content.split()[3:5]

    assert not [word for word in ("anna", "velkova", "acme") if word in text.lower()]
    assert result.messages[1].content == f"Hello {first}!"
    assert f"{first.lower()}.{last.strip(',').lower()}@" in text


def test_spans_point_at_the_replaced_text(scrubber: Scrubber) -> None:
    """Cutting the spans out of input and output leaves the same text."""
    raw = talk("Hi, I'm Daniela Rossi.\nCall +44 20 7946 0958 or write to d.rossi@acme.com.", "Thanks, Daniela!")
    result = scrub_one(scrubber, raw)

    assert [span.entity for span in result.spans] == ["PERSON", "PHONE_NUMBER", "EMAIL_ADDRESS", "PERSON"]
    first = result.messages[0].content
    for span in reversed([span for span in result.spans if span.message == 0]):
        first = first[: span.start] + "#" + first[span.end :]
    assert first == "Hi, I'm #.\nCall # or write to #."


def test_json_stays_valid(scrubber: Scrubber) -> None:
    """Tool arguments and results are scrubbed inside their strings and numbers; keys and layout stay."""
    arguments = (
        '{"name": "anna reid",  "phone": 4152223333, "note": "met \\"Anna Reid\\" \\u00e0 10.218.6.131", "count": 2}'
    )
    result_text = '[{"email": "anna.reid@acme.com", "order_id": "A-99281"}, null, true]'
    raw = RawConversation(
        (
            Message("user", "Look up Anna Reid"),
            Message("assistant", "", (ToolCall("call_1", "find", arguments),)),
            Message("tool", result_text, tool_call_id="call_1"),
        ),
        row=1,
    )
    result = scrub_one(scrubber, raw)
    call = json.loads(result.messages[1].tool_calls[0].arguments)
    rows = json.loads(result.messages[2].content)

    assert list(call) == ["name", "phone", "note", "count"]
    assert call["count"] == 2
    assert isinstance(call["phone"], int)
    assert call["phone"] != 4152223333
    assert "anna" not in json.dumps([call, rows]).lower()
    assert call["name"] in result.messages[0].content.lower()
    assert rows[0]["order_id"].startswith("A-")
    assert rows[0]["order_id"] != "A-99281"
    assert tuple(rows[1:]) == (None, True)
    spans = [result.messages[2].content[span.start : span.end] for span in result.spans if span.message == 2]
    assert [rows[0]["email"], rows[0]["order_id"]] == spans


def test_placeholders_keep_json_valid(marking_scrubber: Scrubber) -> None:
    """A number that becomes a placeholder becomes a string."""
    text = marking_scrubber.scrub_text('{"phone": 4152223333}', conversation_id="c1").text

    assert json.loads(text)["phone"].startswith("<PHONE_NUMBER_")


def test_metadata_is_scrubbed_by_its_name(scrubber: Scrubber) -> None:
    """The name of a metadata field is context for its value."""
    result = scrub_one(scrubber, talk("hello", metadata=(("customer_name", "anna reid"), ("plan", "basic"))))

    assert "anna" not in dict(result.metadata)["customer_name"]
    assert dict(result.metadata)["plan"] == "basic"


def test_text_alone_gets_its_conversations_surrogates(scrubber: Scrubber) -> None:
    """A response scrubbed later has the surrogates of its conversation."""
    result = scrub_one(scrubber, talk("I am Daniela Rossi."))
    later = scrubber.scrub_text("Dear Daniela Rossi,", conversation_id="c1").text
    elsewhere = scrubber.scrub_text("Dear Daniela Rossi,", conversation_id="c2").text

    assert result.messages[0].content[5:-1] == later[5:-1]
    assert later != elsewhere


class _Failing(Detector):
    """A detector with a fault that one marked text sets off."""

    def findings(self, read: Read, labels: object) -> list[Finding]:
        if "marked" in read.text:
            raise ZeroDivisionError(read.text)
        return super().findings(read, labels)  # type: ignore[arg-type]


@pytest.fixture
def failing_scrubber(scrubber: Scrubber) -> Iterator[Scrubber]:
    """Return a scrubber whose detector fails on texts that hold the word "marked"."""
    detector = scrubber._detector
    detector.__class__ = _Failing
    yield scrubber
    detector.__class__ = Detector


def test_an_error_leaves_the_conversation_out(failing_scrubber: Scrubber, caplog: pytest.LogCaptureFixture) -> None:
    """A message that cannot be scrubbed takes its own conversation out, names no text, and harms no other."""
    raws = [("a", talk("fine")), ("b", talk("fine", "marked Anna Reid")), ("c", talk("fine too"))]
    with caplog.at_level(logging.DEBUG):
        results = list(failing_scrubber.scrub_conversations(raws))

    assert ScrubFailure("b", 1, "ZeroDivisionError") == results[1]
    assert [result.conversation_id for result in results] == ["a", "b", "c"]
    assert [ScrubbedConversation, ScrubFailure, ScrubbedConversation] == [type(result) for result in results]
    assert "Reid" not in caplog.text


def test_a_text_that_fails_is_not_quoted(failing_scrubber: Scrubber) -> None:
    """The error of a single text does not carry the text, nor the error that does."""
    with pytest.raises(ScrubError) as caught:
        failing_scrubber.scrub_text("marked Anna Reid", conversation_id="c1")

    assert "Reid" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_no_connection_is_opened(scrubber: Scrubber, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mailboxes and pages are recognised without a download of the public suffix list."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    text = scrubber.scrub_text("anna@new-firm.museum and https://sub.new-firm.co.za/a", conversation_id="c1").text

    assert "new-firm" not in text


def test_logs_stay_empty(scrubber: Scrubber, caplog: pytest.LogCaptureFixture) -> None:
    """Neither our code nor the libraries below it log anything about a text."""
    with caplog.at_level(logging.DEBUG):
        scrubber.scrub_text("IBAN GB00 XXXX 1111 2222 3333 44, Anna Reid, anna@acme.com", conversation_id="c1")

    assert caplog.text == ""


def test_an_absent_pipeline_is_explained() -> None:
    """A language pipeline that is not installed is an error that says what to install, and is never downloaded."""
    with pytest.raises(ConfigError, match="en_core_web_huge"):
        Scrubber(load_policy(), key=b"k", spacy_model="en_core_web_huge")


def test_other_scripts_pass_through(scrubber: Scrubber) -> None:
    """Texts that the English pipeline cannot read keep their prose, and patterns still work in them."""
    text = "请帮我写一封信，邮箱是 wang@firma.cn。Спасибо, всё работает."
    scrubbed = scrubber.scrub_text(text, conversation_id="c1").text

    assert "wang@firma.cn" not in scrubbed
    assert scrubbed.startswith("请帮我写一封信，邮箱是 ")
    assert scrubbed.endswith("。Спасибо, всё работает.")


@pytest.mark.parametrize("text", ["", " ", "\n\n", "{}", "[]", "```", "a" * 20_000, "\ud800 lone", "x\x00y", "🙂" * 50])
def test_odd_texts_do_not_fail(scrubber: Scrubber, text: str) -> None:
    """Empty, huge and malformed texts come back as they were."""
    assert text == scrubber.scrub_text(text, conversation_id="c1").text


def test_importing_loads_nothing_heavy() -> None:
    """The command line can import the scrubber without waiting for spaCy or Presidio."""
    root = Path(__file__).resolve().parents[2]
    code = "import sys, deploysim.scrub.scrubber; print([m for m in ('spacy', 'presidio_analyzer', 'faker') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("hey can u tell zoe young that i will be late", ("zoe", "young")),
        ("Daisy Kowalczyk said it is fine", ("Daisy", "Kowalczyk")),
        ("They are Priya Nair, Oluwaseun and Tomasz.", ("Priya", "Nair", "Oluwaseun", "Tomasz")),
    ],
)
def test_names_beside_names_go_too(scrubber: Scrubber, text: str, gone: tuple[str, ...]) -> None:
    """The other half of a name and the other members of an enumeration are names, even where they are words."""
    scrubbed = scrubber.scrub_text(text, conversation_id="c1").text

    assert [word for word in gone if word in scrubbed] == []


def test_many_names_in_one_text(scrubber: Scrubber) -> None:
    """A text full of names is resolved name by name."""
    text = "Anna Reid, " * 1000
    scrubbed = scrubber.scrub_text(text, conversation_id="c1")

    assert len(scrubbed.spans) == 1000
    assert "Reid" not in scrubbed.text
