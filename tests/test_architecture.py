"""The house: data goes one way, and the daemon stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import curatord

PACKAGE = Path(curatord.__file__).parent
ORDER = (
    "memory",
    "curate",
    "teach",
    "store",
    "train",
    "exam",
    "serve",
    "daemon",
    "control",
    "service",
    "dashboard",
    "report",
    "doctor",
    "cli",
)
# Heavy, or harmful to the process that imports them: training libraries change YAML loading for everybody.
# Parsing and curating are the workers' business.
NEVER_IN_THE_DAEMON = ("mlx", "mlx_lm", "transformers", "numpy", "tokenizers", "mistune", "curatord.curate.curate")


def imports(file: Path) -> set[str]:
    """Return the modules of curatord that a file names in its imports, type-checking ones included."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.startswith("curatord.")}


MODULES = sorted(file.relative_to(PACKAGE).as_posix() for file in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("module", [module for module in MODULES if module.split("/", 1)[0] in ORDER])
def test_nothing_imports_against_the_datas_way(module: str) -> None:
    """A folder may use those before it in the house's order, never those after it."""
    here = ORDER.index(module.split("/", 1)[0])
    parts = {name.split(".", 2)[1] for name in imports(PACKAGE / module)}
    assert {part for part in parts if part in ORDER and ORDER.index(part) > here} == set()


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("curate/")])
def test_curation_is_pure(module: str) -> None:
    """No clock, no disk, no process, no chance in `curate/`; package data through importlib alone."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    named = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    } | {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert named.isdisjoint({"os", "time", "random", "subprocess", "threading", "socket", "pathlib", "io"})
    assert called.isdisjoint({"now", "today", "utcnow"})


@pytest.mark.parametrize("module", ["curatord.daemon.service", "curatord.control.api", "curatord.daemon.build"])
def test_the_daemon_imports_nothing_heavy(module: str) -> None:
    """Neither the service nor its API pull in the training libraries."""
    program = f"import sys, {module}; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in NEVER_IN_THE_DAEMON if name in loaded] == []


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_one_thing_each(module: str) -> None:
    """No module is longer than 350 lines."""
    assert len((PACKAGE / module).read_text(encoding="utf-8").splitlines()) <= 350
