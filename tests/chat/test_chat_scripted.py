"""The scripted model that other tests use."""

from __future__ import annotations

import asyncio

import pytest

from deploysim.chat.model import ScriptedChat
from deploysim.types import Failure, FailureKind, Message, Response

ASKED = (Message("user", "hello"),)


def test_answers_come_in_order_and_run_out() -> None:
    """Texts become responses, failures stay, and one question too many is an error."""
    lost = Failure(FailureKind.CONNECTION_LOST)
    model = ScriptedChat(["one", lost])

    async def asking() -> list[Response | Failure]:
        return [await model.complete(ASKED) for _ in range(2)]

    assert [Response("one", finish_reason="stop"), lost] == asyncio.run(asking())
    with pytest.raises(IndexError):
        asyncio.run(model.complete(ASKED))


def test_a_function_may_answer() -> None:
    """It sees the messages, and what was asked is kept."""
    model = ScriptedChat(lambda messages: messages[-1].content.upper())

    assert Response("HELLO", finish_reason="stop") == asyncio.run(model.complete(ASKED))
    assert model.history == [ASKED]
