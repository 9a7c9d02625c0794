"""Frontmatter in three formats, sound and broken."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.memory.document import Lines
from curatord.memory.head import Head, split_head


def codes(head: Head) -> list[str]:
    """Return the codes of a head's remarks."""
    return [remark.code for remark in head.remarks]


def test_yaml_gives_metadata_and_a_body() -> None:
    """A YAML head is metadata; the body begins on the line below it."""
    head = split_head("---\ntitle: Note\ntags: [a, b]\n---\n# Body\n")
    assert head.metadata == {"title": "Note", "tags": ["a", "b"]}
    assert (head.lines, head.body, head.body_first_line) == (Lines(1, 4), "# Body\n", 5)
    assert head.remarks == ()


def test_toml_gives_metadata() -> None:
    """A TOML head is metadata; its dates and times are ISO 8601 text."""
    text = '+++\ntitle = "Note"\nday = 2024-01-02\nat = 10:30:00\nmoment = 2024-01-02T03:04:05Z\n[a]\nb = 1\n+++\nBody'
    head = split_head(text)
    assert head.metadata == {
        "title": "Note",
        "day": "2024-01-02",
        "at": "10:30:00",
        "moment": "2024-01-02T03:04:05+00:00",
        "a": {"b": 1},
    }
    assert (head.body, head.body_first_line) == ("Body", 9)


def test_json_gives_metadata() -> None:
    """A JSON head is metadata; NaN and numbers over 64 bits stay text."""
    head = split_head('{\n"title": "Note", "n": NaN,\n"big": 123456789012345678901234567890, "x": 1e999\n}\nBody\n')
    assert head.metadata == {
        "title": "Note",
        "n": "NaN",
        "big": "123456789012345678901234567890",
        "x": "1e999",
    }
    assert (head.lines, head.body, head.body_first_line) == (Lines(1, 4), "Body\n", 5)


def test_a_note_without_a_head_is_all_body() -> None:
    """Plain text keeps its first line as line 1."""
    assert split_head("\n# Note\n") == Head({}, None, "\n# Note\n", 1)


def test_blank_lines_before_the_head_are_tolerated() -> None:
    """Lines are still counted from the top of the file."""
    head = split_head("\n  \n---\na: 1\n---\nBody")
    assert (head.metadata, head.lines, head.body_first_line) == ({"a": 1}, Lines(3, 5), 6)


@pytest.mark.parametrize("text", ["---\n---\nBody", "---\n# only a comment\n---\nBody"])
def test_an_empty_head_is_a_head(text: str) -> None:
    """A head without keys gives empty metadata and no remark."""
    head = split_head(text)
    assert (head.metadata, head.body, head.remarks) == ({}, "Body", ())


def test_keys_stay_as_written() -> None:
    """YAML 1.1 would make booleans, numbers, dates and nulls of these keys."""
    head = split_head("---\nno: 1\nYes: 2\n3: c\n2024-01-02: d\n~: e\n1.50: f\n---\n")
    assert list(head.metadata) == ["no", "Yes", "3", "2024-01-02", "~", "1.50"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", False),
        ("True", True),
        ("~", None),
        ("", None),
        ("12", 12),
        ("0x1F", 31),
        ("1_000", 1000),
        ("2.50", 2.5),
        ("12:30", 750),
        ("1e5", "1e5"),
        ("2024-01-02", "2024-01-02"),
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05+00:00"),
        ("2024-13-45", "2024-13-45"),
        (".nan", ".nan"),
        ("-.inf", "-.inf"),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", "9223372036854775808"),
        ("0x_", "0x_"),
        ('"12"', "12"),
        ("!!str 12", "12"),
    ],
)
def test_yaml_scalars_have_their_meaning(written: str, value: object) -> None:
    """A scalar has the type that YAML 1.1 gives it, or stays text where JSON cannot hold it."""
    assert split_head(f"---\na: {written}\n---\n").metadata == {"a": value}


def test_other_libraries_cannot_change_what_yaml_means() -> None:
    """A rule that someone adds to PyYAML's safe loader has no effect here."""
    script = """
import re, yaml
yaml.SafeLoader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile("^1e5$"), ["1"])
assert yaml.safe_load("1e5") == 100000.0
from curatord.memory.head import split_head
assert split_head("---\\na: 1e5\\n---\\n").metadata == {"a": "1e5"}
"""
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    "head",
    [
        "title: [unclosed",
        "title: a: b",
        'title: "unclosed\ntags: x',
        "a: &anchor 1\nb: 2",
        "a: 1\nb: *alias",
        "<<: {a: 1}",
        "a: !!python/object/apply:os.system ['true']",
        "a: !custom 1",
        "a: 1\n? [b]\n: 2",
        "a: \x07",
        'a: "\\ud800"',
        "a: 1\n...\nb: 2",
        "a: " + "[" * 65 + "]" * 65,
        "a: " + "[" * 30_000,
        "a: " + "{a: " * 16_000,
        "a:\n" + "\n".join(" " * i + "a:" for i in range(1, 300)),
        "a:\n " + "- " * 30_000 + "x",
    ],
)
def test_a_broken_head_is_remarked_and_the_body_read(head: str) -> None:
    """Metadata is empty, the body is what stands below, the remark names a line of the head, at once."""
    started = time.monotonic()
    split = split_head(f"---\n{head}\n---\nBody\n")
    assert time.monotonic() - started < 2
    assert (split.metadata, split.body, codes(split)) == ({}, "Body\n", ["head_broken"])
    line = split.remarks[0].line
    assert line is not None
    assert split.lines is not None
    assert 1 <= line <= split.lines.last


