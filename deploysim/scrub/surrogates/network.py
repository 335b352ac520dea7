"""Addresses of machines, mailboxes and pages, all in ranges and domains set aside for documentation."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from deploysim.scrub.surrogates.pools import DOMAIN_WORDS
from deploysim.scrub.surrogates.shapes import like_hexadecimal, same_shape
from deploysim.scrub.surrogates.stream import KeyedStream
from deploysim.scrub.word_lists import word_set

MapWord = Callable[[str], str]
MapDomain = Callable[[str], str]

_PUBLIC_RANGES = ("192.0.2", "198.51.100", "203.0.113")
FREE_MAIL = word_set(
    """gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com icloud.com me.com aol.com proton.me
    protonmail.com gmx.de gmx.net web.de mail.ru yandex.ru qq.com 163.com 126.com msn.com yahoo.co.uk
    hotmail.co.uk mail.com"""
)
ROLE_MAILBOXES = word_set(
    """info support sales contact admin hello office billing help noreply no-reply donotreply service team press
    jobs careers hr privacy security abuse postmaster webmaster newsletter marketing enquiries orders"""
)


def like_ip(value: str, stream: KeyedStream) -> str:
    """Return an address of a documentation range (RFC 5737, RFC 3849); a private one stays in its private range."""
    address, slash, mask = value.partition("/")
    if ":" in address:
        groups = ":".join(f"{stream.below(65535) + 1:x}" for _ in range(4))
        return f"2001:db8:{groups.split(':', 2)[0]}::{groups.split(':', 1)[1]}{slash}{mask}"
    parts = address.split(".")
    host = 1 + stream.below(254)
    if ipaddress.ip_address(address).is_private:
        keep = 1 if parts[0] == "10" else 2
        inner = [str(stream.below(256)) for _ in range(3 - keep)]
        return ".".join([*parts[:keep], *inner, str(host)]) + slash + mask
    return f"{stream.pick(_PUBLIC_RANGES)}.{host}{slash}{mask}"


def like_mac(value: str, stream: KeyedStream) -> str:
    """Return a locally administered hardware address in the same notation."""
    text = like_hexadecimal(value, stream)
    return "02" + text[2:]


def like_uuid(value: str, stream: KeyedStream) -> str:
    """Return a UUID of the same version and variant."""
    text = list(like_hexadecimal(value, stream))
    for place in (14, 19):
        text[place] = value[place]
    return "".join(text)


def domain_for(domain: str, stream: KeyedStream) -> str:
    """Return the documentation domain (RFC 2606) that stands for a registrable domain."""
    if domain in FREE_MAIL:
        return stream.pick(("example.com", "example.org", "example.net"))
    return f"{stream.pick(DOMAIN_WORDS)}{stream.pick(DOMAIN_WORDS)}.example"


def like_email(value: str, *, word: MapWord, domain: MapDomain, stream: KeyedStream) -> str:
    """Return a mailbox made of the surrogate names of the words in it, at a documentation domain."""
    if "@" not in value:
        return _spelled_out(value, word=word)
    local, _, host = value.rpartition("@")
    return f"{like_local_part(local, word=word, stream=stream)}@{domain(host)}"


def _spelled_out(value: str, *, word: MapWord) -> str:
    """Return a mailbox written with "at" and "dot" with its other words replaced and its last label, such as "com", kept."""
    head, _, suffix = value.rpartition(" ") if " " in value else value.rpartition("]")
    spoken = {"at", "dot"}
    changed = re.sub(r"[^\W\d_]+", lambda match: match[0] if match[0].lower() in spoken else word(match[0]), head)
    return changed + value[len(head) : len(value) - len(suffix)] + suffix


def like_local_part(local: str, *, word: MapWord, stream: KeyedStream) -> str:
    """Replace the words and digits of a mailbox or user name; role mailboxes such as `support` stay."""
    if local.lower() in ROLE_MAILBOXES:
        return local

    def mapped(match: re.Match[str]) -> str:
        token = match[0]
        return word(token) if len(token) > 2 and token.isalpha() else same_shape(token, stream)

    return re.sub(r"[A-Z][a-z]+|[^\W\d_]+|\d+", mapped, local)


_HOST = re.compile(
    r"(?P<scheme>(?:[a-z][a-z0-9+.-]*:)?//)?(?P<user>[^/@\s]*@)?(?P<host>[^/:?#\s]+)(?P<rest>.*)", re.I | re.S
)
_PLAIN_SEGMENT = re.compile(r"[a-z]{1,14}(?:[-_][a-z]{1,14}){0,2}(?:\.(?:html?|php|aspx?|jsp|pdf|png|jpe?g))?", re.I)


def like_url(value: str, *, word: MapWord, domain: MapDomain, stream: KeyedStream) -> str:
    """Return a page address of the same shape at a documentation domain; web pages become https, as pages are today."""
    parts = _HOST.fullmatch(value)
    if parts is None:
        return same_shape(value, stream)
    user = like_local_part(parts["user"], word=word, stream=stream) if parts["user"] else ""
    rest = re.sub(r"[^/?&=#:;,]+", lambda match: _segment(match, word, stream), parts["rest"])
    scheme = re.sub(r"^http:", "https:", parts["scheme"] or "")
    return scheme + user + domain(parts["host"]) + rest


def _segment(match: re.Match[str], word: MapWord, stream: KeyedStream) -> str:
    if _SOMEBODY.search(match.string[: match.start()]) or match[0].startswith("~"):
        return like_local_part(match[0], word=word, stream=stream)
    return match[0] if _PLAIN_SEGMENT.fullmatch(match[0]) else same_shape(match[0], stream)


_SOMEBODY = re.compile(
    r"(?:/(?:profiles?|users?|u|in|people|persons?|members?|authors?|accounts?)/|[?&](?:user(?:name)?|name|login|author|member)=)$",
    re.I,
)
"""What stands before somebody's name in the address of a page."""
