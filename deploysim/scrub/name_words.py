"""Words and patterns that every way of finding names shares."""

from __future__ import annotations

import re

from deploysim.scrub.word_lists import word_set

TOKEN = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*\.?")
NAME = r"[^\W\d_][^\W\d_'’\-]*(?:['’\-][^\W\d_]+)*"
RUN = rf"(?P<v>{NAME}\.?(?:[ \t]+{NAME}\.?){{0,4}})"
UPPER = r"[^\W\d_a-zß-öø-ÿ]"
POSSESSIVE = re.compile(r"['’]s?$")

STOPS = word_set(
    """among amongst within upon toward towards between beyond despite unlike like per via although though unless until hey oh ah
    voila wow yeah yep nope sie das die der ist und a an the and or but of to in on at by for with from as is was are were be been being am it its this that
    these those i me my we our you your he him his she her they them their who whom whose which what when where
    why how not no yes so if then than there here all any both each few more most other some such only own same
    too very can will just don should now do does did done have has had would could may might must shall please
    thanks thank regards hello hi hey dear ok okay also about into over after before again because while during
    im i'm it's that's there's let's ve ll re gmail com http https www email e-mail phone address name first
    last years year old originally currently looking trying going working writing having getting making using
    feeling sure sorry happy glad afraid new male female man woman boy girl student teacher i'd i'll i've who's
    what's against anyone anything beside cannot doing everyone everything herself himself itself myself noone nor onto
    ours ourselves since something themselves thereupon thru whenever whereafter whereas whereby wherein whereupon
    whether whither whoever without yours yourself"""
)
"""Words at which a run of name words ends."""

NEVER = word_set(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december jan feb mar apr jun jul aug sep sept oct nov dec today tomorrow
    yesterday ai ok usa uk eu api url html css json xml sql pdf csv http gpt llm assistant user human bot system
    chapter section figure table step note example question answer title name age last first middle media email
    phone address dan ah oh hey hi voila miss madam sir dr mr mrs ms prof tel fax mac vin imei dob ssn iban mobile hr it aren isn doesn didn wasn weren hasn haven hadn couldn wouldn shouldn mustn ain shan"""
)
"""Capitalised words that are never taken for a name by themselves."""

CALENDAR_NAMES = word_set("jan april may june august")
"""Months that are given names where the words before them say so."""

NOT_BEFORE = word_set(
    """camp saint san santa são st fort lake mount mt port cape new north south east west los las el la point rio
    hotel"""
)
"""Words that make a place or an institution of the name behind them."""

NOT_AFTER = word_set(
    """island islands county university college school museum river lake mountain street road avenue park bridge
    airport station fc united inc ltd llc corp corporation foundation institute award prize doctrine accords
    theorem law effect test algorithm syndrome disease method principle equation distribution model award cup
    league stadium hospital church cathedral palace castle city town village beach bay valley desert sea ocean
    bank group company hotel"""
)
"""Words that make a place, an institution or a term of the name before them."""


def tokens_of(value: str) -> list[str]:
    """Return the words of a name without the dots of abbreviations."""
    return [match[0].rstrip(".") for match in TOKEN.finditer(value)]


def is_acronym(word: str) -> bool:
    """Whether a word is in capitals and short."""
    return word.isupper() and len(word) <= 5


def is_code_like(word: str) -> bool:
    """Whether a word has a capital after a small letter, as code and brands do and names such as McKay do not."""
    return re.search(r"[a-z][A-Z]", word) is not None and not re.match(
        r"(?:Mac|Mc|De|Di|Du|La|Le|Van|Von|O['’])[A-Z]", word
    )
