"""Conversations in, conversations without personal data out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from deploysim.errors import ScrubError
from deploysim.scrub.fields import METADATA, Field, ScrubbedText, TextSpan, field_for, fields_of, rebuilt
from deploysim.scrub.given import renamed
from deploysim.scrub.policy import Action, ScrubPolicy
from deploysim.scrub.tags import TagBook, is_machine_made, is_personal
from deploysim.types import Message, RawConversation, Span, ToolCall

if TYPE_CHECKING:
    from deploysim.scrub.detector import Labels, Read

__all__ = ["ScrubFailure", "ScrubbedConversation", "ScrubbedText", "Scrubber", "TextSpan", "batches"]

_BATCH_CHARACTERS = 400_000
_BATCH_CONVERSATIONS = 64

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ScrubbedConversation:
    """A conversation without personal data; hashes of its identifiers are the importer's to add."""

    conversation_id: str
    messages: tuple[Message, ...]
    spans: tuple[Span, ...]
    """Stretches of message contents. What was replaced in tool arguments and metadata is not listed."""
    metadata: tuple[tuple[str, str], ...]
    model: str | None = None
    language: str | None = None
    tools: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ScrubFailure:
    """A conversation of which nothing is kept, because one of its messages could not be scrubbed."""

    conversation_id: str
    message_index: int
    """-1 for the metadata, or where the error concerns no single message."""
    error: str
    """Type of the error; never its text, which may quote the message."""
    dropped_for: str = ""
    """The type of personal data for which the policy drops a conversation, where that is why."""


class _DroppedError(Exception):
    """The conversation holds a type of personal data that the policy does not let in."""

    def __init__(self, entity: str) -> None:
        self.entity = entity
        super().__init__()


@dataclass(slots=True)
class _Work:
    """A conversation on its way through the stages of a batch."""

    conversation_id: str
    raw: RawConversation
    at: int = METADATA
    """Index of the message that is being worked on."""
    fields: list[Field] = dataclass_field(default_factory=list)
    reads: list[list[Read]] = dataclass_field(default_factory=list)
    """For each field, its passages as the detector reads them."""


