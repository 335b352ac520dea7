"""Asking judges: the models behind them, opened once, and how much of the request form each endpoint takes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, fields
from typing import Any, Self

from deploysim.chat.model import Answer, ChatModel
from deploysim.chat.openai_model import OpenAIModel
from deploysim.chat.pace import Pace
from deploysim.chat.settings import ModelSettings
from deploysim.chat.width import UNLIMITED, Width
from deploysim.errors import ModelError
from deploysim.grade.judging.judges import Judge
from deploysim.types import Failure, FailureKind, Message

FORMS = ("schema, temperature 0", "schema", "temperature 0", "plain")
"""Ways to ask, the best one first: with a JSON schema for the reply, and with the least chance in it."""
_REFUSES = (FailureKind.REJECTED, FailureKind.SERVER_ERROR, FailureKind.MALFORMED)


@dataclass(frozen=True, slots=True)
class FormSettings(ModelSettings):
    """A judge's model, asked in one of the forms."""

    schema: dict[str, Any] | None = None
    """What the reply must look like, as `response_format` says it; None leaves it to the prompt."""

    def parameters(self) -> dict[str, Any]:
        """Return the request parameters that are sent."""
        # The base class is named because a slotted dataclass is made anew, which a bare super() does not see.
        sent = ModelSettings.parameters(self)
        return sent if self.schema is None else {**sent, "response_format": self.schema}


def form_settings(judge: Judge, schema: dict[str, Any]) -> list[FormSettings]:
    """Return how a judge is asked in each form, in the order of FORMS."""
    own = {field.name: getattr(judge.settings, field.name) for field in fields(judge.settings)}
    return [
        FormSettings(
            **{**own, "temperature": 0.0 if "temperature" in form else own["temperature"]},
            schema=schema if "schema" in form else None,
        )
        for form in FORMS
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking a judge once."""

    answer: Answer
    form: str


@dataclass(slots=True)
class _Open:
    """A judge while it can be asked."""

    models: tuple[ChatModel, ...]
    """One a form, in the order of FORMS."""
    form: int = 0
    known: bool = False
    """Whether the form has brought a reply: later refusals are about the text and not about the form."""
    first: asyncio.Lock = field(default_factory=asyncio.Lock)


class Bench:
    """All judges of a run, open for as long as its block runs; open it inside the coroutine that uses it.

    An endpoint that refuses a form is asked in the next simpler one, and what it took is remembered for the run.

    Args:
        judges: Who may be asked.
        schema: What replies must look like.
        in_flight: Most calls to one model at the same time; how many there are adapts to it, as in a replay.
    """

    def __init__(self, judges: Iterable[Judge], *, schema: dict[str, Any], in_flight: int = UNLIMITED) -> None:
        self._judges = tuple(dict.fromkeys(judges))
        self._schema = schema
        self._in_flight = in_flight
        self._open: dict[Judge, _Open] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        paces: dict[tuple[str | None, str], Pace] = {}
        for judge in self._judges:
            # What an endpoint says of its limits to one form of asking, or to one tier, holds for the others too.
            where = judge.settings.base_url, judge.settings.model
            pace = paces.setdefault(where, self._pace(judge.settings))
            forms = [OpenAIModel(settings, pace=pace) for settings in form_settings(judge, self._schema)]
            self._open[judge] = _Open(tuple([await self._stack.enter_async_context(form) for form in forms]))
        return self

    async def __aexit__(self, kind: object, error: object, at: object) -> None:
        await self._stack.aclose()

    async def ask(self, judge: Judge, messages: Sequence[Message]) -> Asked:
        """Ask a judge.

        Raises:
            ModelError: where every call would fail, whatever its form.
        """
        here = self._open[judge]
        if here.known:
            return await self._once(here, messages)
        async with here.first:
            return await (self._once(here, messages) if here.known else self._first(here, messages))

    async def _once(self, here: _Open, messages: Sequence[Message]) -> Asked:
        return Asked(await here.models[here.form].complete(messages), FORMS[here.form])

    async def _first(self, here: _Open, messages: Sequence[Message]) -> Asked:
        """Ask in ever simpler forms until one brings a reply; where none does, the first form's failure stands."""
        failed: Asked | None = None
        error: ModelError | None = None
        for form, model in enumerate(here.models):
            try:
                answer = await model.complete(messages)
            except ModelError as refusal:
                error = error or refusal
                continue
            if not isinstance(answer, Failure):
                here.form, here.known = form, True
                return Asked(answer, FORMS[form])
            failed = failed or Asked(answer, FORMS[form])
            if answer.kind not in _REFUSES:
                return failed
        if failed is None:
            assert error is not None, "there is at least one form"
            raise error
        return failed

    def _pace(self, settings: ModelSettings) -> Pace:
        return Pace(
            Width(self._in_flight),
            requests_per_minute=settings.requests_per_minute,
            tokens_per_minute=settings.tokens_per_minute,
        )
