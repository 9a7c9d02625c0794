"""What readers are told about the store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curatord.curate.pair import Category, Curated, Fact, Split
from curatord.memory.document import Lines
from curatord.store import disk, queries
from curatord.store.batch import batch
from curatord.store.queries import PairFilter, Row
from curatord.store.records import FileRecord, Outcome, ProblemRecord, SectionRecord
from curatord.store.rows import rows_of
from curatord.store.statistics import pair_statistics
from tests.store.samples import document, pair, section

if TYPE_CHECKING:
    from curatord.store.database import Store
    from curatord.store.records import DocumentRecord

ALL = PairFilter()


def put(store: Store, *records: DocumentRecord) -> None:
    """Put documents in one batch."""
    with batch(store, 32) as changes:
        for record in records:
            changes.put(record)


def questions(found: tuple[int, list[Row]]) -> list[str]:
    """Return the questions of a page, checking that its total is theirs."""
    total, rows = found
    assert total == len(rows)
    return [row["question"] for row in rows]


def listed(store: Store, wanted: PairFilter = ALL) -> list[str]:
    """Return the questions that a filter lets through."""
    return questions(queries.list_pairs(store.connection, wanted, limit=100))


def searched(store: Store, query: str) -> list[str]:
    """Return the questions of the pairs that a query finds."""
    return questions(queries.search_pairs(store.connection, query, limit=100))


def recounted(store: Store) -> tuple[int, int, int]:
    """Count sft, preference and held-out pairs from the rows themselves."""
    row = store.connection.execute(
        "SELECT coalesce(sum(split = 'train'), 0), coalesce(sum(split = 'train' AND strategy IS NOT NULL), 0),"
        " coalesce(sum(split = 'test'), 0) FROM pairs WHERE kept"
    ).fetchone()
    return row[0], row[1], row[2]


def test_an_empty_store_counts_nothing_and_names_all_categories(store: Store) -> None:
    """Consumers of the status find every category, whether or not there are pairs of it."""
    totals = queries.totals(store.connection)
    assert totals.by_category == {category.value: 0 for category in Category}
    assert (totals.documents, totals.sft, totals.preference, totals.heldout) == (0, 0, 0, 0)


def test_totals_count_training_preference_and_heldout_pairs(store: Store) -> None:
    """Held-out pairs are no training pairs; only training pairs with a rejected answer are preference pairs."""
    pairs = (
        pair("Q1?", "A."),
        pair("Q2?", "A.", rejected="B."),
        replace(pair("Q3?", "A."), category=Category.CRITICAL),
        pair("Q4?", "A.", split=Split.TEST, rejected="B."),
    )
    put(store, document("a.md", section(*pairs)), document("b.md", root="episodes"))
    totals = queries.totals(store.connection)
    assert (totals.sft, totals.preference, totals.heldout, totals.facts) == (3, 1, 1, 1)
    assert totals.by_category["critical"] == 1
    assert totals.documents_by_root == {"episodes": 1, "knowledge": 1}
    assert totals.documents == 2


def test_totals_count_an_equal_question_once(store: Store) -> None:
    """Only the pair that is kept stands in the shards."""
    put(store, document("a.md", section(pair("Q?", "A."))), document("b.md", section(pair("Q?", "B."))))
    assert queries.totals(store.connection).sft == 1


def test_totals_count_skipped_notes_and_problems(store: Store) -> None:
    """A failed note is a problem; a skipped one is not."""
    for number, outcome in enumerate((Outcome.SKIPPED, Outcome.FAILED, Outcome.DOCUMENT)):
        disk.put_file(
            store.connection, FileRecord("knowledge", f"{number}.md", 1, 1, 1, 1, 1, outcome, "why", None, "code")
        )
    problems = [ProblemRecord("knowledge", "1.md", "unreadable", "it cannot be read")]
    disk.put_problems(store.connection, "knowledge", "1.md", "note", problems, "2026-01-01T00:00:00+00:00")
    totals = queries.totals(store.connection)
    assert (totals.skipped, totals.problems) == (1, 1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a.md", "b.md", "c.md"]),
            st.lists(
                st.tuples(st.sampled_from("PQRS"), st.sampled_from("AB"), st.booleans(), st.booleans()), max_size=4
            ),
        ),
        max_size=6,
    )
)
def test_totals_are_what_counting_the_rows_gives(
    store: Store, steps: list[tuple[str, list[tuple[str, str, bool, bool]]]]
) -> None:
    """The tally follows every insertion, deletion, and change of what is kept."""
    for path, contents in steps:
        pairs = [
            pair(question, answer, split=Split.TEST if held else Split.TRAIN, rejected="no" if bad else None)
            for question, answer, held, bad in contents
        ]
        with batch(store, 32) as changes:
            if pairs:
                changes.put(document(path, section(*pairs)))
            else:
                changes.remove("knowledge", path)
        totals = queries.totals(store.connection)
        assert (totals.sft, totals.preference, totals.heldout) == recounted(store)


def test_pairs_are_listed_in_reading_order_whatever_the_order_of_arrival(store: Store) -> None:
    """By root, path and section, as the notes read."""
    put(store, document("b.md", section(pair("B1?", "A."), pair("B2?", "A."))))
    put(store, document("a.md", section(pair("A1?", "A.")), section(pair("A2?", "A."), heading="Two")))
    assert listed(store) == ["A1?", "A2?", "B1?", "B2?"]


def test_a_page_of_pairs_knows_the_total(store: Store) -> None:
    """Limit and offset cut the list, not the count."""
    put(store, document("a.md", section(*(pair(f"Q{number}?", "A.") for number in range(5)))))
    total, rows = queries.list_pairs(store.connection, ALL, limit=2, offset=3)
    assert total == 5
    assert [row["question"] for row in rows] == ["Q3?", "Q4?"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (PairFilter(category="critical"), ["Critical?"]),
        (PairFilter(split="test"), ["Held?"]),
        (PairFilter(strategy="wrong"), ["Rejected?"]),
        (PairFilter(min_score=0.95), ["Good?"]),
        (PairFilter(document="other.md"), ["Other?"]),
        (PairFilter(kind="episodes"), []),
        (PairFilter(kind="knowledge", document="other.md", category="factual"), ["Other?"]),
    ],
)
def test_a_filter_lets_through_what_it_names(store: Store, wanted: PairFilter, expected: list[str]) -> None:
    """Every filter works alone and with others."""
    good = pair("Good?", "A.")
    pairs = (
        replace(pair("Critical?", "A."), category=Category.CRITICAL),
        pair("Held?", "A.", split=Split.TEST),
        pair("Rejected?", "A.", rejected="B."),
        replace(good, score=replace(good.score, total=1.0)),
    )
    put(store, document("a.md", section(*pairs)), document("other.md", section(pair("Other?", "A."))))
    assert listed(store, wanted) == expected


def test_pairs_that_are_not_kept_are_not_listed(store: Store) -> None:
    """The list shows what is trained on or asked in the exam."""
    put(store, document("a.md", section(pair("Q?", "A."))), document("b.md", section(pair("Q?", "B."))))
    assert listed(store) == ["Q?"]


def test_a_search_needs_all_words_of_question_or_answer(store: Store) -> None:
    """Words may be in any order, in either."""
    put(store, document("a.md", section(pair("How cold is the store?", "Four degrees."), pair("Why?", "It is cold."))))
    assert searched(store, "cold") == ["Why?", "How cold is the store?"]
    assert searched(store, "degrees cold") == ["How cold is the store?"]
    assert searched(store, "degrees nothing") == []


def test_a_search_knows_phrases_beginnings_and_accents(store: Store) -> None:
    """Quoted words stand together, a star stands for any ending, accents make no difference."""
    put(store, document("a.md", section(pair("Où sécher?", "Dans un local sec."), pair("Local?", "Un sec."))))
    assert searched(store, '"local sec"') == ["Où sécher?"]
    assert searched(store, "sech*") == ["Où sécher?"]
    assert searched(store, "secher") == ["Où sécher?"]


@pytest.mark.parametrize("query", ['"', "()", "AND", "a OR", "NEAR(", "question:x", "-x", "^", "*", "a*b", "\0", "'"])
def test_odd_punctuation_in_a_search_is_no_error(store: Store, query: str) -> None:
    """FTS5 has a query language; people type what they like."""
    put(store, document("a.md", section(pair("Q?", "A."))))
    assert searched(store, query) == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_no_text_makes_a_search_fail(store: Store, query: str) -> None:
    """Whatever is typed gives a list."""
    assert searched(store, query) == []


def test_a_word_that_is_an_operator_is_searched_as_a_word(store: Store) -> None:
    """OR and NOT are words of the notes, too."""
    put(store, document("a.md", section(pair("Tea or coffee?", "Tea."))))
    assert searched(store, "tea OR coffee") == ["Tea or coffee?"]
    assert searched(store, "tea NOT coffee") == []


def test_a_pair_is_shown_with_every_place_where_it_stands(store: Store) -> None:
    """The same pair in two notes is one pair in two places, one of them kept."""
    same = pair("Q?", "A.")
    put(store, document("a.md", section(same, first_line=7)), document("b.md", section(same)))
    shown = queries.show_pair(store.connection, same.id)
    assert shown is not None
    assert [(place["path"], place["first_line"], place["kept"]) for place in shown["places"]] == [
        ("a.md", 7, shown["places"][0]["kept"]),
        ("b.md", 1, not shown["places"][0]["kept"]),
    ]
    assert shown["parts"] == {"faithful": 1.0}
    assert shown["places"][0]["heading_path"] == ["Heading"]


def test_the_lines_of_a_place_are_those_of_the_file(store: Store) -> None:
    """A fact counts its lines from its section's first; a reader wants them as the editor shows them."""
    fact = Fact("f", "test", "subject", "A.", (), Lines(2, 3))
    curated = Curated((fact,), (replace(pair("Q?", "A."), fact="f"),))
    put(store, document("a.md", SectionRecord("key", ("Heading",), Lines(10, 20), rows_of(curated))))
    shown = queries.show_pair(store.connection, pair("Q?", "A.").id)
    assert shown is not None
    assert (shown["places"][0]["first_line"], shown["places"][0]["last_line"]) == (12, 13)


