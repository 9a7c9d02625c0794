"""What an export writes, what it refuses, and that nobody ever sees half of one."""

from __future__ import annotations

import json
import os
import resource
import stat
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.errors import AccessError, UsageError
from curatord.store import export_directory
from curatord.store.export import ExportSummary, Format, PreferenceRow, SftRow, export
from curatord.store.export_directory import ExportError

if TYPE_CHECKING:
    import random

WITH_PREFERENCE = (Format.MLX_LM_LORA, Format.TRL, Format.OPENAI)
QUESTIONS_ONLY = (Format.MLX_LM, Format.SHAREGPT, Format.ALPACA)

DOCUMENT = st.sampled_from([f"note-{number}" for number in range(12)])
TEXT = st.text(max_size=20)
SFT = st.builds(SftRow, DOCUMENT, TEXT, TEXT, TEXT, st.sampled_from(["factual", "practical"]))
PREFERENCE = st.builds(PreferenceRow, DOCUMENT, TEXT, TEXT, TEXT, TEXT)


def _sft(count: int, document: str = "note-{}") -> list[SftRow]:
    return [
        SftRow(document.format(n // 5), "Be brief.", f"What is {n}?", f"It is {n}.", "factual") for n in range(count)
    ]


def _heldout(count: int) -> list[SftRow]:
    return [SftRow(f"note-{n}", "Be brief.", f"Tell me {n}.", f"It is {n}.", "factual") for n in range(count)]


def _preference(count: int) -> list[PreferenceRow]:
    return [
        PreferenceRow(f"note-{n // 5}", "Be brief.", f"What is {n}?", f"It is {n}.", f"It is {n + 1}.")
        for n in range(count)
    ]


def _files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _rows(directory: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(directory.glob("*.jsonl")) for row in _lines(path)]


def _sft_row(line: dict[str, Any]) -> tuple[str, str, str]:
    """Read a line of any format back into system, question and answer."""
    if "messages" in line:
        assert [message["role"] for message in line["messages"]] == ["system", "user", "assistant"]
        system, question, answer = (message["content"] for message in line["messages"])
    elif "conversations" in line:
        assert [turn["from"] for turn in line["conversations"]] == ["system", "human", "gpt"]
        system, question, answer = (turn["value"] for turn in line["conversations"])
    else:
        assert line.pop("input") == ""
        system, question, answer = (line.pop(key) for key in ("system", "instruction", "output"))
        assert not line
    return system, question, answer


@given(st.lists(SFT, min_size=4, max_size=60), st.lists(SFT, max_size=9), st.sampled_from(Format))
@settings(deadline=None, max_examples=60)
def test_every_row_comes_back_once_from_lines_that_parse_one_by_one(
    sft: list[SftRow], heldout: list[SftRow], form: Format
) -> None:
    """The union of the files is the input, less what the summary says was left out."""
    with TemporaryDirectory() as name:
        summary = export(sft, heldout, [], format=form, out=Path(name) / "out")
        folder = Path(name) / "out" / ("sft" if form in WITH_PREFERENCE else "")
        found = Counter(_sft_row(line) for line in _rows(folder))
        _assert_strict(Path(name) / "out", summary)
    taught = sft + heldout if len(heldout) >= 4 else sft
    assert found == Counter((row.system, row.question, row.answer) for row in taught)
    assert sum(left.rows for left in summary.left_out) == len(sft) + len(heldout) - found.total()


def _assert_strict(out: Path, summary: ExportSummary) -> None:
    """Check what mlx_lm demands of each file: not empty, no blank or torn line, a batch of rows."""
    files = {name: data for name, data in _files(out).items() if name != "export.json"}
    assert set(files) == {file.path for file in summary.files}
    assert any(name.endswith("train.jsonl") for name in files)
    for file in summary.files:
        lines = files[file.path].decode().splitlines(keepends=True)
        assert len(lines) == file.rows >= 4
        assert all(line.endswith("}\n") and line.startswith("{") for line in lines)


@given(st.lists(SFT, min_size=4, max_size=60), st.lists(PREFERENCE, min_size=4, max_size=60))
@settings(deadline=None, max_examples=40)
def test_no_document_is_in_two_parts_of_a_data_set(sft: list[SftRow], preference: list[PreferenceRow]) -> None:
    """All rows of one note are trained on, or all are validated on, or all are tested on."""
    numbered = [SftRow(row.document, row.document, f"{n}", row.answer, "factual") for n, row in enumerate(sft)]
    choices = [
        PreferenceRow(row.document, row.document, f"{n}", row.chosen, row.rejected) for n, row in enumerate(preference)
    ]
    with TemporaryDirectory() as name:
        export(numbered, [], choices, format=Format.MLX_LM_LORA, out=Path(name) / "out")
        sft_parts = [
            {line["messages"][0]["content"] for line in _lines(path)} for path in (Path(name) / "out" / "sft").iterdir()
        ]
        choice_parts = [
            {line["system"] for line in _lines(path)} for path in (Path(name) / "out" / "preference").iterdir()
        ]
        found = Counter(json.dumps(row, sort_keys=True) for row in _rows(Path(name) / "out" / "preference"))
    assert sum(map(len, sft_parts)) == len(set().union(*sft_parts))
    assert sum(map(len, choice_parts)) == len(set().union(*choice_parts))
    assert found.total() == len(choices)


@given(
    st.lists(SFT, min_size=4, max_size=40),
    st.lists(SFT, max_size=8),
    st.lists(PREFERENCE, max_size=20),
    st.randoms(use_true_random=False),
)
@settings(deadline=None, max_examples=30)
def test_the_order_of_the_rows_does_not_change_a_byte(
    sft: list[SftRow], heldout: list[SftRow], preference: list[PreferenceRow], chance: random.Random
) -> None:
    """The same rows give the same files, so exports can be compared and cached."""
    with TemporaryDirectory() as name:
        first, second = Path(name) / "first", Path(name) / "second"
        before = export(sft, heldout, preference, format=Format.TRL, out=first)
        for rows in (sft, heldout, preference):
            chance.shuffle(rows)
        after = export(sft, heldout, preference, format=Format.TRL, out=second)
        assert _files(first) == _files(second)
        assert before.files == after.files


MESSAGES = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is 0?"},
        {"role": "assistant", "content": "It is 0."},
    ]
}
SFT_LINES: dict[Format, dict[str, Any]] = {
    Format.MLX_LM: MESSAGES,
    Format.MLX_LM_LORA: MESSAGES,
    Format.TRL: MESSAGES,
    Format.OPENAI: MESSAGES,
    Format.SHAREGPT: {
        "conversations": [
            {"from": "system", "value": "Be brief."},
            {"from": "human", "value": "What is 0?"},
            {"from": "gpt", "value": "It is 0."},
        ]
    },
    Format.ALPACA: {"instruction": "What is 0?", "input": "", "output": "It is 0.", "system": "Be brief."},
}
PREFERENCE_LINES: dict[Format, dict[str, Any]] = {
    Format.MLX_LM_LORA: {
        "system": "Be brief.",
        "prompt": "What is 0?",
        "chosen": "It is 0.",
        "rejected": "It is 1.",
    },
    Format.TRL: {
        "prompt": MESSAGES["messages"][:2],
        "chosen": [{"role": "assistant", "content": "It is 0."}],
        "rejected": [{"role": "assistant", "content": "It is 1."}],
    },
    Format.OPENAI: {
        "input": {"messages": MESSAGES["messages"][:2]},
        "preferred_output": [{"role": "assistant", "content": "It is 0."}],
        "non_preferred_output": [{"role": "assistant", "content": "It is 1."}],
    },
}


