"""Settings from the environment and a file."""

from __future__ import annotations

from pathlib import Path

from deploysim.config import Secret, read_settings


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """A variable that is set is not overridden; an empty line in the file is no value."""
    file = tmp_path / "settings"
    file.write_text("OPENAI_BASE_URL=http://file/v1\nDEPLOYSIM_MODEL=from-file\nDEPLOYSIM_KEY=\n")

    settings = read_settings({"DEPLOYSIM_ENV_FILE": str(file), "DEPLOYSIM_MODEL": "from-environment"})
    assert settings.base_url == "http://file/v1"
    assert settings.model == "from-environment"
    assert not settings.scrub_key
    assert settings.workspace == Path("workspace")


def test_a_key_never_prints() -> None:
    """Not on its own, not inside the settings."""
    settings = read_settings({"OPENAI_API_KEY": "sk-very-private", "DEPLOYSIM_ENV_FILE": "/nonexistent"})

    for shown in (repr(settings), str(settings.api_key), f"{Secret('sk-very-private')}"):
        assert "very-private" not in shown
    assert settings.api_key.reveal() == "sk-very-private"
