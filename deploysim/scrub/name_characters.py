"""People of a story whose names no list knows, told by what they do through a conversation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from deploysim.scrub.lexicon import Lexicon, fold
from deploysim.scrub.name_data import frequencies
from deploysim.scrub.name_words import NEVER, STOPS, UPPER, is_acronym, is_code_like

_DEEDS = (
    "said|says|replied|replies|whispered|whispers|muttered|mutters|murmured|murmurs|exclaimed|exclaims|shouted|shouts|yelled|yells|"
    "smiled|smiles|nodded|nods|sighed|sighs|laughed|laughs|chuckled|chuckles|giggled|giggles|grinned|grins|smirked|smirks|frowned|"
    "frowns|blushed|blushes|blinked|blinks|gasped|gasps|shrugged|shrugs|stared|stares|gazed|gazes|glanced|glances|winked|winks|"
    "wondered|wonders|realized|realizes|realised|realises|walked|walks|sat|sits|stood|stands|knelt|kneels|awoke|hesitated|hesitates|"
    "couldn['’]t help|felt|feels|thought|thinks|knew|knows|asked|asks|cried|cries|screamed|screams|groaned|groans|moaned|moans"
)
_OWN = (
    "eyes|face|voice|heart|hands?|head|lips|hair|arms?|shoulders?|smile|breath|mind|cheeks|body|gaze|mother|father|sister|brother|"
    "wife|husband|friends?|parents|daughter|son"
)
_DOER = re.compile(
    rf"(?<![\w'’@/.-])(?P<v>{UPPER}[^\W\d_A-ZÀ-Þ]{{2,}})(?: \w+ly| then| just| also)?(?: (?:{_DEEDS})|['’]s (?:{_OWN}))\b"
)
_INSIDE = re.compile(rf"(?:^|[^\W\d_A-ZÀ-Þ]),? (?P<v>{UPPER}[^\W\d_A-ZÀ-Þ]{{2,}})(?!\w)")
_ARTICLE = re.compile(
    rf"\b(?i:the|an?|this|that|every|each|my|your|his|her|our|their) (?P<v>{UPPER}[^\W\d_A-ZÀ-Þ]{{2,}})(?!\w)"
)
_USED = 3.3
"""A word outside the dictionary that stands in text more often than this is a brand or a band before it is a character."""
_DEEDS_OF_A_WORD = 2


def characters(texts: Sequence[str], lexicon: Lexicon) -> set[str]:
    """Return capitalised words that do what only people do, and do it more than once or are met again.

    A strange word needs one deed and one more mention; a word of the dictionary ("Butcher") two deeds, and capitals
    inside sentences that no article explains.
    """
    deeds = Counter(match["v"] for text in texts for match in _DOER.finditer(text))
    if not lexicon.words:
        return set()
    likely = {word: count for word, count in deeds.items() if _could_be(word, lexicon)}
    strange = {word for word in likely if not lexicon.is_word(word) and frequencies("en").get(fold(word), 0.0) < _USED}
    words = {word for word, count in likely.items() if word not in strange and count >= _DEEDS_OF_A_WORD}
    if not strange and not words:
        return set()
    met = _mentions(texts, strange)
    inside = Counter(match["v"] for text in texts for match in _INSIDE.finditer(text) if match["v"] in words)
    explained = Counter(match["v"] for text in texts for match in _ARTICLE.finditer(text) if match["v"] in words)
    plain = _mentions(texts, {word.lower() for word in words})
    return {word for word in strange if met[word] > 1} | {
        word for word in words if inside[word] > 1 and inside[word] > 2 * explained[word] and not plain[word.lower()]
    }


def _mentions(texts: Sequence[str], words: set[str]) -> Counter[str]:
    if not words:
        return Counter()
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(words)))})(?!\w)")
    return Counter(match[0] for text in texts for match in pattern.finditer(text))


def _could_be(word: str, lexicon: Lexicon) -> bool:
    folded = fold(word)
    other = folded in NEVER or folded in STOPS or folded in lexicon.topics or lexicon.is_place(word)
    return not (other or is_acronym(word) or is_code_like(word))
