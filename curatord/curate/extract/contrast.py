"""How two named values differ: what tables, settings and lists of named values share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from curatord.curate.extract.setting import link
from curatord.curate.phrasing import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from curatord.curate.draft import Draft
    from curatord.curate.view import View
    from curatord.memory.document import Lines


class Side(NamedTuple):
    """One of two things that are set against each other."""

    name: str
    value: str


# the word between the sides
JOINT = {"en": "whereas", "fr": "alors que"}
# language -> how several values are told, how each is, and the words between sides and before the last value
TOGETHER = {
    "en": ("{name} has {values}", "{0} as {1}", "whereas", "and"),
    "fr": ("{name} a {values}", "{0} pour {1}", "alors que", "et"),
}


def contrast(
    view: View, lines: Lines, sides: tuple[Side, Side], *, attribute: str = "", shape: str = "contrast", weight: float
) -> Draft:
    """Return the fact that two things differ; the tempting mistake is to exchange their values.

    The shape "contrast" asks how the two differ, "versus" how they differ in the attribute.
    """
    one, two = sides
    a_is, b_is = _told(view, one, two, attribute)
    slots = {"a": one.name, "b": two.name, "a_is": a_is, "b_is": b_is, "attribute": attribute}
    statement = say(view.context.language, shape, view.slots | slots, one.name + two.name)
    joint = JOINT[view.context.language]
    exchanged = _told(view, Side(one.name, two.value), Side(two.name, one.value), attribute)
    return view.draft(
        shape,
        statement,
        lines,
        slots=slots,
        keys=(one.value, two.value),
        siblings=(f", {joint} ".join(exchanged),),
        value=f"{a_is}, {joint} {b_is}",
        weight=weight,
    )


def contrast_in_all(view: View, lines: Lines, pairs: Mapping[str, tuple[Side, Side]], *, weight: float) -> Draft:
    """Return how two things differ in several attributes; the tempting mistake is to exchange their values."""
    (one, two), *_ = pairs.values()
    values = [[pair[at].value for pair in pairs.values()] for at in (0, 1)]
    has, named, joint, last = TOGETHER[view.context.language]
    a_is, b_is = (
        has.format(name=side.name, values=_joined(told, last))
        for side, told in (
            (one, [named.format(value, name) for value, name in zip(values[0], pairs, strict=True)]),
            (two, values[1]),
        )
    )
    slots = {"a": one.name, "b": two.name, "a_is": a_is, "b_is": b_is}
    statement = say(view.context.language, "contrast", view.slots | slots, one.name + two.name)
    exchanged = [named.format(value, name) for value, name in zip(values[1], pairs, strict=True)]
    other = (
        has.format(name=one.name, values=_joined(exchanged, last)),
        has.format(name=two.name, values=_joined(values[0], last)),
    )
    return view.draft(
        "contrast",
        statement,
        lines,
        slots=slots,
        keys=tuple(dict.fromkeys(values[0] + values[1])),
        siblings=(f", {joint} ".join(other),),
        value=f"{a_is}, {joint} {b_is}",
        weight=weight,
    )


def _joined(parts: Sequence[str], last: str) -> str:
    return f" {last} ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


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
