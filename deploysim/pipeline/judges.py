"""The judges that the settings name, ready to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deploysim.chat.profiles import PROFILES, ModelProfile, Price, load_profiles
from deploysim.chat.settings import ModelSettings
from deploysim.config import Secret, Settings, read_key
from deploysim.errors import ConfigError
from deploysim.grade.judging.judges import Judge, Judges
from deploysim.pipeline.model_choice import EMBEDDED_NAMES, OPENAI


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
    known = load_profiles(settings.models_file or PROFILES) if profiles is None else profiles
    return Judges(_tier(settings.judges, settings, known), _tier(settings.strong_judges, settings, known))


def judge_prices(judges: Judges, settings: Settings) -> dict[str, Price]:
    """Return what judges cost, those whose price is known, by their names."""
    known = load_profiles(settings.models_file or PROFILES)
    found = {judge.name: known.get(judge.name) for judge in judges.everyone()}
    return {name: profile.price for name, profile in found.items() if profile and profile.price}


def _tier(names: Iterable[str], settings: Settings, known: Mapping[str, ModelProfile]) -> tuple[Judge, ...]:
    return tuple(_judge(name, settings, known.get(name)) for name in dict.fromkeys(names))


def _judge(name: str, settings: Settings, profile: ModelProfile | None) -> Judge:
    if name in EMBEDDED_NAMES:
        raise ConfigError(
            "The embedded model is too small to judge.",
            expected="a model that follows instructions well",
            next_step="name another one in DEPLOYSIM_JUDGE, with OPENAI_BASE_URL or an entry in data/models.yaml",
        )
    url = (profile.base_url if profile else None) or settings.base_url or OPENAI
    key = _key(name, profile, settings)
    asked = ModelSettings(
        name,
        profile.model if profile else name,
        base_url=url,
        api_key=key,
        requests_per_minute=profile.requests_per_minute if profile else None,
        tokens_per_minute=profile.tokens_per_minute if profile else None,
    )
    return Judge(name, asked)


def _key(name: str, profile: ModelProfile | None, settings: Settings) -> Secret:
    if profile is None or profile.key is None:
        return settings.api_key
    key = read_key(profile.key)
    if not key:
        raise ConfigError(
            f"The key of the judge {name} is not set.",
            expected=f"the variable {profile.key}, as data/models.yaml says",
            next_step=f"set {profile.key} in .env or in the environment",
        )
    return key
