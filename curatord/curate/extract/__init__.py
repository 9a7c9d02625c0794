"""Extractors: each finds one kind of fact in a section. Which finds what is told in their own first lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.curate.extract import (
    cause,
    caveat,
    change,
    choice,
    code,
    comparison,
    condition,
    decision,
    definition,
    figure,
    likeness,
    limitation,
    listing,
    mention,
    overview,
    passage,
    prohibition,
    setting,
    standout,
    statement,
    steps,
    table,
    trouble,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from curatord.curate.draft import Draft
    from curatord.curate.view import View

EXTRACTORS: Mapping[str, Callable[[View], Iterator[Draft]]] = {
    "overview": overview.extract,
    "definition": definition.extract,
    "setting": setting.extract,
    "table": table.extract,
    "steps": steps.extract,
    "code": code.extract,
    "cause": cause.extract,
    "condition": condition.extract,
    "comparison": comparison.extract,
    "choice": choice.extract,
    "likeness": likeness.extract,
    "standout": standout.extract,
    "change": change.extract,
    "prohibition": prohibition.extract,
    "caveat": caveat.extract,
    "trouble": trouble.extract,
    "limitation": limitation.extract,
    "figure": figure.extract,
    "decision": decision.extract,
    "statement": statement.extract,
    "listing": listing.extract,
    "mention": mention.extract,
    "passage": passage.extract,
}
