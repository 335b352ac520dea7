"""User names and handles on platforms."""

from __future__ import annotations

import re

from deploysim.scrub.rules import Rule
from deploysim.scrub.word_lists import word_set, word_tuple

_NOT_HANDLES = word_set(
    """media import font-face keyframes charset supports page property staticmethod classmethod override autowired
    component controller entity table column id param return returns author since version deprecated throws bean
    service repository test before after beforeeach aftereach app dataclass abstractmethod pytest everyone here
    channel all gmail yahoo hotmail outlook injectable input output module directive state binding published
    mainactor objc include extends section layout model restcontroller requestmapping getmapping postmapping
    springbootapplication data getter setter builder nullable notnull inject mock suppresswarnings
    functionalinterface safevarargs configuration value transactional query types angular vue babel nestjs
    reduxjs mui emotion aws google-cloud click route cache decorator wraps home work least most first tailwind
    apply layer type see link todo example is was not required name password user username admin root none null
    string email and the or for your my taken startuml enduml available field must should can will may has copilot instagram
    twitter facebook youtube"""
)

_ACCOUNT_WORDS = (
    r"user[ _-]?name|screen[ _-]?name|nick[ _-]?name|nick|handle|log[ -]?in|gamer[ _-]?tag|user[ _-]?id|benutzername|nutzername|nom d['’]utilisateur|"
    r"identifiant|pseudo|usuario|nombre de usuario|nome utente|utente|gebruikersnaam|nome de usuário|utilizador|логин|用户名|ユーザー名"
)
_LOGINS = word_tuple(
    "name nick handle login log-in tag user nutzer utilis identifiant pseudo usu uten gebruiker логин 用户名 ユーザー"
)
_PLATFORMS = (
    r"psn|steam|discord|telegram|snap(?:chat)?|insta(?:gram)?|ig|twitter|tiktok|skype|github|reddit|twitch|venmo|cashapp|"
    r"onlyfans|kik|wechat|line|slack"
)
_ACCOUNT_LINK = r"(?<=name)[ \t]+|(?!\w)[\"'`*)]*\s*(?:\b(?:is|was)\b|:|(?<!=)=(?!=))\s*"
_VALUE = r"[\"'“`*]?(?P<v>@?[A-Za-z0-9_][\w.-]{2,29})(?!\w)"


def _handle(value: str) -> bool:
    return value.lstrip("@").lower() not in _NOT_HANDLES


def _marked(value: str) -> bool:
    """Whether a word has what words do not: a digit, a mark or a capital inside."""
    bare = value.strip(".@")
    strange = any(not char.isalpha() for char in bare) or re.search(r"[a-z][A-Z]", bare) is not None
    return _handle(bare) and any(char.isalpha() for char in bare) and (strange or value.startswith("@"))


HANDLE_RULES = (
    Rule(
        "USERNAME",
        re.compile(r"(?<![\w@/.=\"'`\\-])@[A-Za-z_][A-Za-z0-9_.]{1,28}[A-Za-z0-9_](?![\w@(/:.]*[(/@])"),
        0.6,
        ("@",),
        _handle,
    ),
    Rule(
        "USERNAME",
        re.compile(
            rf"\b(?:my|his|her|your|their|the|username|handle) (?:{_ACCOUNT_WORDS})\s*(?:is|was|:|=)\s*{_VALUE}", re.I
        ),
        0.6,
        ("name", "handle", "login", "tag", "user"),
        _handle,
        bare=True,
    ),
    Rule(
        "USERNAME",
        re.compile(rf"(?<![\w.])(?:{_ACCOUNT_WORDS})(?:{_ACCOUNT_LINK}){_VALUE}", re.I),
        0.6,
        _LOGINS,
        _marked,
        bare=True,
    ),
    Rule(
        "USERNAME",
        re.compile(
            rf"\b(?:{_PLATFORMS})\b(?: (?:{_ACCOUNT_WORDS}|account|id|name))?\s*(?:is|:|=|-|as)\s*{_VALUE}", re.I
        ),
        0.6,
        tuple(_PLATFORMS.replace("(?:chat)?", "").replace("(?:gram)?", "").split("|")),
        _marked,
        bare=True,
    ),
    Rule(
        "USERNAME",
        re.compile(
            r"(?<![\w.])users?[ \t]+[\"'“`]?(?P<v>[A-Za-z]{2,}(?:[._-]?[A-Za-z]+)*[._-]?\d{2,6})(?![\w.-]*\w)", re.I
        ),
        0.6,
        ("user",),
        _handle,
    ),
    Rule("USERNAME", re.compile(r"(?<![\w#/])[A-Za-z][\w.]{2,31}#\d{4}(?!\d)"), 0.7, ("#",)),
    Rule("USERNAME", re.compile(r"(?<![\w/])/?u/(?P<v>[A-Za-z0-9_-]{3,20})\b"), 0.7, ("u/",)),
)
