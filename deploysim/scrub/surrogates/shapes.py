"""Strings that keep the length and the character classes of another string."""

from __future__ import annotations

import re
import string

from deploysim.scrub.surrogates.stream import KeyedStream

VENDOR_PREFIX = re.compile(
    r"(?:sk-(?:proj-|ant-(?:api\d\d-)?|or-v1-|svcacct-)?|(?:sk|pk|rk)_(?:live|test)_|whsec_|github_pat_|gh[pousr]_|"
    r"glpat-|xox[abeprs]-|xapp-|AIza|ya29\.|AKIA|ASIA|hf_|npm_|pypi-|dop_v1_|shpat_|SG\.|GOCSPX-|eyJ|gsk_|r8_|key-)"
)
_LABEL = re.compile(r"#?[A-Za-z]{1,10}[-_/#:. ]+(?=[^\n]*\d)")


def same_shape(value: str, stream: KeyedStream, *, start: int = 0) -> str:
    """Replace each letter by a letter of its case and each digit by a digit, from `start` on.

    A leading digit other than 0 stays other than 0, so that numbers keep their length when read as numbers.
    """
    out = [value[:start]]
    previous_is_digit = False
    for char in value[start:]:
        out.append(_like(char, stream, leading=not previous_is_digit))
        previous_is_digit = char.isdigit()
    return "".join(out)


def _like(char: str, stream: KeyedStream, *, leading: bool) -> str:
    if char.isdigit():
        return str(1 + stream.below(9)) if leading and char != "0" else str(stream.below(10))
    if not char.isalpha():
        return char
    letters = string.ascii_uppercase if char.isupper() else string.ascii_lowercase
    return stream.pick(letters)


def like_secret(value: str, stream: KeyedStream) -> str:
    """Return a key or token of the same vendor, length and character classes."""
    known = VENDOR_PREFIX.match(value)
    return same_shape(value, stream, start=known.end() if known else 0)


def like_identifier(value: str, stream: KeyedStream) -> str:
    """Return an identifier that keeps a leading label such as `ORD-`."""
    label = _LABEL.match(value)
    return same_shape(value, stream, start=label.end() if label else 0)


def like_hexadecimal(value: str, stream: KeyedStream) -> str:
    """Return hexadecimal digits in the case and grouping of the value."""
    digits = "0123456789ABCDEF" if any(char.isupper() for char in value) else "0123456789abcdef"
    return "".join(stream.pick(digits) if char.isalnum() else char for char in value)


def like_private_key(value: str, stream: KeyedStream) -> str:
    """Return a key block whose frame stays and whose body is random."""
    return "\n".join(line if line.startswith("-----") else same_shape(line, stream) for line in value.split("\n"))