def test_the_beginning_of_an_id_is_enough_where_it_is_the_only_one(store: Store) -> None:
    """People do not type sixteen digits."""
    one, other = pair("Q1?", "A."), pair("Q2?", "A.")
    put(store, document("a.md", section(one, other)))
    assert (queries.show_pair(store.connection, one.id[:8]) or {})["id"] == one.id
    assert queries.show_pair(store.connection, "") is None
    assert queries.show_pair(store.connection, "zzzz") is None


def test_statistics_count_by_category_split_strategy_and_extractor(store: Store) -> None:
    """Pairs that are left out for an equal question are counted apart."""
    put(store, document("a.md", section(pair("Q1?", "A.", rejected="B."), pair("Q2?", "A.", split=Split.TEST))))
    put(store, document("b.md", section(pair("Q1?", "C."))))
    found = pair_statistics(store.connection)
    assert (found["total"], found["duplicates"]) == (2, 1)
    assert found["by_category"] == {"factual": 2}
    assert found["by_extractor"] == {"test": 2}
    assert found["mean_score"] == pytest.approx(0.9)
    assert [(band["least"], band["pairs"]) for band in found["scores"]] == [(0.9, 2), (0.95, 0)]
    assert {reason: number for reason, number in found["dropped"].items() if number} == {"equal_question": 1}


