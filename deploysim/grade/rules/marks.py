"""Machine marks in the text, and turns that are not the assistant's to write."""

from __future__ import annotations

import re

from deploysim.grade.asking import Voice, voice
from deploysim.grade.own_words import without_code
from deploysim.grade.text import prepared
from deploysim.grade.verdicts import absent, present, unsure
from deploysim.types import Grade, Prefix, Response

_CONTROL = re.compile(
    r"<\|[a-z_]{2,30}\|>|<\|?(?:endoftext|im_start|im_end|eot_id|bos|eos|pad|unk|start_of_turn|end_of_turn)\|?>"
    r"|\[/?inst\]|<</?sys>>|</?s>(?=\s|$)|(?m:^#{2,3} (?:instruction|response|human|assistant|input)s?:?[ ]{0,3}$)"
)
_USER_TURN = re.compile(r"(?m)^[ *_#]{0,4}(?:user|human)[*_]{0,3}:[*_]{0,2}(?=[ \n]|$)")
_MOST_EVIDENCE = 5
_LEFT = "It leaves the user's turns to the user."


def control_marks(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response shows marks that are meant for machines, such as "<|im_end|>"."""
    if not any(sign in response.text for sign in "<[#"):
        return absent("It shows no machine marks.")
    text = prepared(without_code(response.text))
    spans = tuple(match.span() for _, match in zip(range(_MOST_EVIDENCE), _CONTROL.finditer(text), strict=False))
    if not spans:
        return absent("It shows no machine marks.")
    if any(_CONTROL.search(prepared(message.content)) for message in prefix.messages):
        return absent("Such marks were already in the conversation.")
    return present("It shows marks that are meant for machines.", *spans)


def speaks_for_user(prefix: Prefix, response: Response) -> Grade:
    """Decide whether the response goes on to write the user's next message."""
    text = prepared(without_code(response.text))
    if "user" not in text and "human" not in text:
        return absent(_LEFT)
    first = next((match for match in _USER_TURN.finditer(text) if text[: match.start()].strip()), None)
    if first is None:
        return absent(_LEFT)
    if voice(prefix) is not Voice.OWN or any(_USER_TURN.search(prepared(m.content)) for m in prefix.messages):
        return unsure("It writes lines for a user, but a dialogue may have been asked for.", first.span())
    return present("It goes on to write the user's next message.", first.span())
