"""How a model is asked: which one, where, and with which parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from deploysim.config import Secret
from deploysim.errors import ConfigError
from deploysim.store.files import short_hash

ApiName = Literal["chat", "responses"]
API_NAMES: tuple[ApiName, ...] = ("chat", "responses")
ParameterSource = Literal["logged", "run"]
PARAMETER_SOURCES: tuple[ParameterSource, ...] = ("logged", "run")
NO_KEY = Secret("")
LOCAL = "smollm2-135m-instruct"
"""Name of the embedded model."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """One model configuration. Parameters left at None are not sent, so that the endpoint's own defaults hold."""

    name: str
    """What people call it."""
    model: str = LOCAL
    base_url: str | None = None
    """An OpenAI-compatible endpoint; None is the embedded local model."""
    api_key: Secret = NO_KEY
    system_prompt: str | None = None
    """Replaces the conversations' own system prompt; None keeps it."""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    timeout_s: float = 120.0
    """Longest wait for one whole response, each try on its own."""
    max_retries: int = 4
    """Further tries after a lost connection, a timeout, a rate limit or a server error; 0 turns them off."""
    requests_per_minute: float | None = None
    """Most requests a minute; None for no limit of one's own."""
    tokens_per_minute: float | None = None
    """Most tokens a minute, read and written; None for no limit of one's own."""
    api: ApiName = "chat"
    """Chat Completions, which every compatible endpoint has, or OpenAI's Responses API."""
    parameters_from: ParameterSource = "logged"
    """Whether the decoding parameters that a conversation has in the log are sent, those of the run winning over them,
    or the run's alone."""
    with_tools: bool = True
    """Whether the tools that a conversation has in the log are sent."""

    def parameters(self) -> dict[str, Any]:
        """Return the request parameters that are sent."""
        given = {"temperature": self.temperature, "top_p": self.top_p, "max_tokens": self.max_tokens}
        return {key: value for key, value in given.items() if value is not None}

    def identity(self) -> dict[str, Any]:
        """Return all that can change an answer: no key, and nothing about patience."""
        return {
            "model": self.model,
            "base_url": self.base_url and address(self.base_url),
            "system_prompt": self.system_prompt,
            **self.parameters(),
            # Named only where it is not the one that was there first: runs made before keep their ids.
            **({"api": self.api} if self.api != "chat" else {}),
            **({"parameters_from": self.parameters_from} if self.parameters_from != "logged" else {}),
            **({"with_tools": False} if not self.with_tools else {}),
        }

    def patience(self) -> dict[str, Any]:
        """Return what decides when something is sent and how long it is waited for, and no answer."""
        return {
            "timeout_s": self.timeout_s,
            "max_retries": self.max_retries,
            "requests_per_minute": self.requests_per_minute,
            "tokens_per_minute": self.tokens_per_minute,
        }

    def fingerprint(self) -> str:
        """Return a hash of all that can change an answer."""
        return short_hash(self.identity())

    def describe(self) -> str:
        """Return the configuration in one line."""
        where = address(self.base_url) if self.base_url else "embedded"
        parameters = ", ".join(f"{key} {value:g}" for key, value in self.parameters().items())
        api = "Responses API" if self.api == "responses" else ""
        prompt = "own system prompt" if self.system_prompt is not None else "the conversations' system prompts"
        logged = "" if self.parameters_from == "logged" else "no logged parameters"
        tools = "" if self.with_tools else "no tools"
        parts = (f"{self.model} ({where})", api, parameters, logged, tools, prompt)
        return ", ".join(part for part in parts if part)


def checked_api(name: str) -> ApiName:
    """Return the API that an option names.

    Raises:
        ConfigError: where there is none of that name.
    """
    for api in API_NAMES:
        if api == name:
            return api
    raise ConfigError(
        f"There is no API {name!r}.",
        expected="chat for Chat Completions, which every compatible endpoint has, or responses for the Responses API",
        next_step="correct --api",
    )


def address(base_url: str) -> str:
    """Return a base URL without the user name, password and query that it may carry."""
    try:
        parts = urlsplit(base_url)
    except ValueError:
        return "not an address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
