"""What people say of pairs, and what follows from it for what is derived from the notes."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curatord.curate.pair import Split
from curatord.errors import NotFoundError, UsageError
from curatord.store.batch import batch
from curatord.store.database import Store
from curatord.store.digest import digest
from curatord.store.dropped import drop_counts
from curatord.store.judgements import By, Edit, State, Verdict, list_judgements
from curatord.store.judging import Outcome, Said, judge, take_back
from curatord.store.queries import PairFilter, list_pairs, search_pairs, show_pair, totals, training_rows
from curatord.store.seen import mark_seen
from curatord.store.shards import ShardWriter
from curatord.store.statistics import pair_statistics
from tests.store.samples import document, pair, section, sha

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.store.records import DocumentRecord

_moments = count()


def put(store: Store, *records: DocumentRecord) -> None:
    """Put documents in one batch."""
    with batch(store, 2) as changes:
        for record in records:
            changes.put(record)


def forget(store: Store, path: str) -> None:
    """Remove a document."""
    with batch(store, 2) as changes:
        changes.remove("knowledge", path)


def say(
    store: Store, identity: str, verdict: Verdict, edit: Edit | None = None, *, whole_fact: bool = False
) -> Outcome:
    """Judge a pair, each time a little later."""
    at = f"2026-01-01T00:00:00.{next(_moments):06d}+00:00"
    return judge(store, 2, identity, Said(verdict, By.API, at, edit or Edit(), whole_fact))


def edit(store: Store, identity: str, **texts: str) -> Outcome:
    """Edit a pair."""
    return say(store, identity, Verdict.EDITED, Edit(**texts))


def rows(store: Store, split: Split = Split.TRAIN) -> set[tuple[str, str, str | None]]:
    """Return question, answer and rejected answer of what is trained on."""
    return {(row["question"], row["answer"], row["rejected"]) for row in training_rows(store.connection, split)}


def judged(store: Store, **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401  as the function has it
    """Return the judgements."""
    return list_judgements(store.connection, limit=100, **query)[1]


PORT = sha("Port?", "It is 1.")


def test_a_rejected_pair_is_not_trained_on_until_that_is_taken_back(store: Store) -> None:
    """The others of its fact stay."""
    put(store, document("a.md", section(pair("Port?", "It is 1."), pair("Which port?", "It is 1."))))
    say(store, PORT, Verdict.DOWN)
    assert rows(store) == {("Which port?", "It is 1.", None)}
    take_back(store, 2, PORT)
    assert rows(store) == {("Port?", "It is 1.", None), ("Which port?", "It is 1.", None)}
    assert judged(store) == []


def test_a_rejected_exam_question_is_not_asked(store: Store) -> None:
    """The exam is no exception."""
    put(store, document("a.md", section(pair("Q?", "A."), pair("Exam?", "A.", split=Split.TEST))))
    say(store, sha("Exam?", "A."), Verdict.DOWN)
    assert rows(store, Split.TEST) == set()


def test_a_rejected_pair_stays_so_when_its_note_is_made_again_or_moves(store: Store) -> None:
    """It is known by what it says."""
    put(store, document("a.md", section(pair("Port?", "It is 1."))))
    say(store, PORT, Verdict.DOWN)
    put(store, document("a.md", section(pair("Port?", "It is 1."), pair("Host?", "It is h."))))
    assert rows(store) == {("Host?", "It is h.", None)}
    forget(store, "a.md")
    put(store, document("b.md", section(pair("Port?", "It is 1."))))
    assert rows(store) == set()


def test_a_judgement_lies_dormant_while_its_fact_is_gone(store: Store) -> None:
    """Another answer is another fact; the old one is rejected still when it comes back."""
    put(store, document("a.md", section(pair("Port?", "It is 1."))))
    say(store, PORT, Verdict.DOWN)
    assert [one["state"] for one in judged(store)] == [State.IN_FORCE]
    put(store, document("a.md", section(pair("Port?", "It is 2."))))
    assert rows(store) == {("Port?", "It is 2.", None)}
    assert [(one["state"], one["pairs"]) for one in judged(store)] == [(State.DORMANT, [])]
    put(store, document("a.md", section(pair("Port?", "It is 1."))))
    assert rows(store) == set()


def test_a_dormant_judgement_can_be_taken_back(store: Store) -> None:
    """By the id of the pair that was."""
    put(store, document("a.md", section(pair("Port?", "It is 1."))))
    say(store, PORT, Verdict.DOWN)
    forget(store, "a.md")
    assert take_back(store, 2, PORT[:8]) == Outcome(1, ())
    put(store, document("a.md", section(pair("Port?", "It is 1."))))
    assert rows(store) == {("Port?", "It is 1.", None)}


def test_a_rejected_pair_does_not_make_room_for_an_equal_question(store: Store) -> None:
    """What another note answers to it was left out and stays so, until the rejected pair is gone."""
    put(store, document("a.md", section(pair("Port?", "It is 1.")), date="2026-01-01"))
    put(store, document("b.md", section(pair("Port?", "It is 2."))))
    say(store, PORT, Verdict.DOWN)
    assert rows(store) == set()
    forget(store, "a.md")
    assert rows(store) == {("Port?", "It is 2.", None)}


def test_a_fact_that_another_note_repeats_is_rejected_there_too(store: Store) -> None:
    """The same question for what says the same is the same pair, however it is written."""
    said = pair("Port?", "It is 1.")
    put(store, document("a.md", section(said)), document("b.md", section(said, pair("What port?", "It is 1."))))
    say(store, PORT, Verdict.DOWN)
    forget(store, "a.md")
    assert rows(store) == {("What port?", "It is 1.", None)}


def test_of_equal_questions_an_approved_one_is_kept(store: Store) -> None:
    """Before that of a newer note; and without the approval it is as it was."""
    put(store, document("new.md", section(pair("Port?", "It is 2.")), date="2026-01-01"))
    put(store, document("undated.md", section(pair("Port?", "It is 1."))))
    assert rows(store) == {("Port?", "It is 2.", None)}
    say(store, PORT, Verdict.UP)
    assert rows(store) == {("Port?", "It is 1.", None)}
    take_back(store, 2, PORT)
    assert rows(store) == {("Port?", "It is 2.", None)}


def test_what_a_newer_note_replaced_is_not_approved_back(store: Store) -> None:
    """A fact that is out of date is asked by nobody's word."""
    put(store, document("old.md", section(pair("Port?", "It is 1.")), date="2025-01-01"))
    say(store, PORT, Verdict.UP)
    put(store, document("new.md", section(pair("Port?", "It is 2.")), date="2026-01-01"))
    assert rows(store) == {("Port?", "It is 2.", "It is 1.")}


