"""The lock files: what `make` installs is pinned, hashed and complete, and names no place it came from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from curatord.exam import minilm_files
from curatord.train import embedded

REPOSITORY = Path(__file__).parents[2]
RUN, DEV, BUILD, MODEL = (REPOSITORY / "etc" / f"requirements{name}.txt" for name in ("", "-dev", "-build", "-model"))
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def locked(file: Path) -> dict[str, list[str]]:
    """Return each locked requirement, without its hashes, with the list of them."""
    requirements: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=\S)", file.read_text(encoding="utf-8").strip()):
        first, *hashes = [line.strip().rstrip("\\").strip() for line in entry.splitlines()]
        requirements[first] = hashes
    return requirements


def names(requirements: list[str]) -> set[str]:
    """Return the canonical names of requirements."""
    return {canonicalize_name(Requirement(text).name) for text in requirements}


@pytest.mark.parametrize("file", [RUN, DEV, BUILD, MODEL], ids=lambda file: file.name)
def test_every_locked_requirement_is_pinned_and_hashed(file: Path) -> None:
    """No other version is taken, and no file with another content."""
    for requirement, hashes in locked(file).items():
        assert re.match(r"^[a-z0-9.-]+==\S+( ; .+)?$", requirement), requirement
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in hashes), requirement


@pytest.mark.parametrize("file", [RUN, DEV, BUILD, MODEL], ids=lambda file: file.name)
def test_a_lock_file_names_no_host(file: Path) -> None:
    """Where packages come from is the user's own setting."""
    text = file.read_text(encoding="utf-8")

    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host| @ ", text)


@pytest.mark.parametrize(
    ("file", "declared"),
    [
        (RUN, PROJECT["project"]["dependencies"]),
        (DEV, PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]),
        (BUILD, PROJECT["build-system"]["requires"]),
    ],
    ids=["run", "dev", "build"],
)
def test_every_declared_dependency_is_locked_in_a_version_it_allows(file: Path, declared: list[str]) -> None:
    """`make lock` was run after the last change of pyproject.toml."""
    pins = [Requirement(text) for text in locked(file)]

    for wanted in map(Requirement, declared):
        versions = [
            next(iter(pin.specifier)).version
            for pin in pins
            if canonicalize_name(pin.name) == canonicalize_name(wanted.name)
        ]
        assert versions, f"{wanted.name} is not locked"
        assert all(wanted.specifier.contains(version, prereleases=True) for version in versions), wanted.name


@pytest.mark.parametrize("file", [RUN, BUILD], ids=lambda file: file.name)
def test_the_development_lock_holds_the_versions_that_users_get(file: Path) -> None:
    """What is tested is what is run; only the conditions of a requirement may differ."""
    development = {text.split(" ;")[0] for text in locked(DEV)}

    assert {text.split(" ;")[0] for text in locked(file)} <= development


def test_the_running_lock_holds_no_development_tool() -> None:
    """A user installs neither the test runner nor the type checker."""
    tools = names(PROJECT["project"]["optional-dependencies"]["dev"])
    tools.remove("jsonschema")  # `mcp` checks messages with it as well

    assert not names(list(locked(RUN))) & tools


def test_the_models_are_locked_in_the_versions_that_are_looked_for() -> None:
    """Another version may carry another file."""
    assert list(locked(MODEL)) == [
        f"{embedded.PACKAGE}=={embedded.VERSION}",
        f"{minilm_files.PACKAGE}=={minilm_files.VERSION}",
    ]
