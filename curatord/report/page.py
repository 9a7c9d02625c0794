"""The report as one HTML page: no scripts, nothing loaded from anywhere, light or dark as the reader has it."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import orjson
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from curatord.report import figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from curatord.report.gather import Report

SHOWN = 4  # replies of each outcome that need no unfolding
_OUTCOMES = {
    "gained": "Learned: wrong before, right now",
    "lost": "Lost: right before, wrong now",
    "wrong": "Wrong before and now",
    "right": "Right before and now",
}
_STAGES = {
    "snapshot": "drawing the data",
    "base": "loading the base model",
    "replay": "replay against forgetting",
    "sft": "supervised training",
    "dpo": "preference training",
    "exam": "exam",
    "saving": "saving",
}


def page(report: Report) -> str:
    """Return the page; its style is allowed by its hash, all else that a page could load or run is forbidden."""
    style = _source("page.css")
    template = _environment().get_template("page.html")
    return template.render(
        report=report,
        style=Markup(style),  # noqa: S704  ours
        policy=_policy(style),
        pictures=[figures.picture(chart) for chart in report.charts],
        box=figures,
        outcomes=[(name, title, some) for name, title in _OUTCOMES.items() if (some := _having(report, name))],
        most=SHOWN,
        stages=_STAGES,
        settings=list(_flat(report.settings)),
        kept=_kept(report.exam) if report.exam else None,
    )


def _policy(style: str) -> str:
    """Return a Content Security Policy (level 3) under which nothing but this style is let in."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({"page.html": _source("page.html")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"duration": _duration, "moment": _moment, "percent": _percent, "points": _points}
    return environment


def _source(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _having(report: Report, outcome: str) -> list[Any]:
    return [example for example in report.examples if example.outcome == outcome]


def _kept(exam: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(trial for trial in exam["trials"] if trial["scale"] == exam["scale"])
    return found


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield settings as the configuration file names them, with their values as TOML has them."""
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", "" if value is None else orjson.dumps(value).decode()


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NARROW NO-BREAK SPACE}%"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"