@pytest.mark.parametrize("form", Format)
def test_a_question_and_its_answer_have_the_form_s_own_keys_and_no_others(form: Format, tmp_path: Path) -> None:
    """Each format's line, in full, in the order the format's documentation has it."""
    export(_sft(4), [], [], format=form, out=tmp_path / "out")
    folder = tmp_path / "out" / ("sft" if form in WITH_PREFERENCE else "")
    lines = (folder / "train.jsonl").read_text().splitlines()
    assert json.dumps(SFT_LINES[form], separators=(",", ":")) in lines


@pytest.mark.parametrize("form", WITH_PREFERENCE)
def test_a_preference_pair_has_the_form_s_own_keys_and_no_others(form: Format, tmp_path: Path) -> None:
    """Each format's line, in full, in the order the format's documentation has it."""
    export(_sft(4), [], _preference(4), format=form, out=tmp_path / "out")
    lines = (tmp_path / "out" / "preference" / "train.jsonl").read_text().splitlines()
    assert json.dumps(PREFERENCE_LINES[form], separators=(",", ":")) in lines


@pytest.mark.parametrize("form", QUESTIONS_ONLY)
def test_a_form_without_preference_pairs_says_how_many_it_leaves_out(form: Format, tmp_path: Path) -> None:
    """Nothing is dropped in silence."""
    summary = export(_sft(4), [], _preference(7), format=form, out=tmp_path / "out")
    assert [left.rows for left in summary.left_out] == [7]
    assert "7 preference pairs" in summary.left_out[0].reason
    assert set(_files(tmp_path / "out")) == {"train.jsonl", "export.json"}