@pytest.mark.parametrize(
    "text",
    [
        "+++\na = \n+++\nBody\n",
        "+++\na = 1\na = 2\n+++\nBody\n",
        "+++\na = " + "[" * 5000 + "\n+++\nBody\n",
        "+++\na = 0x" + "f" * 5000 + "\n+++\nBody\n",
        "+++\n" + "a." * 20_000 + "b = 1\nc = 1\nd = 2\n+++\nBody\n",
        '{\n"a": 1,\n"b": \n}\nBody\n',
        '{\n"a": ' + "[" * 5000 + "\n}\nBody\n",
    ],
)
def test_broken_toml_and_json_are_remarked(text: str) -> None:
    """Both other formats have the same bounds."""
    split = split_head(text)
    assert (split.metadata, split.body, codes(split)) == ({}, "Body\n", ["head_broken"])


def test_a_broken_line_is_named() -> None:
    """The remark's line is the file's, as an editor shows it."""
    assert split_head("\n---\na: 1\nb: c: d\n---\n").remarks[0].line == 4
    assert split_head("+++\na = 1\nb = \n+++\n").remarks[0].line == 3
    assert split_head('{\n"a": 1,\n"b": x\n}\n').remarks[0].line == 3


def test_depth_within_the_bound_is_read() -> None:
    """64 levels are read, the mapping itself being one."""
    inner = split_head("---\na: " + "[" * 63 + "]" * 63 + "\n---\n").metadata["a"]
    assert json.dumps(inner) == "[" * 63 + "]" * 63


def test_a_head_over_64_kib_is_not_parsed() -> None:
    """The body is still read."""
    head = split_head("---\n" + "key: value\n" * 7000 + "---\nBody")
    assert (head.metadata, head.body, codes(head)) == ({}, "Body", ["head_too_large"])


def test_an_unclosed_head_loses_nothing() -> None:
    """Without a closing delimiter, the whole text is body."""
    text = "---\ntitle: Note\n\n# Heading\n\nText.\n"
    head = split_head(text)
    assert (head.metadata, head.body, head.body_first_line) == ({}, text, 1)
    assert codes(head) == ["head_unclosed"]


def test_an_unclosed_head_does_not_reach_for_a_rule_further_down() -> None:
    """A rule in the body closes no head that prose has entered."""
    text = "---\ntitle: Note\n\n# Heading\n\nProse stands here.\nAnd here.\n\n---\n\nMore.\n"
    head = split_head(text)
    assert (head.body, codes(head)) == (text, ["head_broken"])


def test_a_rule_at_the_top_is_no_mistake() -> None:
    """A lone rule and prose give no remark."""
    assert split_head("---\n\nProse.\n") == Head({}, None, "---\n\nProse.\n", 1)


@pytest.mark.parametrize("head", ["Prose between two rules.", "- a\n- b", "Two lines of\n\nprose, it's prose."])
def test_what_is_no_mapping_stays_body(head: str) -> None:
    """Prose or a list between two rules is not eaten."""
    text = f"---\n{head}\n---\nBody\n"
    split = split_head(text)
    assert (split.metadata, split.lines, split.body) == ({}, None, text)
    assert len(split.remarks) == 1


def test_a_key_that_stands_twice_is_remarked() -> None:
    """The last one counts, in YAML and JSON, at any depth."""
    yaml_head = split_head("---\na: 1\nb: {c: 1, c: 2}\na: 3\n---\n")
    assert yaml_head.metadata == {"a": 3, "b": {"c": 2}}
    assert codes(yaml_head) == ["head_duplicate_key"] * 2
    json_head = split_head('{\n"a": 1, "a": 2\n}\n')
    assert (json_head.metadata, codes(json_head)) == ({"a": 2}, ["head_duplicate_key"])


def test_half_a_character_in_json_is_replaced() -> None:
    """A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD."""
    assert split_head('{\n"a": "\\ud800"\n}\n').metadata == {"a": "\N{REPLACEMENT CHARACTER}"}


def plain(value: object) -> bool:
    """Tell whether a value is plain data that JSON and UTF-8 can hold."""
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    return True


HEADS = st.sampled_from(["---", "+++", "{", "----"])
CLOSERS = st.sampled_from(["---", "+++", "}", ""])
LINES = st.lists(
    st.one_of(
        st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=20),
        st.text("ab:-[]{}\"'#&*!|>?%@`, .=0123_\\xuNone<~", max_size=12),
        st.sampled_from(["a: 1", "b: [x, 2024-01-01]", "a = 1", '"a": 1,', "<<: *x", "- a", "  - b: c", ""]),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=300)
@given(HEADS, LINES, CLOSERS, LINES)
def test_any_text_is_split_without_loss(opener: str, head: list[str], closer: str, body: list[str]) -> None:
    """The body is the text from its first line on, and metadata is plain data with string keys."""
    text = "\n".join([opener, *head, closer, *body])
    split = split_head(text)
    lines = text.split("\n")
    assert split.body == "\n".join(lines[split.body_first_line - 1 :])
    assert plain(split.metadata)
    assert all(isinstance(key, str) for key in split.metadata)
