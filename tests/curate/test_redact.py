"""Secrets, personal data and forged turns never become training data."""

from __future__ import annotations

import re
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.curate.context import context_of
from curatord.curate.curate import curate_section
from curatord.curate.options import Options
from curatord.curate.redact.allow import allowed
from curatord.curate.redact.find import find
from curatord.curate.redact.mask import mask
from curatord.curate.redact.note import clean, clear
from curatord.curate.redact.options import Mode, Redaction
from curatord.curate.redact.rules import Reach, rules
from curatord.curate.redact.turns import turn_remarks, without_turns
from curatord.errors import ConfigurationError
from curatord.memory.document import Document, Kind
from curatord.memory.note import parse_note
from curatord.settings_file import parse
from tests.curate import canaries
from tests.curate.conftest import PATH

if TYPE_CHECKING:
    from curatord.curate.pair import Curated

MEMORY = Path(__file__).parents[2].parent / "shared" / "memory"
NOTHING = allowed(())
GITHUB = canaries.canary("github", 1).secret
SECTIONS = (
    "# Quell\n\nQuell listens on port 8085.\n\n## Access\n\nIt uses {} there.\n\n## Limits\n\nIt keeps 30 backups.\n"
)


def read(text: str, mode: Mode = Mode.DROP, *allow: str, path: str = PATH) -> Document:
    """Read a note as the daemon does, without its secrets."""
    redaction = Redaction(mode, allow)
    cleaned = clean(text.encode(), redaction)
    document = parse_note(cleaned.data, root="/memory", path=path, kind=Kind.KNOWLEDGE)
    return clear(document, cleaned.findings, redaction)


def found(text: str) -> list[str]:
    """Return the ids of the rules that find something."""
    return [span.rule.id for span in find(text, NOTHING)]


def curated(document: Document) -> list[Curated]:
    """Curate all sections of a note with the default options."""
    return [curate_section(context_of(document), section, Options()) for section in document.sections]


def headings(document: Document) -> list[str]:
    """Return the headings of the sections that are left."""
    return [section.heading for section in document.sections]


@pytest.mark.parametrize("kind", canaries.kinds())
def test_a_secret_of_every_kind_is_masked_in_every_place(kind: str) -> None:
    """Prose, code, table, link, list and frontmatter: nothing of six canaries is left, and six lines are told."""
    masked = mask(canaries.note(kind), NOTHING)
    assert [place for place, one in canaries.placed(kind) if one.secret in masked.text] == []
    assert len({finding.line for finding in masked.findings}) == 6


def test_there_are_two_hundred_canaries_of_forty_kinds() -> None:
    """The canaries are as many and as different as they should be."""
    assert len(canaries.kinds()) >= 40
    assert len({one.secret for one in canaries.all_canaries()}) >= 200


