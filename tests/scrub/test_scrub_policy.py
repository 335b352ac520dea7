"""The policy file: read strictly, and its fingerprint says when scrubbing changed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from deploysim.errors import ConfigError
from deploysim.scrub.policy import DEFAULT_POLICY, Action, load_policy


def changed(tmp_path: Path, **keys: object) -> Path:
    """Write the shipped policy with some keys replaced."""
    content = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8")) | keys
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"entitees": {}}, "entitees"),
        ({"entities": {"PERSON": "surrogate"}}, "entities"),
        ({"entities": {"PERSN": "surrogate"}}, "entities.PERSN"),
        ({"entities": []}, "entities"),
        ({"thresholds": {"PERSON": 1.5}}, "thresholds.PERSON"),
        ({"thresholds": {"NOBODY": 0.5}}, "thresholds.NOBODY"),
        ({"places": "some"}, "places"),
        ({"keep_public_figures": "yes"}, "keep_public_figures"),
        ({"allow": "Anna"}, "allow"),
        ({"deny": {"PERSON": [1]}}, "deny.PERSON"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, keys: dict[str, object], named: str) -> None:
    """A wrong key or value is an error that names the file and the key."""
    path = changed(tmp_path, **keys)

    with pytest.raises(ConfigError) as caught:
        load_policy(path)

    assert f"{path}, key `{named}`" in str(caught.value)


def test_missing_and_broken_files_are_explained(tmp_path: Path) -> None:
    """A file that is not there or no YAML is an error that names it."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("entities: [", encoding="utf-8")

    for path in (broken, tmp_path / "absent.yaml"):
        with pytest.raises(ConfigError, match=path.name):
            load_policy(path)


def test_mode_overrides_what_is_replaced() -> None:
    """The mode changes surrogates to placeholders and leaves what is kept."""
    policy = load_policy(mode="placeholder")

    assert Action.PLACEHOLDER is policy.action("PERSON")
    assert Action.KEEP is policy.action("ORGANIZATION")


def test_fingerprint_follows_content_and_pipeline(tmp_path: Path) -> None:
    """The fingerprint depends on what decides, not on comments or on where the file is."""
    shipped = load_policy().fingerprint(spacy_model="m 1")

    assert shipped == load_policy(changed(tmp_path)).fingerprint(spacy_model="m 1")
    assert shipped != load_policy(changed(tmp_path, places="all")).fingerprint(spacy_model="m 1")
    assert shipped != load_policy(mode="placeholder").fingerprint(spacy_model="m 1")
    assert shipped != load_policy().fingerprint(spacy_model="m 2")
