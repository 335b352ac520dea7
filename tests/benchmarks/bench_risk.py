"""How many fewer replays give the same interval for a rare behaviour when prefixes are drawn by risk?

    PYTHONPATH=. python tests/benchmarks/bench_risk.py ../shared/data

Semi-synthetic, on real prefixes: the turns of real multi-turn conversations (WildChat) with the project's own refusal
rule on the recorded responses. The score of a turn is the square root of the share of *other* turns of its conversation
that were refused in the log, drawn to the log's share by two turns' worth, and nothing about the turn itself. Every turn stands for ten users' turns, so that a log of some size is there to
draw from. What the candidate does is simulated: it refuses 60 % of what was refused and a small share of the rest, more
of it in conversations with refusals. Both samples are drawn, weighted and summed up by
the same code in the same run; for the uniform one the number of replays is searched for that gives the same spread of
the candidate's rate and of its difference to the recorded one.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np
import polars as pl

from deploysim.grade.grader import graders_of
from deploysim.stats.lanes import lane_moments
from deploysim.stats.risk import draw, inclusion_probabilities
from deploysim.taxonomy import load_taxonomy
from deploysim.types import Message, Prefix, Response, Verdict

SEEDS = 60
SIZE = 600
USERS = 10
DRAWN = 2.0
"""Turns' worth by which a conversation's share is drawn to the log's."""


def turns(root: Path) -> tuple[np.ndarray, np.ndarray]:
    """Conversation and refusal of every recorded assistant turn."""
    refusal = next(g for g in graders_of(load_taxonomy()) if g.category == "refusal")
    frame = pl.read_parquet(root / "wildchat/data.parquet")
    found = []
    for number, conversation in enumerate(frame["conversation"].to_list()):
        for before, after in itertools.pairwise(conversation):
            if before["role"] == "user" and after["role"] == "assistant":
                prefix = Prefix("p", "c", (Message("user", before["content"]),))
                verdict = refusal.rule(prefix, Response(after["content"], finish_reason="stop")).verdict
                if verdict in (Verdict.PRESENT, Verdict.ABSENT):
                    found.append((number, verdict is Verdict.PRESENT))
    numbers, refused = zip(*found, strict=True)
    return np.array(numbers), np.array(refused, dtype=float)


def spread(lanes: np.ndarray, probabilities: np.ndarray, seeds: range) -> tuple[float, float]:
    """Mean standard deviation, over seeded samples, of the candidate's rate and of the difference of both lanes."""
    variances = []
    for seed in seeds:
        chosen = draw(probabilities, seed=seed)
        cov = lane_moments(lanes[chosen], weights=1 / probabilities[chosen], clusters=np.arange(chosen.size)).cov
        variances.append((cov[1, 1], cov[0, 0] + cov[1, 1] - 2 * cov[0, 1]))
    return tuple(np.sqrt(np.mean(variances, axis=0)))


def main() -> None:
    """Draw both kinds of samples and print what they are worth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="folder of the real data")
    conversation, refused = turns(parser.parse_args().root)
    neighbours = np.bincount(conversation, weights=refused)[conversation] - refused
    company = np.bincount(conversation)[conversation] - 1.0
    score = np.tile(np.sqrt((neighbours + DRAWN * refused.mean()) / (company + DRAWN)), USERS)
    refused, risky = np.tile(refused, USERS), np.tile(neighbours > 0, USERS)
    rng = np.random.default_rng(0)
    new = np.where(refused > 0, rng.random(refused.size) < 0.6, rng.random(refused.size) < np.where(risky, 0.05, 0.005))
    lanes = np.column_stack([refused, new.astype(float)])
    print(
        f"{refused.size:,} turns, recorded rate {refused.mean():.2%}, candidate {new.mean():.2%}, risky {risky.mean():.1%}"
    )
    weighted = spread(lanes, inclusion_probabilities(score, size=SIZE), range(SEEDS))
    sizes = np.arange(SIZE // 2, 4 * SIZE, 30)
    uniform = np.array([spread(lanes, np.full(refused.size, n / refused.size), range(SEEDS)) for n in sizes])
    for column, name in enumerate(("candidate's rate", "difference to the recorded rate")):
        enough = sizes[uniform[:, column] <= weighted[column]]
        equal = f"{enough[0]}" if enough.size else f"more than {sizes[-1]}"
        print(f"{name}: {SIZE} risk-weighted replays are as good as {equal} uniform ones")


if __name__ == "__main__":
    main()
