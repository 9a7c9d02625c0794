"""`curatord model`: real processes on a directory of models of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from curatord.train import embedded
from tests.train.models import need_embedded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live import Live


@pytest.fixture
def configured(still: Live) -> Live:
    """A configuration that keeps models in the test's directory."""
    with still.config.open("a") as file:
        file.write(f'\n[training]\nmodels = "{still.directory / "models"}"\n')
    return still


def test_a_model_is_fetched_listed_and_verified(configured: Live) -> None:
    """The usual way, from nothing."""
    need_embedded()

    fetched = json.loads(configured.command("model", "fetch", "--json").stdout)
    (listed,) = json.loads(configured.command("model", "list", "--json").stdout)
    verified = json.loads(configured.command("model", "verify", "--json").stdout)

    assert fetched == verified
    assert fetched["name"] == listed["name"] == embedded.NAME
    assert listed["state"] == "ready"
    assert listed["bytes"] > 100_000_000


def test_verify_exits_with_1_where_nothing_is_fetched(configured: Live) -> None:
    """It fetches nothing itself."""
    done = configured.command("model", "verify", check=False)

    assert done.returncode == 1
    assert done.stderr.endswith("is not right: it is not converted yet. Run `curatord model fetch`.\n")
    assert not (configured.directory / "models").exists()


def test_a_damaged_model_is_noticed_and_mended(configured: Live) -> None:
    """`verify` tells which file, `fetch` makes it anew."""
    need_embedded()
    configured.command("model", "fetch")
    file = configured.directory / "models" / embedded.NAME / "tokenizer.json"
    file.write_text(file.read_text().replace("Paris", "Pariz"))

    done = configured.command("model", "verify", check=False)
    assert done.returncode == 1
    assert "tokenizer.json changed since" in done.stderr

    configured.command("model", "fetch")
    assert configured.command("model", "verify").returncode == 0


def test_a_model_that_is_not_there_is_one_line(configured: Live) -> None:
    """No traceback."""
    done = configured.command("model", "fetch", "/no/such/model", check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("curatord: There is no base model /no/such/model. Set [training] base to")
    assert done.stderr.count("\n") == 1


def test_the_list_names_the_configured_base_too(configured: Live, tmp_path: Path) -> None:
    """And says that it is missing."""
    with configured.config.open("a") as file:
        file.write(f'base = "{tmp_path / "other"}"\n')

    rows = json.loads(configured.command("model", "list", "--json").stdout)

    assert [(row["name"], row["state"]) for row in rows] == [
        (embedded.NAME, "not fetched"),
        (str(tmp_path / "other"), "missing"),
    ]
