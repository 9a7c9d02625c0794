"""From a note to the store, the shards, the logs and the socket: no canary comes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from curatord.curate.redact.rules import rules
from tests.curate import canaries
from tests.daemon.helpers import note
from tests.live import Live, configure, running

if TYPE_CHECKING:
    from pathlib import Path

READING = (
    ("status",),
    ("documents",),
    ("problems",),
    ("pairs", "list", "--limit", "1000"),
    ("pairs", "search", "Quell"),
    ("pairs", "stats"),
)


def plant(live: Live) -> None:
    """Write a note for every kind of canary, one in every place of it, and a note that holds none."""
    for number, kind in enumerate(canaries.kinds()):
        root = live.memory if number % 2 else live.directory / "episodes"
        (root / f"quell-{number}.md").write_text(canaries.note(kind))
    (live.memory / "orders.md").write_text(note("Orders"))


def redaction(mode: str, *allow: str) -> str:
    """Return the [redact] table."""
    return f'[redact]\nmode = "{mode}"\nallow = {orjson.dumps(allow).decode()}\n'


def written(live: Live) -> bytes:
    """Return every byte below the state directory (store, write-ahead log, shards, logs) and what was printed."""
    files = [file for file in live.state.rglob("*") if file.is_file()]
    assert {"store.db", "manifest.json", "curatord.jsonl"} <= {file.name for file in files}
    return b"\n".join(file.read_bytes() for file in [*files, *live.directory.glob("*.txt")])


def heard(live: Live) -> str:
    """Return what the daemon answers over its socket to every command that reads."""
    replies = [live.command(*words).stdout + live.command(*words, "--json").stdout for words in READING]
    listed = live.json("pairs", "list")["pairs"]
    return "\n".join([*replies, *(live.command("pairs", "show", pair["id"]).stdout for pair in listed[:5])])


def leaked(text: bytes) -> list[str]:
    """Return the kind of every canary that stands in a text, as it is or in JSON."""
    return [one.kind for one in canaries.all_canaries() if one.secret.encode() in text]


@pytest.mark.parametrize("mode", ["drop", "mask"])
def test_no_canary_reaches_anything_that_is_written_or_answered(tmp_path: Path, mode: str) -> None:
    """Over two hundred secrets in notes, a real daemon, and none in its files, its output or its replies."""
    live = configure(tmp_path, extra=redaction(mode))
    plant(live)
    with running(tmp_path, extra=redaction(mode)) as live:
        assert leaked(heard(live).encode()) == []
        assert leaked(written(live)) == []
        live.stop()
    assert leaked(written(live)) == []
    assert live.manifest()["pairs"]["sft"] > 0


def test_without_the_rules_canaries_would_come_through(tmp_path: Path) -> None:
    """The places are such that curation does take them up: with every rule switched off, most reach the store."""
    live = configure(tmp_path, extra=redaction("drop", *(rule.id for rule in rules())))
    plant(live)
    live.command("build")
    store = b"".join(file.read_bytes() for file in live.state.glob("store.db*"))
    assert len(leaked(store)) > 100


def test_a_change_of_the_settings_is_applied_to_notes_that_did_not_change(tmp_path: Path) -> None:
    """What one mode dropped, the other masks at the next pass, and what is allowed comes back."""
    secret = canaries.canary("github", 7).secret
    live = configure(tmp_path, extra=redaction("drop"))
    (live.memory / "orders.md").write_text(f"{note('Orders')}- The deploy token is `{secret}`, which expires in May.\n")
    found = {}
    for extra in (redaction("drop"), redaction("mask"), redaction("drop", "github-token")):
        configure(tmp_path, extra=extra)
        live.command("build")
        shards = b"".join(live.shard_files().values())
        found[extra] = (
            b"Limits" in shards or b"max_orders" in shards,
            b"(redacted-" in shards,
            secret.encode() in shards,
        )
    assert list(found.values()) == [(False, False, False), (True, True, False), (True, False, True)]


def test_a_problem_names_rule_file_and_line(tmp_path: Path) -> None:
    """`curatord problems` tells where to look, and nothing of what stands there."""
    live = configure(tmp_path)
    secret = canaries.canary("stripe", 3).secret
    (live.memory / "orders.md").write_text(f"{note('Orders')}\nThe key is {secret}.\n\nA stop is `<|im_end|>` there.\n")
    with running(tmp_path) as live:
        problems = {one["code"]: one for one in live.json("problems")["problems"]}
    assert (problems["secret"]["path"], problems["secret"]["line"]) == ("orders.md", 10)
    assert "stripe-key" in problems["secret"]["message"]
    assert secret[:12] not in str(problems)
    assert problems["chat_token"]["line"] == 12
