"""What the pages show, in a real browser: what the store and the state directory hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it brings no types
from playwright.sync_api import expect

from curatord.control.client import Client
from curatord.paths import StateDirectory
from tests.dashboard.browser import dashboard, needs_browser
from tests.dashboard.conftest import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.dashboard.conftest import Window, World

pytestmark = needs_browser

PAGES = ("now", "pairs", "runs", "run", "exams", "gaps", "adapters")
FRAMES, FRAME_MS = 100, 50  # to wait, at most, for what follows the width of the window


def place(world: World, page: str) -> str:
    """Return the address of a page."""
    return f"runs/{world.nights.last}" if page == "run" else page


def settle(window: Window, page: str) -> None:
    """Wait until a page has what it shows."""
    shown = {
        "now": ".event",
        "pairs": ".line.evidence",
        "runs": "tbody tr",
        "run": ".chart canvas",
        "exams": ".reply",
        "gaps": ".gap",
        "adapters": ".adapter",
    }
    window.page.locator(shown[page]).first.wait_for()


def test_now_shows_the_status(window: Window, world: World) -> None:
    """The numbers are those of `curatord status`."""
    page = window.open("now")
    status = world.live.status()

    expect(page.locator(".stat").filter(has_text="Facts")).to_contain_text(f"{status['facts']:,}")
    expect(page.locator(".stat").filter(has_text="Pairs to train on")).to_contain_text(f"{status['pairs']['sft']:,}")
    expect(page.get_by_role("link", name="Practical")).to_be_visible()
    expect(page.locator(".roots")).to_contain_text(str(world.live.memory))
    expect(page.locator(".problems")).to_contain_text("broken.md")
    expect(page.locator(".training")).to_contain_text("failed")
    expect(page.locator(".service")).to_contain_text(world.nights.last)


def test_pairs_are_listed_with_the_lines_they_come_from(window: Window, world: World) -> None:
    """The chosen pair's evidence is marked in its note."""
    page = window.open("pairs?document=cold-store.md")
    first = world.live.json("pairs", "list", "--document", "cold-store.md", "--limit", "1")["pairs"][0]

    expect(page.locator(".pair").first).to_contain_text(first["question"])
    expect(page.locator(".detail-answer")).to_have_text(first["answer"])
    place = world.live.json("pairs", "show", first["id"])["places"][0]
    note = (world.live.memory / "cold-store.md").read_text().splitlines()
    marked = page.locator(".line.evidence > span:last-child")
    expect(marked).to_have_count(place["last_line"] - place["first_line"] + 1)
    assert marked.first.inner_text().strip() == note[place["first_line"] - 1].strip()


@pytest.mark.parametrize(
    ("label", "choice", "name", "value"),
    [
        ("Category", "practical", "category", "practical"),
        ("Root", "episodes", "root", "episodes"),
        ("Kind of root", "episodes", "kind", "episodes"),
        ("Use", "test", "split", "test"),
    ],
)
def test_pairs_are_filtered(window: Window, world: World, label: str, choice: str, name: str, value: str) -> None:
    """Each filter finds what the daemon finds; the address remembers it."""
    page = window.open("pairs")
    page.get_by_role("combobox", name=label, exact=True).select_option(choice)

    client = _client(world)
    expect(page.locator(".pair-count")).to_have_text(
        f"{client.get('/v1/pairs', **{name: value})['total']:,} pairs found"
    )
    assert f"{name}={value}" in page.url


def test_pairs_are_searched_within_the_filters(window: Window, world: World) -> None:
    """The words and the category hold together."""
    page = window.open("pairs")
    page.get_by_role("combobox", name="Category", exact=True).select_option("factual")
    page.get_by_role("searchbox", name="Search").fill("cold store")

    total = _client(world).get("/v1/pairs/search", q="cold store", category="factual")["total"]
    expect(page.locator(".pair-count")).to_contain_text(f"{total:,} pair")
    assert 0 < total < _client(world).get("/v1/pairs/search", q="cold store")["total"]
    page.get_by_role("searchbox", name="Search").fill("quetzalcoatl")
    expect(page.get_by_text("No such pair")).to_be_visible()


def test_pairs_come_page_by_page(window: Window) -> None:
    """The second page begins with the twenty-sixth."""
    page = window.open("pairs")
    first = page.locator(".pair-question").first
    text = first.inner_text()
    page.get_by_role("button", name="Next").click()

    expect(page.locator(".pager")).to_contain_text("26–50 of")
    expect(first).not_to_have_text(text)