@pytest.mark.parametrize("form", WITH_PREFERENCE)
def test_too_few_preference_pairs_for_a_batch_are_left_out_and_counted(form: Format, tmp_path: Path) -> None:
    """A preference data set smaller than a batch would crash the trainer."""
    summary = export(_sft(4), [], _preference(3), format=form, out=tmp_path / "out")
    assert [left.rows for left in summary.left_out] == [3]
    assert not (tmp_path / "out" / "preference").exists()


def test_held_out_questions_are_the_whole_test_file(tmp_path: Path) -> None:
    """The exam asks what was taught in other words; taught pairs stay out of it."""
    heldout = _heldout(6)
    export(_sft(200), heldout, [], format=Format.MLX_LM, out=tmp_path / "out")
    asked = {line["messages"][1]["content"] for line in _lines(tmp_path / "out" / "test.jsonl")}
    assert asked == {row.question for row in heldout}
    assert len(_lines(tmp_path / "out" / "train.jsonl") + _lines(tmp_path / "out" / "valid.jsonl")) == 200


def test_too_few_held_out_questions_never_become_training_data(tmp_path: Path) -> None:
    """Three exam questions make no test file; trained on they would spoil the exam, so they are left out."""
    summary = export(_sft(200), _heldout(3), [], format=Format.MLX_LM, out=tmp_path / "out")
    assert [left.rows for left in summary.left_out] == [3]
    assert not (tmp_path / "out" / "test.jsonl").exists()
    assert not [line for line in _rows(tmp_path / "out") if line["messages"][1]["content"].startswith("Tell")]


def test_without_held_out_questions_some_notes_are_the_test_file(tmp_path: Path) -> None:
    """A hundred rows of twenty notes fill all three files."""
    export(_sft(100), [], [], format=Format.MLX_LM, out=tmp_path / "out")
    assert set(_files(tmp_path / "out")) == {"train.jsonl", "valid.jsonl", "test.jsonl", "export.json"}


def test_the_minimum_is_the_batch_size_of_every_file(tmp_path: Path) -> None:
    """With batches of ten, valid and test hold ten rows or more."""
    summary = export(_sft(200), [], _preference(200), format=Format.TRL, out=tmp_path / "out", minimum=10)
    assert len(summary.files) == 6
    assert min(file.rows for file in summary.files) >= 10


