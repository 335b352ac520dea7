"""Which model is asked, where, with which key and at what price: from options, the environment and data/models.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploysim.chat.profiles import PROFILES, ModelProfile, Price, load_profiles
from deploysim.chat.settings import LOCAL, ModelSettings, ParameterSource, checked_api
from deploysim.config import Secret, Settings, read_key
from deploysim.errors import ConfigError

OPENAI = "https://api.openai.com/v1"
OPENAI_KEY = "OPENAI_API_KEY"
EMBEDDED_NAMES = ("local", LOCAL)


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model configuration comes from, for the run's record."""

    profile: str = ""
    """Name in data/models.yaml; empty where it has none."""
    key_variable: str = ""
    """Variable that holds the key, never the key."""
    price: Price | None = None
    """None where it is not known for this model at this endpoint."""

    def written(self) -> dict[str, Any]:
        """Return what is known, for a run's record."""
        price = {"price": self.price.written()} if self.price else {}
        named = {"profile": self.profile, "key_variable": self.key_variable}
        return {key: value for key, value in named.items() if value} | price


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model configuration and where it comes from."""

    settings: ModelSettings
    source: ModelSource


def choose_model(
    settings: Settings,
    *,
    model: str = "",
    name: str = "",
    base_url: str = "",
    api: str = "",
    system_prompt: str | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    max_tokens: int | None = None,
    max_retries: int = 4,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    parameters_from: ParameterSource = "logged",
    with_tools: bool = True,
    profiles: Mapping[str, ModelProfile] | None = None,
) -> ModelChoice:
    """Return a model configuration: what was asked for, else what its profile says, else what the environment says.

    A profile's key goes to the profile's own endpoint (or, where it names none, to the one that the environment names)
    and to no other; its price holds there alone.

    Raises:
        ConfigError: where no model is named and none is configured, the key of a profile is not set, or the API is not
            known.
        InputError: where the file of models cannot be read.
    """
    model = model or settings.model or ""
    if not model:
        raise ConfigError(
            "No model was named.",
            expected="the name of a model at the endpoint, or local for the embedded one",
            next_step="add --model NAME, or set DEPLOYSIM_MODEL in .env",
        )
    embedded = model in EMBEDDED_NAMES and not base_url
    known = known_profiles(settings) if profiles is None else profiles
    profile = None if embedded else find_profile(known, model)
    url = endpoint_of(profile, settings, given=base_url)
    is_given = base_url.rstrip("/") not in ("", (settings.base_url or "").rstrip("/"))
    source = ModelSource() if embedded else _source(profile, url, is_given=is_given)
    chosen = ModelSettings(
        name=name or model,
        model=LOCAL if embedded else profile.model if profile else model,
        base_url=None if embedded else url,
        api_key=settings.api_key if embedded else _key(source, settings),
        api=checked_api(api or (profile.api if profile else "chat")),
        system_prompt=system_prompt,
        temperature=temperature,
        top_p=top_p,
        max_tokens=max_tokens,
        max_retries=max_retries,
        requests_per_minute=requests_per_minute or (profile.requests_per_minute if profile else None),
        tokens_per_minute=tokens_per_minute or (profile.tokens_per_minute if profile else None),
        parameters_from=parameters_from,
        with_tools=with_tools,
    )
    return ModelChoice(chosen, source)


def endpoint_of(profile: ModelProfile | None, settings: Settings, *, given: str = "") -> str:
    """Return where a model is asked: where an option says, else its profile, else OPENAI_BASE_URL, else at OpenAI.

    The one rule for whatever asks models: replays, judges, simulators, second opinions. What somebody wrote down for one
    model wins over the environment, which speaks for models that nothing was written down for.
    """
    return given or (profile.base_url if profile else None) or settings.base_url or OPENAI


def known_profiles(settings: Settings) -> dict[str, ModelProfile]:
    """Return the profiles of the file that the settings name, or of data/models.yaml.

    Raises:
        InputError: where the file cannot be read.
    """
    return load_profiles(settings.models_file or PROFILES)


def usual_endpoint(settings: Settings, model: str) -> str:
    """Return where a model is asked when no option says it."""
    return endpoint_of(find_profile(known_profiles(settings), model), settings)


def find_profile(profiles: Mapping[str, ModelProfile], model: str) -> ModelProfile | None:
    """Return the profile of that name, or the only one whose model has that name at its endpoint."""
    by_model = [profile for profile in profiles.values() if profile.model == model]
    return profiles.get(model) or (by_model[0] if len(by_model) == 1 else None)


def _source(profile: ModelProfile | None, url: str, *, is_given: bool) -> ModelSource:
    """Return what a profile says for an endpoint; `is_given` says that an option named another than the environment."""
    if profile is None:
        return ModelSource(key_variable=OPENAI_KEY)
    own = profile.base_url or OPENAI
    if url.rstrip("/") == own.rstrip("/") or (profile.base_url is None and not is_given):
        return ModelSource(profile.name, profile.key or OPENAI_KEY, profile.price)
    return ModelSource(profile.name, OPENAI_KEY)


def _key(source: ModelSource, settings: Settings) -> Secret:
    if source.key_variable == OPENAI_KEY:
        return settings.api_key
    key = read_key(source.key_variable)
    if not key:
        raise ConfigError(
            f"The key of the model {source.profile} is not set.",
            expected=f"the variable {source.key_variable}, as data/models.yaml says",
            next_step=f"set {source.key_variable} in .env or in the environment",
        )
    return key
