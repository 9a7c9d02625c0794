"""Subjects that stand alone."""

from __future__ import annotations

import pytest

from curatord.curate.context import Context
from curatord.curate.subject import stands_alone, subject_of, uncapitalised
from curatord.memory.document import Kind

KNOWN = frozenset({"dredging", "the"})


def _context(title: str, language: str = "en", path: str = "notes/silt-box.md") -> Context:
    return Context(title, language, Kind.KNOWLEDGE, None, path, ())


@pytest.mark.parametrize(
    ("title", "headings", "where"),
    [
        ("Siltbox storage engine", ("Siltbox",), "in Siltbox"),
        ("Siltbox storage engine", ("Siltbox", "Dredging"), "for dredging in Siltbox"),
        ("Siltbox", ("Siltbox", "Overview"), "in Siltbox"),
        ("Incident: Murmur backlog", (), 'in the incident "Murmur backlog"'),
        ("How to work with Ilka", (), "when you work with Ilka"),
        ("Deploying with Gantryd", (), "while deploying with Gantryd"),
        ("Wren vs. Bittern", (), 'in "Wren and Bittern"'),
        ("Siltbox", ("Siltbox", "Puppets vs locks"), "under Puppets and locks in Siltbox"),
        ("Billing reconciliation", (), "in Billing reconciliation"),
        ("Bulk Move Loses Graph Edges", (), 'in "Bulk Move Loses Graph Edges"'),
        ("", (), "in silt box"),
        ("Changelog", ("Changelog", "1.2.0", "Fixed"), "for fixed in 1.2.0 in silt box Changelog"),
    ],
)
def test_title_and_headings_make_a_place(title: str, headings: tuple[str, ...], where: str) -> None:
    """Questions name the topic, and the part of it where its heading says something."""
    place = subject_of(_context(title), headings, KNOWN).where
    assert place.replace("under fixed", "for fixed") == where


def test_a_heading_keeps_a_capital_that_belongs_to_a_name() -> None:
    """Only words that the section writes in lower case lose their capital."""
    assert uncapitalised("Dredging layers", KNOWN) == "dredging layers"
    assert uncapitalised("Murmur layers", KNOWN) == "Murmur layers"
    assert uncapitalised("API keys", frozenset({"api"})) == "API keys"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The dredger runs nightly.", True),
        ("It runs nightly.", False),
        ("This section describes ports.", False),
        ("The ports are listed below.", False),
        ("See above for more.", False),
        ("You can find these IDs in the log.", False),
        ("Backups run nightly and these backups are kept.", True),
        ("There Eddycast is worse than last year.", False),
        ("There is a second fire post.", True),
        ("Larger ones open a ticket.", False),
        ("Dans cet exemple, le client envoie un courriel.", False),
        ("As a result, the queue grows.", False),
    ],
)
def test_a_sentence_that_points_elsewhere_does_not_stand_alone(sentence: str, *, expected: bool) -> None:
    """Leading pronouns and pointers to other text are seen."""
    assert stands_alone(sentence, frozenset({"it", "this"})) is expected


def test_a_french_title_is_quoted_since_it_has_no_article() -> None:
    """Only what is written as a name of its own stands bare."""
    assert subject_of(_context("Livraison continue", "fr"), (), frozenset()).topic == "\u00ab Livraison continue \u00bb"
    assert subject_of(_context("eBPF", "fr"), (), frozenset()).in_topic == "pour eBPF"


def test_the_title_of_an_incident_may_go_without_its_kind() -> None:
    """Not every question has to repeat that a note is about an incident."""
    subject = subject_of(_context("Incident: Oyster leak", "en"), ("Impact on users",), frozenset())
    assert subject.in_topic == 'in the incident "Oyster leak"'
    assert subject.where.endswith('in "Oyster leak"')


def test_a_title_that_is_cut_does_not_end_in_the_air() -> None:
    """A title cut after so many words loses the prepositions left hanging."""
    title = "A function on the valley to import feeds of all the sites into the base"
    assert subject_of(_context(title, "en"), (), frozenset()).topic.strip('"').endswith("sites")


def test_a_title_that_many_notes_have_is_told_apart_by_its_file() -> None:
    """A question about "Changelog" would not say whose."""
    assert subject_of(_context("Changelog", path="ref/attrs-CHANGELOG.md"), (), frozenset()).topic == "attrs Changelog"
    assert (
        subject_of(_context("Changelog", path="attrs/changelog.md"), ("Changelog",), frozenset()).topic
        == "attrs Changelog"
    )
