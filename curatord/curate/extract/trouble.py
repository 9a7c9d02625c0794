"""What fails, is broken or does harm: a clause whose predicate says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.clause import BE
from curatord.curate.extract.thing import is_order
from curatord.curate.text import CODE_SPAN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.clause import Clause
    from curatord.curate.draft import Draft
    from curatord.curate.view import View

MAX_NP_WORDS = 9

_FAILS = {
    "en": re.compile(
        r"(?:fail|crash|break|lose|hang|stall|leak|suffer|lack|struggle|conflict|mislead|collapse|deadlock|degrade|miss"
        r"|overflow|corrupt)(?:s|es|ed|ing)?|broke|lost|hung",
        re.IGNORECASE,
    ),
    "fr": re.compile(r"\u00e9chou\w+|manqu\w+|souffr\w+|perd\w*|bloqu\w+", re.IGNORECASE),
}
_IS_BAD = {
    "en": re.compile(
        r"(?:(?:also|often|still|very|simply|usually|currently|more|therefore|now|quite|somewhat|not \w+ and|been|being"
        r"|completely|partially) )*"
        r"(?:broken|wrong|incorrect\w*|missing|stuck|down|unavailable|unreliable|slow|too \w+|lost|over(?:load"
        r"|whelm)ed|unable"
        r"|impossible|difficult|hard to|misleading|vulnerable|insufficient|inconsistent|corrupt\w*|fragile|flaky"
        r"|dangerous"
        r"|error-prone|problematic|incomplete|outdated|stale|degraded|throttled|starved|exhausted|a (?:bug|problem"
        r"|mistake|risk"
        r"|regression|single point of failure)|the (?:root )?cause|the problem|expensive|confusing|invalid"
        r"|ambiguous)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"(?:(?:tr\u00e8s|souvent|encore|plus|trop|aussi|de plus en plus) )*(?:difficiles?|complexes?|impossibles?"
        r"|lente?s?"
        r"|vuln\u00e9rables?|fragiles?|insuffisante?s?|co\u00fbteux|co\u00fbteuses?|indisponibles?|dangereux"
        r"|dangereuses?|trop)\b",
        re.IGNORECASE,
    ),
}
_BRINGS = {
    "en": re.compile(
        r"(?:caus|introduc|trigger|creat|lead|led|result|had|has|have|hit|expos|fac|produc|increas|encounter"
        r"|experienc|ran"
        r"|mean|receiv|return|rais|throw|threw|report)",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"(?:caus|entra\u00een|provoqu|pos|cr\u00e9|g\u00e9n\u00e8r|a\b|ont\b|augment|expos)", re.IGNORECASE
    ),
}
_HARM = {
    "en": re.compile(
        r"^(?:\S+ ){0,6}?(?:outages?|errors?|failures?|crash(?:es)?|problems?|issues?|bugs?|leaks?|delays?|downtime"
        r"|confusion"
        r"|corruption|risks?|incidents?|noise|timeouts?|vulnerabilit\w+|mistakes?|pollution|regressions?|drawbacks?"
        r"|limitations?|loss(?:es)?|inconsistenc\w+|contention|starvation|overhead|bottlenecks?|pitfalls?|flaws?)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"^(?:\S+ ){0,6}?(?:pannes?|erreurs?|\u00e9checs?|probl\u00e8mes?|retards?|risques?|incidents?|fuites?|pertes?"
        r"|difficult\u00e9s?|vuln\u00e9rabilit\u00e9s?|d\u00e9fauts?)\b",
        re.IGNORECASE,
    ),
}
_MENDED = re.compile(
    r"\b(?:fix(?:e[sd])?|solv\w+|resolv\w+|mitigat\w+|avoid\w*|prevent\w*|without|handl\w+|no (?:\w+ )?(?:problem"
    r"|issue|error"
    r"|failure|bug|risk)s?|error (?:handling|messages?|codes?)|r\u00e9solu\w*|corrig\w+|\u00e9vit\w+|sans)\b",
    re.IGNORECASE,
)
_BECOMES_WORDS = "become becomes became get gets got"
_BECOMES = frozenset(_BECOMES_WORDS.split())
_NO_SUBJECT_WORDS = "we you nous on vous everyone nobody let's"
_NO_SUBJECT = frozenset(_NO_SUBJECT_WORDS.split())


def extract(view: View) -> Iterator[Draft]:
    """Yield each positive clause that tells of a failure, a defect or a harm of its subject."""
    language = view.context.language
    for sentence in view.sentences:
        clause = sentence.clause
        if not clause or not sentence.statement or clause.negative or clause.subject.lower() in _NO_SUBJECT:
            continue
        np = view.np(clause)
        if len(np.split()) <= MAX_NP_WORDS and not is_order(np, view) and _is_trouble(clause, language):
            slots = {"np": np, **view.placed(np)}
            yield view.draft("trouble", sentence.statement, sentence.lines, slots=slots, weight=0.78)


def _is_trouble(clause: Clause, language: str) -> bool:
    verb = clause.verb.lower()
    if verb in BE or verb in _BECOMES:
        told = _IS_BAD[language].match(clause.rest)
    else:
        told = _FAILS[language].fullmatch(verb) or (
            _BRINGS[language].match(verb) and _HARM[language].match(clause.rest)
        )
    return bool(told) and not _MENDED.search(f"{verb} {CODE_SPAN.sub('X', clause.rest)}")
