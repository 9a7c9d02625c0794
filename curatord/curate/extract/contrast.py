"""How two named values differ: what tables and lists of named values share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from curatord.curate.phrasing import say

if TYPE_CHECKING:
    from curatord.curate.draft import Draft
    from curatord.curate.view import View
    from curatord.memory.document import Lines


class Side(NamedTuple):
    """One of two things that are set against each other."""

    name: str
    value: str


# language -> how a side is told, where an attribute is compared and where it is not, and the word between sides
WORDS = {
    "en": ("{attribute} of {name} is {value}", "{name} is {value}", "whereas"),
    "fr": ("pour {name}, {attribute} vaut {value}", "{name} vaut {value}", "alors que"),
}


def contrast(view: View, lines: Lines, sides: tuple[Side, Side], *, attribute: str = "", weight: float) -> Draft:
    """Return the fact that two things differ; the tempting mistake is to exchange their values."""
    one, two = sides
    a_is, b_is = _told(view, one, two, attribute)
    slots = {"a": one.name, "b": two.name, "a_is": a_is, "b_is": b_is}
    statement = say(view.context.language, "contrast", view.slots | slots, one.name + two.name)
    joint = WORDS[view.context.language][2]
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
    with_attribute, plain, _ = WORDS[view.context.language]
    told = with_attribute if attribute else plain
    again = "that" if view.context.language == "en" else attribute
    first = told.format(attribute=attribute, name=one.name, value=one.value)
    return first, told.format(attribute=again, name=two.name, value=two.value)
