"""A small comparison that judges grade, for the tests of judging. Modules with a workspace of their own name it alike."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from judged import COUNT, ONE
from makers import compared_workspace

from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import Taxonomy, load_taxonomy


@pytest.fixture(scope="session")
def six_in_three_lanes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Lanes]:
    """A workspace with six prefixes in three lanes: the candidate refuses every second one, all else is one text."""
    here, lanes = compared_workspace(tmp_path_factory.mktemp("judged"), count=COUNT)
    return here.root, lanes


@pytest.fixture
def here(six_in_three_lanes: tuple[Path, Lanes], tmp_path: Path) -> Workspace:
    """A copy of it for one test."""
    shutil.copytree(six_in_three_lanes[0], tmp_path / "ws")
    return Workspace(tmp_path / "ws")


@pytest.fixture
def lanes(six_in_three_lanes: tuple[Path, Lanes]) -> Lanes:
    """Its lanes."""
    return six_in_three_lanes[1]


@pytest.fixture
def one(tmp_path: Path) -> Taxonomy:
    """A taxonomy of one category, judged and confirmed."""
    (tmp_path / "one.yaml").write_text(ONE, encoding="utf-8")
    return load_taxonomy(tmp_path / "one.yaml")
