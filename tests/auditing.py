"""An auditor behind real HTTP, for tests: one that reads the pairs it is shown and proposes what its script sees."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from judging import Asked

NAME = "Opens with certainly"
DEFINITION = "The assistant begins by saying that it is sure."


@dataclass(frozen=True, slots=True)
class Shown:
    """One response as an auditor sees it."""

    pair: int
    side: str
    text: str


def shown(asked: Asked) -> list[Shown]:
    """Return the responses in the material."""
    mark = re.search(r"^mark (\w+)", asked.system, re.MULTILINE)[1]
    found = re.findall(rf"{mark} pair (\d+), response (\w)\n(.*?)\n(?={mark} )", asked.told, re.DOTALL)
    return [Shown(int(pair), side, text) for pair, side, text in found]


def reply(asked: Asked, *proposals: dict[str, object], **fields: object) -> str:
    """Return a reply as it was asked for."""
    return json.dumps({"check": asked.word, "proposals": proposals, **fields})


def proposal(*evidence: tuple[int, str, str], name: str = NAME, definition: str = DEFINITION) -> dict[str, object]:
    """Return a proposal with evidence: pair, side and quotation."""
    quoted = [{"pair": pair, "side": side, "quote": quote} for pair, side, quote in evidence]
    return {"name": name, "definition": definition, "evidence": quoted}


def sees(words: str) -> object:
    """An auditor who sees these words at the beginning of responses, and says the same under the name of a category."""

    def says(asked: Asked) -> str:
        found = [(one.pair, one.side, words) for one in shown(asked) if one.text.startswith(words)]
        return reply(asked, proposal(*found), proposal(*found, name="declines the REQUEST"))

    return says
