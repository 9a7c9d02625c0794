"""Base models: what is accepted, what is refused and how, and the cache of the built-in one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import mlx.core as mx
import pytest
from mlx import nn
from mlx.utils import tree_flatten

from curatord.train import base_model, embedded
from curatord.train.base_model import BaseModelError, Source
from curatord.train.model_files import model_digest
from tests.train.models import need_embedded


@pytest.fixture
def tiny(tiny_directory: Path, tmp_path: Path) -> Path:
    """A tiny model's directory that a test may change."""
    directory = tmp_path / "tiny"
    shutil.copytree(tiny_directory, directory)
    return directory


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """An empty directory of models."""
    return tmp_path / "models"


def edit(file: Path, **values: object) -> None:
    """Change values of a JSON file; None takes one out."""
    content = json.loads(file.read_text()) | values
    file.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def test_a_model_directory_is_taken_as_it_is(tiny: Path, cache: Path) -> None:
    """Its name is what was asked for, its path absolute."""
    found = base_model.resolve(str(tiny), cache)

    assert (found.name, found.path, found.source) == (str(tiny), tiny, Source.DIRECTORY)
    assert len(found.sha256) == 64


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_the_hash_tells_a_changed_file(tiny: Path, cache: Path, file: str) -> None:
    """A run must know that its base is another one now."""
    before = base_model.resolve(str(tiny), cache)
    edit(tiny / file, note="changed")

    assert base_model.resolve(str(tiny), cache).sha256 != before.sha256


def test_the_hash_is_the_same_wherever_the_model_lies(tiny: Path, cache: Path) -> None:
    """It is of the content alone."""
    here = base_model.resolve(str(tiny), cache)
    there = base_model.resolve(str(tiny.rename(tiny.with_name("elsewhere"))), cache)

    assert here.sha256 == there.sha256


def test_the_hash_is_computed_once(tiny: Path, cache: Path) -> None:
    """A file whose size and times are the same is not read again."""
    before = base_model.resolve(str(tiny), cache)
    file = tiny / "tokenizer_config.json"
    status = file.stat()
    with file.open("r+") as stream:
        stream.write(file.read_text().replace("}", " }", 1)[: status.st_size - 1])
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert model_digest(tiny, cache) == before.sha256


def test_a_base_that_is_not_there_is_told_with_what_there_could_be(cache: Path) -> None:
    """One line, one hint."""
    with pytest.raises(BaseModelError) as caught:
        base_model.resolve("/no/such/model", cache)

    assert caught.value.message == "There is no base model /no/such/model."
    assert "smollm2-135m" in caught.value.hint


def test_a_base_without_a_chat_template_is_refused(tiny: Path, cache: Path) -> None:
    """Questions could not be put to it."""
    edit(tiny / "tokenizer_config.json", chat_template=None)

    with pytest.raises(BaseModelError, match="has no chat template") as caught:
        base_model.resolve(str(tiny), cache)
    assert "Instruct" in caught.value.hint


@pytest.mark.parametrize("kind", ["albert", None, 7])
def test_an_unknown_architecture_is_refused(tiny: Path, cache: Path, kind: object) -> None:
    """Before anything large is read."""
    edit(tiny / "config.json", model_type=kind)

    with pytest.raises(BaseModelError, match="of an architecture that cannot be trained"):
        base_model.resolve(str(tiny), cache)


def test_weights_that_were_cut_short_are_noticed(tiny: Path, cache: Path) -> None:
    """An interrupted copy."""
    with (tiny / "model.safetensors").open("r+b") as stream:
        stream.truncate(5000)

    with pytest.raises(BaseModelError, match=r"model\.safetensors is damaged or cut short"):
        base_model.resolve(str(tiny), cache)


def test_a_header_that_is_no_json_is_noticed(tiny: Path, cache: Path) -> None:
    """Rubbish where the weights should be."""
    (tiny / "model.safetensors").write_bytes((40).to_bytes(8, "little") + b"?" * 100)

    with pytest.raises(BaseModelError, match="is damaged or cut short"):
        base_model.resolve(str(tiny), cache)


def test_a_missing_part_of_the_weights_is_noticed(tiny: Path, cache: Path) -> None:
    """The index names a tensor that no file holds."""
    index = {"weight_map": {"model.layers.9.mlp.up_proj.weight": "model-00002-of-00002.safetensors"}}
    (tiny / "model.safetensors.index.json").write_text(json.dumps(index))

    with pytest.raises(BaseModelError, match="is incomplete: 1 of its weights"):
        base_model.resolve(str(tiny), cache)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("model.safetensors", r"holds no model\*\.safetensors"),
        ("config.json", r"config\.json is missing"),
    ],
)
def test_a_missing_file_is_named(tiny: Path, cache: Path, file: str, message: str) -> None:
    """What is no MLX model says so."""
    (tiny / file).unlink()

    with pytest.raises(BaseModelError, match=message):
        base_model.resolve(str(tiny), cache)


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json"])
def test_a_damaged_json_file_is_told(tiny: Path, cache: Path, file: str) -> None:
    """No traceback of the library that met it."""
    (tiny / file).write_text('{"half')

    with pytest.raises(BaseModelError, match="cannot be"):
        base_model.resolve(str(tiny), cache)


