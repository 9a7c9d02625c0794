"""Asking what is in service: the child process, and the command line over it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curatord.config import Settings
from curatord.exam.records import read_exam, read_replies
from curatord.serve.answer import Question
from curatord.serve.ask import AnswerError, ask, brief_for

if TYPE_CHECKING:
    from tests.exam.nights import Night

QUESTIONS = [Question(id=f"q{number}", question=f"What does flag {number} do?") for number in range(5)]


@pytest.fixture
def config(night: Night, tmp_path: Path) -> Path:
    """A configuration file on the night's state."""
    file = tmp_path / "curatord.toml"
    file.write_text(f"[state]\ndir = {json.dumps(str(night.state.path))}\n")
    return file


def curatord(config: Path, *words: str, **options: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [str(Path(sys.executable).with_name("curatord")), "--config", str(config), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, **options)  # type: ignore[call-overload,no-any-return]


def test_replies_come_in_the_order_of_the_questions_and_are_the_same_again(night: Night) -> None:
    """Greedy: nothing is left to chance."""
    brief = brief_for(night.adapters.in_service(), Settings()).model_copy(update={"route": False, "max_tokens": 8})
    first, again = list(ask(brief, QUESTIONS)), list(ask(brief, QUESTIONS))
    assert [reply.id for reply in first] == [question.id for question in QUESTIONS]
    assert first == again
    assert all(reply.about_notes for reply in first)


def test_the_exams_replies_are_what_ask_says(night: Night) -> None:
    """The strength that the exam chose is in the adapter: what was graded is what is served."""
    exam = read_exam(night.run.examined)
    assert exam is not None
    graded = [reply for reply in read_replies(night.run.examined) if reply.routed][:4]
    brief = brief_for(night.adapters.in_service(), Settings()).model_copy(update={"recognise": False})
    said = list(ask(brief, [Question(id=one.pair, question=one.question) for one in graded]))
    assert [reply.reply for reply in said] == [one.reply for one in graded]


def test_a_question_is_asked_in_the_words_of_training_unless_it_is_to_stay_as_it_is(config: Path) -> None:
    """The JSON tells what the model was asked; with `--verbatim` that is the question itself."""
    question = "flag 3: is there a limit to it?"
    recognised, verbatim = (
        json.loads(curatord(config, "ask", question, "--json", "--max-tokens", "6", *options).stdout)
        for options in ((), ("--verbatim",))
    )
    assert recognised["about_notes"]
    assert recognised["asked"] != question
    assert "flag 3" in recognised["asked"].casefold()
    assert verbatim["asked"] == question


def test_a_base_that_is_gone_is_one_clear_line(night: Night) -> None:
    """Not a traceback of another process."""
    brief = brief_for(night.adapters.in_service(), Settings()).model_copy(update={"base": "/nowhere/at/all"})
    with pytest.raises(AnswerError, match="/nowhere/at/all") as found:
        list(ask(brief, QUESTIONS))
    assert "Traceback" not in str(found.value)


def test_a_file_of_questions_is_answered_line_by_line(config: Path, tmp_path: Path) -> None:
    """{"id", "question"} in, {"id", "reply"} out; more fields do no harm."""
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(
        '{"id": 7, "question": "What does flag 7 do?", "answer": "?"}\n\n{"id": "b", "question": "Why?"}\n'
    )
    done = curatord(config, "ask", "--file", str(source), "--out", str(out), "--max-tokens", "6")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    replies = [json.loads(line) for line in out.read_text().splitlines()]
    assert [sorted(reply) for reply in replies] == [["id", "reply"], ["id", "reply"]]
    assert [reply["id"] for reply in replies] == [7, "b"]


def test_one_question_is_answered_with_its_sources(config: Path) -> None:
    """As JSON: the reply, by whom, and the notes it should rest on."""
    done = curatord(config, "ask", "What does flag 3 do?", "--alone", "--sources", "--json", "--max-tokens", "6")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["about_notes"]
    assert told["asked"] == told["question"]
    assert told["sources"]
    assert {"path", "line", "statement"} <= set(told["sources"][0])


def test_a_line_that_is_no_question_is_named(config: Path, tmp_path: Path) -> None:
    """File and line, and what a question looks like."""
    source = tmp_path / "in.jsonl"
    source.write_text('{"id": 1, "question": "Why?"}\nWhy?\n')
    done = curatord(config, "ask", "--file", str(source))
    assert done.returncode == 2
    assert "in.jsonl:2" in done.stderr


def test_a_question_or_a_file_must_be_named(config: Path) -> None:
    """Neither and both are mistakes."""
    assert curatord(config, "ask").returncode == 2
    assert curatord(config, "ask", "Why?", "--file", "x").returncode == 2


def test_the_exam_and_the_adapters_are_shown(config: Path, night: Night) -> None:
    """By the commands that a person types, without a daemon."""
    listed = json.loads(curatord(config, "adapters", "list", "--json").stdout)
    assert listed["in_service"] == night.run.id
    shown = curatord(config, "adapters", "show")
    assert night.run.id in shown.stdout
    exam = json.loads(curatord(config, "exam", "--json").stdout)
    assert exam["adapter"] == night.run.id
    assert len(exam["replies"]) == exam["exam"]["trials"][0]["exam"]["asked"]
    assert curatord(config, "exam", "--failed").returncode == 0
    topics = json.loads(curatord(config, "topics", "--json").stdout)
    assert {one["standing"] for one in topics["topics"]} == {"untaught"}  # no daemon has marked its pairs as seen


def test_without_an_adapter_there_is_nothing_to_show(tmp_path: Path) -> None:
    """And it is said how to get one."""
    file = tmp_path / "curatord.toml"
    file.write_text(f"[state]\ndir = {json.dumps(str(tmp_path / 'state'))}\n")
    done = curatord(file, "exam")
    assert done.returncode == 1
    assert "no adapter yet" in done.stderr
