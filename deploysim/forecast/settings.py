"""What a forecast is asked to be sure of. The defaults need no explanation to be used."""

from __future__ import annotations

from dataclasses import dataclass, field

from deploysim.errors import InputError
from deploysim.forecast.records import Forecast
from deploysim.stats.pooling import ChangePrior, Priors


@dataclass(frozen=True, slots=True)
class ForecastSettings:
    """Thresholds and sizes of a forecast."""

    certainty: float = 0.9
    """Posterior probability that a direction call needs, above 1/2 and below 1."""
    material_ratio: float = 1.5
    """A rate multiplied or divided by more than this has changed materially; above 1."""
    level: float = 0.9
    """Level of every interval, between 0 and 1."""
    false_discovery_rate: float = 0.1
    """Threshold for q-values, between 0 and 1."""
    power: float = 0.8
    """Probability of a call that the prefixes needed are worked out for, above 1/2 and below 1."""
    least_changed: int = 5
    """Pairs that differ which a direction call needs. With fewer, the prior speaks louder than the pairs: in simulated
    worlds calls on one to four such pairs were right less often than they said."""
    least_changed_materially: int = 10
    """Pairs that differ which a material direction call needs, for the same reason."""
    least_seen: int = 10
    """Pairs that show the behaviour in either lane which "no material change" needs."""
    draws: int = 20_000
    """Posterior draws a category; at least 1,000."""
    priors: Priors = field(default_factory=Priors)
    """How large shifts and fidelity gaps are thought to be before seeing any; scales and doubts above 0."""

    def __post_init__(self) -> None:
        rules = {
            "certainty": 0.5 < self.certainty < 1.0,
            "material_ratio": self.material_ratio > 1.0,
            "level": 0.0 < self.level < 1.0,
            "false_discovery_rate": 0.0 < self.false_discovery_rate < 1.0,
            "power": 0.5 < self.power < 1.0,
            "least_changed": self.least_changed >= 0,
            "least_changed_materially": self.least_changed_materially >= self.least_changed,
            "least_seen": self.least_seen >= 0,
            "draws": self.draws >= 1_000,
            "priors": all(p.scale > 0.0 and p.doubt > 0.0 for p in (self.priors.shift, self.priors.gap)),
        }
        broken = [name for name, holds in rules.items() if not holds]
        if broken:
            raise InputError(
                f"The forecast cannot use {', '.join(f'{name}={getattr(self, name)}' for name in broken)}.",
                expected="certainty and power above 0.5 and below 1, level and false_discovery_rate between 0 and 1, "
                "material_ratio above 1, draws of 1,000 or more, least_changed_materially not below least_changed, "
                "priors with scales and doubts above 0.",
                next_step="Change the value, or leave it out to use the default.",
            )


def settings_of(forecast: Forecast) -> ForecastSettings:
    """Return the settings that a forecast was made with, as far as it says them."""
    prior = forecast.prior
    return ForecastSettings(
        certainty=forecast.certainty_required,
        material_ratio=forecast.material_ratio,
        level=forecast.level,
        false_discovery_rate=forecast.false_discovery_rate,
        power=forecast.power,
        draws=forecast.draws,
        priors=Priors(ChangePrior(prior.shift_scale, prior.shift_doubt), ChangePrior(prior.gap_scale, prior.gap_doubt))
        if prior
        else Priors(),
    )
