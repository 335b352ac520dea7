"""The layout's rules, read from the imports themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    "errors",
    "wording",
    "types",
    "config",
    "yaml_files",
    "roles",
    "store",
    "stats",
    "ingest",
    "scrub",
    "sampling",
    "chat",
    "tools",
    "replay",
    "taxonomy",
    "grade",
    "forecast",
    "audit",
    "looks",
    "render",
    "timeline",
    "text_diff",
    "tables",
    "calibration_words",
    "charts",
    "report",
    "pipeline",
    "ui",
    "serve",
    "cli",
    "__main__",
]
STAGES = {"ingest", "scrub", "sampling", "replay", "grade", "forecast"}
HOMES = {
    "duckdb": {"store"},
    "presidio_analyzer": {"scrub"},
    "spacy": {"scrub"},
    "tldextract": {"scrub"},
    "faker": {"scrub"},
    "openai": {"chat"},
    "xllamacpp": {"chat"},
    "dulwich": {"tools"},
    "altair": {"charts"},
    "vl_convert": {"charts"},
    "typer": {"cli", "__main__"},
    "rich": {"cli", "__main__"},
    "streamlit": {"ui", "serve", "app", "pages"},
}
FILES = [*(ROOT / "deploysim").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "app.py"]


def _layer(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "deploysim" and len(parts) > 1 else parts[0]


def _imported(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [
                f"{node.module}.{alias.name}" if node.module == "deploysim" else node.module for alias in node.names
            ]
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_from_above_itself(path: Path) -> None:
    """Data flows down the layout's table, and stages do not know each other."""
    layer = _layer(path)
    for name in _imported(path):
        package, _, rest = name.partition(".")
        other = rest.split(".")[0]
        if package != "deploysim" or other in ("", "__version__", layer) or layer in ("app", "pages"):
            continue
        assert LAYERS.index(other) < LAYERS.index(layer), f"{path.name} imports {name} from below"
        assert not {layer, other} <= STAGES, f"stage {layer} imports stage {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_library_has_one_home(path: Path) -> None:
    """A third-party library is imported in one place only."""
    for name in _imported(path):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or _layer(path) in homes, f"{path.name} imports {name}, whose home is {homes}"


def test_no_page_lies_directly_in_pages() -> None:
    """Streamlit's older runner would find a flat page and run it instead of the app."""
    assert list((ROOT / "pages").glob("*.py")) == []


def test_pages_are_thin() -> None:
    """A page is widgets, one call, one display: at most about 120 lines."""
    long = {p.name: n for p in (ROOT / "pages").rglob("*.py") if (n := len(p.read_text().splitlines())) > 120}
    assert long == {}