class Scrubber:
    """Replaces personal data in conversations, within one policy and under one secret key.

    Building one loads the language pipeline, which takes one to two seconds. Nothing is written anywhere and no
    connection is opened.

    Args:
        policy: What to do with what is found.
        key: Secret bytes of the workspace. The same key gives a conversation the same surrogates at any later time.
        spacy_model: Installed spaCy package or path of a pipeline.

    Raises:
        ConfigError: The pipeline is not installed.
    """

    def __init__(self, policy: ScrubPolicy, *, key: bytes, spacy_model: str) -> None:
        from deploysim.scrub.detector import Detector

        self.policy = policy
        self._key = key
        self._detector = Detector(policy, spacy_model=spacy_model)

    @property
    def model(self) -> str:
        """Name and version of the language pipeline."""
        return self._detector.model

    @property
    def fingerprint(self) -> str:
        """SHA-256 of policy, scrubber and language pipeline."""
        return self.policy.fingerprint(spacy_model=self.model)

    def scrub_text(self, text: str, *, conversation_id: str) -> ScrubbedText:
        """Return one text scrubbed with its conversation's own surrogates.

        Raises:
            ScrubError: The text could not be scrubbed; the error does not quote it.
        """
        work = _Work(conversation_id, RawConversation((), row=0))
        result = self._guarded(work, partial(self._alone, work, text))
        if isinstance(result, ScrubFailure):
            raise ScrubError(
                f"A text could not be scrubbed ({result.error}), so it was left out.",
                next_step="The other texts are not affected.",
            )
        return result

    def scrub_conversations(
        self, raws: Iterable[tuple[str, RawConversation]]
    ) -> Iterator[ScrubbedConversation | ScrubFailure]:
        """Yield every conversation scrubbed, or the failure for which nothing of it is kept, in order.

        Args:
            raws: Conversation ids and conversations. Read as needed, in batches of some hundred thousand characters.
        """
        for batch in batches(raws):
            yield from self._batch([_Work(conversation_id, raw) for conversation_id, raw in batch])

    def _batch(self, batch: list[_Work]) -> Iterator[ScrubbedConversation | ScrubFailure]:
        prepared = [self._guarded(work, partial(self._prepare, work, fields_of(work.raw))) for work in batch]
        personal: dict[str, bool] = {}
        ready = [work for work, failure in zip(batch, prepared, strict=True) if failure is None]
        labels = self._guarded(_Work("", RawConversation((), row=0)), partial(self._label, ready))
        for work, failure in zip(batch, prepared, strict=True):
            yield (
                failure if failure is not None else self._guarded(work, partial(self._finished, work, labels, personal))
            )

    def _alone(self, work: _Work, text: str) -> ScrubbedText:
        self._prepare(work, [field_for(0, text)])
        return self._rebuilt_fields(work, self._label([work]))[0]

    def _guarded(self, work: _Work, step: Callable[[], T]) -> T | ScrubFailure:
        try:
            return step()
        except _DroppedError as dropped:
            return ScrubFailure(work.conversation_id, work.at, "dropped by the policy", dropped.entity)
        except Exception as error:  # noqa: BLE001
            # The job boundary of one conversation. Whatever goes wrong inside a detector, the conversation must be left
            # out as a whole and counted, and neither the error's text nor its traceback may carry the message on.
            return ScrubFailure(work.conversation_id, work.at, type(error).__name__)

    def _prepare(self, work: _Work, fields: Iterable[Field]) -> None:
        for field in fields:
            work.at = field.message
            work.reads.append([self._detector.read(passage) for passage in field.passages()])
            work.fields.append(field)
        work.at = METADATA

    def _label(self, batch: list[_Work]) -> Labels:
        return self._detector.label(read for work in batch for reads in work.reads for read in reads)

    def _finished(self, work: _Work, labels: Labels | ScrubFailure, personal: dict[str, bool]) -> ScrubbedConversation:
        # A batch that the pipeline could not label is labelled conversation by conversation, so that one bad text does
        # not take the others with it.
        texts = iter(self._rebuilt_fields(work, self._label([work]) if isinstance(labels, ScrubFailure) else labels))
        tags = TagBook(self._key, work.conversation_id, lambda tag: self._is_personal(tag, personal))
        messages = []
        spans: list[Span] = []
        for index, message in enumerate(work.raw.messages):
            content = next(texts)
            calls = tuple(ToolCall(call.id, call.name, next(texts).text) for call in message.tool_calls)
            messages.append(tags.message(replace(message, content=content.text, tool_calls=calls)))
            spans += [Span(index, span.start, span.end, span.entity) for span in content.spans]
        metadata = tuple((tags.name(name), next(texts).text) for name, _ in work.raw.metadata)
        tools = tuple(renamed(next(texts).text, tool, tags.name) for tool in work.raw.tools)
        parameters = tuple((name, renamed(next(texts).text, text, tags.name)) for name, text in work.raw.parameters)
        return ScrubbedConversation(
            conversation_id=work.conversation_id,
            messages=tuple(messages),
            spans=tuple(spans),
            metadata=metadata,
            model=tags.word(work.raw.model),
            language=tags.word(work.raw.language),
            tools=tools,
            parameters=parameters,
        )

    def _is_personal(self, tag: str, known: dict[str, bool]) -> bool:
        """Look a tag through; the same few stand in all conversations of a batch."""
        found = False if is_machine_made(tag) else known.get(tag)
        if found is None:
            read = self._detector.read(tag)
            found = known[tag] = is_personal(tag, self._detector.findings(read, self._detector.label([read])))
        return found

    def _rebuilt_fields(self, work: _Work, labels: Labels) -> list[ScrubbedText]:
        from deploysim.scrub.surrogates.book import SurrogateBook

        book = SurrogateBook(self._key, work.conversation_id, self._detector.lexicon)
        actions = dict(self.policy.actions)

        def instead(entity: str, value: str) -> str:
            action = actions.get(entity, Action.SURROGATE)
            if action is Action.DROP:
                raise _DroppedError(entity)
            make = {Action.PLACEHOLDER: book.placeholder, Action.HASH: book.hashed}.get(action, book.surrogate)
            return make(entity, value)

        found = []
        for field, reads in zip(work.fields, work.reads, strict=True):
            work.at = field.message
            found.append([self._detector.findings(read, labels) for read in reads])
        found = self._detector.carried(work.reads, found)
        texts = []
        for field, findings in zip(work.fields, found, strict=True):
            work.at = field.message
            texts.append(rebuilt(field, findings, instead))
        return texts


def batches(raws: Iterable[tuple[str, RawConversation]]) -> Iterator[list[tuple[str, RawConversation]]]:
    """Yield conversations in lists of as many as are scrubbed together."""
    batch: list[tuple[str, RawConversation]] = []
    characters = 0
    for conversation_id, raw in raws:
        batch.append((conversation_id, raw))
        characters += sum(len(message.content) for message in raw.messages) + sum(map(len, raw.tools))
        if len(batch) == _BATCH_CONVERSATIONS or characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
