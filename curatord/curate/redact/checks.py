"""Tests of a value that a regular expression cannot make: check digits, entropy, and what is plainly no secret."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from math import log2
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from re import Match


def anything(_match: Match[str], value: str) -> bool:
    """Accept what the pattern found, unless one character repeated shows that it stands for a value."""
    return not _FILLER.search(value)


def mixed(match: Match[str], value: str) -> bool:
    """Accept text that holds a digit and a letter."""
    return anything(match, value) and bool(_DIGIT.search(value) and _LETTER.search(value))


def mixed_case(match: Match[str], value: str) -> bool:
    """Accept text whose letters are both small and capital."""
    return anything(match, value) and value.lower() != value != value.upper()


def literal(match: Match[str], value: str) -> bool:
    """Accept a value written out: no variable, no `<placeholder>`, no word such as "password"."""
    return anything(match, value) and not _stands_for_a_value(value)


def random(match: Match[str], value: str) -> bool:
    """Accept text that no one would have chosen: 12 characters or more of high entropy that change their kind often.

    Entropy is Shannon's over the characters, in bits; words joined by hyphens have as much of it as random text of
    their length, but change between small letters, capitals and digits seldom.
    """
    text = value.rstrip("=.")
    core = _JOINTS.sub("", text)
    if len(core) < _RANDOM_LENGTH or not literal(match, text) or not _DIGIT.search(core) or not _LETTER.search(core):
        return False
    return _entropy(core) >= _RANDOM_BITS and _changes(core) >= _RANDOM_CHANGES * len(core)


def password(match: Match[str], value: str) -> bool:
    """Accept what a person or a generator chose as a password, and nothing that a program or a sentence says there.

    In quotes after its name, eight characters are enough; elsewhere letters must stand beside digits or marks.
    """
    text = value if match["quote"] else value.rstrip(".,;:!?)]}*_")
    if len(text) < _PASSWORD_LENGTH or not literal(match, text) or _CODE.search(text) or _NAME.fullmatch(text):
        return False
    if match["quote"] and match["sign"] in {":", "=", "=>", ":="} and len(text) >= _QUOTED_LENGTH:
        return not text.startswith(("-", "/", "."))
    inner = text.strip("-_.*/\\:()")
    marks = bool(_MARK.search(inner))
    return (bool(_DIGIT.search(inner)) or (marks and bool(_LETTER.search(inner)))) and not _MEASURE.fullmatch(text)


def email(_match: Match[str], value: str) -> bool:
    """Accept a mailbox; a git address, a unit, a file and a mailbox that nobody reads are none."""
    name, _, domain = value.replace("%40", "@").rpartition("@")
    return not _NO_DOMAINS.fullmatch(domain.rpartition(".")[2]) and name.lower() not in _NO_PERSONS


def card(match: Match[str], value: str) -> bool:
    """Accept the digits of a payment card: an issuer's prefix and length, and Luhn's check digit."""
    digits = _SEPARATORS.sub("", value)
    return bool(_CARD.fullmatch(digits)) and _luhn(digits) and anything(match, digits)


def iban(_match: Match[str], value: str) -> bool:
    """Accept an IBAN: the remainder by 97, letters as numbers and the first four characters last, is 1."""
    text = _SEPARATORS.sub("", value)
    if not _IBAN_LENGTHS[0] <= len(text) <= _IBAN_LENGTHS[1]:
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


def social_security(_match: Match[str], value: str) -> bool:
    """Accept a number of the United States as it is written; one of France where its key is right."""
    text = _SEPARATORS.sub("", value)
    if len(text) == _US_DIGITS:
        return True
    number = text[:13].replace("2A", "19").replace("2B", "18")
    return 97 - int(number) % 97 == int(text[13:])


def phone(match: Match[str], value: str) -> bool:
    """Accept 8 to 15 digits (E.164 allows 15 at most) that are no plain count."""
    digits = _NOT_DIGITS.sub("", value)
    return (
        _PHONE_LENGTHS[0] <= len(digits) <= _PHONE_LENGTHS[1] and not _ROUND.search(value) and anything(match, digits)
    )


def key_block(_match: Match[str], value: str) -> bool:
    """Accept a block that holds key material and not only its dress, as documentation shows it."""
    return bool(_MATERIAL.search(re.sub(r"-----[A-Z0-9 ]+-----", "", value)))


def _stands_for_a_value(text: str) -> bool:
    return bool(_VARIABLE.search(text) or _STAND_IN.fullmatch(text.strip("\"'`<>[](){}.,;:!*_-")))


def _entropy(text: str) -> float:
    return -sum(count / len(text) * log2(count / len(text)) for count in Counter(text).values())


def _changes(text: str) -> int:
    """Count the places where the kind of character changes; a capital that opens a word counts once."""
    kinds = ["d" if one.isdigit() else "u" if one.isupper() else "l" for one in text]
    return sum(one != other and one + other != "ul" for one, other in pairwise(kinds))


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 * (number > 9)
    return total % 10 == 0


_RANDOM_LENGTH, _RANDOM_BITS, _RANDOM_CHANGES = 12, 3.0, 0.2
_PASSWORD_LENGTH, _QUOTED_LENGTH = 6, 8
_PHONE_LENGTHS, _IBAN_LENGTHS, _US_DIGITS = (8, 15), (15, 34), 9

_DIGIT = re.compile(r"[0-9]")
_LETTER = re.compile(r"[^\W\d_]")
_MARK = re.compile(r"[!#$%&@^?+=~]")
_JOINTS = re.compile(r"[-_.~/+]")
_SEPARATORS = re.compile(r"[\s.-]")
_NOT_DIGITS = re.compile(r"[^0-9]")
_FILLER = re.compile(r"([xX*.0#_-])\1{7}|(?i:your[_-]|example[_-])")
# what a program, a shell or a template puts in the place of a value
_VARIABLE = re.compile(r"[$%]\{|\{\{|\$\(|^\$|^%\w+%$|^<|^\{\w*\}$|^&\w+;?$|\*{3}|\.{3}|…|^x{3,}$|^X{3,}$|\(redacted-")
_STAND_IN = re.compile(
    r"(?i)(?:your|my|the|some|new|old|db|user|admin|root|test|fake|dummy|example|sample|the)?[-_ ]?"
    r"(?:password|passwd|pass|pwd|passphrase|secret|token|key|api[-_]?key|value|string|str|text|none|null|true|false"
    r"|undefined|required|optional|empty|changeme|change[-_]?me|placeholder|redacted|hidden|masked|here)(?:[-_]?here)?"
)
# a call, an index, an attribute, an address, an option: what fetches the value or stands in its place
_CODE = re.compile(r"^[A-Za-z_.]+[(\[]|^[A-Za-z_]+(?:\.[A-Za-z_]+)+$|^\w+://|^--?[A-Za-z]")
_NAME = re.compile(r"[A-Z_]+|[a-z]+(?:[_./-][a-z]+)*|[a-z]+(?:[A-Z][a-z]+)*|[A-Z][a-z]+(?:[A-Z][a-z]+)*")
_MEASURE = re.compile(
    r"(?i)\d{1,5}[a-z%]{0,12}|v?\d+(?:[.:,-]\d+)+[a-z]*|(?:sha|md|utf|base|aes|argon|rsa|tls|scram)[-_]?\d+\w*"
)
_NO_PERSONS = frozenset({"git", "noreply", "no-reply", "donotreply"})
_NO_DOMAINS = re.compile(
    r"(?i)service|socket|timer|target|mount|automount|slice|scope|device|swap|path|png|jpe?g|gif|svg|webp|ico|avif|css|m?js"
    r"|[jt]sx|ts|json|md|py|rb|go|php|html?|xml|ya?ml|toml|txt|csv|lock|local|localdomain"
)
_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_ROUND = re.compile(r"(?:[\s.-]000){2}")
_MATERIAL = re.compile(r"[A-Za-z0-9+/=]{24}")

CHECKS: dict[str, Callable[[Match[str], str], bool]] = {
    check.__name__: check
    for check in (
        anything,
        mixed,
        mixed_case,
        literal,
        random,
        password,
        email,
        card,
        iban,
        social_security,
        phone,
        key_block,
    )
}
"""The checks by the name that `rules.toml` calls them."""
