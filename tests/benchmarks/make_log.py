"""Write a large, made-up log of chat conversations, one after another: for measuring imports and large workspaces.

    python tests/benchmarks/make_log.py big.jsonl --conversations 1000000 --chars 4000
    python -m deploysim import big.jsonl --already-scrubbed --workspace big

Every text is drawn by a seed from a few thousand made-up words, the frequent ones far more often, so that it compresses
about as prose does. Nobody is in it. With --personal, sentences with invented people, addresses and numbers stand among
the words, so that a scrubber has work.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

WORDS = 8_000
MODELS = ("model-a", "model-b")
START = 1_780_000_000
"""Unix time of the first conversation."""


def words(rng: random.Random) -> list[str]:
    """Return made-up words of one to four syllables."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
    return ["".join(rng.choices(syllables, k=rng.choice((1, 2, 2, 3, 3, 4)))) for _ in range(WORDS)]


def personal_sentence(rng: random.Random, vocabulary: list[str]) -> str:
    """Return a sentence about an invented person."""
    first, last, street = (rng.choice(vocabulary).title() for _ in range(3))
    forms = (
        f"My name is {first} {last} and you can write to {first.lower()}.{last.lower()}@mail{rng.randrange(99)}.example.net.",
        f"Please call Mr. {last} at +1 415 555 {rng.randrange(10_000):04} about it.",
        f"We live at {rng.randrange(1, 300)} {street} Street, it is order number {rng.randrange(10**8):08} again.",
        f"{first} was born on {rng.randrange(1, 29)} March {rng.randrange(1950, 2005)} and told Anna and David.",
    )
    return rng.choice(forms)


def conversations(count: int, chars: int, seed: int, *, personal: bool) -> Iterator[dict[str, Any]]:
    """Yield conversations of two to six messages with about so many characters."""
    rng = random.Random(seed)
    vocabulary = words(rng)
    cumulative = list(accumulate(1 / (rank + 2) for rank in range(WORDS)))
    # One draw a conversation is far faster than one a message.
    for number in range(count):
        size = rng.choice((2, 2, 4, 6))
        drawn = rng.choices(vocabulary, cum_weights=cumulative, k=max(size, round(chars / 6.1)))
        step = len(drawn) // size
        messages = [
            {"role": ("user", "assistant")[n % 2], "content": " ".join(drawn[n * step : (n + 1) * step]) + "."}
            for n in range(size)
        ]
        if personal:
            for message in messages:
                message["content"] += " " + personal_sentence(rng, vocabulary)
        yield {
            "id": f"made-{seed}-{number}",
            "model": MODELS[number % 2],
            "created": START + 7 * number,
            "user": f"user-{number % 50_000}",
            "messages": messages,
        }


def write_log(path: Path, *, count: int, chars: int, seed: int = 0, personal: bool = False) -> None:
    """Write the log as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        for row in conversations(count, chars, seed, personal=personal):
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--conversations", type=int, default=1_000_000)
    parser.add_argument("--chars", type=int, default=4_000, help="characters a conversation, about")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--personal", action="store_true", help="with invented personal data")
    given = parser.parse_args()
    write_log(given.path, count=given.conversations, chars=given.chars, seed=given.seed, personal=given.personal)
