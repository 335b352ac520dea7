"""Where a model is asked, and what to tell people when nothing can be asked there."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from deploysim.chat.settings import address
from deploysim.config import Secret
from deploysim.errors import ModelError

# The client insists on a key; endpoints without keys ignore this one.
_NO_KEY = "none"
_RESUME = "then run the same command again: it goes on from here"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of an OpenAI-compatible endpoint and the model that is asked there."""

    base_url: str
    model: str
    api: str = "chat completions"
    """What people call the API that it is asked through."""

    def check(self) -> None:
        """Raise ModelError where the address cannot be one of an endpoint."""
        try:
            parts = urlsplit(self.base_url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ModelError(
                "The base URL is not the address of an endpoint.",
                expected="a base URL such as https://api.openai.com/v1 or http://127.0.0.1:8081/v1",
                next_step="correct --base-url or OPENAI_BASE_URL",
            )

    @property
    def shown(self) -> str:
        """The address without what nobody should read."""
        return address(self.base_url)

    @property
    def is_this_machine(self) -> bool:
        """Whether requests stay on this machine, so that no proxy may see them."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    def checked_key(self, key: Secret) -> str:
        """Return the key to send, or raise ModelError where no request can carry it."""
        value = key.reveal() or _NO_KEY
        if not (value.isascii() and value.isprintable()):
            raise self.unusable_key()
        return value

    def unusable_key(self) -> ModelError:
        """The key has characters that no request can carry."""
        return ModelError(
            "The key has characters that no request can carry, such as a line end or a letter with an accent.",
            expected="the key exactly as the provider shows it",
            next_step=f"set OPENAI_API_KEY in .env or in the environment again, {_RESUME}",
        )

    def refused_the_key(self, status: int) -> ModelError:
        """The endpoint does not let this key in, or not to this model."""
        return ModelError(
            f"{self.shown} refused the key (HTTP {status}).",
            expected=f"a key that may use {self.model}",
            next_step=f"set OPENAI_API_KEY in .env or in the environment, {_RESUME}",
        )

    def lacks_the_model(self, status: int) -> ModelError:
        """The endpoint does not know the model, or is none."""
        return ModelError(
            f"{self.shown} knows no model {self.model!r}, or has no {self.api} (HTTP {status}).",
            expected="a model name of that endpoint, and a base URL that usually ends in /v1",
            next_step=f"check --model and --base-url or OPENAI_BASE_URL, {_RESUME}",
        )

    def refused_parameter(self, status: int, parameter: str) -> ModelError:
        """The endpoint does not take a parameter that every request carries."""
        return ModelError(
            f"{self.shown} does not take the parameter {parameter} as it is set for {self.model} (HTTP {status}).",
            expected="request parameters that this model supports",
            next_step=f"leave {parameter} out or change it (--parameters run leaves out what comes from the log); that is "
            "another configuration and begins a run of its own",
        )

    def has_no_credit(self, status: int) -> ModelError:
        """The account behind the key has run out."""
        return ModelError(
            f"The account at {self.shown} has no credit left (HTTP {status}).",
            expected="credit or quota for this model",
            next_step=f"top it up at the provider, {_RESUME}",
        )

    def asks_to_wait(self, seconds: float) -> ModelError:
        """The endpoint wants a pause longer than anybody would sit through."""
        minutes = max(1, round(seconds / 60))
        return ModelError(
            f"{self.shown} asks to wait {minutes} {'minute' if minutes == 1 else 'minutes'} before the next request.",
            expected="a rate limit that is lifted within minutes",
            next_step=f"wait that long or send fewer requests at a time, {_RESUME}",
        )

    def is_a_web_page(self) -> ModelError:
        """The address shows a page for people."""
        return ModelError(
            f"{self.shown} answers with a web page and not as an endpoint.",
            expected="a base URL that usually ends in /v1",
            next_step="correct --base-url or OPENAI_BASE_URL",
        )

    def is_unreachable(self, reason: str) -> ModelError:
        """Nothing answered there, from the first request on."""
        return ModelError(
            f"Nothing answers at {self.shown} ({reason}).",
            expected="a running OpenAI-compatible endpoint that this machine can reach",
            next_step=f"start it, or correct --base-url or OPENAI_BASE_URL, {_RESUME}",
        )

    def stopped_answering(self, times: int) -> ModelError:
        """It answered before and does not any more."""
        return ModelError(
            f"{self.shown} answered before, but the last {times} requests in a row met no connection.",
            expected="an endpoint that keeps running",
            next_step=f"see whether it still runs, {_RESUME} (with --retry connection for those {times} too)",
        )

    def has_gone(self, seconds: float) -> ModelError:
        """It answered before, and nothing has been there for so long that nobody waits any more."""
        return ModelError(
            f"{self.shown} answered before, but nobody for {seconds / 60:.0f} minutes now.",
            expected="an endpoint that keeps running, or comes back within minutes",
            next_step=f"see whether it still runs, {_RESUME}; nothing was written off meanwhile",
        )
