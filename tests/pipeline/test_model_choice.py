"""Which model, endpoint, key, API, limits and price options, environment and file of models come to."""

from __future__ import annotations

from datetime import date

import pytest

from deploysim.chat.profiles import ModelProfile, Price
from deploysim.config import read_settings
from deploysim.errors import ConfigError
from deploysim.pipeline.judges import configured_judges
from deploysim.pipeline.model_choice import OPENAI, choose_model

PRICE = Price(2.0, 8.0, "USD", date(2026, 11, 1))
OWN = ModelProfile(
    "fast", "fast-2026-11", "https://models.example.com/v1", "FAST_KEY", "responses", 500, 200_000, (), PRICE
)
AT_OPENAI = ModelProfile("plain", "plain", price=PRICE)
PROFILES = {one.name: one for one in (OWN, AT_OPENAI)}


def chosen(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str] | None = None, **options: object):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("FAST_KEY", "fast-secret")
    settings = read_settings({"OPENAI_API_KEY": "general-secret", "DEPLOYSIM_ENV_FILE": "/none", **(environ or {})})
    return choose_model(settings, profiles=PROFILES, **options)  # type: ignore[arg-type]


def test_a_profile_says_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name at the endpoint, address, key, API, limits and price come from it, and the record says so without the key."""
    found = chosen(monkeypatch, model="fast")

    settings = found.settings
    assert (settings.name, settings.model, settings.base_url) == ("fast", "fast-2026-11", OWN.base_url)
    assert (settings.api, settings.requests_per_minute, settings.tokens_per_minute) == ("responses", 500, 200_000)
    assert settings.api_key.reveal() == "fast-secret"
    assert found.source.written() == {"profile": "fast", "key_variable": "FAST_KEY", "price": PRICE.written()}
    assert "secret" not in repr(found)


def test_its_model_s_name_finds_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is taken up again names the model as the endpoint does."""
    by_model, by_name = chosen(monkeypatch, model="fast-2026-11", name="fast"), chosen(monkeypatch, model="fast")

    assert by_model.settings.identity() == by_name.settings.identity()
    assert by_model.source == by_name.source


def test_options_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for holds."""
    options = {"api": "chat", "requests_per_minute": 7.0, "tokens_per_minute": 9.0, "name": "mine"}
    settings = chosen(monkeypatch, model="fast", **options).settings

    assert (settings.name, settings.api, settings.requests_per_minute, settings.tokens_per_minute) == (
        "mine",
        "chat",
        7,
        9,
    )


def test_elsewhere_neither_its_key_nor_its_price_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An option sends the requests to another endpoint, which must not see the key."""
    found = chosen(monkeypatch, model="fast", base_url="https://other.example.com/v1")

    assert found.settings.base_url == "https://other.example.com/v1"
    assert found.settings.api_key.reveal() == "general-secret"
    assert (found.source.price, found.source.key_variable) == (None, "OPENAI_API_KEY")


def test_replays_and_judges_ask_a_model_at_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile's own address wins over the environment's, which holds for all other models; so do API, key and limits."""
    gateway = {"OPENAI_BASE_URL": "https://gateway.example.com/v1", "OPENAI_API_KEY": "general-secret"}
    monkeypatch.setenv("FAST_KEY", "fast-secret")
    for name, url in {
        "fast": OWN.base_url,
        "plain": gateway["OPENAI_BASE_URL"],
        "other": gateway["OPENAI_BASE_URL"],
    }.items():
        settings = read_settings({**gateway, "DEPLOYSIM_JUDGE": name, "DEPLOYSIM_ENV_FILE": "/none"})
        (judge,) = configured_judges(settings, PROFILES).cheap
        replayed = chosen(monkeypatch, gateway, model=name).settings

        assert judge.settings.identity() == replayed.identity()
        assert judge.settings.patience() == replayed.patience()
        assert judge.settings.api_key.reveal() == replayed.api_key.reveal() != ""
        assert replayed.base_url == url
        assert replayed.api == ("responses" if name == "fast" else "chat")


def test_a_profile_without_an_address_is_at_the_environment_s_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or at OpenAI; its price holds at both, and not where an option leads elsewhere."""
    gateway = {"OPENAI_BASE_URL": "https://gateway.example.com/v1"}
    there, here = chosen(monkeypatch, gateway, model="plain"), chosen(monkeypatch, model="plain")
    away = chosen(monkeypatch, model="plain", base_url="http://127.0.0.1:8000/v1")

    assert (there.settings.base_url, there.source.price) == (gateway["OPENAI_BASE_URL"], PRICE)
    assert (here.settings.base_url, here.source.price) == (OPENAI, PRICE)
    assert away.source.price is None


def test_a_key_that_is_not_set_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of its variable."""
    monkeypatch.setenv("FAST_KEY", "")
    settings = read_settings({"DEPLOYSIM_ENV_FILE": "/none"})
    with pytest.raises(ConfigError, match="FAST_KEY"):
        choose_model(settings, model="fast", profiles=PROFILES)


def test_a_model_without_a_profile_and_the_embedded_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """They work as before, and no price is known."""
    unknown, embedded = chosen(monkeypatch, model="unknown"), chosen(monkeypatch, model="local")

    assert (unknown.settings.base_url, unknown.settings.api, unknown.source.price) == (OPENAI, "chat", None)
    assert (embedded.settings.base_url, embedded.source.written()) == (None, {})
    with pytest.raises(ConfigError, match="No model was named"):
        chosen(monkeypatch)
