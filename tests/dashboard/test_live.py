"""What changes without a reload, and what keys do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from curatord.control.client import Client
from curatord.paths import StateDirectory
from tests.cli.test_train import ANY_MACHINE, LONG, training
from tests.dashboard.browser import dashboard, needs_browser
from tests.dashboard.conftest import opened

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from playwright.sync_api import Browser, Page

    from tests.dashboard.conftest import Window, World

pytestmark = needs_browser

NOTE = "# Lamp room\n\nThe lamp room holds 36 lamps on two racks. A lamp burns for 900 hours before it is replaced.\n"


def pair(world: World, identity: str) -> dict[str, Any]:
    """Return a pair as the daemon tells it."""
    return Client(StateDirectory(world.live.state)).get(f"/v1/pairs/{identity}")


def chosen(page: Page) -> str:
    """Return the id of the pair that is chosen."""
    found = re.search(r"#/pairs/([0-9a-f]+)", page.url)
    assert found, page.url
    return found[1]


def test_a_new_note_is_seen_without_a_reload(window: Window, world: World) -> None:
    """The numbers change and the activity tells, moments after the file is saved."""
    page = window.open("now")
    notes = page.locator(".stat").filter(has_text="Notes").locator("dd").first
    before = int(notes.inner_text())
    (world.live.memory / "lamp-room.md").write_text(NOTE)

    expect(notes).to_have_text(str(before + 1))
    expect(page.locator(".event").first).to_contain_text(re.compile("Wrote the shards|Read the notes"))
    page.goto(f"{window.address}#/pairs?document=lamp-room.md")
    expect(page.locator(".pair").first).to_contain_text("lamp")
    page.locator(".line.evidence").first.wait_for()
    (world.live.memory / "lamp-room.md").unlink()
    expect(page.get_by_text("No such pair")).to_be_visible()


@pytest.mark.slow
def test_a_run_is_followed_while_it_trains(browser: Browser, tmp_path: Path) -> None:
    """Started, watched, paused, resumed by the buttons; the curve grows by itself."""
    with (
        training(tmp_path, *LONG, extra=ANY_MACHINE) as live,
        dashboard(live.config) as board,
        opened(browser, board.address) as window,
    ):
        page = window.page
        page.goto(board.link)
        page.get_by_role("button", name="Train now").click()
        page.get_by_role("dialog").get_by_role("button", name="Train now").click()
        expect(page.locator(".training")).to_contain_text("learning the answers")
        expect(page.locator(".standing")).to_have_text("training")
        page.locator(".training a").first.click()
        last = page.locator(".legend b").first
        expect(page.locator(".chart canvas")).to_have_count(1)
        seen = last.inner_text()
        expect(last).not_to_have_text(seen)
        page.get_by_role("link", name="Now", exact=True).click()
        page.get_by_role("button", name="Pause training").click()
        expect(page.locator(".training .badge")).to_have_text("paused")
        page.get_by_role("button", name="Resume training").click()
        expect(page.locator(".training .badge")).to_have_text("running")
        assert window.complaints == []


@pytest.mark.slow
def test_the_page_tells_when_the_daemon_stops_and_returns(browser: Browser, tmp_path: Path) -> None:
    """It says so and goes on by itself, and so does the terminal."""
    with (
        training(tmp_path) as live,
        dashboard(live.config) as board,
        opened(browser, board.address) as window,
    ):
        window.page.goto(board.link)
        expect(window.page.locator(".standing")).to_have_text("running")
        live.stop()
        expect(window.page.locator(".banner")).to_contain_text("curatord run")
        expect(window.page.locator(".standing")).to_have_text("not running")
        live.start()
        expect(window.page.locator(".standing")).to_have_text("running")
        expect(window.page.locator(".banner")).to_have_count(0)


def test_pairs_are_judged_by_keys_alone(window: Window, world: World) -> None:
    """j and k choose, u and d judge, z takes back; what is said is what the store holds."""
    page = window.open("pairs?document=germination-test.md")
    page.locator(".pair.chosen").wait_for()
    first = chosen(page)
    page.keyboard.press("j")
    expect(page.locator(".pair").nth(1)).to_have_class(re.compile("chosen"))
    second = chosen(page)
    assert page.evaluate("document.activeElement.id") == f"pair-{second}"

    page.keyboard.press("u")
    expect(page.locator(".pair.chosen .up")).to_have_attribute("aria-pressed", "true")
    assert pair(world, second)["verdict"] == "up"
    page.keyboard.press("k")
    page.keyboard.press("d")
    expect(page.locator(".pair.chosen")).to_have_class(re.compile("down"))
    rejected = pair(world, first)
    assert (rejected["verdict"], rejected["judged_by"]) == ("down", "dashboard")

    page.keyboard.press("z")
    expect(page.locator(".pair.chosen .down")).to_have_attribute("aria-pressed", "false")
    assert pair(world, first)["verdict"] is None
    page.keyboard.press("z")
    expect(page.locator(".pair").nth(1).locator(".up")).to_have_attribute("aria-pressed", "false")
    assert pair(world, second)["verdict"] is None


def test_a_pair_is_edited_by_keys_alone(window: Window, world: World) -> None:
    """e opens the editor, Escape leaves it, Ctrl Enter keeps the edit, z takes it back."""
    page = window.open("pairs?document=isolation-distances.md")
    page.locator(".pair.chosen").wait_for()
    before = pair(world, chosen(page))
    page.keyboard.press("e")
    expect(page.get_by_label("Question", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Question", exact=True)).to_have_count(0)

    page.keyboard.press("e")
    expect(page.get_by_label("Question", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.type(" So it is.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".detail-answer")).to_contain_text("So it is.")
    after = pair(world, chosen(page))
    assert after["answer"] == f"{before['answer']} So it is."
    assert (after["verdict"], after["made"]["id"]) == ("edited", before["id"])
    expect(page.locator(".pair.chosen")).to_contain_text("edited")

    page.keyboard.press("z")
    expect(page.locator(".detail-answer")).to_have_text(before["answer"])
    assert pair(world, chosen(page))["id"] == before["id"]


def test_every_page_is_reached_by_a_key(window: Window) -> None:
    """The digits go to the pages, and the head of the page has the focus then."""
    page = window.open("now")
    for key, title in (("2", "Pairs"), ("3", "Runs"), ("4", "Exam"), ("5", "Gaps"), ("6", "Adapters"), ("1", "Now")):
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(title)


def test_a_page_that_is_being_left_does_not_call_itself_back(window: Window) -> None:
    """A list that arrives with the next page already asked for chooses no entry in the address."""
    page = window.open("pairs")
    expect(page.locator("h1")).to_have_text("Pairs")
    page.evaluate("""async () => {
        const { become, go } = await import("/static/js/router.js");
        go("runs");
        become("pairs", "some-pair");
    }""")
    expect(page.locator("h1")).to_have_text("Runs")


def test_the_first_tab_skips_the_navigation(window: Window) -> None:
    """Then come the pages in their order, each with a visible focus."""
    page = window.open("now")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Now", exact=True)).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"


def test_help_opens_with_a_question_mark_and_keys_can_be_switched_off(window: Window) -> None:
    """Escape closes it; whoever switches single keys off is not disturbed by them any more."""
    page = window.open("now")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("thumb up")
    page.get_by_label("Single keys do something").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("2")
    expect(page.locator("h1")).to_have_text("Now")


def test_the_theme_follows_the_system_and_can_be_chosen(window: Window) -> None:
    """The chosen one is kept over a reload."""
    page = window.open("now")
    page.emulate_media(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ground)
    assert light != dark

    page.get_by_role("button", name="Theme: As the system").click()
    assert page.evaluate(ground) == light
    page.reload()
    page.locator("h1").wait_for()
    assert page.evaluate(ground) == light
    page.keyboard.press("t")
    assert page.evaluate(ground) == dark