def test_weights_that_do_not_fit_the_configuration_are_told_on_loading(tiny: Path, cache: Path) -> None:
    """In mlx_lm's words, on one line."""
    edit(tiny / "config.json", hidden_size=32)
    found = base_model.resolve(str(tiny), cache)

    with pytest.raises(BaseModelError, match=r"cannot be loaded: .+") as caught:
        base_model.load(found)
    assert "\n" not in str(caught.value)


def test_a_hub_model_that_is_not_downloaded_is_told_offline(tmp_path: Path) -> None:
    """HF_HUB_OFFLINE is respected, and nothing hangs."""
    program = (
        "from pathlib import Path; from curatord.train import base_model as b\n"
        "try: b.resolve('mlx-community/no-such-model', Path('models'))\n"
        "except b.BaseModelError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("The model mlx-community/no-such-model is not downloaded, and HF_HUB_OFFLINE is set.")


def test_a_model_is_loaded_frozen_and_as_it_is(tiny: Path, cache: Path) -> None:
    """Only what LoRA adds is to be trained."""
    model, _ = base_model.load(base_model.resolve(str(tiny), cache))

    assert tree_flatten(model.trainable_parameters()) == []


def test_the_weights_are_counted_without_loading_them(tiny: Path, cache: Path) -> None:
    """As many as the loaded model has."""
    found = base_model.resolve(str(tiny), cache)
    model, _ = base_model.load(found)

    assert base_model.parameters(found) == sum(array.size for _, array in tree_flatten(model.parameters()))


# --- the built-in model -----------------------------------------------------------------------------------------


@pytest.fixture
def own(models: Path, tmp_path: Path) -> Path:
    """A copy of the directory with the built-in model, which a test may damage."""
    directory = tmp_path / "models"
    shutil.copytree(models, directory)
    return directory


def test_the_built_in_model_has_134_million_weights(models: Path) -> None:
    """Quantized ones are counted singly."""
    assert base_model.parameters(base_model.resolve(embedded.NAME, models)) == 134_515_008


def test_in_float32_nothing_is_quantized(models: Path) -> None:
    """Every leaf is a float32 array, frozen."""
    model, _ = base_model.load(base_model.resolve(embedded.NAME, models), dtype="float32")

    assert {array.dtype for _, array in tree_flatten(model.parameters())} == {mx.float32}
    assert not [module for module in model.modules() if isinstance(module, nn.QuantizedLinear | nn.QuantizedEmbedding)]
    assert tree_flatten(model.trainable_parameters()) == []


def test_a_second_fetch_does_nothing(own: Path) -> None:
    """No file is written anew."""
    before = {file: file.stat().st_mtime_ns for file in (own / embedded.NAME).iterdir()}

    embedded.fetch(own)

    assert {file: file.stat().st_mtime_ns for file in (own / embedded.NAME).iterdir()} == before


def test_a_flipped_bit_is_found_and_mended(own: Path) -> None:
    """Size and name are the same; the content is not."""
    file = own / embedded.NAME / "model.safetensors"
    with file.open("r+b") as stream:
        stream.seek(1_000_000)
        stream.write(b"\xff")

    assert embedded.problem(own / embedded.NAME) == "model.safetensors changed since"
    embedded.fetch(own)
    assert embedded.problem(own / embedded.NAME) is None


def test_a_lost_file_is_mended_when_the_model_is_used(own: Path) -> None:
    """Nobody needs to run `model fetch` first."""
    (own / embedded.NAME / "tokenizer.json").unlink()

    base_model.resolve(embedded.NAME, own)

    assert embedded.problem(own / embedded.NAME) is None


def test_what_an_interrupted_conversion_left_is_no_model(tmp_path: Path) -> None:
    """It has another name until it is whole, and the next fetch replaces it."""
    need_embedded()
    half = tmp_path / f"{embedded.NAME}.tmp"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")

    embedded.fetch(tmp_path)

    assert embedded.problem(tmp_path / embedded.NAME) is None
    assert not half.exists()


def test_two_processes_may_fetch_at_once(tmp_path: Path) -> None:
    """Both succeed, and the model is right."""
    need_embedded()
    program = "import sys, pathlib; from curatord.train import embedded; embedded.fetch(pathlib.Path(sys.argv[1]))"
    started = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(2)]

    assert [process.wait(100) for process in started] == [0, 0]
    assert embedded.problem(tmp_path / embedded.NAME) is None
    assert {path.name for path in tmp_path.iterdir()} == {embedded.NAME, f"{embedded.NAME}.lock"}
