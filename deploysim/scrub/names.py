"""Names of people and places: what the language pipeline says, checked against word lists, and what sentences introduce."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from deploysim.scrub.findings import Finding
from deploysim.scrub.lexicon import PARTICLES, Lexicon, fold

_TOKEN = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*\.?")
_NAME = r"[^\W\d_][^\W\d_'’\-]*(?:['’\-][^\W\d_]+)*"
_RUN = rf"(?P<v>{_NAME}\.?(?:[ \t]+{_NAME}\.?){{0,4}})"

_STRONG = re.compile(
    rf"(?:\bmy (?:full |real |first |last |middle |maiden |legal |given |family |sur)?name(?:'s| is|:)|\bname(?:'s| is| was)|\bname in (?:the )?account is|\bcalled|\bnamed(?: him| her| it)?|\bcalls? me|\bcall me|\bcalled me"
    rf"|\bname(?:d)? as|\bsigned(?: by)?:?|\byours (?:sincerely|truly|faithfully),?\s*\n|\b(?:first|last|full|middle|maiden|given|family|user'?s?|customer|patient|contact|account|cardholder|client|student|employee|author)[ _]name\s*(?:is|:|=)\s*[\"']?"
    rf"|^[ >*\t]*(?:name|patient|customer|client|attn|attention|from|to|cc|bcc|sender|recipient|contact|author|reporter|assignee|guest|passenger|tenant|candidate|employee|student|beneficiary)\s*[:=]\s*[\"']?"
    rf"|\b(?:me llamo|mi nombre es|je m'appelle|ich heiße|ich heisse|mein name ist|mi chiamo|meu nome é|me chamo|ik heet|mijn naam is|jag heter|nazywam się|меня зовут|我叫|我的名字是|私の名前は|benim adım|nama saya)\s*)\s*{_RUN}",
    re.I | re.M,
)
_WEAK = re.compile(
    rf"(?:\b(?:hi|hello|hey|dear|thanks|thank you|regards|best|cheers|sincerely|love|xoxo|greetings|welcome|goodbye|bye|sorry|congratulations|congrats|meet|ask|tell|told|asked|with|by|and|from|for|under|add|i'?m|i am|this is|it'?s|it is|i,|am|speak(?:ing)? (?:to|with)|talk(?:ing)? (?:to|with)|behalf of|refer(?:red)? by|account of|partner'?s name|guardian|under|see|saw|met|know|says?|said|have you heard|by|contact)"
    rf"|\bmy (?:\w+ )?(?:wife|husband|son|daughter|boss|manager|friend|colleague|co-?worker|brother|sister|mom|mum|mother|dad|father|aunt|uncle|cousin|nephew|niece|grandma|grandpa|grandmother|grandfather|girlfriend|boyfriend|partner|fianc[ée]e?|roommate|neighbou?r|teacher|doctor|therapist|landlord|kid|child|ex|dog|cat|baby|client|student|assistant|professor)(?: is)?),?[ \t\n]+{_RUN}",
    re.I,
)
_TITLED = re.compile(
    rf"\b(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|lady|lord|rev|herr|frau|señora?|sra?|dra|mme|monsieur|madame|captain|officer|judge|nurse|coach|uncle|aunt|aunty|auntie)\b\.?[ \t]+{_RUN}",
    re.I,
)
_UPPER = r"[^\W\d_a-zß-öø-ÿ]"
_DOING = re.compile(
    rf"(?:^|(?<=[.!?\n\"“] )|(?<=\n))(?P<v>{_UPPER}[^\W\d_A-ZÀ-Þ]{{2,}}(?:[ \t]{_UPPER}[^\W\d_A-ZÀ-Þ]{{2,}})?)"
    r"(?:,? (?:can|could|would|will) (?:i|you|we)\b|, (?:please|thanks|thank you|how are|are you|what|do you)|['’]s (?:wife|husband|mother|father|"
    r"daughter|son|brother|sister|friend|boss|address|birthday|house|mom|dad|kids?)| and I\b|"
    r" (?:said|says|told|asked|shouted|replied|whispered|lives|lived|works at|worked|called me|is (?:a|my|our|his|her) (?:friend|brother|sister|colleague)|"
    r"had given|listed his|is from|is very|will be talking))",
    re.I,
)
_STOPS = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "but",
        "of",
        "to",
        "in",
        "on",
        "at",
        "by",
        "for",
        "with",
        "from",
        "as",
        "is",
        "was",
        "are",
        "were",
        "be",
        "been",
        "being",
        "am",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "i",
        "me",
        "my",
        "we",
        "our",
        "you",
        "your",
        "he",
        "him",
        "his",
        "she",
        "her",
        "they",
        "them",
        "their",
        "who",
        "whom",
        "whose",
        "which",
        "what",
        "when",
        "where",
        "why",
        "how",
        "not",
        "no",
        "yes",
        "so",
        "if",
        "then",
        "than",
        "there",
        "here",
        "all",
        "any",
        "both",
        "each",
        "few",
        "more",
        "most",
        "other",
        "some",
        "such",
        "only",
        "own",
        "same",
        "too",
        "very",
        "can",
        "will",
        "just",
        "don",
        "should",
        "now",
        "do",
        "does",
        "did",
        "done",
        "have",
        "has",
        "had",
        "would",
        "could",
        "may",
        "might",
        "must",
        "shall",
        "please",
        "thanks",
        "thank",
        "regards",
        "hello",
        "hi",
        "hey",
        "dear",
        "ok",
        "okay",
        "also",
        "about",
        "into",
        "over",
        "after",
        "before",
        "again",
        "because",
        "while",
        "during",
        "im",
        "i'm",
        "it's",
        "that's",
        "there's",
        "let's",
        "ve",
        "ll",
        "re",
        "gmail",
        "com",
        "http",
        "https",
        "www",
        "email",
        "e-mail",
        "phone",
        "address",
        "name",
        "first",
        "last",
        "years",
        "year",
        "old",
        "originally",
        "currently",
        "looking",
        "trying",
        "going",
        "working",
        "writing",
        "having",
        "getting",
        "making",
        "using",
        "feeling",
        "sure",
        "sorry",
        "happy",
        "glad",
        "afraid",
        "new",
        "male",
        "female",
        "man",
        "woman",
        "boy",
        "girl",
        "student",
        "teacher",
        "from",
        "and",
        "i'd",
        "i'll",
        "i've",
        "who's",
        "what's",
    ]
)
_NEVER = frozenset(
    [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "today",
        "tomorrow",
        "yesterday",
        "ai",
        "ok",
        "usa",
        "uk",
        "eu",
        "api",
        "url",
        "html",
        "css",
        "json",
        "xml",
        "sql",
        "pdf",
        "csv",
        "http",
        "gpt",
        "llm",
        "assistant",
        "user",
        "human",
        "bot",
        "system",
        "chapter",
        "section",
        "figure",
        "table",
        "step",
        "note",
        "example",
        "question",
        "answer",
        "title",
        "name",
    ]
)
_CAPITAL_ANYWAY = _NEVER | {"i", "i'm", "i'll", "i've", "i'd"}
_BAD_CHARS = re.compile(r"[_=(){}\[\]<>/\\|#@$%^*+~`:;\d]")


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch that the language pipeline labelled."""

    start: int
    end: int
    label: str


