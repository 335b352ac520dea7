"""Do 90 % intervals hold the truth? The full simulation: 2,000 worlds a setting, about ten minutes.

    PYTHONPATH=.:tests python tests/benchmarks/bench_forecast.py [--worlds 2000] [--seed 0]

Prints, for every setting of `tests/worlds.py` below, in what share of the categories the intervals of forecast rate,
ratio and fidelity gap hold the truth, how many directions are called at 0.9, and how many of the calls are right.
Standard errors are below one point. At the end: the time of a forecast of 20 categories from sufficient statistics.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import worlds
from worlds import Setting

from deploysim.stats.lanes import stack
from deploysim.stats.pooling import Priors, pool
from deploysim.stats.shift import shift_draws

SETTINGS = (
    Setting(centre=1 / 10, n=400),
    Setting(centre=1 / 10, n=400, categories=1),
    Setting(centre=1 / 10, n=2_000, categories=20),
    Setting(centre=1 / 10, n=400, recorded=20_000),
    Setting(centre=1 / 10, n=800, cluster=4),
    Setting(centre=1 / 10, n=400, reviewed=(60, 300)),
    Setting(centre=1 / 10, n=800, cluster=4, recorded=20_000, reviewed=(60, 300)),
    Setting(centre=1 / 10, n=400, log=4_000),
    Setting(centre=1 / 10, n=800, cluster=4, log=4_000),
    Setting(centre=1 / 10, n=800, cluster=4, log=1_600),
    Setting(centre=1 / 10, n=800, cluster=4, log=8_000, reviewed=(60, 300)),
    Setting(centre=1 / 100, n=3_000, cluster=4, log=12_000),
    Setting(centre=1 / 1_000, n=30_000),
    Setting(centre=1 / 1_000, n=30_000, recorded=1_000_000),
    Setting(centre=1 / 1_000, n=30_000, log=90_000),
    Setting(centre=1 / 1_000, n=30_000, reviewed=(60, 10_000)),
    Setting(centre=1 / 1_000, n=30_000, cluster=4, categories=2),
    Setting(centre=1 / 20_000, n=600_000),
    Setting(centre=1 / 20_000, n=600_000, recorded=10_000_000),
    Setting(centre=1 / 20_000, n=600_000, reviewed=(60, 200_000)),
    Setting(centre=1 / 20_000, n=300_000, cluster=4, categories=1),
)


def main() -> None:
    """Run all settings and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print("centre n categories cluster recorded log reviewed | rate ratio gap | called right")
    for setting in SETTINGS:
        held = worlds.run(setting, worlds=arguments.worlds, seed=arguments.seed)
        called = np.maximum(held.up, 1 - held.up) >= 0.9
        right = ((held.up > 0.5) == held.rises)[called]
        print(
            f"1/{1 / setting.centre:,.0f} {setting.n:,} {setting.categories} {setting.cluster} {setting.recorded:,} "
            f"{setting.log:,} {setting.reviewed} | {held.forecast.mean():.3f} {held.ratio.mean():.3f} {held.gap.mean():.3f} | "
            f"{called.mean():.3f} {right.mean():.3f}",
            flush=True,
        )
    print(f"20 categories x 1,000,000 prefixes, 20,000 draws each: {speed():.2f} s")


def speed() -> float:
    """Seconds for a forecast of 20 categories from the joint tables of a million prefixes each."""
    setting = Setting(centre=1 / 1_000, n=1_000_000, categories=20)
    rng = np.random.default_rng(0)
    tables = [worlds.alone(setting.n, truth, rng) for truth in worlds.draw_truths(setting, rng)]
    started = time.perf_counter()
    posterior = pool(stack([worlds.table_moments(table) for table in tables]), Priors())
    for place in range(20):
        shift_draws(posterior.of(place), draws=20_000, seed=place)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
