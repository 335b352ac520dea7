"""What a team knows of its models: where they are asked, within which limits, at what price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from deploysim.config import ROOT
from deploysim.yaml_files import Node, NodeReader, read_yaml

PROFILES = ROOT / "data" / "models.yaml"
APIS = ("chat", "responses")
_PER = 1_000_000
"""Prices are per so many tokens."""
_KEYS = ("model", "base_url", "key", "api", "requests_per_minute", "tokens_per_minute", "answers_as", "price")


@dataclass(frozen=True, slots=True)
class Price:
    """What tokens cost, as somebody read it on a day."""

    input: float
    """Per million tokens read."""
    output: float
    """Per million tokens written."""
    currency: str
    as_of: date
    batch: float | None = None
    """Share of the price that batch mode costs; None where nobody looked."""

    def cost(self, prompt_tokens: float, completion_tokens: float, *, batch: bool = False) -> float | None:
        """Return what so many tokens cost, or None where the price of batch mode is not known."""
        share = self.batch if batch else 1.0
        if share is None:
            return None
        return share * (prompt_tokens * self.input + completion_tokens * self.output) / _PER

    def written(self) -> dict[str, Any]:
        """Return the price for a run's record."""
        return {**asdict(self), "as_of": self.as_of.isoformat()}


def price_in(written: Mapping[str, Any] | None) -> Price | None:
    """Return the price that a run's record holds."""
    return Price(**{**written, "as_of": date.fromisoformat(written["as_of"])}) if written else None


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """One model as a team has it."""

    name: str
    """What people call it."""
    model: str
    """Its name at the endpoint."""
    base_url: str | None = None
    key: str | None = None
    """Variable that holds the key."""
    api: str = "chat"
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    answers_as: tuple[str, ...] = ()
    """Names that logs give it."""
    price: Price | None = None

    def is_model(self, logged: str) -> bool:
        """Say whether this is the model that a log names."""
        return logged in (self.name, self.model, *self.answers_as)


def load_profiles(file: Path = PROFILES) -> dict[str, ModelProfile]:
    """Read the models of a file, by name.

    Raises:
        InputError: for anything that is missing, unknown or of the wrong kind, with file and line.
    """
    root = read_yaml(file, "a file of models such as data/models.yaml")
    reader = _Reader(str(file))
    return {name: reader.profile(name, node) for name, node in reader.pairs(root, "the file")} if root else {}


class _Reader(NodeReader):
    def profile(self, name: str, node: Node) -> ModelProfile:
        found = self.mapping(node, f"the model {name}", (), _KEYS)
        texts = {key: self.text(found[key], key, plain=True) for key in ("base_url", "key") if key in found}
        limits = {
            key: self.whole(found[key], key) for key in ("requests_per_minute", "tokens_per_minute") if key in found
        }
        return ModelProfile(
            name=name,
            model=self.text(found["model"], "model", plain=True) if "model" in found else name,
            base_url=texts.get("base_url"),
            key=texts.get("key"),
            api=self.one_of(found["api"], "api", APIS) if "api" in found else APIS[0],
            requests_per_minute=limits.get("requests_per_minute"),
            tokens_per_minute=limits.get("tokens_per_minute"),
            answers_as=self.texts(found["answers_as"], "answers_as") if "answers_as" in found else (),
            price=self.price(found["price"]) if "price" in found else None,
        )

    def price(self, node: Node) -> Price:
        found = self.mapping(node, "a price", ("input", "output", "currency", "as_of"), ("batch",))
        return Price(
            input=self.number(found["input"], "input"),
            output=self.number(found["output"], "output"),
            currency=self.text(found["currency"], "currency"),
            as_of=self.day(found["as_of"]),
            batch=self.number(found["batch"], "batch") if "batch" in found else None,
        )

    def day(self, node: Node) -> date:
        text = self.text(node, "as_of", plain=True)
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise self.error(node, f'as_of is "{text}"', "a day such as 2026-11-01") from error