def test_an_edited_pair_is_trained_on_as_edited_and_has_another_id(store: Store) -> None:
    """Both ids find it; to take it back brings what was made."""
    put(store, document("a.md", section(pair("Port?", "It is 1.", rejected="Some port."))))
    edit(store, PORT, question="Which port does it use?", answer="It uses 1.")
    assert rows(store) == {("Which port does it use?", "It uses 1.", "Some port.")}
    found = show_pair(store.connection, PORT)
    assert found is not None
    assert found["id"] != PORT
    assert found["made"]["question"] == "Port?"
    assert show_pair(store.connection, found["id"]) == found
    assert [one["id"] for one in search_pairs(store.connection, "uses", limit=9)[1]] == [found["id"]]
    take_back(store, 2, found["id"])
    assert rows(store) == {("Port?", "It is 1.", "Some port.")}
    assert search_pairs(store.connection, "uses", limit=9)[0] == 0
    assert search_pairs(store.connection, "port", limit=9)[0] == 1


def test_an_answer_corrected_in_its_numbers_is_trained_against_the_old_one(store: Store) -> None:
    """A wording alone is not: what was made stays, unless the person says what to train against."""
    put(store, document("a.md", section(pair("Port?", "It is 1.", rejected="It is 2."))))
    edit(store, PORT, answer="It is 2.")
    assert rows(store) == {("Port?", "It is 2.", "It is 1.")}
    edit(store, PORT, answer="1, it is.")
    assert rows(store) == {("Port?", "1, it is.", "It is 2.")}
    edit(store, PORT, rejected="It is 9.")
    assert rows(store) == {("Port?", "1, it is.", "It is 9.")}


