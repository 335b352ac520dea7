"""All detectors together: texts in, resolved findings out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from deploysim.scrub import name_carry, numbers
from deploysim.scrub.addresses import find_addresses
from deploysim.scrub.contacts import CONTACT_RULES
from deploysim.scrub.findings import Finding, resolve
from deploysim.scrub.handles import HANDLE_RULES
from deploysim.scrub.identifiers import IDENTIFIER_RULES
from deploysim.scrub.language import Stretch, language_of, prose_lines, sentences
from deploysim.scrub.lexicon import in_language, load_lexicon
from deploysim.scrub.machines import MACHINE_RULES
from deploysim.scrub.name_cues import introduced
from deploysim.scrub.name_data import DICTIONARIES
from deploysim.scrub.name_initials import initialled
from deploysim.scrub.name_layout import laid_out
from deploysim.scrub.name_lists import listed
from deploysim.scrub.name_lower import lower_names, lower_pairs
from deploysim.scrub.name_pipeline import Entity, Reading, from_pipeline, reading, recased
from deploysim.scrub.name_scripts import foreign_names
from deploysim.scrub.national_ids import NATIONAL_ID_RULES
from deploysim.scrub.numbers import NUMBER_RULES
from deploysim.scrub.own_recognizers import OwnRecognizers
from deploysim.scrub.places import find_places, large_places, telling
from deploysim.scrub.policy import Action, ScrubPolicy
from deploysim.scrub.recognizers import find_with_presidio, presidio_rules
from deploysim.scrub.rules import find
from deploysim.scrub.secrets import SECRET_RULES
from deploysim.scrub.spacy_pipeline import EntityPipeline

_RULES = (
    *SECRET_RULES,
    *CONTACT_RULES,
    *HANDLE_RULES,
    *MACHINE_RULES,
    *IDENTIFIER_RULES,
    *NATIONAL_ID_RULES,
    *NUMBER_RULES,
)


Labels = dict[str, tuple[Entity, ...]]
"""What the language pipeline says of each distinct line."""


@dataclass(frozen=True, slots=True)
class Read:
    """A text with the sentences of it that may hold a name."""

    text: str
    sentences: tuple[Stretch, ...]
    """Those outside code that may hold a name."""
    language: str | None

    @property
    def english(self) -> bool:
        """Whether the language pipeline can read the text."""
        return self.language == "en"


class Detector:
    """Finds personal data in texts by patterns in every language, and names and places by the English pipeline.

    Args:
        policy: Thresholds, lists and switches.
        spacy_model: The language pipeline, by package name or path.
    """

    def __init__(self, policy: ScrubPolicy, *, spacy_model: str) -> None:
        self._policy = policy
        self._pipeline = EntityPipeline(spacy_model)
        self.model = self._pipeline.model
        self.lexicon = load_lexicon(self._pipeline.words)
        self._presidio = presidio_rules()
        self._own = OwnRecognizers(policy.own_patterns, policy.own_classes)
        self._large = large_places()
        self._thresholds = dict(policy.thresholds)
        self._kept = {entity for entity, action in policy.actions if action is Action.KEEP}
        self._denied = tuple((_word_pattern(word), entity) for word, entity in policy.deny)

    def read(self, text: str) -> Read:
        """Split a text into what the language pipeline reads and what it does not."""
        language = language_of(text)
        return Read(text, self._prose(text, language), language)

    def label(self, reads: Iterable[Read]) -> Labels:
        """Run the language pipeline once over every distinct sentence."""
        return self._pipeline.entities(
            one.text for read in reads if read.english for one in read.sentences if one.piped
        )

    def findings(self, read: Read, labels: Labels) -> list[Finding]:
        """Return everything found in one text, resolved."""
        return self.settle(self._all(read, labels), read.text)

    def carried(
        self, reads: Sequence[Sequence[Read]], found: Sequence[Sequence[list[Finding]]]
    ) -> list[list[list[Finding]]]:
        """Return the findings of the texts of one conversation, with names carried from each text to all."""
        pairs = [
            (read.text, one)
            for texts, some in zip(reads, found, strict=True)
            for read, one in zip(texts, some, strict=True)
        ]
        further = iter(name_carry.carried(pairs, self.lexicon))
        return [
            [self._merged(read.text, own, next(further)) for read, own in zip(texts, some, strict=True)]
            for texts, some in zip(reads, found, strict=True)
        ]

    def _merged(self, text: str, own: list[Finding], more: list[Finding]) -> list[Finding]:
        return resolve([*own, *self._counted(more, text)], text) if more else own

    def settle(self, findings: Iterable[Finding], text: str) -> list[Finding]:
        """Apply the policy's thresholds and lists, then resolve overlaps."""
        counted = self._counted(findings, text)
        return resolve(counted, text)

    def _counted(self, findings: Iterable[Finding], text: str) -> list[Finding]:
        policy = self._policy
        default = policy.default_threshold
        return [
            finding
            for finding in findings
            if finding.entity not in self._kept
            and finding.score >= self._thresholds.get(finding.entity, default)
            and not self._stays(text[finding.start : finding.end], finding.entity)
        ]

    def _stays(self, value: str, entity: str) -> bool:
        folded = value.casefold()
        if folded in self._policy.allow:
            return True
        return entity == "PERSON" and self._policy.keep_public_figures and folded in self._policy.public_figures

    def _prose(self, text: str, language: str | None) -> tuple[Stretch, ...]:
        lexicon = in_language(self.lexicon, language or "en")
        found = []
        for line in prose_lines(text):
            for sentence in sentences(line):
                cased = recased(sentence.text, lexicon)
                closely = reading(cased, lexicon)
                if closely:
                    found.append(Stretch(sentence.start, cased, closely is Reading.PIPELINE))
        return tuple(found)

    def _all(self, read: Read, labels: Labels) -> list[Finding]:
        text = read.text
        found = list(find(text, _RULES))
        found += numbers.find_dates(text)
        found += numbers.find_phones(text)
        found += find_with_presidio(text, self._presidio)
        found += self._own.find(text)
        found += find_addresses(text, self.lexicon)
        found += find_places(text, self.lexicon)
        found += introduced(text, self.lexicon)
        found += laid_out(text, self.lexicon)
        found += initialled(text, self.lexicon)
        found += foreign_names(text, self.lexicon)
        found += lower_pairs(text, self.lexicon)
        if read.english:
            found += lower_names(text, self.lexicon)
        spoken = in_language(self.lexicon, read.language or "en")
        for one in read.sentences:
            named = listed(one.text, spoken, alone=read.language in DICTIONARIES)
            written = text[one.start : one.start + len(one.text)] == one.text
            entities = labels.get(one.text, ()) if read.english else ()
            labelled = from_pipeline(entities, one.text, self.lexicon, recased=not written)
            found += [replace(f, start=f.start + one.start, end=f.end + one.start) for f in (*named, *labelled)]
        found += list(name_carry.completed(found, text, self.lexicon))
        found += list(name_carry.enumerated(found, text, self.lexicon))
        found += [
            Finding(m.start(), m.end(), entity, 1.0) for pattern, entity in self._denied for m in pattern.finditer(text)
        ]
        return [finding for finding in found if self._place_goes(finding, text)]

    def _place_goes(self, finding: Finding, text: str) -> bool:
        if finding.entity != "LOCATION" or self._policy.places == "all":
            return True
        return telling(finding, text, self.lexicon, self._large)


def _word_pattern(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.I)
