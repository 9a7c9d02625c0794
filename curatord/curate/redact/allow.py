"""`[redact] allow`: the rules a person switched off, and the values they know to be harmless."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from curatord.curate.redact.rules import rules

if TYPE_CHECKING:
    from collections.abc import Mapping


class Allowed:
    """The entries of the list, understood."""

    __slots__ = ("_switched_off", "_values")

    def __init__(self, entries: tuple[str, ...]) -> None:
        """Take entries that `check_entry` let pass."""
        values: dict[str, list[re.Pattern[str]]] = {}
        switched_off = set()
        for entry in entries:
            rule, colon, pattern = entry.partition(":")
            if colon:
                values.setdefault(rule, []).append(re.compile(pattern))
            else:
                switched_off.add(rule)
        self._switched_off = frozenset(switched_off)
        self._values: Mapping[str, list[re.Pattern[str]]] = values

    def allows(self, rule: str, value: str) -> bool:
        """Tell whether a rule is switched off, or the whole of a value is one that the list allows for it."""
        return rule in self._switched_off or any(pattern.fullmatch(value) for pattern in self._values.get(rule, ()))


@cache
def allowed(entries: tuple[str, ...]) -> Allowed:
    """Return the list understood; the last ones are remembered."""
    return Allowed(entries)


def check_entry(entry: str) -> str:
    """Return an entry of the list as it is.

    `RULE` switches a rule off; `RULE:PATTERN` lets pass what a regular expression matches as a whole, such as
    `aws-access-key:AKIAIOSFODNN7EXAMPLE`. Raises ValueError for a rule that does not exist and for a pattern that is
    none.
    """
    name, colon, pattern = entry.partition(":")
    known = [rule.id for rule in rules()]
    if name not in known:
        near = get_close_matches(name, known, n=1)
        raise ValueError(f'there is no rule "{name}"' + (f'; did you mean "{near[0]}"?' if near else ""))
    if colon:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"the pattern after the colon is not valid: {error}") from error
    return entry