def test_no_answer_is_trained_against_itself(store: Store) -> None:
    """Neither against what was made to be wrong, nor against an older note's that the person made right."""
    put(store, document("a.md", section(pair("Who?", "It is Ada.", rejected="It is Bob."))))
    edit(store, sha("Who?", "It is Ada."), answer="It is bob.")
    assert rows(store) == {("Who?", "It is bob.", None)}
    put(store, document("old.md", section(pair("Port?", "It is 2.")), date="2025-01-01"))
    put(store, document("new.md", section(pair("Port?", "It is 1.")), date="2026-01-01"))
    edit(store, PORT, answer="It is 2.")
    assert ("Port?", "It is 2.", "It is 1.") in rows(store)


def test_an_edit_of_an_edit_keeps_what_it_leaves_out(store: Store) -> None:
    """And a text that is put back as it was made is no longer edited."""
    put(store, document("a.md", section(pair("Port?", "It is 1."))))
    edit(store, PORT, question="Which one?")
    edit(store, PORT, answer="One.")
    assert {row[:2] for row in rows(store)} == {("Which one?", "One.")}
    edit(store, PORT, question="Port?")
    assert [(one["question"], one["answer"]) for one in judged(store)] == [(None, "One.")]


def test_a_thumb_down_on_an_edited_pair_keeps_the_edit_for_a_thumb_up(store: Store) -> None:
    """The edit is not lost by a slip of the hand."""
    put(store, document("a.md", section(pair("Port?", "It is 1."))))
    edit(store, PORT, answer="One.")
    say(store, PORT, Verdict.DOWN)
    assert rows(store) == set()
    say(store, PORT, Verdict.UP)
    assert {row[:2] for row in rows(store)} == {("Port?", "One.")}


def test_an_edited_question_is_asked_once(store: Store) -> None:
    """It leaves its old place to others, and takes the new one before others."""
    put(store, document("a.md", section(pair("port", "It is 1.")), date="2026-01-01"))
    put(store, document("b.md", section(pair("port", "It is 2."), pair("host", "It is h."))))
    edit(store, sha("port", "It is 1."), question="Host?")
    assert {row[:2] for row in rows(store)} == {("Host?", "It is 1."), ("port", "It is 2.")}


def test_a_whole_fact_is_judged_at_once(store: Store) -> None:
    """Its exam question too; another note's pairs of another fact are none of its business."""
    asked = pair("Port?", "It is 1."), pair("Which port?", "It is 1."), pair("Exam?", "It is 1.", split=Split.TEST)
    put(store, document("a.md", section(*asked, pair("Host?", "It is h."))))
    assert say(store, PORT, Verdict.EDITED, Edit(answer="It is 3."), whole_fact=True).judgements == 3
    assert {row[:2] for row in rows(store)} == {
        ("Port?", "It is 3."),
        ("Which port?", "It is 3."),
        ("Host?", "It is h."),
    }
    assert rows(store, Split.TEST) == {("Exam?", "It is 3.", None)}
    assert take_back(store, 2, PORT, whole_fact=True).judgements == 3
    assert judged(store) == []


def test_what_cannot_be_is_refused_and_changes_nothing(store: Store) -> None:
    """An unknown pair, an edit that edits nothing, an answer against itself, nothing to take back."""
    put(store, document("a.md", section(pair("Port?", "It is 1."))))
    before = digest(store.connection)
    with pytest.raises(NotFoundError):
        say(store, "ffff", Verdict.UP)
    with pytest.raises(UsageError, match="just so"):
        edit(store, PORT, answer="It is 1.")
    with pytest.raises(UsageError, match="itself"):
        edit(store, PORT, rejected="It is 1.")
    with pytest.raises(NotFoundError, match="Nobody"):
        take_back(store, 2, PORT)
    with pytest.raises(NotFoundError):
        take_back(store, 2, "ffff")
    assert digest(store.connection) == before
    assert judged(store) == []


