"""Model files: what is read, what is refused and where."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from deploysim.chat.profiles import ModelProfile, Price, load_profiles
from deploysim.errors import InputError

WHOLE = """\
new-one:
  model: new-one-2026-11
  base_url: https://models.example.com/v1
  key: NEW_ONE_KEY
  api: responses
  requests_per_minute: 500
  tokens_per_minute: 200000
  answers_as: [old-name]
  price:
    input: 2
    output: 8.0
    batch: 0.5
    currency: USD
    as_of: 2026-11-01
plain: {}
"""


def read(folder: Path, text: str) -> dict[str, ModelProfile]:
    """Read a file of models."""
    file = folder / "models.yaml"
    file.write_text(text, encoding="utf-8")
    return load_profiles(file)


def test_a_model_is_read_as_written(tmp_path: Path) -> None:
    """Everything arrives; what is left out takes its default, and no price is no zero."""
    found = read(tmp_path, WHOLE)

    assert found["new-one"] == ModelProfile(
        "new-one",
        "new-one-2026-11",
        "https://models.example.com/v1",
        "NEW_ONE_KEY",
        "responses",
        500,
        200_000,
        ("old-name",),
        Price(2.0, 8.0, "USD", date(2026, 11, 1), 0.5),
    )
    assert found["plain"] == ModelProfile("plain", "plain")


@pytest.mark.parametrize(
    ("old", "new", "line", "happened"),
    [
        ("  api: responses\n", "  api: completions\n", 5, 'api is "completions"'),
        ("  api: responses\n", "  apis: responses\n", 5, 'unknown key "apis"'),
        ("  requests_per_minute: 500\n", "  requests_per_minute: 0\n", 6, "requests_per_minute is not a whole number"),
        ("    input: 2\n", "    input: cheap\n", 10, "input is not a number of 0 or more"),
        ("    input: 2\n", "    input: -1\n", 10, "input is not a number of 0 or more"),
        ("    output: 8.0\n", "", 10, "a price lacks output"),
        ("2026-11-01", "last week", 14, 'as_of is "last week"'),
    ],
)
def test_mistakes_are_named_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, happened: str) -> None:
    """The message says where and what."""
    assert old in WHOLE
    with pytest.raises(InputError, match=f"models.yaml, line {line}: {happened}"):
        read(tmp_path, WHOLE.replace(old, new, 1))


def test_the_shipped_file_is_right() -> None:
    """Every price names its day."""
    found = load_profiles()

    assert len(found) > 3
    assert all(one.price is None or one.price.as_of for one in found.values())


def test_cost_by_hand() -> None:
    """Two million read at 2 and half a million written at 8 are 8; in batch mode half of it, where that is known."""
    price = Price(2.0, 8.0, "USD", date(2026, 11, 1), 0.5)

    assert price.cost(2_000_000, 500_000) == pytest.approx(8.0)
    assert price.cost(2_000_000, 500_000, batch=True) == pytest.approx(4.0)
    assert Price(2.0, 8.0, "USD", date(2026, 11, 1)).cost(1, 1, batch=True) is None


def test_a_model_is_known_by_all_its_names() -> None:
    """What the log calls it counts too."""
    profile = ModelProfile("new", "new-2026", answers_as=("older",))

    assert [name for name in ("new", "new-2026", "older", "other") if profile.is_model(name)] == [
        "new",
        "new-2026",
        "older",
    ]
