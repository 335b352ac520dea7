"""What a chat model is to everything that asks one, and the scripted one that tests use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from deploysim.types import Failure, Message, Response

Answer = Response | Failure


class ChatModel(Protocol):
    """Something that answers a list of messages."""

    async def complete(self, messages: Sequence[Message], *, seed: int | None = None) -> Answer:
        """Return the model's response, or why there is none.

        Raises:
            ModelError: where every call would fail: a wrong key, an unknown model, an unreachable endpoint.
        """
        ...


class ScriptedChat:
    """A chat model that gives the answers it was given, for tests; running out raises."""

    def __init__(self, answers: Iterable[Answer | str] | Callable[[Sequence[Message]], Answer | str]) -> None:
        self._answer = answers if callable(answers) else None
        self._answers = iter(()) if callable(answers) else iter(answers)
        self.history: list[tuple[Message, ...]] = []

    async def complete(self, messages: Sequence[Message], *, seed: int | None = None) -> Answer:
        """Return the next answer."""
        self.history.append(tuple(messages))
        answer = self._answer(messages) if self._answer else next(self._answers)
        return Response(answer, finish_reason="stop") if isinstance(answer, str) else answer