HARMLESS = [
    "git clone git@github.com:acme/quell.git",
    "The unit is getty@tty1.service and the picture logo@2x.png.",
    "password = getpass.getpass('password: ')",
    "github_token: ${{ secrets.GITHUB_TOKEN }}",
    "const token = localStorage.getItem('github_token');",
    'api_key = os.environ["QUELL_API_KEY"]',
    "client_secret: clientSecret,",
    "The password is required, and the token is stored in ~/.config/quell/token.json.",
    "| Setting | Default |\n|---|---|\n| password | sha256 |\n| token | your-token-here |",
    "cache key: user-session-2024-01-15-v2",
    "The commit is 9fceb02d0ae598e95dc970b74767f19372d61af8, and its digest is",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "Replace ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx with yours, and sk-...",
    "from sk-learn-model-selection-train-test-split import nothing",
    "The card 4111 1111 1111 1112 has a wrong check digit.",
    "On 2024-01-15 10:22:33 the host 192.168.100.200 took 10 000 000 000 requests in 1700000000000 ns.",
    "postgres://user:password@localhost/db and https://${USER}:${PASSWORD}@host/",
    "docker login --password-stdin -p 5432:5432",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
    "It begins with `-----BEGIN PRIVATE KEY-----` and ends with `-----END PRIVATE KEY-----`.",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_a_secret_is_left_alone(text: str) -> None:
    """Code that fetches a value, examples, hashes, versions, dates and addresses are no secrets."""
    assert found(text) == []


OBVIOUS = {
    "password: hunter2": "password",
    "Le mot de passe est Azerty12": "password",
    "| Passwort | geheim99 |": "password",
    "QUELL_DB_PASSWORD=swordfish": "environment-password",
    "mysql -u root -pS3cret1 shop": "command-line-password",
    "machine acme.dev login quell password Abc12345": "command-line-password",
    "Call 06 12 34 56 78 at noon.": "phone-number",
    "Tel: 0611223344": "phone-number",
    "Write to mailto:jo%40acme.dev now": "email",
    "jo [at] acme [dot] dev": "obscured-email",
    "Her number is 123-45-6789.": "social-security-number",
    "GB82 WEST 1234 5698 7654 32": "iban",
}


@pytest.mark.parametrize(("text", "rule"), OBVIOUS.items())
def test_short_and_written_out_forms_are_found(text: str, rule: str) -> None:
    """What a person would recognize at once is recognized."""
    assert found(text) == [rule]


def test_a_finding_tells_rule_and_line_and_not_the_value() -> None:
    """One problem a rule and line, whatever the number of values on it."""
    document = read(f"# Quell\n\nIt listens.\n\nBoth {GITHUB} and {canaries.canary('github', 2).secret} open it.\n")
    (remark,) = document.remarks
    assert (remark.code, remark.line) == ("secret", 5)
    assert "github-token" in remark.message
    assert GITHUB[:8] not in remark.message


def test_lines_are_counted_as_an_editor_does() -> None:
    """CR LF and CR end lines, too."""
    assert [finding.line for finding in clean(f"a\r\nb\rc {GITHUB}".encode(), Redaction()).findings] == [3]


def test_a_private_key_over_many_lines_leaves_its_lines() -> None:
    """In a quote, the marks stay; the body goes; what follows keeps its line."""
    label = "PRIVATE KEY"
    text = f"> -----BEGIN {label}-----\n> {'Ab1+' * 16}\n> Cd2/\n> -----END {label}-----\n\nAfter.\n"
    assert mask(text, NOTHING).text == "> (redacted-private-key)\n> \n> \n> \n\nAfter.\n"


def test_a_private_key_cut_short_is_one() -> None:
    """Without its end, the lines of key material that follow the beginning are taken."""
    text = f"-----BEGIN PRIV{''}ATE KEY-----\n{'Ab1+' * 16}\n{'Cd2/' * 16}\n\nAfter.\n"
    masked = mask(text, NOTHING).text
    assert (masked.count("\n"), "Cd2/" in masked, masked.endswith("After.\n")) == (text.count("\n"), False, True)


@given(
    st.lists(
        st.one_of(
            st.sampled_from([one.text for one in canaries.all_canaries()]),
            st.sampled_from([": ", "\n", " ", "@", "|", "`", "password = ", "(", ")", "/", "://", "'"]),
            st.text(max_size=8),
        ),
        max_size=12,
    ).map("".join)
)
@settings(deadline=None, max_examples=150)
def test_masking_leaves_nothing_to_find_and_every_line_in_place(text: str) -> None:
    """Whatever stands together: a second look finds nothing, and no line is lost or won."""
    masked = mask(text, NOTHING)
    assert find(masked.text, NOTHING) == []
    assert masked.text.count("\n") == text.count("\n")


def test_every_rule_has_a_name_of_its_own_and_a_placeholder_that_no_rule_finds() -> None:
    """Ids are unique; what stands in for a secret is none itself, whatever name stands before it."""
    assert len({rule.id for rule in rules()}) == len(rules()) >= 40
    for rule in rules():
        for lead in ("", "password: ", "API_TOKEN=", "https://quell:", "Authorization: Bearer "):
            assert found(f"{lead}{rule.placeholder}@acme.dev") == []


def test_rules_for_lines_are_in_lower_case() -> None:
    """They are matched on folded text: a capital in them would never be found."""
    for rule in (rule for rule in rules() if rule.reach is Reach.TEXT):
        pattern = re.sub(r"\\.|\(\?P<\w+>|\(\?P=\w+\)", "", rule.pattern.pattern)
        assert (pattern, rule.literals) == (pattern.lower(), tuple(map(str.lower, rule.literals)))


def test_dropping_takes_the_section_and_nothing_else() -> None:
    """By default a secret silences the section it stands in."""
    assert headings(read(SECTIONS.format(GITHUB))) == ["Quell", "Limits"]


def test_masking_keeps_the_section_with_a_placeholder() -> None:
    """The rest of the sentence is still there."""
    document = read(SECTIONS.format(GITHUB), Mode.MASK)
    assert headings(document) == ["Quell", "Access", "Limits"]
    assert "It uses (redacted-github-token) there." in document.sections[1].source


def test_masked_frontmatter_is_still_frontmatter() -> None:
    """A placeholder is a plain word to YAML."""
    text = f"---\ntoken: {GITHUB}\nowner: infra\n---\n{SECTIONS}"
    assert read(text, Mode.MASK).metadata == {"token": "(redacted-github-token)", "owner": "infra"}
    assert read(text, Mode.DROP).metadata == {}


def test_a_secret_heading_takes_the_sections_below_it() -> None:
    """Their questions would tell it."""
    text = f"# Quell\n\nQuell listens.\n\n## {GITHUB}\n\nA.\n\n### Deep\n\nIt keeps 30 backups.\n"
    assert headings(read(text)) == ["Quell"]


@pytest.mark.parametrize("mode", Mode)
def test_a_secret_title_or_file_name_empties_the_note(mode: Mode) -> None:
    """Every pair may tell them; in the frontmatter's title a placeholder does, where redaction masks."""
    named = read(SECTIONS, mode, path="jo.doe@acme.dev.md")
    assert (named.sections, named.metadata, [remark.code for remark in named.remarks]) == ((), {}, ["secret"])
    hidden = read(f"# {GITHUB.replace('_', chr(92) + '_')}\n\nQuell listens on port 8085.\n", mode)
    assert (hidden.sections, hidden.title) == ((), "(redacted-github-token)")


HIDDEN = [
    GITHUB.replace("_", "\\_"),
    GITHUB.replace("_", "&#95;"),
    f"{GITHUB[:12]}<b></b>{GITHUB[12:]}",
    f"**{GITHUB[:12]}**{GITHUB[12:]}",
    "these:\n\n| User | Password |\n|---|---|\n| quell | Abc12345 |\n\nvalues",
]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("text", HIDDEN)
def test_what_only_the_parsed_note_shows_is_left_out(text: str, mode: Mode) -> None:
    """Escapes, references, tags, emphasis and a table's header hide a secret from a look at the text."""
    document = read(SECTIONS.format(text), mode)
    assert headings(document) == ["Quell", "Limits"]
    assert [remark.code for remark in document.remarks] == ["secret"]


def test_a_rule_can_be_switched_off() -> None:
    """By its id alone; the other rules stay in force."""
    document = read(SECTIONS.format(f"jo@acme.dev and {GITHUB}"), Mode.MASK, "email")
    assert "jo@acme.dev and (redacted-github-token)" in document.sections[1].source


def test_a_harmless_value_can_be_named() -> None:
    """The pattern holds for the whole of the value and for its rule alone."""
    entry = "email:.*@acme[.]dev"
    assert headings(read(SECTIONS.format("jo@acme.dev"), Mode.DROP, entry)) == ["Quell", "Access", "Limits"]
    assert headings(read(SECTIONS.format("jo@acme.dev.org"), Mode.DROP, entry)) == ["Quell", "Limits"]


@pytest.mark.parametrize(
    ("entry", "told"), [("github-tokn", 'did you mean "github-token"'), ("email:(", "pattern after the colon")]
)
def test_a_wrong_entry_of_the_allow_list_is_one_clear_line(entry: str, told: str) -> None:
    """It names the key, the value, and what is wrong."""
    with pytest.raises(ConfigurationError, match=re.escape(told)) as caught:
        parse(f'[redact]\nallow = ["email", "{entry}"]\n'.encode(), Path("curatord.toml"))
    assert caught.value.message.startswith(f'curatord.toml: redact.allow[1] = "{entry}": ')


def test_very_many_findings_are_a_hundred_remarks_and_a_count() -> None:
    """A list of a thousand addresses does not flood the problems."""
    text = "# Quell\n\n" + "".join(f"- jo{number}@acme.dev\n" for number in range(150))
    *remarks, last = read(text).remarks
    assert (len(remarks), "50 more" in last.message) == (100, True)


@pytest.mark.parametrize(
    "piece",
    [
        "eyJ",
        "curl ",
        "://a:",
        "a@",
        "+1 ",
        "password ",
        "sk-",
        "1 ",
        "-----BEGIN PRIVATE KEY-----\n",
        "a.b:",
        "<|",
        "[at]",
    ],
)
def test_a_line_made_to_be_slow_is_not(piece: str) -> None:
    """A hundred kilobytes of anything take well under a second."""
    started = process_time()
    mask(piece * (100_000 // len(piece)), NOTHING)
    assert process_time() - started < 3


@pytest.mark.skipif(not MEMORY.exists(), reason="../shared/memory is not here")
def test_in_real_notes_only_what_was_read_and_judged_is_found() -> None:
    """399 public notes: 18 addresses of people, lists and calendars, two phone numbers, and nothing else."""
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in sorted(MEMORY.rglob("*.md"))]
    rules_found = [rule for text in texts for rule in found(text)]
    assert {rule: rules_found.count(rule) for rule in rules_found} == {"email": 18, "phone-number": 2}


TURNS = [
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|user|>",
    "<|eot_id|>",
    "</s>",
    "<s>",
    "[INST]",
    "<<SYS>>",
    "<start_of_turn>",
    "<\uff5cUser\uff5c>",
    "ASSISTANT: yes",
]


@pytest.mark.parametrize("turn", TURNS)
def test_a_pair_with_a_turns_mark_is_refused_and_recorded(turn: str) -> None:
    """The mark is in no fact, question or answer, and one remark names it; the note's other pairs stay."""
    text = f"# Quell\n\n- `port`: 8085\n- `stop`: `{turn}`\n- `host`: north\n"
    document = read(text)
    assert [(remark.code, remark.line) for remark in turn_remarks(document)] == [("chat_token", 4)]
    before = curated(document)
    after = [without_turns(one) for one in before]
    assert turn in repr(before)
    assert turn not in repr(after)
    assert any(one.pairs for one in after)


def test_roles_written_as_headings_of_a_prompt_are_refused() -> None:
    """Alpaca's form, in a block of code."""
    document = read(
        "# Quell\n\nQuell asks like this:\n\n```text\n### Instruction:\nGo.\n\n### Assistant:\nGone.\n```\n"
    )
    assert {remark.line for remark in turn_remarks(document)} == {6, 9}
    assert "### Assistant:" not in repr([without_turns(one) for one in curated(document)])


def test_struck_out_text_and_ordinary_angle_brackets_are_no_turns() -> None:
    """HTML's `<s>` leaves no mark in what is read, and `a <| b |> c` is a pipeline."""
    document = read("# Quell\n\nIt was <s>slow</s> and is fast; `a <| b |> c` is a pipeline, user: nobody.\n")
    assert turn_remarks(document) == ()


def test_sound_pairs_are_handed_on_as_they_are() -> None:
    """A note without such marks loses nothing."""
    before = curated(read(SECTIONS.format("a token")))
    assert before == [without_turns(one) for one in before]
    assert any(one.pairs for one in before)
