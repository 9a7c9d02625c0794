"""Which shard a document goes to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from curatord.store.layout import bucket_of, document_id, resized, shard_count, shard_of

buckets = st.integers(0, 2**31 - 1)
counts = st.integers(1, 200)


@given(buckets, counts)
def test_every_bucket_has_a_shard_among_those_there_are(bucket: int, count: int) -> None:
    """A shard number is never negative and never as large as the number of shards."""
    assert 0 <= shard_of(bucket, count) < count


@given(st.lists(buckets, max_size=50), counts, counts)
def test_resizing_moves_documents_only_between_the_shards_it_names(found: list[int], before: int, after: int) -> None:
    """Whatever changed place left or entered a shard that `resized` tells to write again."""
    touched = resized(before, after)
    for bucket in found:
        old, new = shard_of(bucket, before), shard_of(bucket, after)
        if old != new:
            assert new in touched
            assert old in touched or old >= after


@given(counts)
def test_one_shard_more_touches_two_shards(count: int) -> None:
    """Growing by one splits exactly one shard."""
    assert len(resized(count, count + 1)) == 2


def test_documents_spread_evenly_over_a_power_of_two() -> None:
    """No shard of sixteen holds more than twice its share of ten thousand documents."""
    sizes = [0] * 16
    for number in range(10_000):
        sizes[shard_of(bucket_of(document_id("knowledge", f"note-{number}.md")), 16)] += 1
    assert max(sizes) < 2 * 10_000 / 16


def test_there_is_always_a_shard() -> None:
    """An empty memory has one empty shard, and the count grows with the documents."""
    assert [shard_count(n, 32) for n in (0, 1, 32, 33, 64, 65)] == [1, 1, 1, 2, 2, 3]


def test_a_documents_identity_does_not_depend_on_where_its_root_lies() -> None:
    """Only the root's name and the path below it count, and the two cannot be confused."""
    assert document_id("knowledge", "a/b.md") == document_id("knowledge", "a/b.md")
    assert document_id("knowledge", "a.md") != document_id("knowledgea", ".md")
