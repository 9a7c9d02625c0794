"""The property list: by plistlib, and by a table of keys written from launchd.plist(5).

(plistutil says "OK" to files that launchd refuses.)
"""

from __future__ import annotations

import plistlib
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.errors import ConfigurationError
from curatord.service import launchd
from curatord.service.plan import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Callable


def is_strings(value: object) -> bool:
    """An array of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def is_variables(value: object) -> bool:
    """A dictionary of strings: launchd leaves out everything else."""
    return isinstance(value, dict) and all(isinstance(item, str) for pair in value.items() for item in pair)


def is_dictionary_of(**types: type) -> Callable[[object], bool]:
    """A dictionary with these keys alone, each of its type."""
    return lambda value: isinstance(value, dict) and all(type(value[key]) is types.get(key) for key in value)


def is_a(kind: type) -> Callable[[object], bool]:
    """Exactly this type: in Python, True is an integer."""
    return lambda value: type(value) is kind


def is_seconds(value: object) -> bool:
    """A positive integer; 0 would mean for ever."""
    return type(value) is int and value > 0


def is_absolute(value: object) -> bool:
    """An absolute path: launchd expands neither ~ nor variables."""
    return isinstance(value, str) and value.startswith("/") and "~" not in value and "$" not in value


KEYS: dict[str, Callable[[Any], bool]] = {
    "Label": is_a(str),
    "ProgramArguments": is_strings,
    "EnvironmentVariables": is_variables,
    "RunAtLoad": is_a(bool),
    "KeepAlive": is_dictionary_of(SuccessfulExit=bool, Crashed=bool, PathState=dict, OtherJobEnabled=dict),
    "ThrottleInterval": is_seconds,
    "ExitTimeOut": is_seconds,
    "ProcessType": lambda value: value in {"Background", "Standard", "Adaptive", "Interactive"},
    "LowPriorityIO": is_a(bool),
    "LowPriorityBackgroundIO": is_a(bool),
    "Nice": lambda value: type(value) is int and -20 <= value <= 20,
    "Umask": lambda value: isinstance(value, str) and re.fullmatch("0[0-7]{2}", value) is not None,
    "MaterializeDatalessFiles": is_a(bool),
    "SoftResourceLimits": is_dictionary_of(NumberOfFiles=int, NumberOfProcesses=int, Core=int, CPU=int, Stack=int),
    "WorkingDirectory": is_absolute,
    "StandardOutPath": is_absolute,
    "StandardErrorPath": is_absolute,
}

PLAN = Plan(
    Path("/opt/venv/bin/python"), Path("/Users/me/.config/curatord.toml"), Path("/Users/me/Library/Logs/curatord")
)


def rendered(what: Plan = PLAN) -> dict[str, Any]:
    """Return the property list as launchd reads it."""
    return dict(plistlib.loads(launchd.render(what)))


def test_every_key_is_one_of_the_manual_with_a_value_of_its_type() -> None:
    """An unknown key is passed over by launchd in silence."""
    for key, value in rendered().items():
        assert key in KEYS, key
        assert KEYS[key](value), (key, value)


def test_what_is_promised_stands_in_it() -> None:
    """The behaviour that the rest relies on."""
    found = rendered()
    assert found["Label"] == "dev.curatord.daemon"
    assert found["ProgramArguments"] == ["/opt/venv/bin/python", "-I", "-m", "curatord", "run"]
    assert found["RunAtLoad"] is True
    assert found["KeepAlive"] == {"SuccessfulExit": False, "Crashed": True}
    assert (found["ThrottleInterval"], found["ExitTimeOut"]) == (30, 30)
    assert (found["ProcessType"], found["LowPriorityIO"], found["Umask"]) == ("Background", True, "077")
    assert found["MaterializeDatalessFiles"] is False
    assert found["SoftResourceLimits"]["NumberOfFiles"] >= 4096
    assert found["StandardErrorPath"] == "/Users/me/Library/Logs/curatord/launchd.log"
    variables = found["EnvironmentVariables"]
    assert variables["HF_HUB_OFFLINE"] == "1"
    assert variables["CURATORD_CONFIG"] == "/Users/me/.config/curatord.toml"


def test_no_placeholder_is_left() -> None:
    """Nothing between @ signs."""
    assert b"@" not in launchd.render(PLAN)


def test_keys_that_do_harm_are_absent() -> None:
    """EnableTransactions would mean SIGKILL at once; a protected working directory keeps a job from starting."""
    assert rendered().keys().isdisjoint({"EnableTransactions", "EnablePressuredExit", "WatchPaths", "WorkingDirectory"})


@settings(deadline=None, max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/@￾￿"), min_size=1, max_size=20))
def test_any_path_comes_back_as_it_went_in(name: str) -> None:
    """Ampersands, angle brackets, quotes, any script."""
    found = rendered(Plan(Path("/opt") / name, Path("/etc") / name, Path("/logs") / name))
    assert found["ProgramArguments"][0] == str(Path("/opt") / name)
    assert found["EnvironmentVariables"]["CURATORD_CONFIG"] == str(Path("/etc") / name)


def test_a_path_that_no_property_list_can_hold_is_an_error() -> None:
    """Control characters, and bytes that are no text."""
    for name in ("a\x07b", "a\udcffb"):
        with pytest.raises(ConfigurationError, match="property list"):
            launchd.render(Plan(Path("/opt/python"), Path("/etc") / name, Path("/logs")))


def test_what_the_usual_places_depend_on_is_carried_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service manager knows nothing of a shell's variables; other ones are left behind."""
    monkeypatch.setenv("HOME", str(tmp_path))
    made = plan(Path("/c.toml"), {"XDG_STATE_HOME": "/x", "XDG_DATA_HOME": "", "SECRET_TOKEN": "s", "PATH": "/p"})
    assert made.environment() == {"CURATORD_CONFIG": "/c.toml", "XDG_STATE_HOME": "/x"}
    assert made.logs == tmp_path / "Library/Logs/curatord"


def test_the_template_is_no_program() -> None:
    """And as it stands in the repository it is a valid property list."""
    template = Path(__file__).parents[2] / "launchd" / "dev.curatord.daemon.plist"
    assert plistlib.loads(template.read_bytes())["Label"] == template.stem
    assert not template.stat().st_mode & stat.S_IXUSR
