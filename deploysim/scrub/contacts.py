"""E-mail addresses, pages, handles and machine addresses."""

from __future__ import annotations

import ipaddress
import re
from functools import cache

from deploysim.scrub.rules import Rule

RESERVED_DOMAINS = re.compile(r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost|local)$", re.I)
"""Domains set aside for documentation: they belong to nobody."""

_PUBLIC_HOSTS = frozenset(
    [
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "stackoverflow.com",
        "stackexchange.com",
        "wikipedia.org",
        "wikimedia.org",
        "python.org",
        "pypi.org",
        "npmjs.com",
        "mozilla.org",
        "w3.org",
        "w3schools.com",
        "apache.org",
        "gnu.org",
        "kernel.org",
        "readthedocs.io",
        "microsoft.com",
        "google.com",
        "googleapis.com",
        "gstatic.com",
        "apple.com",
        "amazon.com",
        "amazonaws.com",
        "openai.com",
        "anthropic.com",
        "huggingface.co",
        "arxiv.org",
        "doi.org",
        "youtube.com",
        "youtu.be",
        "reddit.com",
        "bbc.co.uk",
        "bbc.com",
        "nytimes.com",
        "cnn.com",
        "who.int",
        "nih.gov",
        "cdc.gov",
        "nasa.gov",
        "europa.eu",
        "un.org",
        "unsplash.com",
        "imdb.com",
        "jquery.com",
        "jsdelivr.net",
        "cloudflare.com",
        "unpkg.com",
        "bootstrapcdn.com",
        "docker.com",
        "kubernetes.io",
        "ubuntu.com",
        "debian.org",
        "oracle.com",
        "mysql.com",
        "postgresql.org",
        "nodejs.org",
        "reactjs.org",
        "vuejs.org",
        "angular.io",
        "tensorflow.org",
        "pytorch.org",
        "numpy.org",
        "pandas.pydata.org",
        "scikit-learn.org",
        "schema.org",
        "adobe.com",
        "medium.com",
        "tutorialspoint.com",
        "geeksforgeeks.org",
        "kaggle.com",
        "facebook.com",
        "instagram.com",
        "twitter.com",
        "x.com",
        "linkedin.com",
        "tiktok.com",
        "pinterest.com",
        "ebay.com",
        "netflix.com",
        "spotify.com",
        "paypal.com",
        "stripe.com",
        "britannica.com",
        "nature.com",
        "sciencedirect.com",
        "springer.com",
        "ieee.org",
        "acm.org",
        "jstor.org",
    ]
)
_PERSONAL_PATH = re.compile(
    r"(?:(?:facebook|instagram|twitter|x|tiktok|pinterest)\.com/@?[\w.-]{3,}|linkedin\.com/in/|reddit\.com/u(?:ser)?/|/(?:users?|profile|u|~|in|people|account)/"
    r"|[?&](?:email|user|name|token|key|id|uid|session|phone|q)=|github\.com/[\w-]+/?$|docs\.google\.com/|drive\.google\.com/|/maps/)",
    re.I,
)


@cache
def _splitter() -> object:
    import tldextract

    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)


@cache
def registrable(host: str) -> str | None:
    """Return the registrable domain of a host, or None where it has no public suffix. Uses the bundled suffix list only."""
    parts = _splitter()(host)  # type: ignore[operator]
    return f"{parts.domain}.{parts.suffix}".casefold() if parts.domain and parts.suffix else None


def _personal_host(host: str) -> bool:
    return not RESERVED_DOMAINS.search(host)


def _real_mailbox(value: str) -> bool:
    host = value.rpartition("@")[2]
    return _personal_host(host) and registrable(host) is not None


