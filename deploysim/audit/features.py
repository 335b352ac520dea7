"""The surface of a response as numbers: length, form, punctuation, openings, ways of speaking, and tools.

Nothing here knows what a response means. What a model could be recognised by without understanding it is what a
replay must get right first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deploysim.audit.steps import Steps
from deploysim.grade.rules.refusal_words import DECLINES
from deploysim.grade.text import LONGEST_READ, prepared

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?…。！？]+(?=\s|$)")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_OPENING_CHARS = 300
_ENDING_CHARS = 300
_RATE_WORDS = 100.0
"""Ways of speaking are counted per so many words."""
_FEWEST_WORDS = 20
"""A shorter response is treated as one of so many words, so that a single word is no flood."""
_EMOJI = "[\\U0001f300-\\U0001faff\\u2600-\\u27bf]"


@dataclass(frozen=True, slots=True)
class Read:
    """A response made ready for counting."""

    text: str
    ready: str
    """Small letters, one spelling of quotes."""
    words: int
    steps: Steps | None


@dataclass(frozen=True, slots=True)
class Feature:
    """One number that describes a response."""

    name: str
    """Such as "words": what reports call it."""
    more: str
    """What more of it means, as a verb phrase with the response as its subject."""
    group: str
    of: Callable[[Read], float]

    @property
    def less(self) -> str:
        """What less of it means, in the same words."""
        for more, less in _OPPOSITES:
            if more in self.more:
                return self.more.replace(more, less)
        return f"{self.more.removesuffix(' more')} less"


_OPPOSITES = (
    (" more often", " less often"),
    (" longer ", " shorter "),
    ("takes longer", "takes less time"),
    (" more ", " fewer "),
)


def read(text: str, steps: Steps | None = None) -> Read:
    """Return a response ready for counting; of a huge one the beginning counts."""
    text = text[:LONGEST_READ]
    return Read(text, prepared(text), len(_WORD.findall(text)), steps)


def _log_count(pattern: str, flags: int = re.MULTILINE) -> Callable[[Read], float]:
    compiled = re.compile(pattern, flags)
    return lambda r: math.log1p(len(compiled.findall(r.text)))


def _rate(pattern: str) -> Callable[[Read], float]:
    """Count in the prepared text, per 100 words, on a scale that keeps floods in check."""
    compiled = re.compile(pattern, re.MULTILINE)
    return lambda r: math.log1p(_RATE_WORDS * len(compiled.findall(r.ready)) / max(r.words, _FEWEST_WORDS))


def _opens(pattern: str) -> Callable[[Read], float]:
    compiled = re.compile(r"[\s*_#>\"']{0,6}(?:" + pattern + r")")
    return lambda r: float(compiled.match(r.ready[:_OPENING_CHARS]) is not None)


def _ends(pattern: str) -> Callable[[Read], float]:
    compiled = re.compile(pattern)
    return lambda r: float(compiled.search(r.ready[-_ENDING_CHARS:].rstrip()) is not None)


def _sentence_words(r: Read) -> float:
    return math.log1p(r.words / max(1, len(_SENTENCE.findall(r.text))))


def _word_length(r: Read) -> float:
    letters = sum(map(len, _WORD.findall(r.text)))
    return letters / r.words if r.words else 0.0


def _share(keep: Callable[[str], bool]) -> Callable[[Read], float]:
    return lambda r: sum(map(keep, r.text)) / max(1, len(r.text))


_LENGTH = (
    Feature("words", "has more words", "length", lambda r: math.log1p(r.words)),
    Feature("characters", "has more characters", "length", lambda r: math.log1p(len(r.text))),
    Feature("paragraphs", "has more paragraphs", "length", lambda r: math.log1p(len(_PARAGRAPH.findall(r.text)))),
    Feature("words a sentence", "has longer sentences", "length", _sentence_words),
    Feature("letters a word", "has longer words", "length", _word_length),
)
_FORM = (
    Feature("bullet points", "has more bullet points", "form", _log_count(r"^[ \t]*[-*•+][ \t]+\S")),
    Feature("numbered points", "has more numbered points", "form", _log_count(r"^[ \t]*\d{1,3}[.)][ \t]+\S")),
    Feature("headings", "has more headings", "form", _log_count(r"^#{1,6}[ \t]+\S")),
    Feature("code blocks", "has more code blocks", "form", _log_count(r"^[ \t]*```")),
    Feature("named code blocks", "names the language of code blocks more", "form", _log_count(r"^[ \t]*```[a-zA-Z]")),
    Feature("inline code", "has more inline code", "form", _log_count(r"(?<!`)`[^`\n]+`(?!`)")),
    Feature("comments in code", "has more comments in code", "form", _log_count(r"^[ \t]*(?://|#(?!#)[ \t]?\w)")),
    Feature("bold", "has more bold text", "form", _log_count(r"\*\*[^*\n]+\*\*")),
    Feature("table rows", "has more table rows", "form", _log_count(r"^[ \t]*\|.*\|[ \t]*$")),
    Feature("formulas", "has more typeset formulas", "form", _log_count(r"\\[(\[]|\$\$|\$[^$\n]{1,80}\$")),
    Feature("links", "has more links", "form", _log_count(r"https?://")),
    Feature("emoji", "has more emoji", "form", _log_count(_EMOJI)),
    Feature("lines ending in a colon", "announces more lists with a colon", "form", _log_count(r":[ \t]*$")),
    Feature("stray tokens", "has more stray special tokens", "form", _log_count(r"<\|?/?[a-z_]{2,20}\|?>|</s>")),
    Feature("capital letters", "has more capital letters", "form", _share(str.isupper)),
    Feature("digits", "has more digits", "form", _share(str.isdigit)),
    Feature("letters beyond ASCII", "has more letters beyond ASCII", "form", _share(lambda c: ord(c) > 127)),
)
_PUNCTUATION = (
    Feature("commas", "uses more commas", "punctuation", _rate(r",")),
    Feature("exclamation marks", "uses more exclamation marks", "punctuation", _rate(r"!")),
    Feature("question marks", "uses more question marks", "punctuation", _rate(r"\?")),
    Feature("colons", "uses more colons", "punctuation", _rate(r":")),
    Feature("semicolons", "uses more semicolons", "punctuation", _rate(r";")),
    Feature("dashes", "uses more dashes", "punctuation", _rate(r"(?<=\s)-(?=\s)|(?<=\w)--?(?= )")),
    Feature("brackets", "uses more brackets", "punctuation", _rate(r"\(")),
    Feature("quotation marks", "uses more quotation marks", "punctuation", _rate('"')),
    Feature("ellipses", "uses more ellipses", "punctuation", _rate(r"\.\.\.|…")),
)
_OPENINGS = (
    Feature("opens with yes or sure", "opens with a yes, “sure” or “certainly” more often", "opening",
            _opens(r"(?:sure|certainly|of course|absolutely|yes|definitely|okay|ok)\b")),
    Feature("opens with no or sorry", "opens with a no or an apology more often", "opening",
            _opens(r"(?:no\b|(?:i'm |i am )?(?:very |so |really )?sorry|i apologi[sz]e|apologies|unfortunately)")),
    Feature("opens with praise", "opens with praise more often", "opening",
            _opens(r"(?:what an? )?(?:great|good|excellent|interesting|that's an?)\b")),
    Feature("opens with here is", "opens with “here is” more often", "opening", _opens(r"here(?:'s| is| are)\b")),
    Feature("opens with I", "opens with “I” more often", "opening", _opens(r"i(?:'m|'d|'ll|'ve)?\b")),
    Feature("opens with as an AI", "opens with “as an AI” more often", "opening", _opens(r"as an? (?:ai|language model)\b")),
    Feature("opens with to", "opens with “to …” more often", "opening", _opens(r"(?:in order )?to \w+")),
    Feature("opens with the", "opens with “the …” more often", "opening", _opens(r"the\b")),
    Feature("opens with a list or heading", "opens with a list or heading more often", "opening",
            _opens(r"\d{1,2}[.)] |- |• |title:|subject:")),
    Feature("opens with code", "opens with code more often", "opening", _opens(r"```")),
)  # fmt: skip
_ENDINGS = (
    Feature("ends with a question", "ends with a question more often", "ending", _ends(r"\?[\"')*_]{0,3}$")),
    Feature("ends with an offer", "ends with an offer of more help more often", "ending",
            _ends(r"let me know|feel free|hope (?:this|that|it) helps|happy to help|need (?:any )?(?:more|further) help")),
    Feature("ends with a summary", "ends with a summary more often", "ending",
            _ends(r"\b(?:in (?:conclusion|summary|short)|overall,|ultimately,|to sum(?:marize| up)|remember,)")),
    Feature("ends with a caution", "ends with a caution more often", "ending",
            _ends(r"\b(?:please note|note that|keep in mind|always (?:consult|check)|consult (?:a|an|your|with)|it's important)")),
    Feature("breaks off", "breaks off in mid-sentence more often", "ending", _ends(r"[\w,]$")),
)  # fmt: skip
_SPEAKING = (
    Feature("speaks of itself", "speaks of itself more", "speaking", _rate(r"\bi(?:'m|'d|'ll|'ve)?\b|\bm[ey]\b|\bmyself\b")),
    Feature("names itself an AI", "calls itself an AI more", "speaking",
            _rate(r"\bas an? (?:ai|artificial intelligence|language model|large language)|\bi(?:'m| am) (?:just )?an? (?:ai|language)")),
    Feature("addresses the user", "addresses the user more", "speaking", _rate(r"\byou(?:r|rs|rself|'re|'ll|'ve|'d)?\b")),
    Feature("speaks of we", "says “we” more", "speaking", _rate(r"\bwe(?:'re|'ll|'ve|'d)?\b|\bour\b|\blet's\b")),
    Feature("hedges", "hedges more", "speaking",
            _rate(r"\b(?:may|might|could|perhaps|possibly|probably|generally|typically|usually|often|likely|seems?)\b")),
    Feature("cautions", "cautions more", "speaking",
            _rate(r"\b(?:please note|note that|important to|keep in mind|be (?:careful|aware)|make sure|ensure|remember)\b")),
    Feature("contrasts", "says “however” and “but” more", "speaking", _rate(r"\b(?:however|but|although|while|nevertheless|though)\b")),
    Feature("connects", "connects sentences more", "speaking",
            _rate(r"\b(?:additionally|furthermore|moreover|therefore|thus|first(?:ly)?|second(?:ly)?|finally|also|then)\b")),
    Feature("contractions", "uses more contractions", "speaking", _rate(r"\w'(?:s|t|re|ve|ll|d|m)\b")),
    Feature("declines", "declines in its opening more often", "speaking",
            lambda r: float(DECLINES.search(r.ready[:_OPENING_CHARS]) is not None)),
)  # fmt: skip
TEXT_FEATURES: tuple[Feature, ...] = (*_LENGTH, *_FORM, *_PUNCTUATION, *_OPENINGS, *_ENDINGS, *_SPEAKING)


def _of_steps(value: Callable[[Steps], float]) -> Callable[[Read], float]:
    return lambda r: value(r.steps) if r.steps else 0.0


_STEPS = (
    Feature("tool calls", "calls tools more", "tools", _of_steps(lambda s: math.log1p(len(s.tools)))),
    Feature("different tools", "calls more different tools", "tools", _of_steps(lambda s: float(len(set(s.tools))))),
    Feature("model responses", "takes more steps", "tools", _of_steps(lambda s: math.log1p(s.responses))),
    Feature("failed calls", "meets more failing calls", "tools", _of_steps(lambda s: s.failed_share or 0.0)),
)
_TIMING = Feature("seconds", "takes longer", "tools", _of_steps(lambda s: math.log1p(s.seconds or 0.0)))
MOST_TOOLS = 20
"""Tools of which each has a feature of its own: the most called ones."""


def features_for(steps: Iterable[Steps | None]) -> tuple[Feature, ...]:
    """Return the features to describe some responses by: of their text, and of their steps where any has steps."""
    known = [one for one in steps if one is not None]
    if not known:
        return TEXT_FEATURES
    counts: dict[str, int] = {}
    for one in known:
        for tool, count in one.mix().items():
            counts[tool] = counts.get(tool, 0) + count
    chosen = sorted(counts, key=lambda tool: (-counts[tool], tool))[:MOST_TOOLS]
    # Where one lane has no times, time would tell the lanes apart by being missing.
    timing = (_TIMING,) if all(one.seconds is not None for one in known) else ()
    return (*TEXT_FEATURES, *_STEPS, *timing, *map(_tool_feature, chosen))


def _tool_feature(tool: str) -> Feature:
    return Feature(
        f"calls {tool}", f"calls {tool} more", "tools", _of_steps(lambda s: math.log1p(s.mix().get(tool, 0)))
    )


def describe(text: str, features: Iterable[Feature], *, steps: Steps | None = None) -> list[float]:
    """Return the features of one response, in their order."""
    one = read(text, steps)
    return [feature.of(one) for feature in features]
