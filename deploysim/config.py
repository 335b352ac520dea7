"""Settings from the environment and `.env`, read once into a frozen record."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from deploysim.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder: where `data/` and `.env` are."""


class Secret:
    """A string that never prints: not in a log, a traceback or a page."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')" if self._value else "Secret('')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    workspace: Path
    base_url: str | None
    """OpenAI-compatible endpoint for models that are not the embedded one; None where none is configured."""
    api_key: Secret
    model: str | None
    """Default model name at that endpoint."""
    scrub_key: Secret
    """Key of hashes and surrogates; empty means that the workspace keeps one of its own."""
    spacy_model: str
    """Package or folder of the spaCy pipeline that finds names."""
    import_folder: Path | None
    """Folder whose files the app offers to import; None where there is none."""
    leak_limit: float | None = None
    """Largest share of messages that may leak, as the spot-check bounds it; None where the team set none."""
    judges: tuple[str, ...] = ()
    """Models that judge what no rule can decide, by the names of data/models.yaml or of the endpoint; several are a panel."""
    strong_judges: tuple[str, ...] = ()
    """Models that confirm what the others found."""
    models_file: Path | None = None
    """File of models in place of data/models.yaml."""
    roles_file: Path | None = None
    """File that says who may do what; None where everybody may do everything."""


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read settings, the environment winning over `.env` (or the file that DEPLOYSIM_ENV_FILE names).

    Args:
        environ: Variables to read; the process's own by default.
    """
    values = _values(environ)
    return Settings(
        workspace=Path(values.get("DEPLOYSIM_WORKSPACE", "workspace")).expanduser(),
        base_url=values.get("OPENAI_BASE_URL") or None,
        api_key=Secret(values.get("OPENAI_API_KEY", "")),
        model=values.get("DEPLOYSIM_MODEL") or None,
        scrub_key=Secret(values.get("DEPLOYSIM_KEY", "")),
        spacy_model=values.get("DEPLOYSIM_SPACY_MODEL", "en_core_web_sm"),
        import_folder=_path(values.get("DEPLOYSIM_IMPORT_FOLDER")),
        leak_limit=_share("DEPLOYSIM_LEAK_LIMIT", values.get("DEPLOYSIM_LEAK_LIMIT", "")),
        judges=_names(values.get("DEPLOYSIM_JUDGE", "")),
        strong_judges=_names(values.get("DEPLOYSIM_STRONG_JUDGE", "")),
        models_file=_path(values.get("DEPLOYSIM_MODELS")),
        roles_file=_path(values.get("DEPLOYSIM_ROLES")),
    )


def read_key(variable: str, environ: Mapping[str, str] | None = None) -> Secret:
    """Return the key that a variable of the environment or of `.env` holds; empty where it holds none."""
    return Secret(_values(environ).get(variable, ""))


def _values(environ: Mapping[str, str] | None) -> dict[str, str]:
    given = dict(os.environ if environ is None else environ)
    file_values = {k: v for k, v in dotenv_values(given.get("DEPLOYSIM_ENV_FILE", ROOT / ".env")).items() if v}
    return {**file_values, **given}


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _path(value: str | None) -> Path | None:
    return Path(value).expanduser() if value else None


def _share(name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 < found < 1:
        raise ConfigError(
            f"{name} is {text!r}.", expected="a share between 0 and 1, such as 0.01", next_step="correct .env"
        )
    return found
