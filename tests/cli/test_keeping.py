"""Keeping and observing, as people do it: each command is a real process."""

from __future__ import annotations

import os
import subprocess
import zipfile
from typing import TYPE_CHECKING

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.conftest import NOTE
from tests.live import CURATORD, configure, running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live import Live

NEW_COMMANDS = (["history"], ["metrics"], ["backup"], ["restore"], ["gc"], ["store", "check"], ["store", "rebuild"])


@pytest.mark.parametrize("words", [*NEW_COMMANDS, ["support-bundle"]])
def test_every_command_has_help_with_an_example(still: Live, words: list[str]) -> None:
    """And needs no configuration for it."""
    still.config.unlink()
    assert "Example: curatord " in still.command(*words, "--help").stdout


def test_the_history_is_shown_with_and_without_a_daemon(tmp_path: Path) -> None:
    """The latest first; kinds and times are chosen, and what is none is a usage error."""
    with running(tmp_path) as live:
        live.sync()
        assert live.command("history").stdout.splitlines()[-1].split("\t")[1] == "started"
        live.stop()
        entries = live.json("history", "--kind", "started", "--kind", "stopped")["entries"]
        assert [entry["kind"] for entry in entries] == ["stopped", "started"]
        assert live.json("history", "--since", "2999-01-01")["total"] == 0
        assert live.json("history", "--limit", "1", "--offset", "1")["entries"][0]["kind"] == "root_added"
        for wrong in (["--kind", "nonsense"], ["--since", "nonsense"]):
            assert live.command("history", *wrong, check=False).returncode == 2


def test_metrics_are_printed_as_prometheus_reads_them(live: Live) -> None:
    """The same figures as in the status."""
    text = live.command("metrics").stdout
    found = {family.name: family.samples for family in text_string_to_metric_families(text)}
    assert found["curatord_documents"][0].value == live.status()["documents"]
    by_category = {sample.labels["category"]: sample.value for sample in found["curatord_pairs_by_category"]}
    assert by_category == live.status()["pairs"]["by_category"]
    assert found["curatord_seconds_since_last_pass"][0].value >= 0