def test_rows_of_several_notes_are_mixed_within_a_file(tmp_path: Path) -> None:
    """mlx_lm takes neighbours as a batch, so a note's rows do not stand together."""
    export(_sft(40, "note-{}"), [], [], format=Format.MLX_LM, out=tmp_path / "out")
    numbers = [int(line["messages"][1]["content"].strip("What is?")) for line in _rows(tmp_path / "out")]
    assert sum(abs(first - second) > 5 for first, second in pairwise(numbers)) > 10


def test_no_character_tears_a_line(tmp_path: Path) -> None:
    """Line separators that only Unicode knows are escaped, and read back as they were."""
    text = "a\n b\r c\x85 d\u2028 e\u2029 f\x0c g\x1d é 漢 \U0001f600"
    export([SftRow("note", text, text, text, "factual")] * 4, [], [], format=Format.ALPACA, out=tmp_path / "out")
    raw = (tmp_path / "out" / "train.jsonl").read_bytes()
    assert len(raw.decode().splitlines()) == raw.count(b"\n") == 4
    assert {line["output"] for line in _lines(tmp_path / "out" / "train.jsonl")} == {text}
    assert "漢".encode() in raw


@pytest.mark.parametrize("count", [0, 1, 3])
def test_fewer_rows_than_a_batch_are_an_error_that_says_how_many(count: int, tmp_path: Path) -> None:
    """The user learns what there is, what is needed and what to do; nothing is written."""
    with pytest.raises(ExportError, match=f"There are {count} .* at least 4") as caught:
        export(_sft(count), [], [], format=Format.MLX_LM, out=tmp_path / "out")
    assert "curatord sync" in caught.value.hint
    assert not list(tmp_path.iterdir())


def test_a_minimum_below_one_is_a_usage_error(tmp_path: Path) -> None:
    """A file without rows is what the minimum is there to prevent."""
    with pytest.raises(UsageError, match="at least 1 row"):
        export(_sft(9), [], [], format=Format.MLX_LM, out=tmp_path / "out", minimum=0)


def test_the_summary_describes_the_files_as_they_are(tmp_path: Path) -> None:
    """Paths, rows and bytes of the summary, and export.json, agree with the disk."""
    sft = [*_sft(100), SftRow("note-0", "", "How?", "So.", "practical")]
    summary = export(sft, [], _preference(20), format=Format.OPENAI, out=tmp_path / "out")
    files = _files(tmp_path / "out")
    marker = json.loads(files.pop("export.json"))
    assert {file.path: file.bytes for file in summary.files} == {name: len(data) for name, data in files.items()}
    assert marker["files"] == {name: data.count(b"\n") for name, data in files.items()}
    assert marker["format"] == "openai"
    assert summary.categories == (("factual", 100), ("practical", 1))
    assert marker["categories"] == dict(summary.categories)


def test_a_former_export_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Files of the former export that the new one does not have are gone."""
    out = tmp_path / "out"
    export(_sft(100), [], _preference(100), format=Format.TRL, out=out)
    (out / "sft" / ".DS_Store").touch()  # macOS leaves it wherever somebody looked
    export(_sft(4), [], [], format=Format.ALPACA, out=out)
    assert set(_files(out)) == {"train.jsonl", "export.json"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_directory_is_filled_and_missing_parents_are_made(tmp_path: Path) -> None:
    """The user may prepare the directory or not."""
    (tmp_path / "empty").mkdir()
    export(_sft(4), [], [], format=Format.MLX_LM, out=tmp_path / "empty")
    export(_sft(4), [], [], format=Format.MLX_LM, out=tmp_path / "not" / "yet" / "there")
    assert _files(tmp_path / "empty") == _files(tmp_path / "not" / "yet" / "there")


@pytest.mark.parametrize("name", ["thesis.md", "train.jsonl", "export.json"])
def test_a_directory_of_somebody_s_is_refused_and_left_alone(name: str, tmp_path: Path) -> None:
    """Not even an export.json of another tool makes a directory ours."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("{}\n")
    with pytest.raises(ExportError, match=name):
        export(_sft(4), [], [], format=Format.MLX_LM, out=tmp_path / "out")
    assert _files(tmp_path / "out") == {name: b"{}\n"}


