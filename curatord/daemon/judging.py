"""People's word on pairs, on its way to the store: texts are looked at as notes are, and everybody is told."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from curatord.curate.redact.allow import allowed
from curatord.curate.redact.mask import mask
from curatord.curate.redact.options import Mode
from curatord.curate.redact.turns import turn_mark
from curatord.errors import UsageError
from curatord.log import get_logger
from curatord.store import judging
from curatord.store.judgements import Edit
from curatord.store.judging import Said

if TYPE_CHECKING:
    from curatord.config import Redact, Settings
    from curatord.daemon.events import Events
    from curatord.daemon.passes import Passes
    from curatord.store.database import Store
    from curatord.store.judgements import By, Verdict
    from curatord.store.judging import Outcome

MOST_CHARACTERS = {"question": 1000, "answer": 4000, "rejected": 4000}  # longer rows fit no training row of 1024 tokens

log = get_logger("judging")


def judge(
    passes: Passes, events: Events, identity: str, verdict: Verdict, by: By, edit: Edit, *, whole_fact: bool
) -> Outcome:
    """Have the ingest thread judge a pair; raises CuratordError where that cannot be."""

    def order(store: Store, settings: Settings) -> Outcome:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        said = Said(verdict, by, at, checked(edit, settings.redact), whole_fact)
        return judging.judge(store, settings.shards.documents, identity, said)

    outcome = passes.ask(order)
    log.info("judged", pair=identity, verdict=verdict.value, by=by.value, judgements=outcome.judgements)
    events.publish("judged", pair=identity, verdict=verdict.value, by=by.value, judgements=outcome.judgements)
    return outcome


def take_back(passes: Passes, events: Events, identity: str, *, whole_fact: bool) -> Outcome:
    """Have the ingest thread forget what was said of a pair; raises CuratordError where nothing was."""

    def order(store: Store, settings: Settings) -> Outcome:
        return judging.take_back(store, settings.shards.documents, identity, whole_fact=whole_fact)

    outcome = passes.ask(order)
    log.info("judgement_taken_back", pair=identity, judgements=outcome.judgements)
    events.publish("judgement_taken_back", pair=identity, judgements=outcome.judgements)
    return outcome


def checked(edit: Edit, redact: Redact) -> Edit:
    """Return an edit with its texts as they may be trained on; raise UsageError where one may not.

    White space at the ends goes. What is no text, too long, or could be taken for a chat template's marks is refused;
    secrets are refused or masked, as the settings have it for notes.
    """
    texts = {name: getattr(edit, name) for name in Edit.__slots__}
    return replace(edit, **{name: _checked(name, text, redact) for name, text in texts.items() if text is not None})


def _checked(name: str, text: str, redact: Redact) -> str:
    told = "rejected answer" if name == "rejected" else name
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise UsageError(f"The {told} is empty.", hint="To be rid of the pair: `curatord pairs judge ID --down`.")
    if (most := MOST_CHARACTERS[name]) < len(text):
        raise UsageError(f"The {told} has {len(text)} characters; {most} are the most.", hint="Make it shorter.")
    if any(unicodedata.category(character) in _NO_TEXT and character not in "\n\t" for character in text):
        raise UsageError(f"The {told} holds control characters.", hint="Leave them out.")
    if mark := turn_mark(text):
        raise UsageError(
            f"The {told} holds `{mark}`, which chat templates mark turns with.", hint="Write it in another way."
        )
    return _without_secrets(told, text, redact)


def _without_secrets(told: str, text: str, redact: Redact) -> str:
    masked = mask(text, allowed(redact.allow))
    if masked.findings and Mode(redact.mode) is Mode.DROP:
        rule = masked.findings[0].rule
        raise UsageError(
            f"The {told} holds what looks like {rule.name} (rule {rule.id}).",
            hint="Leave it out, or name it in `allow` under [redact] if it is harmless.",
        )
    return masked.text


_NO_TEXT = frozenset({"Cc", "Cs"})
