"""What each extractor finds, and what it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from curatord.curate.context import context_of
from curatord.curate.extract.frontmatter import drafts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.curate.draft import Draft
    from curatord.memory.document import Document

    Run: TypeAlias = Callable[[str, str], list[Draft]]

HEAD = "---\ntitle: Siltbox\n---\n# Siltbox\n\n"


def _statements(found: list[Draft]) -> list[str]:
    return [draft.statement for draft in found]


def test_a_sentence_that_equates_is_a_definition(drafts: Run) -> None:
    """The term is the subject, without a made-up article."""
    (found,) = drafts("definition", HEAD + "Siltbox is our append-only store for voyage records.")
    assert found.slots["term"] == "Siltbox"
    assert found.keys == ("Siltbox",)


def test_a_state_is_no_definition(drafts: Run) -> None:
    """Here "is stable" says how a thing is, not what it is."""
    assert drafts("definition", HEAD + "Siltbox is stable. The problem is a missing index file.") == []


def test_a_because_gives_a_cause_asked_with_why(drafts: Run) -> None:
    """The effect becomes the question, the whole sentence the answer."""
    (found,) = drafts("cause", HEAD + "The dredger needs a free disk because it copies layers.")
    assert found.slots["why"] == "does the dredger need a free disk"
    assert found.statement == "The dredger needs a free disk because it copies layers."


def test_a_since_of_time_is_no_cause(drafts: Run) -> None:
    """Here "since 2039" is a date."""
    assert drafts("cause", HEAD + "The finance desk has complained since 2039 about this matter.") == []


def test_an_aim_is_asked_for_its_purpose(drafts: Run) -> None:
    """Here "to avoid" tells what for."""
    (found,) = drafts("cause", HEAD + "The job waits ten minutes to avoid a cold cache.")
    assert found.shape == "purpose"


@pytest.mark.parametrize(
    "sentence",
    ["If there is no room, the dredger skips the night.", "The dredger skips the night if there is no room."],
)
def test_a_condition_is_found_at_either_end(drafts: Run, sentence: str) -> None:
    """First or last, the case is the same."""
    (found,) = drafts("condition", HEAD + sentence)
    assert found.slots["condition"] == "if there is no room"
    assert found.slots["result"] == "the dredger skips the night"


def test_a_case_told_by_a_pronoun_gives_nothing(drafts: Run) -> None:
    """Here "If it fails" cannot be asked by itself."""
    assert drafts("condition", HEAD + "If it fails again, the dredger skips the night.") == []


def test_a_pronoun_is_told_with_its_sentence(drafts: Run) -> None:
    """A sentence that leans on the one before is answered together with it."""
    text = HEAD + "Layers are merged by the dredger. If no room is left, it skips the night."
    (found,) = drafts("condition", text)
    assert found.statement == "If no room is left, it skips the night."
    found_limit = drafts("limitation", HEAD + "The rake is an index. It does not survive a crash.")
    assert _statements(found_limit) in ([], ["The rake is an index. It does not survive a crash."])


def test_a_negation_is_asked_as_a_false_belief(drafts: Run) -> None:
    """What somebody would believe who missed the "not"."""
    (found,) = drafts("limitation", HEAD + "The rake does not survive a crash.")
    assert found.shape == "negation"
    assert found.slots["positive"] == "the rake survives a crash"


def test_a_plain_statement_is_no_limitation(drafts: Run) -> None:
    """Without a word of limits there is none."""
    assert drafts("limitation", HEAD + "Reads go through a small index.") == []


def test_a_figure_is_asked_with_its_unit(drafts: Run) -> None:
    """The preposition comes along."""
    (found,) = drafts("figure", HEAD + "Backups are kept for 30 days.")
    assert found.slots["ask"] == "for how many days are backups kept"
    assert found.slots["cloze"] == "Backups are kept for ___ days"
    assert found.keys == ("30",)


def test_named_values_of_a_list_are_siblings(drafts: Run) -> None:
    """Each value knows what it could be confused with."""
    found = drafts("setting", HEAD + "- length: 300 words\n- charts: at most 2\n")
    one, two = [draft for draft in found if draft.shape == "setting"]
    assert (one.value, one.siblings) == ("300 words", ("at most 2",))
    assert two.slots["name"] == "charts"
    assert one.slots["name"] == "the length"


def test_a_long_value_is_an_entry(drafts: Run) -> None:
    """A description is no value."""
    text = (
        HEAD + "- **Facade pattern** - hides the client, the retries and the whole request admission from generators.\n"
    )
    (found,) = drafts("setting", text)
    assert found.shape == "entry"


def test_links_and_tasks_are_no_named_values(drafts: Run) -> None:
    """A URL has a colon, too, and an open box is a task."""
    assert drafts("setting", HEAD + "- https://example.org/x\n- [ ] owner: unknown\n") == []


TABLE = "| level | speed | note |\n|---|---|---|\n| Skim | 7 km/h | fine |\n| Pane | 4 km/h | - |\n"


def test_every_cell_is_told_with_row_and_column(drafts: Run) -> None:
    """A dash is an empty cell."""
    found = [draft for draft in drafts("table", HEAD + TABLE) if draft.shape == "cell"]
    told = {(draft.slots["row"], draft.slots["bare"], draft.value) for draft in found}
    assert told == {("Skim", "speed", "7 km/h"), ("Skim", "note", "fine"), ("Pane", "speed", "4 km/h")}
    assert all(draft.slots["row"] in draft.statement and draft.value in draft.statement for draft in found)


def test_neighbouring_rows_are_set_against_each_other(drafts: Run) -> None:
    """Exchanging the values is the mistake to make."""
    (found,) = [draft for draft in drafts("table", HEAD + TABLE) if draft.shape == "contrast"]
    assert found.keys == ("7 km/h", "4 km/h")
    assert found.value in found.statement
    assert "Skim is 4 km/h" in found.siblings[0]


def test_a_table_of_properties_is_read_by_its_columns(drafts: Run) -> None:
    """In a comparison table the things stand in the header."""
    text = HEAD + "| property | Kettle | Murmur |\n|---|---|---|\n| retention | 12 h | 9 days |\n"
    found = drafts("table", text)
    cells = {(draft.slots["row"], draft.slots["bare"], draft.value) for draft in found if draft.shape == "cell"}
    assert cells == {("Kettle", "retention", "12 h"), ("Murmur", "retention", "9 days")}
    assert any(draft.shape == "contrast" for draft in found)


def test_a_timeline_tells_what_happened_when(drafts: Run) -> None:
    """The first column is a time."""
    found = drafts("table", HEAD + "| time | event |\n|---|---|\n| 05:52 | consumer stops |\n| 06:04 | page |\n")
    assert [draft.shape for draft in found] == ["timeline", "timeline"]
    assert found[0].slots["time"] == "05:52"


def test_a_numbered_list_is_a_procedure(drafts: Run) -> None:
    """The whole in order, and each step after its predecessor."""
    found = drafts("steps", HEAD + "## Setup\n\n1. Merge the branch.\n2. Announce the roll.\n3. Deploy the canary.\n")
    whole, *after = found
    assert "1. Merge the branch.\n2. Announce the roll.\n3. Deploy the canary." in whole.statement
    assert [(draft.slots["step"], draft.value) for draft in after] == [
        ("Merge the branch", "Announce the roll"),
        ("Announce the roll", "Deploy the canary"),
    ]


def test_numbered_caveats_are_no_procedure(drafts: Run) -> None:
    """The heading says that order means nothing here."""
    assert drafts("steps", HEAD + "## Caveats\n\n1. No deletes at all.\n2. No locks at all.\n") == []


def test_settings_of_a_toml_block_know_their_table(drafts: Run) -> None:
    """Name, value and table; the block itself is shown, too."""
    found = drafts("code", HEAD + '```toml\n[dredger]\nstart = "02:40"\nthreads = 5\n```\n')
    settings = {
        (draft.slots["name"], draft.value, draft.slots["in_table"]) for draft in found if draft.shape == "config"
    }
    assert settings == {("start", "02:40", " under `[dredger]`"), ("threads", "5", " under `[dredger]`")}


def test_a_comment_explains_the_command_below_it(drafts: Run) -> None:
    """A comment that begins with a verb says what the command is for."""
    text = (
        HEAD
        + "```shell\n# drain a lock before maintenance\nlockctl drain DUS-3\n\n# what is queued\nlockctl queue\n```\n"
    )
    commands = [draft for draft in drafts("code", text) if draft.shape == "command"]
    assert [(draft.slots["purpose"], draft.value) for draft in commands] == [
        ("drain a lock before maintenance", "lockctl drain DUS-3")
    ]


def test_code_is_told_with_the_sentence_that_leads_to_it(drafts: Run) -> None:
    """The answer holds both, the fence is closed."""
    text = HEAD + "Deploy to the canary cluster first:\n\n```sh\ngantryd roll\n```\n"
    (found,) = [draft for draft in drafts("code", text) if draft.shape == "code"]
    assert found.statement == "Deploy to the canary cluster first:\n\n```sh\ngantryd roll\n```"


def test_a_comparison_names_both_sides(drafts: Run) -> None:
    """Here "than" and "whereas" set two things against each other."""
    found = drafts(
        "comparison",
        HEAD + "Gundula is stronger than Old Hesper. Kettle keeps a lock, whereas Murmur is sharded by hull.",
    )
    assert [(draft.slots["a"], draft.slots["b"]) for draft in found] == [
        ("Gundula", "Old Hesper"),
        ("Kettle", "Murmur"),
    ]


def test_a_decision_is_found_by_its_verb(drafts: Run) -> None:
    """What was decided is the answer."""
    found = drafts("decision", HEAD + "We decided to keep the dashboard free of ads.")
    assert _statements(found) == ["We decided to keep the dashboard free of ads."]


def test_a_root_cause_section_is_told_as_one(drafts: Run) -> None:
    """The heading gives the role and the category."""
    text = "# Incident: Murmur backlog\n\n## Root cause\n\nThe decoder only knew ASCII and crashed on a name.\n"
    (found,) = drafts("overview", text)
    assert found.shape == "field"
    assert found.slots["role"] == "the root cause"
    assert found.slots["category"] == "analytical"


def test_an_open_task_is_still_open(drafts: Run) -> None:
    """A box without a tick."""
    found = drafts("listing", HEAD + "- [ ] move the secrets out of `gantryd.toml`\n")
    assert [draft.shape for draft in found] == ["todo"]


def test_a_list_of_mere_links_gives_nothing(drafts: Run) -> None:
    """Further reading is no knowledge."""
    assert drafts("listing", HEAD + "## Related\n\n- [the rake](rake.md)\n- [the plim codec](plim.md)\n") == []


def test_a_marked_term_gathers_its_sentences(drafts: Run) -> None:
    """Code and bold are what the author wanted to be found."""
    text = HEAD + "Never run `replay` without a dry run first. The command `replay` books fees again when it runs."
    (found,) = drafts("mention", text)
    assert found.slots["term"] == "`replay`"
    assert found.statement.count("`replay`") == 2


def test_a_plain_clause_is_asked_for_its_subject(drafts: Run) -> None:
    """The predicate is the question."""
    (found,) = drafts("statement", HEAD + "Sealed layers are merged by a background job.")
    assert found.slots["vp_ask"] == "is merged by a background job"


def test_the_head_of_a_note_gives_named_values(note: Callable[[str], Document]) -> None:
    """Nested keys are joined; what only files the note is silent."""
    document = note(
        "---\ntitle: T\nid: x-1\nstatus: stable\npager:\n  number: 0554-7719\ndraft: true\n---\n# Team\n\ntext\n"
    )
    found = list(drafts_of(context_of(document), document.metadata))
    assert {(draft.slots["bare"], draft.value) for draft in found} == {
        ("status", "stable"),
        ("pager number", "0554-7719"),
    }


def test_a_value_without_article_is_read_out(drafts: Run) -> None:
    """A list says "design: sorted-string table"; "is sorted-string table" would be no sentence."""
    (found,) = drafts("setting", HEAD + "- Design: sorted-string table\n")
    assert found.slots["link"] == ""
    assert " is sorted" not in found.statement
    assert found.statement.endswith(": sorted-string table.")


def test_a_value_that_makes_a_sentence_is_told_as_one(drafts: Run) -> None:
    """A number, code, a name, an article: the plain verb fits."""
    found = drafts("setting", HEAD + "- Port: 9043\n- Owner: Fenna\n- Solver: the plover\n")
    assert [draft.slots["link"] for draft in found] == ["is", "is", "is"]


def test_an_order_is_no_name(drafts: Run) -> None:
    """A name that begins with a verb and its object is quoted."""
    (found,) = drafts("setting", HEAD + "- back up the rake: rejected\n")
    assert found.slots["name"] == '"back up the rake"'


def test_a_value_that_several_have_is_not_asked_back(drafts: Run) -> None:
    """The question "which entry has yes" needs a value that only one entry has."""
    table = "| Field | Required | Limit |\n|---|---|---|\n| queue | yes | 3 |\n| payload | yes | 9 |\n"
    found = drafts("table", HEAD + table)
    assert {draft.slots["only"] for draft in found if draft.shape in ("cell", "column")} == {"", "3", "9"}


def test_a_clause_is_asked_for_its_object(drafts: Run) -> None:
    """A preposition stays behind; a verb behind a modal one goes along."""
    found = drafts(
        "statement", HEAD + "Reads go through the rake. The gauge can expose the queue length. The disk fails."
    )
    assert [draft.slots["ask_object"] for draft in found] == ["do reads go through", "can the gauge expose"]
    assert found[0].slots["tell_object"] == "reads go through"


def test_a_person_is_asked_for_as_one(drafts: Run) -> None:
    """Nobody can tell a person's name from a thing's: both are asked for."""
    (found,) = drafts("statement", HEAD + "Fenna wants the flag drill.")
    assert found.slots["what"] == "who or what"


def test_an_adverb_is_no_focus(drafts: Run) -> None:
    """What a question turns on is code, a name or a noun."""
    (found,) = drafts("statement", HEAD + "Quantiles are fundamentally inaccurate.")
    assert found.slots["focus"] == ""


def test_numbered_reasons_are_no_steps(drafts: Run) -> None:
    """Neither heading nor points say that something is to be done."""
    points = "1. Child process killed\n2. Dangling handle left\n3. Missing flag\n"
    assert drafts("steps", HEAD + "## Observations\n\n" + points) == []
    assert drafts("steps", HEAD + "## Observations\n\n1. Stop the daemon\n2. Drain the queue\n") != []


def test_a_reporter_is_not_what_is_limited(drafts: Run) -> None:
    """The negation stands in what she reported."""
    assert drafts("limitation", HEAD + "Ines reported that the crane cannot lift the buoy.") == []


def test_a_day_is_no_figure(drafts: Run) -> None:
    """A date is asked for in other ways."""
    assert drafts("figure", HEAD + "The gauge was swapped on 3 February.") == []


def test_a_figure_in_a_relative_clause_belongs_to_another_noun(drafts: Run) -> None:
    """It is the post that costs so much, not the insurer."""
    assert drafts("figure", HEAD + "The insurer requires a fire post, which costs 3,400 crowns.") == []


@pytest.mark.parametrize(
    "sentence",
    [
        "The rent may rise once a year by the index.",
        "Read the guide to find out if your setup is affected.",
        "The owner pays unless the tenant caused it.",
    ],
)
def test_not_every_if_and_once_tells_a_case(drafts: Run, sentence: str) -> None:
    """Frequencies, indirect questions, and cases told by a pronoun give nothing."""
    assert drafts("condition", HEAD + sentence) == []


def test_a_note_is_not_summed_up_by_what_stands_further_down(drafts: Run) -> None:
    """The remarks at its end do not say what a note is about."""
    found = drafts("overview", HEAD + "A store for voyages.\n\n## Notes\n\nNever copy the layers by hand.\n")
    assert [draft.statement for draft in found if draft.shape == "whole"] == ["A store for voyages."]


def test_french_metadata_is_asked_in_french(note: Callable[[str], Document]) -> None:
    """Known keys are translated, with the article and the question word that agree with them."""
    text = "---\ntitle: Livraison continue\nlang: fr\ncategory: concept\n---\n# Livraison continue\n\nUne pratique."
    document = note(text)
    (found,) = (draft for draft in drafts_of(context_of(document), document.metadata) if draft.shape == "metadata")
    assert found.slots["asking"] == "quelle est"
    assert "la cat\u00e9gorie" in found.statement.lower()