def test_judged_pairs_are_listed_and_counted(store: Store) -> None:
    """Rejected ones only where they are asked for; they are no duplicates."""
    put(store, document("a.md", section(*(pair(f"Q{number}?", f"A{number}.") for number in range(4)))))
    say(store, sha("Q0?", "A0."), Verdict.UP)
    say(store, sha("Q1?", "A1."), Verdict.DOWN)
    edit(store, sha("Q2?", "A2."), answer="Two.")

    def listed(wanted: str | None) -> list[tuple[str, str | None, bool]]:
        total, found = list_pairs(store.connection, PairFilter(judged=wanted), limit=9)
        assert total == len(found)
        return [(one["question"], one["verdict"], one["kept"]) for one in found]

    assert listed("down") == [("Q1?", "down", False)]
    assert listed("any") == [("Q0?", "up", True), ("Q1?", "down", False), ("Q2?", "edited", True)]
    assert [question for question, _, _ in listed(None)] == ["Q0?", "Q2?", "Q3?"]
    found = pair_statistics(store.connection)
    assert (found["total"], found["duplicates"]) == (3, 0)
    assert found["by_verdict"] == {"up": 1, "down": 1, "edited": 1}
    assert drop_counts(store.connection)["thumbed_down"] == 1
    assert [one["verdict"] for one in judged(store, verdict="down", state="in_force")] == ["down"]
    assert judged(store, state="dormant") == []


def test_an_edited_pair_is_new_until_a_run_has_seen_it(store: Store) -> None:
    """And what was seen before the edit is seen after it is taken back."""
    put(store, document("a.md", section(pair("Port?", "It is 1."))))
    mark_seen(store.connection, "run", [PORT])
    assert totals(store.connection).new == 0
    edit(store, PORT, answer="One.")
    assert totals(store.connection).new == 1
    take_back(store, 2, PORT)
    assert totals(store.connection).new == 0


def test_the_shards_follow(store: Store, tmp_path: Path) -> None:
    """Only the shard of the note is written again."""
    for number in range(8):
        put(store, document(f"{number}.md", section(pair(f"Q{number}?", f"A{number}."))))
    writer = ShardWriter(store, tmp_path / "shards", system="S", documents_per_shard=2)
    before = writer.write()
    say(store, sha("Q3?", "A3."), Verdict.DOWN)
    after = writer.write()
    assert after.generation == before.generation + 1
    assert [shard.kind for shard in after.shards] == ["sft"]
    assert b"Q3?" not in (tmp_path / "shards" / after.shards[0].path).read_bytes()


QUESTIONS = ("q1", "q2", "q3", "q4")
ANSWERS = ("A1.", "A2.", "A3.")
PATHS = ("a.md", "b.md", "c.md")
NOTES = st.tuples(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(QUESTIONS), st.sampled_from(ANSWERS), st.sampled_from(Split)),
            min_size=1,
            max_size=3,
            unique_by=lambda one: one[:2],
        ),
        min_size=1,
        max_size=2,
    ),
    st.sampled_from([None, "2025-01-01", "2026-01-01"]),
)
EDITED = st.builds(
    Edit,
    question=st.sampled_from([None, "q1", "q5"]),
    answer=st.sampled_from([None, "A1.", "A4."]),
    rejected=st.sampled_from([None, "A9."]),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("note"), st.sampled_from(PATHS), st.one_of(NOTES, st.none())),
        st.tuples(st.just("judge"), st.integers(0, 9), st.sampled_from(Verdict), EDITED, st.booleans()),
        st.tuples(st.just("judge"), st.integers(0, 9), st.sampled_from(Verdict), EDITED, st.just(value=False)),
        st.tuples(st.just("clear"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("write")),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.tuples(NOTES, NOTES), steps=STEPS)