def may_hold_name(sentence: str, lexicon: Lexicon) -> bool:
    """Whether a sentence has a capital letter that its place and the word lists do not explain.

    Reading only these with the pipeline halves its work on real prose and loses next to nothing.
    """
    tokens = [match[0] for match in _TOKEN.finditer(sentence)]
    capitals = [at for at, token in enumerate(tokens) if token[0].isupper()]
    heading = len(tokens) > 2 and len(capitals) > 0.6 * len(tokens)
    return any(_unexplained(tokens, at, heading, lexicon) for at in capitals)


_CASELESS_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")


def recased(sentence: str, lexicon: Lexicon) -> str:
    """Return a sentence written all in one case with names and unknown words capitalised and the rest in lower case.

    The pipeline knows names by their capitals, which hurried people leave out. The length stays the same.
    """
    lower, upper = sentence.lower(), sentence.upper()
    if len(lower) != len(sentence) or sentence not in (lower, upper):
        return sentence

    def cased(match: re.Match[str]) -> str:
        word = match[0]
        folded = fold(word)
        plain = folded in _STOPS or folded in _NEVER or (lexicon.is_word(word) and not lexicon.is_given(word))
        titled = word.title()
        return word if plain or len(titled) != len(word) else titled

    return _CASELESS_WORD.sub(cased, lower)


