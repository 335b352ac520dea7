"""How many pairs a question needs."""

from __future__ import annotations

import math

from scipy.special import expit, logit, ndtr, ndtri


def pairs_needed(*, old_rate: float, new_rate: float, lost: float, certainty: float, power: float) -> int | None:
    """Complete pairs needed to call the change from `old_rate` to `new_rate` with the given power.

    `lost` is the share of outcomes present in the old lane that are absent in the new one: with the rates it gives the
    discordant shares, improved = lost * old and regressed = new - old + improved. "Call" means that the posterior
    probability of a change in this direction reaches `certainty`: for large samples the one-sided test of the
    discordant pairs at 1 - `certainty`. With d = new - old and s = regressed + improved it takes
    (z_certainty sqrt(s) + z_power sqrt(s - d^2))^2 / d^2 pairs (Connor 1987, Biometrics 43:207, after Miettinen 1968).
    Where little is lost there are few discordant pairs and the number errs on the safe side. None where the rates are
    the same or are not between 0 and 1.
    """
    difference = new_rate - old_rate
    if difference == 0.0 or not (0.0 < old_rate < 1.0 and 0.0 < new_rate < 1.0):
        return None
    improved = max(lost * old_rate, -difference)
    discordant = difference + 2.0 * improved
    of_certainty = float(ndtri(certainty)) * math.sqrt(discordant)
    of_power = float(ndtri(power)) * math.sqrt(max(0.0, discordant - difference**2))
    return math.ceil((of_certainty + of_power) ** 2 / difference**2)


def moved_rate(rate: float, *, of: float, ratio: float) -> float | None:
    """Move `rate` by the shift on the log-odds scale that multiplies the rate `of` by `ratio`.

    Where both rates are the same this is ratio * rate. None where no shift does it, because `of` would reach 1.
    """
    if ratio * of >= 1.0:
        return None
    return float(expit(logit(rate) + logit(ratio * of) - logit(of)))


def power_of(pairs: float, *, old_rate: float, new_rate: float, lost: float, certainty: float) -> float | None:
    """Power with which so many complete pairs call a change: the inverse of `pairs_needed`, with its arguments.

    None where that gives no number.
    """
    difference = new_rate - old_rate
    if difference == 0.0 or not (0.0 < old_rate < 1.0 and 0.0 < new_rate < 1.0):
        return None
    improved = max(lost * old_rate, -difference)
    discordant = difference + 2.0 * improved
    spread = math.sqrt(max(discordant - difference**2, 1e-300))
    reach = abs(difference) * math.sqrt(pairs) - float(ndtri(certainty)) * math.sqrt(discordant)
    return float(ndtr(reach / spread))
