"""What a chat model is to everything that asks one, and the scripted one that tests use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from deploysim.types import Failure, Message, Response

if TYPE_CHECKING:
    from deploysim.chat.parameters import RequestParameters

Answer = Response | Failure
Tool = Mapping[str, Any]
"""A tool's description, as the chat API takes it."""


class ChatModel(Protocol):
    """Something that answers a list of messages."""

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        seed: int | None = None,
        tools: Sequence[Tool] | None = None,
        parameters: RequestParameters | None = None,
    ) -> Answer:
        """Return the model's response, or why there is none.

        Args:
            messages: What is answered.
            seed: Drawn for this response.
            tools: What the model may call.
            parameters: Decoding parameters, those of the settings where None. One that the endpoint turns out not to
                take is dropped from it where it came from the log.

        Raises:
            ModelError: where every call would fail: a wrong key, an unknown model, an unreachable endpoint.
        """
        ...


class ScriptedChat:
    """A chat model that gives the answers it was given, for tests; running out of them raises IndexError."""

    def __init__(self, answers: Iterable[Answer | str] | Callable[[Sequence[Message]], Answer | str]) -> None:
        self._answer = answers if callable(answers) else None
        self._answers = [] if callable(answers) else list(answers)
        self.history: list[tuple[Message, ...]] = []
        """What was asked, in order."""

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        seed: int | None = None,
        tools: Sequence[Tool] | None = None,
        parameters: RequestParameters | None = None,
    ) -> Answer:
        """Return the next answer."""
        self.history.append(tuple(messages))
        answer = self._answer(messages) if self._answer else self._answers[len(self.history) - 1]
        return Response(answer, finish_reason="stop") if isinstance(answer, str) else answer
