"""Situations of a user for whom permissions count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.doctor.finding import Situation
from curatord.paths import StateDirectory
from curatord.settings_file import parse

if TYPE_CHECKING:
    from tests.live import Live


def unchecked(live: Live) -> Situation:
    """Return a configuration's situation; its owner, who is not the real user of the process, is not looked at."""
    return Situation(live.config, parse(live.config.read_bytes(), live.config), StateDirectory(live.state))