def test_statistics_of_an_empty_store_have_no_mean(store: Store) -> None:
    """Nothing is divided by nothing."""
    found = pair_statistics(store.connection)
    assert found["mean_score"] is None
    assert found["scores"] == []
    assert set(found["dropped"].values()) == {0}


def test_documents_are_listed_with_what_they_gave(store: Store) -> None:
    """Facts, and the pairs to train on."""
    put(store, document("a.md", section(pair("Q1?", "A."), pair("Q2?", "B."), pair("Q3?", "B.", split=Split.TEST))))
    total, rows = queries.list_documents(store.connection, limit=10)
    assert total == 1
    assert (rows[0]["path"], rows[0]["facts"], rows[0]["pairs"]) == ("a.md", 2, 2)


def test_skipped_and_failed_notes_are_listed_with_their_reason(store: Store) -> None:
    """Whoever misses a note finds out why."""
    record = FileRecord("knowledge", "a.md", 1, 1, 1, 1, 1, Outcome.SKIPPED, "too_short", None, "code")
    disk.put_file(store.connection, record)
    assert queries.list_skipped(store.connection, limit=10) == (
        1,
        [{"root": "knowledge", "path": "a.md", "outcome": "skipped", "reason": "too_short"}],
    )


def test_training_rows_are_the_kept_pairs_of_one_split(store: Store) -> None:
    """What an export writes."""
    put(store, document("a.md", section(pair("Q1?", "A.", rejected="B."), pair("Q2?", "A.", split=Split.TEST))))
    train = [(row["question"], row["rejected"]) for row in queries.training_rows(store.connection, Split.TRAIN)]
    assert train == [("Q1?", "B.")]
    assert [row["question"] for row in queries.training_rows(store.connection, Split.TEST)] == ["Q2?"]
