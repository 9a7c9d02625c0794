"""Made-up secrets of many kinds, each in every place a note has; put together at run time, so that no scanner stirs."""

from __future__ import annotations

import base64
import json
import string
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DIGITS, HEX = string.digits, "0123456789abcdef"
SMALL = string.ascii_lowercase + DIGITS
MIXED = string.ascii_letters + DIGITS
URL = MIXED + "-_"
CAPITALS = string.ascii_uppercase + DIGITS

# kind: what stands before the random part, its alphabet and its length; "|" parts prefixes from their rest
FORMS: dict[str, tuple[str, str, int]] = {
    "anthropic": ("sk-|ant-api03-", URL, 93),
    "openai project": ("sk-|proj-", URL, 74),
    "deepseek": ("s|k-", HEX, 32),
    "openrouter": ("sk-|or-v1-", HEX, 64),
    "hugging face": ("h|f_", string.ascii_letters, 34),
    "groq": ("gs|k_", MIXED, 52),
    "replicate": ("r|8_", MIXED, 37),
    "xai": ("xa|i-", MIXED, 80),
    "nvidia": ("nv|api-", URL, 64),
    "aws access key": ("AK|IA", CAPITALS, 16),
    "aws session key": ("AS|IA", CAPITALS, 16),
    "google api": ("AI|za", URL, 35),
    "google oauth": ("GOC|SPX-", URL, 28),
    "digitalocean": ("dop|_v1_", HEX, 64),
    "cloudflare": ("cf|ut_", MIXED, 48),
    "databricks": ("da|pi", HEX, 32),
    "vault": ("hv|s.", MIXED, 90),
    "doppler": ("dp|.pt.", MIXED, 43),
    "tailscale": ("ts|key-auth-", MIXED, 30),
    "supabase": ("sb|p_", HEX, 40),
    "age": ("AGE-SEC|RET-KEY-1", CAPITALS, 58),
    "github": ("gh|p_", MIXED, 36),
    "github actions": ("gh|s_", MIXED, 36),
    "github fine-grained": ("github|_pat_", MIXED, 82),
    "gitlab": ("gl|pat-", URL, 20),
    "atlassian": ("AT|ATT3", URL, 180),
    "npm": ("np|m_", MIXED, 36),
    "pypi": ("py|pi-AgEIcHlwaS5vcmc", URL, 120),
    "docker hub": ("dckr|_pat_", URL, 27),
    "slack bot": ("xo|xb-", DIGITS, 40),
    "slack app": ("xa|pp-1-", CAPITALS, 40),
    "slack webhook": ("https://hooks.sl|ack.com/services/T0123ABCD/B0456EFGH/", MIXED, 24),
    "discord webhook": ("https://disc|ord.com/api/webhooks/112233445566778899/", URL, 68),
    "telegram": ("7712345678|:AA", URL, 33),
    "stripe": ("sk_|live_", MIXED, 24),
    "stripe webhook": ("wh|sec_", MIXED, 32),
    "square": ("sq0|atp-", URL, 22),
    "shopify": ("shp|at_", HEX, 32),
    "sendgrid": ("S|G.abcdefGHIJKL0123456789.", URL, 43),
    "mailgun": ("ke|y-", HEX, 32),
    "twilio": ("S|K", HEX, 32),
    "grafana": ("gl|sa_", MIXED, 32),
    "new relic": ("NR|AK-", CAPITALS, 27),
    "linear": ("lin|_api_", MIXED, 40),
    "notion": ("nt|n_", MIXED, 46),
    "figma": ("fi|gd_", URL, 40),
}
# kind: a name that goes before the value in a setting, the value's alphabet and length
NAMED: dict[str, tuple[str, str, int]] = {
    "aws secret": ("aws_secret_access_key = ", MIXED + "/+", 40),
    "datadog": ("DATADOG_API_KEY=", HEX, 32),
    "client secret": ("client_secret: ", MIXED, 32),
    "password setting": ("db_password: ", MIXED + "!@#%", 14),
    "password sentence": ("the password is ", SMALL, 10),
    "bearer": ("Authorization: Bearer ", URL, 40),
    "basic": ("Authorization: Basic ", MIXED, 40),
    "curl user": ("curl -u deploy:", MIXED, 12),
    "sas": ("https://acme.blob.core.windows.net/logs?sv=2024-01-01&sig=", MIXED, 44),
    "query key": ("https://api.acme.dev/v2/items?api_key=", MIXED, 24),
    "otp": ("otpauth://totp/acme?secret=", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32),
    "storage key": ("AccountName=acme;AccountKey=", MIXED + "/+", 86),
}


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret of a kind, and the text it comes in: the secret itself, mostly."""

    kind: str
    secret: str
    text: str


def kinds() -> list[str]:
    """Return the name of every kind of canary."""
    return [*FORMS, *NAMED, *WHOLE]


def canary(kind: str, seed: int) -> Canary:
    """Return one of a kind; the same seed gives the same."""
    chance = Random(f"{kind}/{seed}")
    if kind in FORMS:
        prefix, alphabet, length = FORMS[kind]
        secret = (
            prefix.replace("|", "") + _random(chance, alphabet, length) + ("_0a1b2c3d" if kind == "grafana" else "")
        )
        return Canary(kind, secret, secret)
    if kind in NAMED:
        name, alphabet, length = NAMED[kind]
        secret = "a1" + _random(chance, alphabet, length - 4) + "Z9"
        return Canary(kind, secret, name + secret)
    secret, text = WHOLE[kind](chance)
    return Canary(kind, secret, text or secret)


PLACES: dict[str, Callable[[str], str]] = {
    "prose": lambda text: f"The Quell server was set up in 2024, and {text} is what it has used since then.",
    "code": lambda text: f"Start the Quell server like this:\n\n```sh\n# set up in 2024\nquell --start '{text}'\n```",
    "table": lambda text: f"| Setting | Value |\n|---|---|\n| port | 8085 |\n| access | {text} |\n| region | north |",
    "link": lambda text: (
        f"See [{text}](https://acme.dev/quell) and [the console](https://acme.dev/open#{text}) for more."
    ),
    "list": lambda text: f"- The Quell server listens on port 8085.\n- **Access**: `{text}`\n- It keeps 30 backups.",
}


def placed(kind: str) -> list[tuple[str, Canary]]:
    """Return every place with a canary of its own in it, the frontmatter last: (place, canary)."""
    return [(place, canary(kind, number)) for number, place in enumerate([*PLACES, "frontmatter"])]


def note(kind: str) -> str:
    """Return a note with a canary of a kind in every place, each in a section of its own."""
    *body, (_, head) = placed(kind)
    sections = "\n".join(f"## The {place} of Quell\n\n{PLACES[place](one.text)}\n" for place, one in body)
    metadata = f"---\nowner: infra\naccess: {json.dumps(head.text)}\n---\n"
    return f"{metadata}# Quell and {kind}\n\nQuell is a server.\n\n{sections}"


def _random(chance: Random, alphabet: str, length: int) -> str:
    return "".join(chance.choice(alphabet) for _ in range(length))


def _jwt(chance: Random) -> tuple[str, str]:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": _random(chance, DIGITS, 10), "name": _random(chance, SMALL, 8)})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, _random(chance, URL, 43)]), ""


def _address(scheme: str) -> Callable[[Random], tuple[str, str]]:
    def make(chance: Random) -> tuple[str, str]:
        password = _random(chance, MIXED, 16)
        return password, f"{scheme}://quell:{password}@db.acme.dev:5432/quell"

    return make


def _private_key(chance: Random) -> tuple[str, str]:
    body = _random(chance, MIXED + "+/", 64)
    label = "RSA PRIVATE KEY"
    return body, f"-----BEGIN {label}-----\\n{body}\\n-----END {label}-----"


def _email(chance: Random) -> tuple[str, str]:
    return (
        f"{_random(chance, string.ascii_lowercase, 7)}.{_random(chance, string.ascii_lowercase, 6)}@acme-mail.org",
        "",
    )


def _american(chance: Random) -> tuple[str, str]:
    return f"(415) 5{_random(chance, DIGITS, 2)}-{_random(chance, DIGITS, 4)}", ""


def _french(chance: Random) -> tuple[str, str]:
    return f"+33 6 {' '.join(_random(chance, DIGITS, 2) for _ in range(4))}", ""


def _card(chance: Random) -> tuple[str, str]:
    digits = "4" + _random(chance, DIGITS, 14)
    check = next(one for one in DIGITS if _luhn(digits + one))
    return " ".join((digits + check)[at : at + 4] for at in range(0, 16, 4)), ""


def _luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _iban(chance: Random) -> tuple[str, str]:
    account = _random(chance, DIGITS, 18)
    check = 98 - int(f"{account}131400") % 97
    return f"DE{check:02d}{account}", ""


WHOLE: dict[str, Callable[[Random], tuple[str, str]]] = {
    "json web token": _jwt,
    "postgres address": _address("postgresql"),
    "mongodb address": _address("mongodb+srv"),
    "redis address": _address("redis"),
    "https address": _address("https"),
    "private key": _private_key,
    "e-mail": _email,
    "phone, american": _american,
    "phone, french": _french,
    "card": _card,
    "iban": _iban,
}


def all_canaries() -> Iterator[Canary]:
    """Yield the canary of every kind and place."""
    for kind in kinds():
        yield from (one for _, one in placed(kind))
