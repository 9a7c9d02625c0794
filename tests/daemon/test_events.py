"""The event bus."""

from __future__ import annotations

from curatord.daemon.events import HISTORY, LISTENER_QUEUE, Events


def test_a_listener_hears_what_is_published_while_it_listens() -> None:
    """Events come in order, numbered, with their data."""
    events = Events()
    events.publish("before")
    with events.listen() as queue:
        events.publish("pass", stored=3)
        event = queue.get_nowait()
    assert event is not None
    assert (event.number, event.event, event.data) == (2, "pass", {"stored": 3})


def test_history_after_a_number_comes_first() -> None:
    """A client that lost its connection can go on where it stopped."""
    events = Events()
    for name in ("a", "b", "c"):
        events.publish(name)
    with events.listen(after=1) as queue:
        assert [event.event for event in (queue.get_nowait(), queue.get_nowait()) if event] == ["b", "c"]


def test_a_slow_listener_loses_its_oldest_events_and_blocks_nobody() -> None:
    """The queue is bounded; the newest events are in it."""
    events = Events()
    with events.listen() as queue:
        for number in range(LISTENER_QUEUE + 5):
            events.publish("tick", number=number)
        first = queue.get_nowait()
    assert first is not None
    assert first.data == {"number": 5}


def test_the_history_is_bounded() -> None:
    """Old events are forgotten."""
    events = Events()
    for number in range(HISTORY + 1):
        events.publish("tick", number=number)
    with events.listen(after=0) as queue:
        assert queue.qsize() == HISTORY


def test_closing_ends_every_stream() -> None:
    """Listeners are told that nothing more will come."""
    events = Events()
    with events.listen() as queue:
        events.close()
        assert queue.get_nowait() is None
