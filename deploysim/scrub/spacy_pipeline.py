"""The spaCy pipeline: loaded without ever downloading, reduced to its entity recogniser, and run once per distinct line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from deploysim.scrub.lexicon import fold
from deploysim.scrub.name_pipeline import Entity
from deploysim.scrub.pipeline_model import installed_pipeline, pipeline_model
from deploysim.scrub.word_lists import word_set

_LONGEST = 5_000
_BATCH = 128
_WANTED = word_set("PERSON GPE LOC FAC ORG NORP WORK_OF_ART PRODUCT EVENT")


class EntityPipeline:
    """A spaCy pipeline that labels entities in lines of text.

    Args:
        name: An installed spaCy package or the path of a pipeline.

    Raises:
        ConfigError: Nothing of that name is installed. Nothing is ever downloaded.
    """

    def __init__(self, name: str) -> None:
        import spacy

        self._nlp = spacy.load(installed_pipeline(name))
        self.words = _dictionary(self._nlp)
        self._nlp.select_pipes(enable=_needed(self._nlp))
        self.model = pipeline_model(name)

    def entities(self, lines: Iterable[str]) -> dict[str, tuple[Entity, ...]]:
        """Return the entities of each distinct line."""
        found: dict[str, tuple[Entity, ...]] = {}
        distinct = list(dict.fromkeys(lines))
        pieces = [(piece, (line, start)) for line in distinct for start, piece in _pieces(line)]
        # The zone lets the pipeline forget the words it met: they would pile up, and they are personal data.
        with self._nlp.memory_zone():
            for doc, (line, start) in self._nlp.pipe(pieces, as_tuples=True, batch_size=_BATCH):
                labelled = tuple(
                    Entity(start + ent.start_char, start + ent.end_char, str(ent.label_))
                    for ent in doc.ents
                    if ent.label_ in _WANTED
                )
                found[line] = found.get(line, ()) + labelled
        return found


def _needed(nlp: Any) -> list[str]:
    """Return the entity recogniser, with the shared layer below it where it listens to one."""
    model = nlp.config["components"].get("ner", {}).get("model", {})
    listens = "Listener" in str(model.get("tok2vec", {}).get("@architectures", ""))
    shared = [name for name in ("tok2vec", "transformer", "curated_transformer") if listens and name in nlp.pipe_names]
    return [*shared, "ner"] if "ner" in nlp.pipe_names else nlp.pipe_names


def _dictionary(nlp: Any) -> frozenset[str]:
    """Return the ordinary words that the pipeline's lemmatizer knows; empty where it has none."""
    if "lemmatizer" not in nlp.pipe_names:
        return frozenset()
    lookups = nlp.get_pipe("lemmatizer").lookups
    words: set[str] = set()
    for table in ("lemma_index", "lemma_exc"):
        if lookups.has_table(table):
            for entries in lookups.get_table(table).values():
                words.update(fold(word) for word in entries)
    return frozenset(words)


def _pieces(line: str) -> list[tuple[int, str]]:
    if len(line) <= _LONGEST:
        return [(0, line)]
    pieces = []
    start = 0
    while start < len(line):
        end = min(len(line), start + _LONGEST)
        if end < len(line):
            gaps = [match.end() for match in re.finditer(r"\s", line[start + _LONGEST // 2 : end])]
            end = start + _LONGEST // 2 + gaps[-1] if gaps else end
        pieces.append((start, line[start:end]))
        start = end
    return pieces
