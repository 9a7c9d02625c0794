"""How two named values differ: what tables and lists of named values share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from curatord.curate.extract.setting import link
from curatord.curate.phrasing import say

if TYPE_CHECKING:
    from curatord.curate.draft import Draft
    from curatord.curate.view import View
    from curatord.memory.document import Lines


class Side(NamedTuple):
    """One of two things that are set against each other."""

    name: str
    value: str


# the word between the sides
JOINT = {"en": "whereas", "fr": "alors que"}


def contrast(view: View, lines: Lines, sides: tuple[Side, Side], *, attribute: str = "", weight: float) -> Draft:
    """Return the fact that two things differ; the tempting mistake is to exchange their values."""
    one, two = sides
    a_is, b_is = _told(view, one, two, attribute)
    slots = {"a": one.name, "b": two.name, "a_is": a_is, "b_is": b_is}
    statement = say(view.context.language, "contrast", view.slots | slots, one.name + two.name)
    joint = JOINT[view.context.language]
    exchanged = _told(view, Side(one.name, two.value), Side(two.name, one.value), attribute)
    return view.draft(
        "contrast",
        statement,
        lines,
        slots=slots,
        keys=(one.value, two.value),
        siblings=(f", {joint} ".join(exchanged),),
        value=f"{a_is}, {joint} {b_is}",
        weight=weight,
    )


def _told(view: View, one: Side, two: Side, attribute: str) -> tuple[str, str]:
    """Return how each side is told; both in the same way, which depends on what their values allow."""
    if view.context.language == "fr":
        again = f", sous {attribute}," if attribute else ""
        first, second = (
            (f"pour {side.name}{again if side is one else ''} il est not\u00e9 {side.value}") for side in (one, two)
        )
        return first, second
    if not attribute:
        links = [link(side.name, side.value, view) for side in (one, two)]
        if all(links):
            return f"{one.name} {links[0]} {one.value}", f"{two.name} {links[1]} {two.value}"
        return f"for {one.name} it says {one.value}", f"for {two.name} it says {two.value}"
    be = link(attribute, one.value, view)
    if be and be == link(attribute, two.value, view):
        again = "those" if be == "are" else "that"
        return f"{attribute} of {one.name} {be} {one.value}", f"{again} of {two.name} {be} {two.value}"
    joint = "under" if attribute.startswith('"') else "as"
    return f"{one.name} has {one.value} {joint} {attribute}", f"{two.name} has {two.value}"
