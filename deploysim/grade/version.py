"""Versions of code: a hash of the source text of a module and of all that it uses within this package."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import importlib.util
from pathlib import Path

_PACKAGE = "deploysim.grade"


@functools.cache
def module_version(module: str) -> str:
    """Return a hash of the source text of a module and of all modules of this package that it uses."""
    digest = hashlib.sha256()
    for name in sorted(used_modules(module)):
        digest.update(f"{name}\n{_source(name)}\n".encode())
    return digest.hexdigest()


def used_modules(module: str) -> set[str]:
    """Return a module and all modules of this package that it reaches by imports."""
    used: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in used:
            continue
        used.add(name)
        for node in ast.walk(ast.parse(_source(name))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(_PACKAGE):
                waiting += _imported(node.module, [alias.name for alias in node.names])
    return used


def _imported(module: str, names: list[str]) -> list[str]:
    """Return the modules that an import reads from: those of a package that it names, or the module itself."""
    if not hasattr(importlib.import_module(module), "__path__"):
        return [module]
    return [inner for name in names if importlib.util.find_spec(inner := f"{module}.{name}")]


def _source(module: str) -> str:
    """Return a module's text with plain line ends, so that a checkout on Windows gives the same hash."""
    file = importlib.import_module(module).__file__
    assert file is not None
    return Path(file).read_text(encoding="utf-8")
