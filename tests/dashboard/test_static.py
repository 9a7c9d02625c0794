"""The page's own files, and those of others that come with them."""

from __future__ import annotations

import hashlib
import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from curatord.dashboard.app import STATIC

if TYPE_CHECKING:
    from pathlib import Path

VENDOR = STATIC / "vendor"
LIBRARIES = tomllib.loads((VENDOR / "vendor.toml").read_text(encoding="utf-8"))
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
OURS = [*SCRIPTS, *sorted((STATIC / "css").glob("*.css")), STATIC / "index.html"]


def name(file: Path) -> str:
    """Return what a test of this file is called."""
    return file.relative_to(STATIC).as_posix()


def test_libraries_of_others_are_what_was_taken_from_them() -> None:
    """Every file has the hash that is written down, and no other file is there."""
    told = {file: digest for library in LIBRARIES.values() for file, digest in library["files"].items()}
    found = {
        file.relative_to(VENDOR).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.rglob("*")
        if file.is_file() and file.name != "vendor.toml"
    }

    assert found == told


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_a_library_brings_its_licence(library: str) -> None:
    """The text says what the list says."""
    signs = {"MIT": "Permission is hereby granted, free of charge", "Apache-2.0": "Apache License"}
    text = (VENDOR / library / "LICENSE").read_text(encoding="utf-8")

    assert signs[LIBRARIES[library]["licence"]] in text


@pytest.mark.parametrize("file", SCRIPTS, ids=name)
def test_a_script_is_one_thing(file: Path) -> None:
    """None is longer than 250 lines."""
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize("file", OURS, ids=name)
def test_nothing_comes_from_elsewhere(file: Path) -> None:
    """No address of another host, no code or style that the policy would have to make an exception for."""
    text = file.read_text(encoding="utf-8")

    assert not re.search(r"https?://|//cdn|@import", text)
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|style=\"", text)


@pytest.mark.parametrize("file", SCRIPTS, ids=name)
def test_what_a_script_imports_is_there(file: Path) -> None:
    """A name that is misspelled shows here, before a browser sees it; and nothing is imported for nothing."""
    text = file.read_text(encoding="utf-8")
    for names, source in re.findall(r"^(?:import|export) \{([^}]*)\} from \"([^\"]+)\"", text, re.MULTILINE):
        if not source.startswith("."):
            continue
        offered = (file.parent / source).resolve().read_text(encoding="utf-8")
        for one in (part.strip() for part in names.split(",")):
            pattern = rf"export (?:async )?(?:const|function|class) {one}\b|export \{{[^}}]*\b{one}\b"
            assert re.search(pattern, offered), f"{source} offers no {one}"
            assert len(re.findall(rf"\b{one}\b", text)) > 1, f"{one} is not used"
