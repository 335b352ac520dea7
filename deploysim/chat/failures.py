"""What went wrong with a call: a failure of this one, or an error that every call would meet."""

from __future__ import annotations

import openai

from deploysim.chat.settings import ModelSettings
from deploysim.errors import ModelError
from deploysim.types import Failure, FailureKind

_CONTEXT_CODES = ("context_length_exceeded", "exceed_context_size_error", "string_above_max_length")
_FILTER_CODES = ("content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation")


def failure_of(error: Exception, *, settings: ModelSettings, base_url: str | None) -> Failure:
    """Return the failure that an exception of the client stands for. Details name codes, never conversation text.

    Raises:
        ModelError: for a wrong key, a forbidden or an unknown model, which no other call would fare better with.
    """
    if isinstance(error, openai.APITimeoutError):
        return Failure(FailureKind.TIMED_OUT, f"no reply within {settings.timeout_s:g} s")
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, settings, base_url)
    if isinstance(error, openai.APIConnectionError):
        return Failure(FailureKind.CONNECTION_LOST, type(error.__cause__ or error).__name__)
    return Failure(FailureKind.MALFORMED, "the reply is not the JSON of a chat completion")


def _of_status(error: openai.APIStatusError, settings: ModelSettings, base_url: str | None) -> Failure:
    status, codes = error.status_code, _codes(error)
    if status in (401, 403):
        raise _refused_key(status, base_url)
    if status == 404:
        raise _unknown(settings, base_url)
    return Failure(_kind(status, codes), ", ".join([f"HTTP {status}", *codes[:1]]))


def _kind(status: int, codes: list[str]) -> FailureKind:
    if any(code in _CONTEXT_CODES for code in codes):
        return FailureKind.CONTEXT_TOO_LONG
    if any(code in _FILTER_CODES for code in codes):
        return FailureKind.REFUSED_BY_FILTER
    if status == 429:
        return FailureKind.RATE_LIMITED
    if status in (408, 504):
        return FailureKind.TIMED_OUT
    return FailureKind.SERVER_ERROR if status >= 500 else FailureKind.REJECTED


def _codes(error: openai.APIStatusError) -> list[str]:
    """Return the error's codes: single words of a program, not sentences, which may quote the prompt."""
    body = error.body if isinstance(error.body, dict) else {}
    values = (error.code, body.get("code"), error.type, body.get("type"))
    words = [v for v in values if isinstance(v, str) and len(v) <= 60 and v.replace("_", "").replace("-", "").isalpha()]
    return list(dict.fromkeys(words))


def _refused_key(status: int, base_url: str | None) -> ModelError:
    return ModelError(
        f"{base_url} refused the key (HTTP {status}).",
        expected="a key that may use this model",
        next_step="set OPENAI_API_KEY in .env or in the environment, then run the same command: it goes on from here",
    )


def _unknown(settings: ModelSettings, base_url: str | None) -> ModelError:
    return ModelError(
        f"{base_url} knows no model {settings.model!r}, or has no chat completions (HTTP 404).",
        expected="a model name of that endpoint, and a base URL that usually ends in /v1",
        next_step="check --model and OPENAI_BASE_URL",
    )