def test_a_former_export_that_somebody_put_a_file_into_is_refused(tmp_path: Path) -> None:
    """Replacing it would delete that file."""
    out = tmp_path / "out"
    export(_sft(4), [], [], format=Format.MLX_LM, out=out)
    (out / "adapters").mkdir()
    (out / "adapters" / "adapters.safetensors").write_bytes(b"trained all night")
    with pytest.raises(ExportError, match=r"adapters/adapters\.safetensors"):
        export(_sft(8), [], [], format=Format.MLX_LM, out=out)
    assert (out / "adapters" / "adapters.safetensors").read_bytes() == b"trained all night"


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    """`--out notes.md` must not cost the user the note."""
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ExportError, match="is a file"):
        export(_sft(4), [], [], format=Format.MLX_LM, out=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_symbolic_link_is_followed_and_stays(tmp_path: Path) -> None:
    """The link's target is replaced, not the link."""
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to("target")
    export(_sft(4), [], [], format=Format.MLX_LM, out=tmp_path / "link")
    export(_sft(8), [], [], format=Format.MLX_LM, out=tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert len(_lines(tmp_path / "target" / "train.jsonl")) == 8


def test_an_export_is_for_the_user_alone(tmp_path: Path) -> None:
    """It holds what private notes say."""
    export(_sft(4), [], _preference(4), format=Format.TRL, out=tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_may_not_be_written_is_an_access_error(tmp_path: Path) -> None:
    """The command ends with the exit code for permissions."""
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(AccessError, match="locked"):
        export(_sft(4), [], [], format=Format.MLX_LM, out=tmp_path / "locked" / "out")


def test_a_disk_that_refuses_leaves_the_former_export_and_no_litter(tmp_path: Path) -> None:
    """A write that fails half-way (here at the process's file size limit) costs nothing."""
    out = tmp_path / "out"
    export(_sft(4), [], [], format=Format.MLX_LM, out=out)
    former = _files(out)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(ExportError, match="failed"):
            export(_sft(500), [], [], format=Format.MLX_LM, out=out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert _files(out) == former
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_swap_that_fails_puts_the_former_directory_back(tmp_path: Path) -> None:
    """Where the new directory cannot take the name, the old one has it again."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "train.jsonl").write_text("{}\n")
    with pytest.raises(FileNotFoundError):
        export_directory._swap(tmp_path / "never-written", tmp_path / "out", former=tmp_path / "former")
    assert _files(tmp_path / "out") == {"train.jsonl": b"{}\n"}


def test_a_reader_sees_the_former_export_or_the_new_one_and_nothing_between(tmp_path: Path) -> None:
    """While exports replace one another, each directory opened holds files that belong together."""
    out = tmp_path / "out"
    export(_sft(4), [], [], format=Format.ALPACA, out=out)
    done = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(_whole_exports_seen, out, done)
        for count in range(4, 40):
            export(_sft(count), [], [], format=Format.ALPACA, out=out)
        done.set()
        assert reader.result() > 0


def _whole_exports_seen(out: Path, done: threading.Event) -> int:
    """Open the directory again and again; count those that were whole, fail on one that was not."""
    seen = 0
    while not done.is_set():
        with suppress(FileNotFoundError):  # between the two renames, or replaced while it was read
            descriptor = os.open(out, os.O_RDONLY)
            try:
                marker = json.loads(_read_at(descriptor, "export.json"))
                lines = _read_at(descriptor, "train.jsonl").count(b"\n")
            finally:
                os.close(descriptor)
            assert marker["files"]["train.jsonl"] == lines
            seen += 1
    return seen


def _read_at(directory: int, name: str) -> bytes:
    with open(os.open(name, os.O_RDONLY, dir_fd=directory), "rb") as file:  # noqa: PTH123  a descriptor
        return file.read()
