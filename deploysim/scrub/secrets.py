"""Keys, tokens and passwords, by the shapes that providers give them and by the words around them."""

from __future__ import annotations

import re

from deploysim.scrub.rules import Rule, has_digit
from deploysim.scrub.word_lists import word_set, word_tuple

_PLACEHOLDER = re.compile(
    r"your|my[-_ ]?(?:api|key|secret|token|pass)|example|placeholder|changeme|xxx|\*\*\*|\.\.\.|<|>|\$\{|\{\{|os\.|process\.|env|getenv|"
    r"config|dummy|sample|insert|none|null|undefined|true|false|self\.|this\.|request|response|async|await",
    re.I,
)


def _looks_random(value: str) -> bool:
    """Whether a value mixes classes of characters as keys do, and is no placeholder or code."""
    if _PLACEHOLDER.search(value) or "(" in value:
        return False
    classes = has_digit(value) + any(c.islower() for c in value) + any(c.isupper() for c in value)
    return classes >= 2 and has_digit(value) and len(set(value)) >= 6


_NOT_PASSWORDS = word_set(
    """a an and any are as at be because been but by can cannot correct could do does empty encrypted enough
    expired false field for from good hash hashed has have he her his i if in incorrect input into invalid is it
    its just kept known less like long may missing must my never new no none not null of off ok on only optional
    or our out over password passwords protected provided required reset right same saved secure sent she should
    so something somewhere still stored strong string test text that the their them then there they this to too
    true type under unique up us used using valid very wait was weak we what when where which who will with
    wrong you your str char varchar int bool hidden visible simple complex different shorter longer entered
    typed changed"""
)


def _stated_password(value: str) -> bool:
    """Whether the word after "password is" is a password and not the rest of the sentence."""
    bare = value.strip("\"'`.,;:!?)")
    if len(bare) < 4 or bare.lower() in _NOT_PASSWORDS or _PLACEHOLDER.search(bare):
        return False
    return not bare.endswith(("()", "(", "=", "{")) and not bare.startswith(("$", "%", "(", "[", "{", "<"))


def _coded_password(value: str) -> bool:
    """Whether a value assigned in code or a form is a literal."""
    return _stated_password(value) and (has_digit(value) or any(not c.isalnum() for c in value))


def _mixed_password(value: str) -> bool:
    """Whether a word that follows without "is" mixes letters with digits, as passwords do and the rest of a sentence does not."""
    return _stated_password(value) and has_digit(value) and any(c.isalpha() for c in value) and "/" not in value


def _quoted_password(value: str) -> bool:
    """Whether a phrase in quotation marks is a password rather than an explanation."""
    return not _PLACEHOLDER.search(value) and len(value.split()) <= 6 and value.lower() not in _NOT_PASSWORDS


_PASSWORD_WORDS = (
    r"(?:pass ?word|passwd|pass ?code|pass ?phrase|pwd|passwort|kennwort|contraseña|mot de passe|mdp|senha|palavra-passe|wachtwoord|parola|"
    r"hasło|lösenord|пароль|密码|密碼|パスワード|비밀번호)"
)
_PASSWORD_NEEDS = word_tuple(
    """password passwd passcode passphrase pwd passwort kennwort contras passe mdp senha wacht parola has lösen пароль 密 パスワード 비밀번호 pass"""
)

_KEYS = r"""\b(?:
    sk-(?:proj-|ant-(?:api\d\d-)?|or-v1-|svcacct-)?[A-Za-z0-9_-]{16,} | (?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,} |
    whsec_[A-Za-z0-9+/=]{16,} | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,} | glpat-[\w-]{16,} |
    xox[abeprs]-[A-Za-z0-9-]{10,} | xapp-[A-Za-z0-9-]{10,} | AIza[\w-]{30,} | ya29\.[\w-]{20,} |
    (?:AKIA|ASIA|AGPA|AROA|AIDA)[A-Z0-9]{16} | hf_[A-Za-z0-9]{20,} | npm_[A-Za-z0-9]{30,} | pypi-[\w-]{20,} |
    dop_v1_[a-f0-9]{32,} | shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32} | SG\.[\w-]{16,}\.[\w-]{16,} | GOCSPX-[\w-]{20,} |
    gsk_[A-Za-z0-9]{20,} | r8_[A-Za-z0-9]{30,} | key-[0-9a-f]{32} | (?:AC|SK)[0-9a-f]{32} | sq0[a-z]{3}-[\w-]{20,} |
    \d{8,10}:AA[\w-]{30,} | [MN][A-Za-z\d]{23,25}\.[\w-]{6}\.[\w-]{27,} | EAA[A-Za-z0-9]{40,} |
    eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,} | nvapi-[\w-]{20,} | lin_api_\w{20,} | tvly-[\w-]{16,} | pplx-\w{20,}
)"""

