"""Names that the words before or after them introduce, in any case and in several languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deploysim.scrub.findings import Finding
from deploysim.scrub.lexicon import PARTICLES, Lexicon, fold
from deploysim.scrub.name_data import is_rare
from deploysim.scrub.name_words import CALENDAR_NAMES, NAME, NEVER, RUN, STOPS, TOKEN, UPPER, is_acronym, is_code_like

_NAME_KINDS = "full |real |first |last |middle |maiden |legal |given |family |sur|preferred |nick"
_OWNERS = (
    "first|last|full|middle|maiden|given|family|user|user's|users|customer|patient|contact|account|cardholder|client|student|"
    "employee|author"
)
_LABELS = (
    "name|patient|customer|client|attn|attention|from|to|cc|bcc|sender|recipient|contact|author|reporter|assignee|guest|passenger|"
    "tenant|candidate|employee|student|beneficiary"
)
_ABROAD = (
    "me llamo|mi nombre es|je m'appelle|ich heiße|ich heisse|mein name ist|mi chiamo|meu nome é|me chamo|ik heet|mijn naam is|"
    "jag heter|nazywam się|меня зовут|我叫|我的名字是|私の名前は|benim adım|nama saya"
)
_STRONG = re.compile(
    rf"(?:\bmy (?:{_NAME_KINDS})?name(?:'s| is|:)|\bname(?:'s| is| was| in (?:the )?account is)|\bcalled|\bnamed(?: him| her| it)?"
    rf"|\bcalls? me|\bname(?:d)? as|\bsigned(?: by)?:?|\byours (?:sincerely|truly|faithfully),?\s*\n"
    r"|\b(?:sur|last |family )name"
    r"|\b(?:starring|directed by|sung by|performed by|played by|composed by|authored by)|your name\?"
    rf"|\b(?:{_OWNERS})[ _]name\s*(?:is|:|=)\s*[\"']?|^[ >*\t]*(?:{_LABELS})\s*[:=]\s*[\"']?|\b(?:{_ABROAD})\s*)\s*(?={RUN})",
    re.I | re.M,
)
"""The name is looked at, not consumed: what follows one cue may hold the next."""
_CORRECTED = re.compile(rf"\bname\b[^.\n]{{0,60}}\b(?:change|correct|update)d? (?:it |this )?to\s*(?={RUN})", re.I)
_OPENERS = (
    "hi|hello|hey|dear|thanks|thank you|regards|best|cheers|sincerely|love|xoxo|greetings|welcome|goodbye|bye|sorry|congratulations|"
    "congrats|meet|ask|tell|told|asked|with|by|and|from|for|under|add|i'm|im|i am|this is|it's|its|it is|i,|am|speak to|speak with|"
    "speaking to|speaking with|talk to|talk with|talking to|talking with|behalf of|refer by|referred by|account of|partner's name|"
    "guardian|see|saw|met|know|say|says|said|have you heard|contact|to|or|early|starring|directed by"
)
_RELATIVES = (
    "wife|husband|son|daughter|boss|manager|friend|colleague|coworker|co-worker|brother|sister|mom|mum|mother|dad|father|aunt|uncle|"
    "cousin|nephew|niece|grandma|grandpa|grandmother|grandfather|girlfriend|boyfriend|partner|fiancé|fiancée|fiance|fiancee|"
    "roommate|neighbor|neighbour|teacher|doctor|therapist|landlord|kid|child|ex|dog|cat|baby|client|student|assistant|professor"
)
_WEAK = re.compile(rf"\b(?:(?:{_OPENERS})|my (?:\w+ )?(?:{_RELATIVES})(?: is)?),?[ \t\n]+(?={RUN})", re.I)
_SPOKEN_TO = re.compile(
    rf"\b(?:(?:hi|hello|hey|dear|tell|told|ask|asked|(?:e-?mail|letter|message|text|card|gift|speech|reply|note|response) (?:to|for)"
    rf"|my (?:\w+ )?(?:{_RELATIVES})(?: is)?|is named|(?:report|written|filed|made|songs|sent|signed) by|have you heard|birthday of|tribute to|memory of"
    rf"|engaged to|married|interviewed|how old is|introduc(?:e|es|ed|ing) (?:you to|me to|us to))),?[ \t\n]+{RUN}",
    re.I,
)
_SURE_TITLES = "mr|mrs|ms|mx|dr|prof|professor|herr|frau|señora?|monsieur|sra|dra|mme"
"""Those that nothing but a name follows, also in hurried writing without capitals."""
_TITLES = "miss|sir|madam|lady|lord|rev|sr|madame|captain|officer|judge|nurse|coach|uncle|aunt|aunty|auntie"
_TITLED = re.compile(rf"\b(?:(?P<sure>{_SURE_TITLES})|{_TITLES})\b\.?[ \t]+{RUN}", re.I)
_DEEDS = (
    "said|says|told|asked|shouted|replied|whispered|lives|lived|works at|worked|called me|is (?:a|my|our|his|her) (?:friend|brother|"
    "sister|colleague)|had given|is very|bought|flew|laughed|cried|smiled|nodded|"
    "sighed|walked|married|graduated|was born|(?:likes|loves|wants) to"
)
_BELONGINGS = (
    "wife|husband|mother|father|daughter|son|brother|sister|friend|boss|address|birthday|house|mom|dad|kid|kids|phone|email|"
    "account|killers?"
)
_SUBJECT = rf"(?P<v>{UPPER}[^\W\d_A-ZÀ-Þ]{{2,}}(?:[ \t]{UPPER}[^\W\d_A-ZÀ-Þ]{{2,}})?)"
_START = r"^|(?<=[.!?\n\"“] )|(?<=\n)"
"""Where a sentence begins."""
_DOING = re.compile(
    rf"(?:{_START}|(?<=here's )){_SUBJECT}(?:,? (?:can|could|would|will) (?:I|i|you|we)\b"
    rf"|, (?:please|thanks|thank you|how are|are you|what|do you)|['’]s (?:{_BELONGINGS})\b| and I\b| (?:{_DEEDS})\b)"
)
_LIVING = re.compile(
    rf"(?:{_START}){_SUBJECT} (?:is from|spent (?:an?|the|two|three|his|her|many|some)|is an? (?:[\w-]+ ){{0,3}}"
    r"(?:person|guy|man|woman|girl|boy|kid|teacher|student|nurse|lawyer|engineer|neighbou?r|employee|coworker))\b"
)
"""What only a person does or is, so that a name that is a word, a month or a town as well is a person's."""
_ASKED = re.compile(
    rf"\b(?:[Ww]hy is|[Ww]ho is|[Ww]here is|[Ww]here does|[Hh]ow is) {_SUBJECT} (?:so|always|not|my|from|live|doing|feeling)\b"
)