def _personal_url(url: str) -> bool:
    host_match = re.match(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/@\s]*@)?([^/:?#\s]+)", url, re.I)
    host = host_match[1] if host_match else url.split("/")[0]
    if not _personal_host(host):
        return False
    domain = registrable(host)
    if domain is None:
        return False
    return domain not in _PUBLIC_HOSTS or bool(_PERSONAL_PATH.search(url))


_COMMON_SUFFIXES = r"(?:com|org|net|edu|gov|info|biz|de|uk|fr|es|nl|eu|ch|at|se|dk|fi|pl|ru|jp|cn|in|br|ca|au|us|tv|ai|app|dev|shop|online|site|xyz|blog|store|club|tech|cz|hu|gr|pt|ie|be|si|sk|ro|bg|hr|lt|lv|ee|mx|ar|cl|za|kr|tr|ua|il|nz|sg|hk|tw)"


def _bare_domain(value: str) -> bool:
    host = value.split("/")[0].split("?")[0]
    labels = host.split(".")
    if value[0].isupper() and labels[0][1:].islower() and len(labels) == 2 and labels[1][:1].isupper():
        return False
    return (
        all(len(label) > 1 for label in labels) and not labels[0].isdigit() and _personal_url(host + value[len(host) :])
    )


_STAY = tuple(
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "224.0.0.0/3",
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "::1/128",
        "::/128",
        "2001:db8::/32",
        "ff00::/8",
    )
)
_WELL_KNOWN_IPS = frozenset(
    ["8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "192.168.0.1", "192.168.1.1", "10.0.0.1", "169.254.169.254"]
)


def _telling_ip(value: str) -> bool:
    address = value.split("/")[0]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ":" in address and (address.count(":") < 3 or len(address) < 9):
        return False
    return (
        address not in _WELL_KNOWN_IPS
        and not address.endswith(".0")
        and not any(parsed in net for net in _STAY if net.version == parsed.version)
    )


_NOT_HANDLES = frozenset(
    [
        "media",
        "import",
        "font-face",
        "keyframes",
        "charset",
        "supports",
        "page",
        "property",
        "staticmethod",
        "classmethod",
        "override",
        "autowired",
        "component",
        "controller",
        "entity",
        "table",
        "column",
        "id",
        "param",
        "return",
        "returns",
        "author",
        "since",
        "version",
        "deprecated",
        "throws",
        "bean",
        "service",
        "repository",
        "test",
        "before",
        "after",
        "beforeeach",
        "aftereach",
        "app",
        "dataclass",
        "abstractmethod",
        "pytest",
        "everyone",
        "here",
        "channel",
        "all",
        "gmail",
        "yahoo",
        "hotmail",
        "outlook",
        "injectable",
        "input",
        "output",
        "module",
        "directive",
        "state",
        "binding",
        "published",
        "mainactor",
        "objc",
        "include",
        "extends",
        "section",
        "layout",
        "model",
        "restcontroller",
        "requestmapping",
        "getmapping",
        "postmapping",
        "springbootapplication",
        "data",
        "getter",
        "setter",
        "builder",
        "nullable",
        "notnull",
        "inject",
        "mock",
        "suppresswarnings",
        "functionalinterface",
        "safevarargs",
        "configuration",
        "value",
        "transactional",
        "query",
        "types",
        "angular",
        "vue",
        "babel",
        "nestjs",
        "reduxjs",
        "mui",
        "emotion",
        "aws",
        "google-cloud",
        "click",
        "route",
        "cache",
        "decorator",
        "wraps",
        "home",
        "work",
        "least",
        "most",
        "first",
        "tailwind",
        "apply",
        "layer",
        "type",
        "see",
        "link",
        "todo",
        "example",
    ]
)


def _handle(value: str) -> bool:
    return value.lstrip("@").lower() not in _NOT_HANDLES


_PLATFORMS = r"(?:user ?name|user ?id|screen ?name|nick ?name|handle|login|gamertag|gamer tag|psn|steam(?: id)?|discord|telegram|snap(?:chat)?|insta(?:gram)?|ig|twitter|tiktok|skype|github|reddit|twitch|youtube channel|venmo|cashapp|onlyfans|kik|wechat|line id|slack)"


def _stated_handle(value: str) -> bool:
    bare = value.strip(".@")
    return bare.lower() not in _NOT_HANDLES and (
        any(not c.isalpha() for c in bare) or not bare.islower() or value.startswith("@")
    )


CONTACT_RULES = (
    Rule(
        "EMAIL_ADDRESS",
        re.compile(r"(?<![\w.+%-])[\w.!#$%&'*+/=?^`{|}~-]{0,63}[\w+-]@[^\W_](?:[\w-]*\w)?(?:\.[^\W_](?:[\w-]*\w)?)+"),
        0.95,
        ("@",),
        _real_mailbox,
    ),
    Rule(
        "EMAIL_ADDRESS",
        re.compile(
            r"\b[\w.+-]{2,}\s*(?:\[at\]|\(at\)| at )\s*[\w-]+\s*(?:\[dot\]|\(dot\)| dot )\s*(?:com|org|net|de|co\.uk|edu|io|fr)\b",
            re.I,
        ),
        0.8,
        (" at", "[at]", "(at)"),
    ),
    Rule(
        "URL",
        re.compile(r"\b(?:https?|ftp|wss?)://[^\s<>\"'`\]){}|\\^,]+[^\s<>\"'`\]){}|\\^,.;:!?*_]", re.I),
        0.9,
        ("://",),
        _personal_url,
    ),
    Rule("URL", re.compile(r"\b[a-z][a-z0-9+]*://[^\s:/@]+:[^\s:/@]+@[^\s\"'`<>]+", re.I), 0.85, ("://",)),
    Rule(
        "URL",
        re.compile(
            rf"(?<![\w@./\\$-])(?:www\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+{_COMMON_SUFFIXES}(?![\w(@-]|\.\w)(?:/[^\s<>\"'`\])]*[^\s<>\"'`\]).,;:!?])?",
            re.I,
        ),
        0.6,
        (".",),
        _bare_domain,
    ),
    Rule(
        "IP_ADDRESS",
        re.compile(
            r"(?<![\w.:/-])(?<![vV])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:/(?:3[0-2]|[12]?\d))?(?![\w]|\.\d)"
        ),
        0.8,
        (".",),
        _telling_ip,
    ),
    Rule("IP_ADDRESS", re.compile(r"(?<=://)(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"), 0.95, ("://",), _telling_ip),
    Rule("IP_ADDRESS", re.compile(r"(?<=[|@=(\[])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"), 0.8, (".",), _telling_ip),
    Rule(
        "IP_ADDRESS",
        re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?:%\w+)?(?![\w:])"),
        0.8,
        (":",),
        _telling_ip,
    ),
    Rule(
        "MAC_ADDRESS",
        re.compile(
            r"(?<![\w:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])|(?<![\w.])(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}(?![\w.])"
        ),
        0.9,
        (":", "-", "."),
    ),
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
            rf"\b{_PLATFORMS}\b(?: (?:user ?name|handle|account|id|name|is))*\s*(?:is|:|=|-)?\s*[\"'“`]?(?P<v>@?[A-Za-z0-9_][\w.-]{{2,29}})",
            re.I,
        ),
        0.6,
        (
            "name",
            "handle",
            "login",
            "tag",
            "psn",
            "steam",
            "discord",
            "telegram",
            "snap",
            "insta",
            "ig",
            "twitter",
            "tiktok",
            "skype",
            "github",
            "reddit",
            "twitch",
            "venmo",
            "kik",
            "wechat",
            "user",
        ),
        _stated_handle,
    ),
    Rule("USERNAME", re.compile(r"(?<![\w#/])[A-Za-z][\w.]{2,31}#\d{4}(?!\d)"), 0.7, ("#",)),
    Rule("USERNAME", re.compile(r"(?<![\w/])/?u/(?P<v>[A-Za-z0-9_-]{3,20})\b"), 0.7, ("u/",)),
)
