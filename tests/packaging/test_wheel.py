"""The wheel as a user installs it: built from the source distribution, put into a clean environment, run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from curatord.errors import NotFoundError
from curatord.resources import resource

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel made the way `make wheel` makes it: source distribution first, wheel from that."""
    directory = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(directory), str(REPOSITORY)],
        capture_output=True,
        check=True,
    )
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a virtual environment that holds the wheel.

    The libraries come from the environment that runs the tests, through a path file: so no network is needed
    and it takes two seconds. A path file inside that environment, such as the one that makes the checkout
    importable, is not followed from here, so that `curatord` can come from the wheel alone.
    """
    directory = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True)
    variables = {"base": str(directory), "platbase": str(directory)}
    packages = Path(sysconfig.get_path("purelib", vars=variables))
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    python = directory / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--force-reinstall", str(wheel)], check=True)
    return directory


@pytest.fixture
def config(environment: Path, tmp_path: Path) -> Path:
    """Return a configuration that watches the wheel's sample memory, with a state directory of its own."""
    sample = run(environment, "python", "-c", "import curatord.resources as r; print(r.resource('etc/sample-memory'))")
    roots = [
        f'[[memory.roots]]\npath = "{sample.strip()}/{kind}"\nkind = "{kind}"' for kind in ("knowledge", "episodes")
    ]
    file = tmp_path / "curatord.toml"
    file.write_text("\n".join([f'[state]\ndir = "{tmp_path / "state"}"', *roots]))
    return file


def run(environment: Path, program: str, *arguments: str) -> str:
    """Run a program of the environment from another directory, without this process's Python settings."""
    done = subprocess.run(
        [str(environment / "bin" / program), *arguments],
        cwd=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={"PATH": "/usr/bin:/bin", "HOME": str(environment), "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(wheel: Path) -> None:
    """No test, no lock file, no compiled leftovers."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert {name.split("/")[0].split("-")[0] for name in names} == {"curatord"}
    assert not [name for name in names if "__pycache__" in name or "requirements" in name or "/tests/" in name]
    assert "curatord/_data/etc/curatord.toml" in names
    assert "curatord/_data/etc/curatord.service" in names
    assert "curatord/_data/launchd/dev.curatord.daemon.plist" in names
    assert "curatord/py.typed" in names


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    """Templates and migrations travel with the code that reads them."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if not name.startswith("curatord/_data/")}
    here = {
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "curatord").rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith(".")
    }

    assert here <= packed


def test_the_wheel_holds_the_whole_sample_memory(wheel: Path) -> None:
    """Byte for byte what the repository holds."""
    sample = REPOSITORY / "etc" / "sample-memory"
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist() if "/sample-memory/" in name}

    assert packed == {
        f"curatord/_data/etc/sample-memory/{note.relative_to(sample).as_posix()}": note.read_bytes()
        for note in sample.rglob("*.md")
    }


def test_the_manual_page_lies_where_man_looks(environment: Path) -> None:
    """Below the environment's own prefix, byte for byte."""
    page = environment / "share" / "man" / "man1" / "curatord.1"
    assert page.read_bytes() == (REPOSITORY / "etc" / "curatord.1").read_bytes()


def test_the_package_is_imported_from_the_wheel(environment: Path) -> None:
    """The checkout is out of reach, so the tests below try what was packed."""
    where = run(environment, "python", "-c", "import curatord; print(curatord.__file__)")

    assert Path(where.strip()).is_relative_to(environment)


def test_the_installed_command_tells_its_version(environment: Path, wheel: Path) -> None:
    """`curatord --version` says what the wheel's name says."""
    assert wheel.name.split("-")[1] in run(environment, "curatord", "--version")


def test_the_installed_command_shows_its_settings(environment: Path, config: Path) -> None:
    """`curatord config show` works from any directory."""
    assert "settle_seconds" in run(environment, "curatord", "--config", str(config), "config", "show")


def test_the_installed_command_builds_the_sample_memory(environment: Path, config: Path) -> None:
    """The main job works from the wheel: shards of both kinds hold the pairs that the manifest counts."""
    run(environment, "curatord", "--config", str(config), "build")

    manifest = json.loads((config.parent / "state" / "shards" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["pairs"]["sft"] > 0
    assert manifest["pairs"]["preference"] > 0
    for shard in manifest["shards"]:
        lines = (config.parent / "state" / "shards" / shard["path"]).read_text(encoding="utf-8").splitlines()
        assert len(lines) == shard["pairs"]


@pytest.mark.parametrize(("service", "found"), [("launchd", "<key>KeepAlive</key>"), ("systemd", "Type=notify")])
def test_the_installed_command_shows_the_service_it_would_install(
    environment: Path, config: Path, service: str, found: str
) -> None:
    """The templates travel along, and the service runs the environment's own interpreter."""
    shown = run(environment, "curatord", "--config", str(config), "install", "--dry-run", "--service", service)

    assert found in shown
    assert str(environment / "bin" / "python") in shown


def test_a_resource_of_a_checkout_is_the_repository_s_own_file() -> None:
    """In an editable install nothing is copied, so an edit is seen at once."""
    if shutil.which("git") is None or not (REPOSITORY / ".git").exists():
        pytest.skip("this is no git checkout")
    assert resource("etc/sample-memory") == REPOSITORY / "etc" / "sample-memory"


def test_a_missing_resource_is_told_by_its_name() -> None:
    """A damaged installation says which file is gone."""
    with pytest.raises(NotFoundError, match=r"etc/no-such-file"):
        resource("etc/no-such-file")