def test_runs_are_listed_and_shown_with_their_curves(window: Window, world: World) -> None:
    """Four charts of a finished run, told in words as well; the reason of a failed one."""
    page = window.open("runs")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody tr").first).to_contain_text("the disk is full")
    page.get_by_role("link", name=world.nights.last).click()

    expect(page.locator("h1")).to_have_text(f"Run {world.nights.last}")
    expect(page.locator(".chart canvas")).to_have_count(4)
    expect(page.locator(".chart-head", has_text="SFT: loss")).to_contain_text("validation")
    described = page.get_by_role("img", name="DPO: reward margin over the steps")
    assert "validation from 1.833 to 2.756" in (described.get_attribute("aria-label") or "")
    expect(page.locator(".facts").last).to_contain_text("240 steps")


def test_an_exam_shows_every_question_before_and_after(window: Window, world: World) -> None:
    """Reply and verdict of both; the filters leave those that were lost or gained."""
    page = window.open("exams")
    expect(page.locator(".reply")).to_have_count(20)
    expect(page.locator(".pager")).to_contain_text("of 40")
    gained = _client(world).get(f"/v1/adapters/{world.nights.last}/exam", outcome="gained")
    page.get_by_role("button", name="Gained").click()

    reply = page.locator(".reply").first
    expect(page.locator(".card-head .number")).to_have_text(str(gained["total"]))
    expect(reply).to_contain_text(gained["replies"][0]["question"])
    expect(reply).to_contain_text("I am not sure about")
    expect(reply.locator("dl > .bad")).to_contain_text("wrong")
    expect(reply.locator("dl > .good")).to_contain_text("right")


def test_gaps_show_what_curatord_gaps_tells(window: Window, world: World) -> None:
    """In its order, with the evidence."""
    page = window.open("gaps")
    told = world.live.json("gaps")["gaps"]

    expect(page.locator(".gap").first).to_contain_text(told[0]["reason"])
    page.locator(".gap summary").first.click()
    expect(page.locator(".gap").first).to_contain_text(told[0]["evidence"]["questions"][0]["question"])
    page.get_by_label("Only notes about").fill("no-such-note")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    window.complaints.clear()  # the browser itself logs the refusal


def test_an_adapter_is_rolled_back_and_promoted_with_a_question(window: Window, world: World) -> None:
    """One click, one question, and the switch is in the history."""
    page = window.open("adapters")
    page.get_by_role("button", name="Roll back").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert world.live.status()["adapter"] == world.nights.last

    page.get_by_role("button", name="Roll back").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.locator(".adapter.current")).to_contain_text(world.nights.runs[0].id)
    expect(page.locator(".history li").first).to_contain_text("again")
    assert world.live.status()["adapter"] == world.nights.runs[0].id

    page.get_by_role("button", name=f"Promote {world.nights.last}").click()
    page.get_by_role("dialog").get_by_role("button", name="Promote").click()
    expect(page.locator(".adapter.current")).to_contain_text(world.nights.last)
    assert world.live.status()["adapter"] == world.nights.last


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_serious_barrier_and_fits_every_screen(window: Window, world: World, page: str) -> None:
    """Nothing that axe calls serious or critical, light and dark and on a telephone; no sideways scrolling."""
    window.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    window.open(place(world, page))
    settle(window, page)

    assert barriers(window) == []
    window.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert barriers(window) == []
    for width in (1200, 768, 400):
        window.page.set_viewport_size({"width": width, "height": 800})
        assert fits(window)
    assert barriers(window) == []


def fits(window: Window) -> bool:
    """Tell whether a page needs no sideways scrolling, once its charts have followed the width: some frames later.

    Asked anew each time: `wait_for_function` evaluates a string in the page, which its policy forbids.
    """
    for _ in range(FRAMES):
        if window.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            return True
        window.page.wait_for_timeout(FRAME_MS)
    return False


def barriers(window: Window) -> list[tuple[str, str, str]]:
    """Return what axe finds that is serious or critical: the rule, where, and how to mend it."""
    return [
        (found["id"], node["html"][:200], node["failureSummary"])
        for found in Axe().run(window.page).response["violations"]
        if found["impact"] in {"serious", "critical"}
        for node in found["nodes"]
    ]


def test_a_browser_without_a_session_sees_a_locked_page(browser: Browser, window: Window) -> None:
    """And nothing of the notes."""
    with opened(browser, window.address) as stranger:
        expect(stranger.open("pairs").locator("h1")).to_have_text("This page is locked")
        assert "cold" not in stranger.page.content()


def test_a_link_works_once(browser: Browser, world: World) -> None:
    """The first browser is let in and leaves no token in the address; the second finds the page locked."""
    with dashboard(world.live.config) as board:
        with opened(browser, board.address) as first:
            first.page.goto(board.link)
            expect(first.page.locator("h1")).to_have_text("Now")
            assert "token" not in first.page.url
        with opened(browser, board.address) as second:
            second.page.goto(board.link)
            expect(second.page.locator("h1")).to_have_text("This page is locked")


def _client(world: World) -> Client:
    return Client(StateDirectory(world.live.state))
