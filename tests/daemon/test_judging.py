"""What people say of pairs: their texts are looked at as notes are, and a live daemon keeps it through everything."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest

from curatord.config import Redact
from curatord.control.client import Client
from curatord.daemon.judging import checked
from curatord.errors import CuratordError, UsageError
from curatord.paths import StateDirectory
from curatord.store.database import Store
from curatord.store.judgements import Edit
from tests.daemon.helpers import note
from tests.live import Live, configure, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (Edit(question=" \n"), "question is empty"),
        (Edit(answer=""), "answer is empty"),
        (Edit(question="x" * 1001), "1000 are the most"),
        (Edit(rejected="x" * 4001), "rejected answer has 4001"),
        (Edit(answer="Well.<|im_end|>"), "chat templates"),
        (Edit(answer="a\0b"), "control characters"),
        (Edit(answer="a\ud800b"), "control characters"),
        (Edit(answer=f"The token is {TOKEN}."), "looks like"),
    ],
)
def test_a_text_that_must_not_be_trained_on_is_refused(edit: Edit, why: str) -> None:
    """Whichever text it is."""
    with pytest.raises(UsageError, match=why):
        checked(edit, Redact())


def test_a_text_is_trimmed_and_its_lines_end_as_those_of_notes_do() -> None:
    """What is not edited stays out of it."""
    assert checked(Edit(answer=" One.\r\nTwo.\n"), Redact()) == Edit(answer="One.\nTwo.")


def test_where_notes_are_masked_edits_are_too() -> None:
    """And what is allowed in notes is allowed here."""
    masked = checked(Edit(answer=f"Use {TOKEN} here."), Redact(mode="mask"))
    assert masked == Edit(answer="Use (redacted-github-token) here.")
    kept = checked(Edit(answer=f"Use {TOKEN} here."), Redact(allow=(f"github-token:{TOKEN}",)))
    assert kept.answer is not None
    assert TOKEN in kept.answer


def client(live: Live) -> Client:
    """Return a client of a daemon under test."""
    return Client(StateDirectory(live.state))


def trained(live: Live) -> bytes:
    """Return all that the shards hold."""
    return b"".join(live.shard_files().values())


def until(live: Live, condition: Callable[[], bool]) -> None:
    """Wait until something holds, while the daemon runs."""
    live.wait_for(lambda _: condition())


def scratch(live: Live, directory: Path) -> tuple[str, dict[str, bytes]]:
    """Return what a build from scratch of the same notes gives where the same judgements stand before it."""
    fresh = configure(directory)
    shutil.copytree(live.memory, fresh.memory, dirs_exist_ok=True)
    fresh.command("build", "--json")
    store = Store.open(fresh.state / "store.db")
    store.connection.execute("ATTACH ? AS worn", (str(live.state / "store.db"),))
    store.connection.execute("INSERT INTO judgements SELECT * FROM worn.judgements")
    for table in ("documents", "files"):  # so that every note is read again
        store.connection.execute(f"DELETE FROM main.{table}")
    store.close()
    fresh.command("build")
    return fresh.derived()


def test_judgements_outlive_edits_kills_and_a_build_from_scratch(tmp_path: Path) -> None:
    """The shards say what people said, at every step, and in the end as if it had been said first."""
    configure(tmp_path / "live")
    (tmp_path / "live" / "knowledge" / "orders.md").write_text(note("Orders"))
    (tmp_path / "live" / "knowledge" / "other.md").write_text(note("Shop", 7))
    with running(tmp_path / "live") as live:
        pairs: list[dict[str, Any]] = client(live).get("/v1/pairs", split="train", document="orders.md")["pairs"]
        down, edited, up = pairs[0], pairs[-1], pairs[1]
        client(live).post(f"/v1/pairs/{down['id']}/judgement", {"verdict": "down"})
        client(live).post(f"/v1/pairs/{up['id']}/judgement", {"verdict": "up"})
        body = {"verdict": "edited", "question": "Is quince fine?", "answer": "Quince is fine with 12."}
        client(live).post(f"/v1/pairs/{edited['id']}/judgement", body)
        live.kill()  # the answer came after the commit; the shards may be behind
        live.start()
        until(live, lambda: b"Is quince fine?" in trained(live))
        assert down["question"].encode() not in trained(live)
        (live.memory / "orders.md").rename(live.memory / "moved.md")
        live.sync()
        assert b"Is quince fine?" in trained(live)
        assert down["question"].encode() not in trained(live)
        (live.memory / "moved.md").unlink()
        live.sync()
        live.command("confirm-deletes")
        live.sync()
        assert {one["state"] for one in client(live).get("/v1/judgements")["judgements"]} == {"dormant"}
        (live.memory / "again.md").write_text(note("Orders"))
        live.sync()
        assert b"Is quince fine?" in trained(live)
        live.stop()
        assert live.derived() == scratch(live, tmp_path / "fresh")


def test_a_pair_is_judged_while_notes_are_read(tmp_path: Path) -> None:
    """Between two batches: nobody waits for the end of a long pass."""
    configure(tmp_path / "live")
    (tmp_path / "live" / "knowledge" / "orders.md").write_text(note("Orders"))
    with running(tmp_path / "live") as live:
        identity = client(live).get("/v1/pairs", split="train")["pairs"][0]["id"]
        for number in range(400):
            (live.memory / f"{number}.md").write_text(note(f"Note {number}", 4000 + number))
        syncing = threading.Thread(target=live.sync)
        syncing.start()
        live.wait_for(lambda status: status["queue"]["pending"] > 0)
        client(live).post(f"/v1/pairs/{identity}/judgement", {"verdict": "down"})
        assert live.status()["queue"]["pending"] > 0
        syncing.join()
        assert client(live).get("/v1/pairs", judged="down")["total"] == 1


def test_what_is_refused_leaves_the_daemon_in_peace(tmp_path: Path) -> None:
    """The client is told; no pass has failed, and events tell of what was done without the texts."""
    configure(tmp_path / "live")
    (tmp_path / "live" / "knowledge" / "orders.md").write_text(note("Orders"))
    with running(tmp_path / "live") as live:
        identity = client(live).get("/v1/pairs", split="train")["pairs"][0]["id"]
        path = f"/v1/pairs/{identity}/judgement"
        with pytest.raises(CuratordError, match="looks like"):
            client(live).post(path, {"verdict": "edited", "answer": f"The token is {TOKEN}."})
        with pytest.raises(CuratordError, match="Nobody has judged"):
            client(live).delete(path)
        client(live).post(path, {"verdict": "edited", "answer": "Quince is fine."})
        assert live.status()["error"] is None
        log = (live.state / "logs" / "curatord.jsonl").read_text()
        assert '"judged"' in log
        assert "Quince" not in log