def test_any_way_there_ends_like_a_build_from_scratch_with_the_same_judgements(
    tmp_path: Path, start: tuple[Any, Any], steps: list[tuple[Any, ...]]
) -> None:
    """Derived rows, tallies, search index and shards: all as if the judgements had been there before the notes."""
    worn = Store.open(tmp_path / "worn.db")
    notes: dict[str, DocumentRecord] = {}
    writer = ShardWriter(worn, tmp_path / "worn", system="S", documents_per_shard=2)
    for step in (("note", PATHS[0], start[0]), ("note", PATHS[1], start[1]), ("write",), *steps):
        if step == ("write",):
            writer.write()
        else:
            _take(worn, notes, step)
    fresh = Store.open(tmp_path / "fresh.db")
    for row in worn.connection.execute("SELECT * FROM judgements ORDER BY judged_at DESC"):
        fresh.connection.execute(f"INSERT INTO judgements VALUES ({', '.join('?' * len(tuple(row)))})", tuple(row))
    put(fresh, *reversed(notes.values()))
    try:
        assert digest(worn.connection) == digest(fresh.connection)
        assert _consequences(worn, tmp_path / "worn") == _consequences(fresh, tmp_path / "fresh")
    finally:
        for store in (worn, fresh):
            store.close()
            for file in tmp_path.glob(f"{store.path.stem}*.db*"):
                file.unlink()


def _take(store: Store, notes: dict[str, DocumentRecord], step: tuple[Any, ...]) -> None:
    match step:
        case ("note", path, None):
            forget(store, path)
            notes.pop(path, None)
        case ("note", path, (sections, date)):
            records = [
                section(*(pair(*one[:2], split=one[2]) for one in items), heading=f"H{number}")
                for number, items in enumerate(sections)
            ]
            notes[path] = document(path, *records, date=date)
            put(store, notes[path])
        case ("judge", number, verdict, edited, whole_fact) if identity := _some(store, number):
            with suppress(UsageError, NotFoundError):  # an edit may change nothing, a dormant pair is not there
                texts = edited if verdict is Verdict.EDITED else Edit()
                say(store, identity, verdict, texts, whole_fact=whole_fact)
        case ("clear", number, whole_fact) if identity := _some(store, number):
            with suppress(NotFoundError):  # nobody may have judged it
                take_back(store, 2, identity, whole_fact=whole_fact)
        case _:
            return


def _some(store: Store, number: int) -> str | None:
    """Return one of the pairs that are there, as they are or as they were made, or of those that were judged."""
    query = """
        SELECT pair FROM pairs UNION SELECT made_pair FROM pairs WHERE made_pair IS NOT NULL
        UNION SELECT pair FROM judgements ORDER BY 1
    """
    found = [row[0] for row in store.connection.execute(query)]
    return found[number % len(found)] if found else None


def _consequences(store: Store, shards: Path) -> tuple[object, ...]:
    """Return what else must be equal, having checked that index and tally are in line with the rows."""
    connection = store.connection
    connection.execute("INSERT INTO pairs_search (pairs_search, rank) VALUES ('integrity-check', 1)")
    tally = (
        "SELECT split, category, preferred, sum(pairs) FROM tally GROUP BY 1, 2, 3 HAVING sum(pairs) ORDER BY 1, 2, 3"
    )
    counted = (
        "SELECT split, category, strategy IS NOT NULL, count(*) FROM pairs WHERE kept GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    tallied = [tuple(row) for row in connection.execute(tally)]
    assert tallied == [tuple(row) for row in connection.execute(counted)]
    twice = "SELECT question_hash FROM pairs WHERE kept GROUP BY 1 HAVING count(*) > 1"
    assert connection.execute(twice).fetchall() == []
    ShardWriter(store, shards, system="S", documents_per_shard=2).write()
    files = {file.relative_to(shards).as_posix(): file.read_bytes() for file in shards.glob("*/*.jsonl")}
    states = [(one["pair"], one["state"], one["pairs"]) for one in judged(store)]
    return tallied, files, states
