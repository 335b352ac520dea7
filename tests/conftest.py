"""Fixtures for the whole suite."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from audited import audited_workspace
from makers import compared_workspace

from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no core waits for another at the end."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Return the path of a real data set kept beside the project, or skip where it is not there."""

    def find(name: str) -> Path:
        path = SHARED / name / "data.parquet"
        if not path.exists():
            pytest.skip(f"needs the data set {name!r} in ../shared/data, which is not there")
        return path

    return find


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep a developer's settings and workspace out of every test."""
    for name in os.environ:
        if name.startswith(("OPENAI_", "DEPLOYSIM_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DEPLOYSIM_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("DEPLOYSIM_ENV_FILE", str(tmp_path / "none.env"))
    # An embedded model that others use may be joined by no test, nor crashed.
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Lanes]:
    """A workspace with everything in it up to a forecast. Tests only read it."""
    return compared_workspace(tmp_path_factory.mktemp("compared"))


@pytest.fixture(autouse=True)
def _own_main_module() -> Iterator[None]:
    """Put `__main__` back: a page that ran in a test leaves its script there, and a child process would run that first."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Lanes]:
    """A graded workspace whose candidate can be told from the log. Tests only read it."""
    return audited_workspace(tmp_path_factory.mktemp("audited"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run one command in this process and return its exit code and output."""

    from deploysim.__main__ import main  # it imports everything, which most tests need not wait for

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["deploysim", *(str(a) for a in arguments)])
        code = main()
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call
