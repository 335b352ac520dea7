"""Addresses of machines and points on the map."""

from __future__ import annotations

import ipaddress
import re

from deploysim.scrub.rules import Rule
from deploysim.scrub.word_lists import word_set, word_tuple

_STAY = tuple(
    ipaddress.ip_network(network)
    for network in word_tuple("""0.0.0.0/8 127.0.0.0/8 224.0.0.0/3 ::1/128 ::/128 ff00::/8""")
)
_WELL_KNOWN = word_set("8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 192.168.0.1 192.168.1.1 10.0.0.1 169.254.169.254")
_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"


def _telling_ip(value: str) -> bool:
    """Whether a value is an address of one machine: not loopback, a mask or a public service."""
    address = value.split("/")[0]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ":" in address and (address.count(":") < 3 or len(address) < 9):
        return False
    if address in _WELL_KNOWN or address.endswith(".0"):
        return False
    return not any(parsed in network for network in _STAY if network.version == parsed.version)


MACHINE_RULES = (
    Rule(
        "IP_ADDRESS",
        re.compile(
            rf"(?<![\w.:/-])(?<!version )(?<!Version )(?<!release )(?<!driver )(?:{_BYTE}\.){{3}}{_BYTE}(?:/(?:3[0-2]|[12]?\d))?(?![\w]|\.\d)"
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
            r"(?<![\w:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])"
            r"|(?<![\w.])(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}(?![\w.])"
        ),
        0.9,
        (":", "-", "."),
    ),
    Rule(
        "UUID",
        re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}\b"),
        0.9,
        ("-",),
    ),
    Rule(
        "COORDINATES",
        re.compile(
            r"(?<![\d.])[-+−]?(?:[1-8]?\d|90)\.\d{4,}\s*°?\s*[NS]?\s*[,;/ ]\s*[-+−]?(?:1[0-7]\d|\d{1,2}|180)\.\d{4,}(?![\d.])(?:\s*°?\s*[EWO]\b)?"
        ),
        0.7,
        (".",),
    ),
    Rule(
        "COORDINATES",
        re.compile(r"\b(?:lat(?:itude)?|lon(?:gitude)?|lng)\b[\"']?\s*[:=]\s*(?P<v>[-+]?\d{1,3}\.\d{3,})", re.I),
        0.7,
        ("lat", "lon", "lng"),
    ),
    Rule(
        "COORDINATES",
        re.compile(
            r"\d{1,3}\s?°\s?\d{1,2}\s?['′’]\s?(?:\d{1,2}(?:\.\d+)?\s?(?:[\"″”]|'')\s?)?[NSEWO]\b"
            r"(?:[\s,]+\d{1,3}\s?°\s?\d{1,2}\s?['′’]\s?(?:\d{1,2}(?:\.\d+)?\s?(?:[\"″”]|'')\s?)?[NSEWO]\b)?"
        ),
        0.7,
        ("°",),
    ),
)
