"""What a forecast's posterior says of any limit, also for forecasts from before it was kept."""

from __future__ import annotations

import numpy as np

from deploysim.forecast.records import CategoryForecast, Posterior
from deploysim.stats.quantiles import draws_of, from_interval, probability_below
from deploysim.stats.rates import PER_100K, jeffreys_below

DRAWS = 20_000


def posterior_of(row: CategoryForecast) -> Posterior | None:
    """Return a forecast's posterior, guessed from medians and intervals where the forecast is from before it was kept."""
    if row.posterior or row.forecast is None or row.ratio is None:
        return row.posterior
    kept = [
        from_interval(one.median, max(one.interval.low, 1e-9), one.interval.high, level=one.interval.level)
        for one in (row.forecast, row.ratio)
    ]
    shares = np.array(draws_of(kept[0], draws=DRAWS, seed=0)) / PER_100K
    return Posterior(float(shares.mean()), float(shares.var()), kept[0], kept[1])


def ratio_within(row: CategoryForecast, limit: float) -> float | None:
    """Probability that the forecast rate is below `limit` times the previous one; None where there is no ratio."""
    posterior = posterior_of(row)
    return None if posterior is None else probability_below(posterior.ratio, limit)


def rate_within(row: CategoryForecast, limit: float) -> float | None:
    """Probability that the forecast rate is below `limit` per 100,000; None where the candidate has no clear outcome.

    Where no compared lane shows the behaviour, it is that of the candidate's own rate in the replay.
    """
    posterior = posterior_of(row)
    if posterior is not None:
        return probability_below(posterior.rate, limit)
    rate = row.lanes[-1].rate
    if rate.per_100k is None or not rate.n_effective:
        return None
    return jeffreys_below(rate.per_100k / PER_100K, rate.n_effective, limit / PER_100K)