def test_a_backup_is_made_beside_a_daemon_and_restored_without_one(tmp_path: Path) -> None:
    """To a machine that has nothing of it yet: the configuration in the backup says where the state belongs."""
    with running(tmp_path / "home") as live:
        (live.memory / "a.md").write_text(NOTE)
        live.sync()
        backup = tmp_path / "b.tar.gz"
        made = live.json("backup", str(backup))
        assert made["bytes"] == backup.stat().st_size
        assert live.command("backup", str(backup), check=False).returncode == 2
        refused = live.command("restore", str(backup), "--force", check=False)
        assert refused.returncode == 75
        assert "already running" in refused.stderr
        live.stop()
        pairs, config = live.derived(), live.config.read_text()
        refused = live.command("restore", str(backup), check=False)
        assert refused.returncode == 1
        assert "--force" in refused.stderr
        for path in sorted(live.state.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        live.config.unlink()
        done = live.json("restore", str(backup))
        assert (done["config"], done["state"]) == ("written", str(live.state))
        assert live.config.read_text() == config
        live.start()
        live.sync()
        live.stop()
        assert live.derived() == pairs
        assert "restored" in [entry["kind"] for entry in live.json("history")["entries"]]


def test_a_file_that_is_no_backup_is_refused_with_what_to_do(still: Live) -> None:
    """Exit code 1, one line."""
    (still.directory / "b.tar.gz").write_text("nothing")
    done = still.command("restore", str(still.directory / "b.tar.gz"), check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Use another one." in done.stderr


def test_the_store_is_checked_beside_a_daemon(live: Live) -> None:
    """All is right."""
    assert live.json("store", "check")["ok"]
    assert {line.split()[-1] for line in live.command("store", "check").stdout.splitlines()} == {"ok"}


def test_a_damaged_store_is_found_and_rebuilt(tmp_path: Path) -> None:
    """Exit code 1 until it is; the notes give all of it again."""
    live = configure(tmp_path)
    (live.memory / "a.md").write_text(NOTE)
    live.command("build")
    good = live.derived()
    shard = next((live.state / "shards").glob("sft/*.jsonl"))
    shard.write_bytes(shard.read_bytes()[:-1] + b" ")
    found = live.command("store", "check", check=False)
    assert found.returncode == 1
    assert "not as the manifest says: sft/000.jsonl" in found.stdout
    assert "`curatord store rebuild`" in found.stderr
    assert live.json("store", "rebuild")["damaged"] == []
    assert live.derived() == good
    assert live.command("store", "check").returncode == 0


def test_what_people_said_of_pairs_outlives_a_rebuild_and_a_restore(tmp_path: Path) -> None:
    """And is respected by what is made anew."""
    with running(tmp_path) as live:
        (live.memory / "a.md").write_text(NOTE)
        live.sync()
        first, second, third = (pair["id"] for pair in live.json("pairs", "list", "--split", "train")["pairs"][:3])
        live.command("pairs", "judge", first, "--down")
        live.command("pairs", "judge", second, "--up")
        live.command("pairs", "edit", third, "--answer", "Seeds are kept at 4 degrees Celsius, people say.")
        live.command("backup", str(tmp_path / "b.tar.gz"))
        live.stop()
    before = live.derived()
    assert live.json("store", "rebuild")["kept"]["judgements"] == 3
    assert live.derived() == before
    assert live.json("store", "check")["ok"]
    live.command("restore", str(tmp_path / "b.tar.gz"), "--force")
    live.command("build")
    assert live.derived() == before
    assert live.json("store", "check")["ok"]


def test_a_rebuild_without_its_notes_is_refused(tmp_path: Path) -> None:
    """What they hold would be lost."""
    live = configure(tmp_path)
    live.command("build")
    live.memory.rmdir()
    done = live.command("store", "rebuild", check=False)
    assert done.returncode == 5
    assert "would be lost" in done.stderr


def test_what_is_of_no_use_is_told_and_then_deleted(tmp_path: Path) -> None:
    """A dry run deletes nothing; the bytes are the same."""
    live = configure(tmp_path)
    live.command("build")
    (live.state / "x.tmp").write_bytes(b"1" * 1234)
    dry = live.json("gc", "--dry-run")
    assert (dry["bytes"], [item["why"] for item in dry["items"]]) == (1234, ["unfinished"])
    assert (live.state / "x.tmp").exists()
    assert "1234 bytes are free." in live.command("gc").stderr
    assert not (live.state / "x.tmp").exists()
    assert live.json("gc")["items"] == []


SECRET_IN_NOTE, SECRET_IN_PATH = "zanzibarquux", "pomegranateflux"


def bundle(live: Live, file: Path, **environment: str) -> dict[str, str]:
    """Make a support bundle and return its files."""
    words = [*CURATORD, "--config", str(live.config), "support-bundle", "--out", str(file)]
    subprocess.run(words, env=os.environ | environment, capture_output=True, check=True, timeout=200)
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def test_a_support_bundle_holds_neither_a_note_nor_a_path(tmp_path: Path) -> None:
    """Nor home: only what is curatord's own, also where notes cannot be read, runs fail, and hooks say something."""
    home = tmp_path / f"home-{SECRET_IN_PATH}"
    place = home / f"my {SECRET_IN_PATH} files"
    secret_note = NOTE.replace("cold store", SECRET_IN_NOTE).replace("Cold store", SECRET_IN_NOTE)
    script = place / "hook.sh"
    extra = (
        f'[pairs]\nsystem = "I am {SECRET_IN_PATH}."\n'
        f'[[hooks]]\non = "shards_written"\ncommand = ["/bin/sh", "{script}"]\n'
        f'[notifications]\non = ["problem"]\ncommand = ["{place}/none"]\n'
    )
    configure(place, extra=extra)
    script.write_text(f"echo {SECRET_IN_NOTE} {place}; exit 3\n")
    (place / "knowledge" / f"{SECRET_IN_NOTE}.md").write_text(secret_note)
    (place / "knowledge" / f"broken {SECRET_IN_NOTE}.md").write_bytes(b"\xff\xfe" + SECRET_IN_NOTE.encode())
    (place / "knowledge" / f"head {SECRET_IN_NOTE}.md").write_text(f"---\n{SECRET_IN_NOTE}: [\n---\n\n{secret_note}")
    with running(place, extra=extra) as live:
        live.sync()
        (place / "episodes").rmdir()
        live.wait_for(lambda status: any(root["state"] == "missing" for root in status["roots"]))
        good = live.config.read_text()
        live.config.write_text(good + f'[x]\ny = "{SECRET_IN_PATH}"\n')
        live.command("reload", check=False)
        live.config.write_text(good)
        with_daemon = bundle(live, tmp_path / "1.zip", HOME=str(home))
        live.stop()
        live.config.write_text(good + f"[{SECRET_IN_PATH}]\n")
        with_broken_config = bundle(live, tmp_path / "2.zip", HOME=str(home))
        live.config.write_text(good + f"[[[{SECRET_IN_PATH}")
        without_toml = bundle(live, tmp_path / "3.zip", HOME=str(home))
    for files in (with_daemon, with_broken_config, without_toml):
        for name, text in files.items():
            for word in (SECRET_IN_NOTE, SECRET_IN_PATH, str(tmp_path), "cold store", "compressor"):
                assert word not in text, (name, [line for line in text.splitlines() if word in line])
    assert sorted(with_daemon) == sorted(
        [
            "README.txt",
            "versions.json",
            "settings.json",
            "status.json",
            "history.jsonl",
            "store.json",
            "log.jsonl",
            "doctor.json",
        ]
    )
    told = orjson.loads(with_daemon["status.json"])
    assert told["documents"] >= 1
    assert orjson.loads(with_daemon["settings.json"])["memory"]["settle_seconds"] == 0.1
    events = [orjson.loads(line)["event"] for line in with_daemon["log.jsonl"].splitlines()]
    assert {"started", "problem", "hook_failed", "reload_refused", "notification_failed"} <= set(events)
    kinds = [orjson.loads(line)["kind"] for line in with_daemon["history.jsonl"].splitlines()]
    assert {"started", "root_added", "root_lost", "problem"} <= set(kinds)
    assert orjson.loads(with_daemon["doctor.json"])["checks"]
    assert orjson.loads(with_daemon["store.json"])["rows"]["pairs"] > 0
    assert "cannot be read" in with_broken_config["settings.json"]