SECRET_RULES = (
    Rule(
        "PRIVATE_KEY",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[\sA-Za-z0-9+/=:,.-]*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
            r"|[\sA-Za-z0-9+/=:,]*)"
        ),
        1.0,
        ("private key",),
    ),
    Rule("API_KEY", re.compile(_KEYS, re.X), 0.95),
    Rule(
        "API_KEY",
        re.compile(
            r"""(?:api[_ -]?key|access[_ -]?key(?:[_ -]?id)?|secret(?:[_ -]?(?:access[_ -]?)?key)?|client[_ -]?secret|auth[_ -]?token|"""
            r"""access[_ -]?token|refresh[_ -]?token|bearer[_ -]?token|token|account[_ -]?key|api[_ -]?token|signature)"""
            r"""["'`]?(?:\s+(?:is|was)|\s*(?::|=>?|\s))\s*["'`]?(?P<v>[A-Za-z0-9+/_.~=-]{12,})""",
            re.I,
        ),
        0.8,
        ("key", "secret", "token", "signature"),
        _looks_random,
    ),
    Rule(
        "API_KEY",
        re.compile(r"\b(?:bearer|basic)\s+(?P<v>[A-Za-z0-9+/_.~=-]{12,})", re.I),
        0.8,
        ("bearer", "basic"),
        _looks_random,
    ),
    Rule(
        "API_KEY",
        re.compile(r"hooks\.slack\.com/services/(?P<v>[\w/]{20,})|discord(?:app)?\.com/api/webhooks/[\w/-]{20,}"),
        0.95,
        ("hooks.slack", "webhooks/"),
    ),
    Rule(
        "PASSWORD",
        re.compile(
            rf"\b{_PASSWORD_WORDS}[\"'*]*"
            r"(?:\s+(?:is|was|to|as|ist|es|est|è|é)\s*:?|\s*[:=：])\s*(?:now\s+|still\s+|set\s+to\s+)?[\"'“`*]*(?P<v>[^\s\"'“”`,*<>]{4,})",
            re.I,
        ),
        0.8,
        _PASSWORD_NEEDS,
        _stated_password,
        bare=True,
    ),
    Rule(
        "PASSWORD",
        re.compile(
            rf"\b{_PASSWORD_WORDS}\s+(?:for|to|of|on)\s+(?:[\w'’.-]+\s+){{1,5}}?(?:is|was|:)\s*:?\s*[\"'“`]*(?P<v>[^\s\"'“”`,*<>]{{4,}})",
            re.I,
        ),
        0.7,
        _PASSWORD_NEEDS,
        _mixed_password,
        bare=True,
    ),
    Rule(
        "PASSWORD",
        re.compile(
            rf"\b{_PASSWORD_WORDS}(?:\s+(?:is|was|to|ist|es|est|è|é))?\s*[:=]?\s*([\"“'`])(?P<v>[^\"“”'`\n]{{4,60}})(?:\1|”)",
            re.I,
        ),
        0.75,
        _PASSWORD_NEEDS,
        _quoted_password,
    ),
    Rule(
        "PASSWORD",
        re.compile(
            rf"\b(?:{_PASSWORD_WORDS}|my pass(?:word)?|creds?|credentials|log ?in (?:with|using))[\s:=]+(?:is |are )?(?:[\w.@+-]+\s*[/:|]\s*)?(?P<v>[^\s\"'“”`,<>()]{{5,}})",
            re.I,
        ),
        0.7,
        (*_PASSWORD_NEEDS, "my pass", "cred", "log in", "login"),
        _mixed_password,
        bare=True,
    ),
    Rule(
        "PASSWORD",
        re.compile(r"\b\w*(?:password|passwd|pwd)\w*[\"']?\s*(?:=|:|=>)\s*[\"'](?P<v>[^\s\"']{4,})[\"']", re.I),
        0.8,
        ("passw", "pwd"),
        _coded_password,
        bare=True,
    ),
    Rule(
        "PASSWORD",
        re.compile(r"\b(?:password|passwd|pwd)\s*=\s*(?P<v>[^\s\"';,&]{4,})", re.I),
        0.7,
        ("passw", "pwd"),
        _coded_password,
        bare=True,
    ),
    Rule(
        "PASSWORD",
        re.compile(
            r"\b(?:pin|pin[ -]?code|pin number|security code|cvv2?|cvc2?|cvn|otp|one[- ]time (?:code|password)|(?:verification|access|door|gate|alarm|entry|2fa|sms)"
            r"[ -]?code|pass ?code|prüfnummer|código pin|code pin)\s*(?:is|was|ist|est|es|:|=|#)?\s*(?P<v>\d{3,8})\b",
            re.I,
        ),
        0.7,
        ("pin", "code", "cv", "otp", "código", "prüfnummer", "password"),
    ),
)
