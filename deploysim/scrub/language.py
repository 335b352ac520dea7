"""Which stretches of a text are English prose, where the English pipeline has something to say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n]*$", re.M)
_CODE_LINE = re.compile(
    r"^\s*(?:[}{)\];]+|import \w|from \w[\w.]* import|def \w|class \w+[(:{]|return\b|if\s*\(|for\s*\(|while\s*\(|else\b|#include|using \w|public |private "
    r"|static |void |const |let |var |function\b|</?\w+[ >/]|@\w+$|//|/\*|\*/|\$ |>>> |SELECT\b|INSERT\b|UPDATE\b|elif |try:|except\b|print\(|\w+\s*=\s*[\w\[{(\"']|\w+(?:\.\w+)*\(.*\);?$|[\w.\"'-]+:\s*[{\[]?$)"
)
_LETTER = re.compile(r"[^\W\d_]")
_PLAIN_LETTER = re.compile(r"[A-Za-z]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

_FUNCTION_WORDS = {
    "en": "the of and to in is you that it for on are with as his they at be this have from or had by not but what all were we when your can said there use an each which she do how their if will up other about out many then them these so some her would make like him into has look more go see no way could my than been who its now did get come made may i me am please write was give does",
    "fr": "le la les de des du un une et est que qui dans pour pas sur avec au aux ce cette je tu il elle nous vous ils sont être avoir mon ma mes ton son ses plus ou mais donc",
    "es": "el la los las de del un una y es que en por para con no se su al lo como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay mi yo",
    "de": "der die das und ist in den von zu mit sich auf für nicht ein eine einen dem des im auch es an werden aus er sie nach bei um am sind noch wie ich wir ihr kann oder aber wenn mein meine dein deine unser ihre hat haben wird bitte mir mich adresse straße",
    "it": "il lo la i gli le di del della e è che in un una per non con sono si da al come più ma anche mi questo questa nel dei ho hai mio mia chiamo sono della",
    "pt": "o a os as de do da dos das um uma e é que em por para com não se no na mais como mas ao ele seu sua ou quando muito já eu você isso são está",
    "nl": "de het een en van is in dat op te zijn met voor niet die aan er ook als bij om maar wat heeft ik je we naar dan nog wel geen kan ben mijn jij jou hij zij wij bij wonen heb hebben heet mijn graag",
    "sv": "och att det i en jag hon som han på den med var sig för så till är men ett om hade de av inte du",
    "da": "og i at det er en den til på de med der af for ikke et jeg har som vi han hun mig min hedder",
    "nb": "og i å det er en den til på de med som av for ikke et jeg har vi han hun meg min heter",
    "fi": "ja on ei se että hän oli olen minun mutta niin kun myös ovat joka tämä nimeni asun",
    "cs": "a je v na se že to s z do o i jsem ale jako za by pro tak po jmenuji moje",
    "hu": "a az és hogy nem is egy van ez de meg csak vagyok nevem én ha már még",
    "pl": "i w na z do się że nie to jest o jak po za od czy tak co dla przez ale",
    "tr": "ve bir bu da de için ile çok ne ben sen o var mı daha gibi ama",
    "id": "yang dan di ini itu untuk dengan dari tidak ke dalam pada adalah saya akan bisa",
    "ro": "și de la în cu un o nu pe este care ce mai din să",
}
_WORDS_OF = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}


_SENTENCE_GAP = re.compile(
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b[DMSJ]r\.)(?<!\bM[rs]s\.)(?<!\bMs\.)(?<!\bSt\.)(?<!\bProf\.)[\"'”)]*\s+(?=[\"'“(]?[^\W\d_a-z])"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A line or sentence of prose."""

    start: int
    text: str
    """As the pipeline reads it: of the same length as in the source, but with names capitalised where all was lower case."""
    piped: bool = False
    """Whether the pipeline has to read it; otherwise the word lists explain its capitals."""


def code_ranges(text: str) -> list[tuple[int, int]]:
    """Return the stretches between code fences; an unclosed fence runs to the end."""
    if "```" not in text and "~~~" not in text:
        return []
    marks = [match.span() for match in _FENCE.finditer(text)]
    ranges = [(marks[at][1], marks[at + 1][0]) for at in range(0, len(marks) - 1, 2)]
    if len(marks) % 2:
        ranges.append((marks[-1][1], len(text)))
    return ranges


def prose_lines(text: str) -> Iterator[Stretch]:
    """Yield the lines outside code."""
    fenced = code_ranges(text)
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if line and not any(left <= start < right for left, right in fenced) and not _CODE_LINE.match(line):
            yield Stretch(start, line)
        start = end + 1


def sentences(line: Stretch) -> Iterator[Stretch]:
    """Yield the sentences of a line."""
    start = 0
    for gap in _SENTENCE_GAP.finditer(line.text):
        yield Stretch(line.start + start, line.text[start : gap.start()])
        start = gap.end()
    yield Stretch(line.start + start, line.text[start:])


def language_of(text: str) -> str | None:
    """Return the language of a text as far as its most common words tell; a short text without any counts as English.

    None stands for other scripts and for languages whose common words are not listed.
    """
    letters = len(_LETTER.findall(text[:2000]))
    if not letters or len(_PLAIN_LETTER.findall(text[:2000])) < 0.7 * letters:
        return None
    words = Counter(_WORD.findall(text[:3000].lower()))
    counts = {language: sum(words[word] for word in known & words.keys()) for language, known in _WORDS_OF.items()}
    best = max(counts, key=lambda language: counts[language])
    return "en" if counts["en"] >= counts[best] or counts["en"] >= 0.25 * words.total() else best
