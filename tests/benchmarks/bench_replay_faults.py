"""Ten thousand prefixes as long as WildChat's against an endpoint that misbehaves on purpose: every row accounted for.

    PYTHONPATH=.:tests python tests/benchmarks/bench_replay_faults.py --prefixes 10000 --faults 0.05

What the endpoint says it did is compared with what the run says it got, kind by kind: faults that a call can outlive
(limits, server errors, lost and stalled connections) leave no trace but time, all others are outcomes, each counted
once. Then the failures are asked for anew until none is left.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

from fake_endpoint import Manner, counts_of, fake_endpoint
from make_log import words
from makers import conversation as made_conversation
from makers import fill

from deploysim.chat.settings import ModelSettings
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.replaying import ReplayPlan, outcomes_to_retry, replay_sample
from deploysim.sampling import SampleSpec
from deploysim.store.outcomes import ANSWERED, CUT
from deploysim.store.responses import responses
from deploysim.store.run_progress import read_progress
from deploysim.store.runs import journal_path
from deploysim.store.workspace import Workspace
from deploysim.types import Conversation, FailureKind, Lane, Message

OUTCOME_OF = {
    "filter": FailureKind.REFUSED_BY_FILTER,
    "too long": FailureKind.CONTEXT_TOO_LONG,
    "garbage": FailureKind.MALFORMED,
    "wrong type": FailureKind.MALFORMED,
    "cut": CUT,
}
"""What becomes of a call that meets a fault which no further try would get past."""
MEAN_CHARS, SPREAD = 5_000, 1.1
"""Of a conversation: WildChat's mean, and the standard deviation of the logarithm."""


def conversations(prefixes: int, seed: int) -> Iterator[Conversation]:
    """Yield conversations of one to five turns until there are so many prefixes."""
    rng = random.Random(seed)
    vocabulary = words(rng)
    number = 0
    while prefixes > 0:
        turns = min(prefixes, rng.choice((1, 1, 2, 3, 5)))
        chars = rng.lognormvariate(0, SPREAD) * MEAN_CHARS / 2.718 ** (SPREAD**2 / 2)
        texts = [" ".join(rng.choices(vocabulary, k=max(2, round(chars / 6 / turns / 2)))) for _ in range(2 * turns)]
        messages = [Message(("user", "assistant")[n % 2], text) for n, text in enumerate(texts)]  # type: ignore[arg-type]
        yield made_conversation(number, messages=tuple(messages), spans=())
        prefixes, number = prefixes - turns, number + 1


def main() -> None:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefixes", type=int, default=10_000)
    parser.add_argument("--faults", type=float, default=0.05)
    parser.add_argument("--in-flight", type=int, default=64)
    given = parser.parse_args()
    manner = Manner(delay=(0.05, 0.5), faults=given.faults, words=300)
    with tempfile.TemporaryDirectory() as folder, fake_endpoint(manner) as url:
        here = Workspace(Path(folder))
        made = list(conversations(given.prefixes, 1))
        fill(here, made)
        sample = draw(here, SampleSpec(seed=1), now=datetime.now(UTC))
        lengths = [sum(len(m.content) for m in one.messages) for one in made]
        print(f"{sample.size:,} prefixes of {len(made):,} conversations, mean {mean(lengths):,.0f} characters")
        settings = ModelSettings("bench", "fake", url, timeout_s=5.0)
        plan = ReplayPlan(sample.sample_id, Lane.CANDIDATE, settings, in_flight=given.in_flight)
        account(here, plan, url)
        retry(here, plan, url)


def account(here: Workspace, plan: ReplayPlan, url: str) -> None:
    """Replay everything and hold what the endpoint did against what the run got."""
    started = time.monotonic()
    run = replay_sample(here, plan, now=datetime.now(UTC))
    seconds = time.monotonic() - started
    faults, frame = Counter(counts_of(url)["faults"]), responses(here, run.run_id)
    expected: Counter[str] = Counter()
    for fault, outcome in OUTCOME_OF.items():
        expected[str(outcome)] += faults[fault]
    got = {kind: count for kind, count in run.outcomes.items() if kind != ANSWERED}
    progress = read_progress(here, run.run_id)
    print(
        f"{run.status} in {seconds:.0f} s, {counts_of(url)['requests']:,} requests, {progress and progress.latencies}"
    )
    print(f"the endpoint's faults: {dict(faults.most_common())}")
    print(f"the run's outcomes:    {run.outcomes}; by model {run.answered_by}")
    assert frame.height == frame["prefix_id"].n_unique() == sum(run.outcomes.values()) == run.prefixes
    assert got == {kind: count for kind, count in expected.items() if count}, (got, expected)
    assert run.answered_by.get("fake-2", 0) == faults["another model"]
    # A name of its own is all that "cut" and "another model" change: they are responses.
    print("every row accounted for: each outcome as often as the endpoint caused it")


def retry(here: Workspace, plan: ReplayPlan, url: str) -> None:
    """Ask anew for failures until there are none."""
    for turn in range(10):
        again = ReplayPlan(
            plan.sample_id, plan.lane, plan.settings, in_flight=plan.in_flight, retry=outcomes_to_retry(["all"])
        )
        run = replay_sample(here, again, now=datetime.now(UTC))
        print(f"--retry all, time {turn + 1}: {run.outcomes}")
        if set(run.outcomes) <= {ANSWERED, CUT}:
            break
    rows = sum(1 for _ in journal_path(here, run.run_id).open("rb"))
    print(
        f"{rows:,} rows in the journal, {sum(run.outcomes.values()):,} prefixes, {counts_of(url)['requests']:,} requests"
    )


if __name__ == "__main__":
    main()
