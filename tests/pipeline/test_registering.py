"""Registering a forecast: once, with everything that it rests on, and every later edit shows."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from makers import NOW
from releases import LATER, Released, released_workspace

from deploysim.config import read_settings
from deploysim.errors import ConfigError, InputError
from deploysim.pipeline.registering import (
    broken_records,
    changed_inputs,
    register,
    registered_before,
    registration_of,
    registrations,
)
from deploysim.pipeline.stacks import archive_stack, archived_stack, current_stack, measures_same
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import DEFAULT_TAXONOMY


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A registered forecast. Tests only read it."""
    return released_workspace(tmp_path_factory.mktemp("registered"), release=4)


@pytest.fixture
def copy(released: Released, tmp_path: Path) -> Workspace:
    """The same workspace to change."""
    shutil.copytree(released.workspace.root, tmp_path / "ws")
    return Workspace(tmp_path / "ws")


def test_a_registration_names_what_it_rests_on(released: Released) -> None:
    """Sample, two runs, and the grades of all categories that rules decide in three lanes, by hash."""
    record = released.registered.registration

    assert len(record.inputs) == 1 + 2 + 3 * len(record.graders)
    assert [item.name for item in record.inputs[:2]] == ["the sample", "the responses of the baseline lane"]
    assert dict(record.models)["candidate"] == "candidate model"
    assert record.graders == released.saved.forecast.graders
    assert record.statement == "Refusals double."
    assert registration_of(released.workspace, released.saved.forecast_id) == released.registered
    assert broken_records(released.workspace) == []


def test_registering_again_changes_nothing(copy: Workspace, released: Released) -> None:
    """Time and statement stay those of the first registration."""
    stack = current_stack(read_settings({}))
    again = register(copy, released.saved, stack, now=LATER, statement="Something else.")

    assert again == released.registered
    assert len(registrations(copy)) == 1


def test_the_same_inputs_find_the_registered_forecast(copy: Workspace, released: Released) -> None:
    """The command makes no second forecast from the very same inputs, but does from others."""
    stack, lanes = current_stack(read_settings({})), released.saved.lanes()

    assert registered_before(copy, lanes, stack, seed=0).forecast_id == released.saved.forecast_id
    assert registered_before(copy, lanes, stack, seed=1) is None
    grader = dict(released.saved.forecast.graders)["refusal"]
    for path in (copy.grades / grader).glob(f"{lanes.candidate}-*.parquet"):
        flipped = pl.col("verdict").replace({"present": "absent"})
        pl.read_parquet(path).with_columns(flipped).write_parquet(path)
    assert registered_before(copy, lanes, stack, seed=0) is None


@pytest.mark.parametrize("kind", ["forecasts", "registrations", "stacks"])
def test_an_edit_shows(copy: Workspace, kind: str) -> None:
    """One changed byte of any frozen record."""
    (path,) = (copy.root / kind).glob("*.json")
    path.write_text(path.read_text().replace("refusal", "Refusal", 1))

    assert f"The file of {kind.removesuffix('s')} {path.stem[:12]} was changed after it was written." in broken_records(
        copy
    )


def test_changed_inputs_are_named(copy: Workspace, released: Released) -> None:
    """A grade that was altered afterwards, and a run that is gone."""
    run_id = released.saved.lanes().candidate
    shutil.rmtree(copy.runs / run_id)
    grader = dict(released.saved.forecast.graders)["refusal"]
    next((copy.grades / grader).glob("*.parquet")).write_bytes(b"edited")

    changed = changed_inputs(copy, released.registered)
    assert changed[0] == "the responses of the candidate lane"
    assert changed[1].startswith("the grades of refusal in the ")
    assert len(changed) == 2


def test_a_forecast_that_is_gone_is_missed(copy: Workspace, released: Released) -> None:
    """Deleting it hides nothing."""
    (copy.forecasts / f"{released.saved.forecast_id}.json").unlink()

    assert f"Forecast {released.saved.forecast_id[:12]}, which was registered, is gone." in broken_records(copy)


def test_other_graders_cannot_register(copy: Workspace, released: Released, tmp_path: Path) -> None:
    """A stack that did not measure the forecast is not archived with it."""
    shutil.rmtree(copy.registrations)
    changed = changed_taxonomy(tmp_path)

    with pytest.raises(InputError, match="graders have changed"):
        register(copy, released.saved, current_stack(read_settings({}), changed), now=NOW, taxonomy=changed)


def test_an_archived_stack_measures_the_same(released: Released) -> None:
    """Taken up again years later from the archive alone, its graders have the same fingerprints."""
    stack = archived_stack(released.workspace, released.registered.registration.stack, read_settings({}))

    assert measures_same(released.saved.forecast, stack)
    assert set(released.saved.forecast.graders) < {(g.category, g.fingerprint) for g in stack.graders()}
    assert stack.taxonomy.fingerprint == released.saved.forecast.taxonomy
    assert stack.taxonomy.version == current_stack(read_settings({})).taxonomy.version


def test_judges_are_archived_without_their_keys(tmp_path: Path) -> None:
    """How they were asked is kept; the key comes from the settings, and only for the address it is meant for."""
    here = Workspace(tmp_path)
    values = {
        "DEPLOYSIM_JUDGE": "judge-1",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_API_KEY": "sk-very-secret",
    }
    stack = current_stack(read_settings(values))
    name = archive_stack(here, stack)

    assert "sk-very-secret" not in (here.stacks / f"{name}.json").read_text()
    again = archived_stack(here, name, read_settings(values))
    assert [g.fingerprint for g in again.graders()] == [g.fingerprint for g in stack.graders()]
    assert again.judges.cheap[0].settings.api_key.reveal() == "sk-very-secret"
    with pytest.raises(ConfigError, match=r"http://127\.0\.0\.1:9/v1, which is not configured now"):
        archived_stack(here, name, read_settings({**values, "OPENAI_BASE_URL": "http://127.0.0.1:10/v1"}))


def test_a_stack_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    """Names of archived files are names only."""
    here = Workspace(tmp_path / "ws")
    name = archive_stack(here, current_stack(read_settings({})))
    plain = json.loads((here.stacks / f"{name}.json").read_text())
    plain["files"][0]["name"] = "../../escaped.yaml"
    from deploysim.forecast.codec import canonical_json
    from deploysim.store.frozen import save_frozen

    evil = save_frozen(here.stacks, canonical_json(plain))
    with pytest.raises(InputError, match=r"escaped\.yaml"):
        archived_stack(here, evil, read_settings({}))


def test_registering_has_a_time(released: Released) -> None:
    """In UTC, whatever the clock's zone."""
    assert released.registered.registration.registered_at == "2026-11-01T12:00:00+00:00"
    assert timedelta(days=1) < LATER - NOW


def changed_taxonomy(folder: Path) -> Path:
    """The default taxonomy with one category that counts more."""
    target = folder / "taxonomy"
    shutil.copytree(DEFAULT_TAXONOMY, target)
    path = target / "product.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("id: refusal\n", "id: refusal\n", 1).replace("severity: 1", "severity: 2", 1), encoding="utf-8"
    )
    return target
