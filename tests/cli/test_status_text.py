"""The status as people read it: what stands where, on which terminal."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from curatord.cli.layout import Paper, at_home, width
from curatord.cli.status_text import MOST_ROOTS, render
from curatord.daemon.gauge import Gauge

RUN = "20261123-023000-ab12"
CATEGORIES = {"factual": 23104, "analytical": 3102, "practical": 4711, "critical": 842, "comparative": 1266}


def root(name: str, **changes: object) -> dict[str, object]:
    """Return a root where all is well."""
    well = {"path": f"/home/someone/.local/share/agent/memory/{name}", "kind": "knowledge", "state": "watching"}
    return {"name": name, "documents": 1280, "held": None, **well, **changes}


def well(**changes: object) -> dict[str, Any]:
    """Return the status of a daemon that has been at work for long, and with which nothing is wrong."""
    made = {(date(2026, 11, 10) + timedelta(days=day)).isoformat(): day * 7 for day in range(14)}
    return {
        **Gauge("c.toml").status(0).model_dump(mode="json"),
        "state": "ready",
        "roots": [root("knowledge"), root("episodes")],
        "last_pass": "2026-11-23T14:32:00+00:00",
        "documents": 2560,
        "skipped": 12,
        "facts": 15021,
        "pairs": {
            "sft": sum(CATEGORIES.values()),
            "preference": 30111,
            "heldout": 3021,
            "by_category": CATEGORIES,
            "preference_by_category": CATEGORIES,
            "heldout_by_category": CATEGORIES,
            "made_by_day": made,
        },
        "training": {
            "state": "idle",
            "next_run": "2099-11-24T02:30:00+00:00",
            "held_by": ["12 new pairs, a run takes 50 (min_new_pairs)", "the machine runs on battery (on_power)"],
            "run": None,
            "progress": None,
            "last": {
                "run": RUN,
                "state": "done",
                "finished": "2026-11-23T03:10:00+00:00",
                "reason": "its adapter is in service: 131 of 150 right, 93 before it (the base alone)",
            },
            "min_new_pairs": 50,
        },
        "new_pairs": 12,
        "adapter": RUN,
        "in_service": {
            "id": RUN,
            "since": "2026-11-23T03:12:00+00:00",
            "asked": 150,
            "before": 93,
            "right": 131,
            "topics": 20,
            "mastered": 12,
        },
        "exam": {"before": 0.62, "after": 0.8733},
        "serving": {
            "state": "serving",
            "url": "http://127.0.0.1:8741/v1",
            "model": RUN,
            "adapter": RUN,
            "reason": None,
        },
        **changes,
    }


def test_a_screen_holds_the_status_where_nothing_is_wrong() -> None:
    """80 columns by 24 lines, one of which is the next prompt's."""
    lines = render(well(), Paper(80)).splitlines()
    assert len(lines) <= 23
    assert max(map(width, lines)) <= 80


@pytest.mark.parametrize("columns", [40, 52, 61, 79, 80, 132])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    """Texts are folded below their beginning, paths lose theirs."""
    wrong = well(warnings=["The limit of watches is reached, so the timer alone looks at some places."], problems=3)
    assert max(map(width, render(wrong, Paper(columns)).splitlines())) <= columns


def test_a_pipe_gets_whole_lines() -> None:
    """Nothing is folded or shortened where nobody says how wide it is."""
    text = render(well())
    assert "/home/someone/.local/share/agent/memory/knowledge" in text
    assert f"{RUN} done" in text
    assert "its adapter is in service: 131 of 150 right, 93 before it (the base alone)" in text


def test_the_days_are_bars_and_numbers() -> None:
    """A day without pairs is the lowest bar, the best one the highest."""
    text = render(well(), Paper(80))
    (line,) = [line for line in text.splitlines() if line.startswith("made")]
    assert line == "made        ▁▂▂▂▃▃▄▄▅▅▆▆▇█  637 in 14 days, 91 today, generation 0"
    assert "▁" not in render(well(), Paper(80, unicode=False))


def test_one_pair_shows_beside_a_thousand() -> None:
    """Only nothing looks like nothing."""
    assert Paper().bars([0, 1, 1000]) == "▁▂█"
    assert Paper().bars([0, 0]) == "▁▁"
    assert Paper(unicode=False).bars([0, 1, 1000]) == "_.#"


def test_the_last_and_the_next_run_are_told_with_the_reason_that_holds_it() -> None:
    """And the number of pairs it waits for once, not twice."""
    text = render(well())
    assert "training    idle, next run 2099-11-24" in text
    assert "; 12 new pairs, it takes 50\n" in text
    assert "now held by: the machine runs on battery (on_power)" in text
    assert "min_new_pairs" not in text
    assert f"last run    {RUN} done 2026-11-23" in text


def test_the_adapter_is_told_with_its_exam_and_what_it_knows() -> None:
    """Since when, before and after, notes."""
    text = render(well())
    assert f"adapter     {RUN}, in service since 2026-11-23" in text
    assert "exam        62 % -> 87 % right: 131 of 150 questions, 12 of 20 notes mastered" in text


def test_an_older_daemon_can_be_asked() -> None:
    """What it does not tell is left out."""
    status = well()
    del status["in_service"]
    for name in ("preference_by_category", "heldout_by_category", "made_by_day"):
        del status["pairs"][name]
    text = render(status, Paper(80))
    assert "exam        62 % -> 87 % right\n" in text
    assert "made" not in text


def test_many_roots_are_summed_up_but_for_those_in_trouble() -> None:
    """The screen is no longer for it."""
    roots = [root(f"knowledge-{number}") for number in range(9)]
    roots[7] |= {"state": "missing"}
    text = render(well(roots=roots), Paper(80))
    assert text.count(" notes  ") == MOST_ROOTS + 1
    assert "and 4 more, with 5120 notes" in text
    assert "knowledge-7  missing" in text.replace("\x1b[31m", "").replace("\x1b[0m", "")


def test_wide_characters_take_two_columns() -> None:
    """As terminals show them; an accent that joins its letter takes none."""
    assert (width("记忆"), width("e\u0301"), width("\x1b[31mred\x1b[0m")) == (4, 1, 3)
    assert Paper(10).shortened("/home/记忆/notes", 0) == "…忆/notes"


def test_the_home_directory_is_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies elsewhere stays as it is."""
    monkeypatch.setenv("HOME", "/home/me")
    assert at_home("/home/me/notes") == "~/notes"
    assert at_home("/srv/notes") == "/srv/notes"
