"""The judges that the settings name, ready to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deploysim.chat.profiles import ModelProfile, Price
from deploysim.config import Settings
from deploysim.errors import ConfigError
from deploysim.grade.judging.judges import Judge, Judges
from deploysim.pipeline.model_choice import EMBEDDED_NAMES, choose_model, known_profiles


def configured_judges(settings: Settings, profiles: Mapping[str, ModelProfile] | None = None) -> Judges:
    """Return the judges that DEPLOYSIM_JUDGE and DEPLOYSIM_STRONG_JUDGE name.

    Raises:
        ConfigError: where a strong judge has nothing to confirm, a key is missing, or a model cannot judge.
        InputError: where the file of models cannot be read.
    """
    if settings.strong_judges and not settings.judges:
        raise ConfigError(
            "DEPLOYSIM_STRONG_JUDGE is set and DEPLOYSIM_JUDGE is not.",
            expected="a first judge, whose findings the strong one confirms",
            next_step="set DEPLOYSIM_JUDGE too; naming the same model in it makes that model judge alone",
        )
    if not settings.judges:
        return Judges()
    known = known_profiles(settings) if profiles is None else profiles
    return Judges(_tier(settings.judges, settings, known), _tier(settings.strong_judges, settings, known))


def judge_named(settings: Settings, name: str) -> Judge:
    """Return a judge that a command names, found as those of the settings are.

    Raises:
        ConfigError: where a key is missing, or the model cannot judge.
        InputError: where the file of models cannot be read.
    """
    return _judge(name, settings, known_profiles(settings))


def judge_prices(judges: Judges, settings: Settings) -> dict[str, Price]:
    """Return what judges cost, those whose price is known at the endpoint where they are asked, by their names."""
    known = known_profiles(settings)
    prices = {
        judge.name: choose_model(settings, model=judge.name, profiles=known).source.price for judge in judges.everyone()
    }
    return {name: price for name, price in prices.items() if price}


def _tier(names: Iterable[str], settings: Settings, known: Mapping[str, ModelProfile]) -> tuple[Judge, ...]:
    return tuple(_judge(name, settings, known) for name in dict.fromkeys(names))


def _judge(name: str, settings: Settings, known: Mapping[str, ModelProfile]) -> Judge:
    if name in EMBEDDED_NAMES:
        raise ConfigError(
            "The embedded model is too small to judge.",
            expected="a model that follows instructions well",
            next_step="name another one (DEPLOYSIM_JUDGE), with OPENAI_BASE_URL or an entry in data/models.yaml",
        )
    return Judge(name, choose_model(settings, model=name, profiles=known).settings)