def _unexplained(tokens: list[str], at: int, heading: bool, lexicon: Lexicon) -> bool:
    token = tokens[at].rstrip(".")
    folded = fold(token)
    if folded in _CAPITAL_ANYWAY or folded in lexicon.topics or (token.isupper() and len(token) <= 5):
        return False
    if lexicon.is_name(token) or not lexicon.is_word(token):
        return True
    return at > 0 and not heading and tokens[at - 1][0].islower()


def from_pipeline(entities: tuple[Entity, ...], text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield people and places among the pipeline's entities, with its commonest mistakes put right."""
    for entity in entities:
        start, end = _tidy(text, entity.start, entity.end)
        value = text[start:end]
        if not value or _BAD_CHARS.search(value) or "\n" in value:
            continue
        kind = _kind(value, entity.label, lexicon)
        if kind:
            yield Finding(start, end, kind, 0.6)


def _tidy(text: str, start: int, end: int) -> tuple[int, int]:
    value = text[start:end]
    tail = re.search(r"(?:['’]s|['’]|[\s,.;:!?\"”)\-–—])+$", value)
    if tail and not re.search(r"\b[A-Z]\.$|\b(?:Jr|Sr)\.$", value):
        end -= len(tail[0])
    head = re.match(r"(?:the |[\s\"“'’(\-–—>*•.])+", text[start:end], re.I)
    return (start + head.end() if head else start), end


def _kind(value: str, label: str, lexicon: Lexicon) -> str | None:
    tokens = _tokens(value)
    if not tokens or all(fold(token) in _NEVER for token in tokens) or fold(value) in lexicon.topics:
        return None
    if label == "PERSON":
        return _person_kind(value, tokens, lexicon)
    if label in {"GPE", "LOC", "FAC"}:
        if (_two_names(tokens, lexicon) or (len(tokens) == 1 and lexicon.is_given(value))) and not lexicon.is_place(
            value
        ):
            return "PERSON"
        return "LOCATION" if _place_like(value, tokens, label, lexicon) else None
    if label == "ORG":
        return "PERSON" if _two_names(tokens, lexicon) else "ORGANIZATION"
    if label in {"NORP", "WORK_OF_ART", "PRODUCT", "EVENT"}:
        return "PERSON" if _two_names(tokens, lexicon) and len(tokens) <= 3 else None
    return None


def _place_like(value: str, tokens: list[str], label: str, lexicon: Lexicon) -> bool:
    """Whether what the pipeline takes for a place can be one: known, or a strange word that is no acronym."""
    if lexicon.is_place(value):
        return True
    strange = [token for token in tokens if token[0].isupper() and not lexicon.is_word(token)]
    return label == "GPE" and bool(strange) and not (value.isupper() and len(value) <= 5)


def _person_kind(value: str, tokens: list[str], lexicon: Lexicon) -> str | None:
    named = [token for token in tokens if lexicon.is_name(token)]
    if not named and (lexicon.is_place(value) or fold(value) in lexicon.countries):
        return "LOCATION"
    if not named and all(lexicon.is_word(token) for token in tokens):
        return None
    if len(tokens) == 1:
        token = tokens[0]
        if token.isupper() and len(token) < 6 and not named:
            return None
        if not token[0].isupper() and not named:
            return None
    return "PERSON" if len(tokens) <= 6 else None


def _two_names(tokens: list[str], lexicon: Lexicon) -> bool:
    return (
        2 <= len(tokens) <= 4
        and tokens[0][0].isupper()
        and lexicon.is_given(tokens[0])
        and fold(tokens[-1]) in lexicon.family
    )


def _tokens(value: str) -> list[str]:
    return [match[0].rstrip(".") for match in _TOKEN.finditer(value)]


def introduced(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield names that the words before them introduce, in any case."""
    for match in _STRONG.finditer(text):
        yield from _leading_name(text, match, lexicon, strong=True)
    for match in _TITLED.finditer(text):
        yield from _leading_name(text, match, lexicon, strong=match["v"][0].isupper())
    for match in _WEAK.finditer(text):
        yield from _leading_name(text, match, lexicon, strong=False)
    for match in _DOING.finditer(text):
        if (
            not lexicon.is_word(match["v"])
            and not lexicon.is_place(match["v"])
            and fold(match["v"]) not in lexicon.topics
        ):
            yield Finding(*match.span("v"), "PERSON", 0.5)


def _leading_name(text: str, match: re.Match[str], lexicon: Lexicon, *, strong: bool) -> Iterator[Finding]:
    start = match.start("v")
    end = start
    count = 0
    for token in _TOKEN.finditer(match["v"]):
        bare = re.sub(r"['’]s$", "", token[0].rstrip("."))
        folded = fold(bare)
        if folded in _STOPS or folded in _NEVER:
            break
        if not _continues(bare, folded, lexicon, first=count == 0, strong=strong):
            break
        end = start + token.start() + len(bare)
        count += 1
    while end > start and fold(text[start:end].rsplit(None, 1)[-1]) in PARTICLES:
        end = start + len(text[start:end].rsplit(None, 1)[0]) if " " in text[start:end] else start
    if end > start:
        yield Finding(start, end, "PERSON", 0.7 if strong else 0.6)


def _continues(bare: str, folded: str, lexicon: Lexicon, *, first: bool, strong: bool) -> bool:
    if folded in PARTICLES:
        return not first
    if bare[0].isupper():
        if not first:
            return lexicon.is_name(bare) or folded in lexicon.family or not lexicon.is_word(bare) or len(bare) == 1
        known = folded in lexicon.given or folded in lexicon.family
        return (
            (known or not lexicon.is_word(bare)) and folded not in lexicon.topics if strong else lexicon.is_name(bare)
        )
    if strong and first:
        return (
            folded in lexicon.given
            or folded in lexicon.family
            or (bool(lexicon.words) and not lexicon.is_word(bare) and len(bare) > 2)
        )
    if first:
        return (lexicon.is_given(bare) and folded not in lexicon.words) or (lexicon.is_given(bare) and len(bare) > 3)
    return lexicon.is_name(bare) or (not lexicon.is_word(bare) and len(bare) > 2 and bool(lexicon.words))


_CAPITAL = rf"{_UPPER}[^\W\d_'’\-]*(?:['’\-][^\W\d_]+)*\.?"
_CAPITAL_RUN = re.compile(
    rf"(?<![\w@./-]){_CAPITAL}(?:[ \t]+(?:(?:van|von|de|der|den|da|dos|del|di|al|bin|ibn|el|la|le|du)[ \t]+){{0,2}}{_CAPITAL}){{0,4}}"
)


def listed(text: str, lexicon: Lexicon, *, alone: bool) -> Iterator[Finding]:
    """Yield capitalised runs that hold a name from the lists.

    Args:
        text: One sentence.
        lexicon: The lists.
        alone: Whether a given name counts without another name beside it; in languages whose capitals and words the lists
            do not know, it does not.
    """
    for match in _CAPITAL_RUN.finditer(text):
        for finding in _named_part(match, lexicon):
            if alone or " " in text[finding.start : finding.end]:
                yield finding


def _named_part(match: re.Match[str], lexicon: Lexicon) -> Iterator[Finding]:
    pieces = [(token.start(), re.sub(r"['’]s?$", "", token[0].rstrip("."))) for token in _TOKEN.finditer(match[0])]
    at = 0
    while at < len(pieces):
        if not _opens(pieces, at, lexicon):
            at += 1
            continue
        last = at
        while last + 1 < len(pieces) and _extends(pieces[last + 1][1], lexicon):
            last += 1
        while fold(pieces[last][1]) in PARTICLES:
            last -= 1
        start = match.start() + pieces[at][0]
        end = match.start() + pieces[last][0] + len(pieces[last][1])
        yield Finding(start, end, "PERSON", 0.55)
        at = last + 1


def _opens(pieces: list[tuple[int, str]], at: int, lexicon: Lexicon) -> bool:
    word = pieces[at][1]
    folded = fold(word)
    if not word[0].isupper() or folded in PARTICLES:
        return False
    if folded in _NEVER or folded in lexicon.topics or folded in lexicon.countries:
        return False
    following = pieces[at + 1][1] if at + 1 < len(pieces) else ""
    if lexicon.is_given(word):
        if following and lexicon.is_place(f"{word} {following}"):
            return False
        lone = not following and not (at and _extends(pieces[at - 1][1], lexicon))
        return not (lone and (lexicon.is_place(word) or word.isupper()) and folded not in lexicon.female | lexicon.male)
    if following and folded in lexicon.given and lexicon.is_family(following):
        return not lexicon.is_place(f"{word} {following}")
    return lexicon.is_family(word) and not lexicon.is_word(word) and not lexicon.is_place(word) and not word.isupper()


def _extends(word: str, lexicon: Lexicon) -> bool:
    folded = fold(word)
    if folded in PARTICLES or (len(word) == 1 and word.isupper()):
        return True
    return (
        word[0].isupper()
        and folded not in _NEVER
        and folded not in _STOPS
        and (folded in lexicon.family or lexicon.is_name(word) or not lexicon.is_word(word))
    )


_LOWER_PAIR = re.compile(r"(?<![\w@./-])([a-zà-öø-ÿ]{3,})[ \t]+([a-zà-öø-ÿ]{3,})(?![\w@])")


def lower_pairs(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield a lower-case given name followed by a lower-case family name, neither of them a word."""
    position = 0
    while match := _LOWER_PAIR.search(text, position):
        first, second = fold(match[1]), fold(match[2])
        if (
            first in lexicon.given
            and second in lexicon.family
            and lexicon.is_given(first)
            and lexicon.is_family(second)
            and not (first in lexicon.words and second in lexicon.words)
        ):
            yield Finding(match.start(), match.end(), "PERSON", 0.5)
            position = match.end()
        else:
            position = match.start(2)


def spread(found: list[tuple[str, list[Finding]]], lexicon: Lexicon) -> list[list[Finding]]:
    """Carry names found in one message to every message of the conversation.

    A word of a name that is no ordinary word is found again wherever it stands; an ordinary one only with its capital.

    Args:
        found: Text and findings of each message.

    Returns:
        The further findings of each message.
    """
    words = _name_words(found, lexicon)
    if not words:
        return [[] for _ in found]
    pattern = re.compile(
        r"(?<!\w)(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + r")(?!\w)"
    )
    return [[Finding(m.start(), m.end(), "PERSON", 0.5) for m in pattern.finditer(text)] for text, _ in found]


def _name_words(found: list[tuple[str, list[Finding]]], lexicon: Lexicon) -> set[str]:
    words: set[str] = set()
    for text, findings in found:
        for finding in findings:
            if finding.entity != "PERSON":
                continue
            for token in _tokens(text[finding.start : finding.end]):
                folded = fold(token)
                if (
                    len(token) < 3
                    or folded in _NEVER
                    or folded in _STOPS
                    or folded in lexicon.everyday
                    or folded in PARTICLES
                ):
                    continue
                words.add(token)
                if not lexicon.is_word(token):
                    words.update((token.lower(), token.title(), token.upper()))
    return words


def shifted(finding: Finding, by: int) -> Finding:
    """Return a finding moved by a number of characters."""
    return replace(finding, start=finding.start + by, end=finding.end + by)