_KIN = re.compile(rf"\b[Tt]he (?P<v>{NAME}) family\b")
_LAST_ADDRESSED = re.compile(rf"[a-z], (?P<v>{UPPER}[a-zß-öø-ÿ]+)(?=[!?.](?:\s|$|[\"”]))")


_LONGEST_ABBREVIATION = 3
"""A longer word before a full stop ends its sentence."""


def introduced(text: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield names by their cues.

    After a strong cue ("my name is") any word counts that is no ordinary one; after a weak one ("hello") only a known name.
    """
    for pattern in (_STRONG, _CORRECTED):
        for match in pattern.finditer(text):
            yield from _leading_name(text, match, lexicon, strong=True)
    for match in _TITLED.finditer(text):
        yield from _leading_name(text, match, lexicon, strong=bool(match["sure"]) or match["v"][0].isupper())
    for match in _WEAK.finditer(text):
        yield from _leading_name(text, match, lexicon, strong=False)
    for match in _SPOKEN_TO.finditer(text):
        yield from _addressee(text, match, lexicon)
    for match in _LAST_ADDRESSED.finditer(text):
        if fold(match["v"]) in lexicon.given and not lexicon.is_place(match["v"]):
            yield Finding(*match.span("v"), "PERSON", 0.5)
    for match in _LIVING.finditer(text):
        words = [fold(word) for word in match["v"].split()]
        if words[0] in lexicon.given and not any(word in lexicon.topics or word in lexicon.countries for word in words):
            yield Finding(*match.span("v"), "PERSON", 0.5)
    for pattern in (_DOING, _ASKED, _KIN):
        for match in pattern.finditer(text):
            if _stranger(match["v"], lexicon):
                yield Finding(*match.span("v"), "PERSON", 0.5)


def _addressee(text: str, match: re.Match[str], lexicon: Lexicon) -> Iterator[Finding]:
    """Yield who is spoken to or of, also where the lists do not know the name: with a capital, or as two strange words."""
    words = match["v"].split()
    first = re.sub(r"['’]s$", "", words[0].rstrip(".,"))
    folded = fold(first)
    if folded in STOPS or folded in NEVER or folded in lexicon.topics or lexicon.is_place(first) or is_acronym(first):
        return
    second = words[1].rstrip(".,") if len(words) > 1 else ""
    strange = not lexicon.is_word(first) and bool(lexicon.words) and len(first) > 2
    following = (
        bool(second) and not lexicon.is_word(second) and len(second) > 3 and first[0].isupper() == second[0].isupper()
    )
    if first[0].isupper() and not is_code_like(first) and (strange or folded in lexicon.given):
        length = len(match["v"][: match["v"].find(second) + len(second)]) if following else len(first)
    elif first.islower() and (strange or folded in lexicon.given) and following and second.islower():
        length = match["v"].find(second) + len(second)
    else:
        return
    yield Finding(match.start("v"), match.start("v") + length, "PERSON", 0.5)


def _stranger(value: str, lexicon: Lexicon) -> bool:
    words = value.split()
    known = any(fold(word) in lexicon.topics or fold(word) in NEVER for word in words)
    return not known and not lexicon.is_place(value) and not all(lexicon.is_word(word) for word in words)


def _leading_name(text: str, match: re.Match[str], lexicon: Lexicon, *, strong: bool) -> Iterator[Finding]:
    start = end = match.start("v")
    words: list[str] = []
    for token in TOKEN.finditer(match["v"]):
        bare = re.sub(r"['’]s$", "", token[0].rstrip("."))
        if not _continues(bare, lexicon, words, strong=strong):
            break
        end = start + token.start() + len(bare)
        words.append(bare)
        if token[0].endswith(".") and len(bare) > _LONGEST_ABBREVIATION:
            break
    while words and fold(words[-1]) in PARTICLES:
        words.pop()
        end = start + text[start:end].rstrip().rfind(" ") if words else start
    if words:
        yield Finding(start, end, "PERSON", 0.7 if strong else 0.6)


def _continues(word: str, lexicon: Lexicon, before: list[str], *, strong: bool) -> bool:
    folded = fold(word)
    called = strong and word[0].isupper() and (folded in CALENDAR_NAMES or word.casefold() != folded)
    if folded in STOPS or (folded in NEVER and not called) or folded in PARTICLES:
        return folded in PARTICLES and bool(before)
    if word[0].isupper():
        if before:
            return len(word) == 1 or folded in lexicon.family or lexicon.is_name(word) or not lexicon.is_word(word)
        return _capital_opens(word, folded, lexicon, strong=strong)
    if before and before[0][0].isupper():
        return False
    if before:
        strange = bool(lexicon.words) and not lexicon.is_word(word) and len(word) > 2
        return lexicon.is_name(word) or strange or (strong and is_rare(word))
    if strong:
        named = folded in lexicon.given or folded in lexicon.family
        return named or (bool(lexicon.words) and not lexicon.is_word(word) and len(word) > 2)
    return lexicon.is_given(word) and len(word) > 3


def _capital_opens(word: str, folded: str, lexicon: Lexicon, *, strong: bool) -> bool:
    if not strong:
        return lexicon.is_name(word) and not lexicon.is_place(word)
    if folded in lexicon.topics or is_acronym(word):
        return False
    return folded in lexicon.given or folded in lexicon.family or not lexicon.is_word(word)
