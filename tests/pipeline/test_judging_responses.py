"""Judges behind the Responses API, over real HTTP: named by a profile, asked live and in batches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from batch_server import Provider, error
from judged import COUNT, graded, verdicts
from judging import flags, judging
from judging_apart import QUICK

from deploysim.config import read_settings
from deploysim.grade.judging.judges import Judges
from deploysim.grade.judging.prompt import SCHEMA
from deploysim.pipeline.judges import configured_judges
from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import Taxonomy

CHAT, RESPONSES = "POST /v1/chat/completions", "POST /v1/responses"
REFUSING = judging(flags("can't help"))
BATCHES = {"live": None, "in batches": QUICK}


def configured(at: Provider, tmp_path: Path) -> Judges:
    """The judge of a profile that says where it is and through which API."""
    models = tmp_path / "models.yaml"
    models.write_text(f"careful:\n  model: careful-1\n  base_url: {at.url}\n  api: responses\n", encoding="utf-8")
    environ = {
        "DEPLOYSIM_JUDGE": "careful",
        "DEPLOYSIM_MODELS": str(models),
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    return configured_judges(read_settings({**environ, "DEPLOYSIM_ENV_FILE": "/none"}))


@pytest.mark.parametrize("how", BATCHES)
def test_a_profile_s_api_is_honoured(here: Workspace, lanes: Lanes, one: Taxonomy, tmp_path: Path, how: str) -> None:
    """Requests have that API's shape, with the schema under text.format, and the verdicts are those of any judge."""
    bodies: list[dict[str, Any]] = []

    def answer(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        bodies.append(body)
        return REFUSING(body)

    with Provider(answer=answer) as at:
        result, graders = graded(here, lanes, one, configured(at, tmp_path), batch=BATCHES[how])
        endpoints = {batch.shown["endpoint"] for batch in at.batches.values()}

    assert (result.made, result.failed) == (3 * COUNT, 0)
    assert verdicts(here, lanes, graders) == {"present": 3, "absent": 3}
    assert (at.count(CHAT), at.count(RESPONSES)) == (0, 9 if how == "live" else 1)
    assert endpoints == (set() if how == "live" else {"/v1/responses"})
    inner = SCHEMA["json_schema"]
    for body in bodies:
        assert body["text"] == {"format": {"type": "json_schema", **inner}}
        assert (body["model"], body["store"], body["temperature"]) == ("careful-1", False, 0.0)
        assert "response_format" not in json.dumps(body)
        assert [item["role"] for item in body["input"]] == ["user"]
        assert "You judge" in body["instructions"]


@pytest.mark.parametrize("how", BATCHES)
def test_an_endpoint_without_schemas_is_asked_without(
    here: Workspace, lanes: Lanes, one: Taxonomy, tmp_path: Path, how: str
) -> None:
    """A refusal of text.format leads to the next simpler form, as a refusal of response_format does."""

    def answer(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return error(400, code="unsupported_parameter", param="text.format") if "text" in body else REFUSING(body)

    with Provider(answer=answer) as at:
        result, graders = graded(here, lanes, one, configured(at, tmp_path), batch=BATCHES[how])

    assert (result.failed, verdicts(here, lanes, graders)) == (0, {"present": 3, "absent": 3})
