"""E-mail addresses and pages."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from deploysim.scrub.rules import Rule
from deploysim.scrub.word_lists import word_set

RESERVED_DOMAINS = re.compile(r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost|local)$", re.I)
"""Domains set aside for documentation: they belong to nobody."""

_PUBLIC_HOSTS = word_set(
    """github.com gitlab.com bitbucket.org stackoverflow.com stackexchange.com wikipedia.org wikimedia.org
    python.org mozilla.org w3.org w3schools.com apache.org gnu.org kernel.org readthedocs.io
    microsoft.com google.com googleapis.com gstatic.com apple.com amazon.com amazonaws.com openai.com
    anthropic.com huggingface.co arxiv.org doi.org youtube.com youtu.be reddit.com bbc.co.uk bbc.com nytimes.com
    cnn.com who.int nih.gov cdc.gov nasa.gov europa.eu un.org unsplash.com imdb.com jquery.com jsdelivr.net
    cloudflare.com unpkg.com bootstrapcdn.com docker.com kubernetes.io ubuntu.com oracle.com
    mysql.com postgresql.org nodejs.org reactjs.org vuejs.org angular.io tensorflow.org pytorch.org numpy.org
    pydata.org scikit-learn.org schema.org adobe.com medium.com tutorialspoint.com geeksforgeeks.org kaggle.com
    facebook.com instagram.com twitter.com x.com linkedin.com tiktok.com pinterest.com ebay.com netflix.com
    spotify.com paypal.com stripe.com britannica.com nature.com sciencedirect.com springer.com ieee.org acm.org
    jstor.org"""
)
_PERSONAL_PATH = re.compile(
    r"(?:facebook|instagram|twitter|x|tiktok|pinterest)\.com/@?[\w.-]{3,}|linkedin\.com/in/|reddit\.com/u(?:ser)?/"
    r"|/(?:users?|profile|u|~|in|people|account)/|[?&](?:email|user|name|token|key|id|uid|session|phone|q)="
    r"|github\.com/[\w-]+/?$|(?:docs|drive)\.google\.com/|/maps/",
    re.I,
)
_SUFFIXES = (
    "com|org|net|edu|gov|info|biz|de|uk|fr|es|nl|eu|ch|at|se|dk|fi|pl|ru|jp|cn|in|br|ca|au|us|tv|ai|app|dev|shop|online|site|xyz|"
    "blog|store|club|tech|cz|hu|gr|pt|ie|be|si|sk|ro|bg|hr|lt|lv|ee|mx|ar|cl|za|kr|tr|ua|il|nz|sg|hk|tw"
)


@cache
def _splitter() -> Any:
    # A plain `tldextract.extract` downloads the suffix list and writes it to disk at first use.
    import tldextract

    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)


@lru_cache(maxsize=20_000)
def registrable(host: str) -> str | None:
    """Return the registrable domain of a host, or None where it has no public suffix. Uses the bundled suffix list only."""
    parts = _splitter()(host)
    return f"{parts.domain}.{parts.suffix}".casefold() if parts.domain and parts.suffix else None


_NOBODY = re.compile(
    r"(?:your|my|some|the)?[._-]?(?:user|users?name|you|me|name|email|e-?mail|mail|test|tester|foo|bar|someone|someuser|"
    r"example|sample|admin|info|support|noreply|no-reply|sender|recipient|to|from|first[._-]?last)\d*",
    re.I,
)


def _real_mailbox(value: str) -> bool:
    """Whether an address may be somebody's: at a domain set aside for examples, only a word such as "user" is not."""
    local, _, host = value.rpartition("@")
    if RESERVED_DOMAINS.search(host):
        return not _NOBODY.fullmatch(local)
    return registrable(host) is not None


def _personal_url(url: str) -> bool:
    """Whether a page is not one of a well-known public site, or has a path or query that names somebody."""
    match = re.match(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/@\s]*@)?([^/:?#\s]+)", url, re.I)
    host = match[1] if match else url.split("/")[0]
    domain = None if RESERVED_DOMAINS.search(host) else registrable(host)
    return domain is not None and (domain not in _PUBLIC_HOSTS or bool(_PERSONAL_PATH.search(url)))


def _bare_domain(value: str) -> bool:
    labels = value.split("/")[0].split("?")[0].split(".")
    sentence_gap = len(labels) == 2 and labels[1][:1].isupper() and labels[0][1:].islower()
    return (
        not sentence_gap
        and all(len(label) > 1 for label in labels)
        and not labels[0].isdigit()
        and _personal_url(value)
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
            r"\b[\w.+-]{2,}(?:\s*(?:\[dot\]|\(dot\)| dot )\s*[\w+-]+)*\s*(?:\[at\]|\(at\)| at )\s*[\w-]+\s*(?:\[dot\]|\(dot\)| dot )\s*(?:com|org|net|de|co\.uk|edu|io|fr)\b",
            re.I,
        ),
        0.8,
        (" dot ", "[dot]", "(dot)"),
    ),
    Rule(
        "URL",
        re.compile(r"\b(?:https?|ftp|wss?)://[^\s<>\"'`\]){}|\\^,]+[^\s<>\"'`\]){}|\\^,.;:!?*_]", re.I),
        0.9,
        ("://",),
        _personal_url,
    ),
    Rule("URL", re.compile(r"\b[a-z][a-z0-9+]*://[^\s:/@]*:[^\s/@]+@[^\s\"'`<>]+", re.I), 1.0, ("://",)),
    Rule(
        "URL",
        re.compile(
            rf"(?<![\w@./\\$-])(?:www\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:{_SUFFIXES})(?![\w(@-]|\.\w)"
            r"(?:/[^\s<>\"'`\])]*[^\s<>\"'`\]).,;:!?])?",
            re.I,
        ),
        0.6,
        (".",),
        _bare_domain,
    ),
)
