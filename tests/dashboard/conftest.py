"""What tests of the dashboard may ask for: a daemon with some nights behind it, its dashboard, a page in a browser."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.dashboard.browser import CHROMIUM, Dashboard, dashboard
from tests.dashboard.world import Nights, some_nights
from tests.live import Live, configure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState

SAMPLE = Path(__file__).parents[2] / "etc" / "sample-memory"
BROKEN = "---\ntitle: [unclosed\n---\n# Broken\n\nThe head of this note is broken, which is told as a problem.\n"


@dataclass(frozen=True)
class World:
    """A daemon on the sample memory, and the nights that it has behind it."""

    live: Live
    nights: Nights


@dataclass
class Window:
    """A page of a browser that is let in, and what its console complained of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, place: str) -> Page:
        """Show a page of the dashboard, and wait until its head is there."""
        self.page.goto(f"{self.address}#/{place}")
        self.page.locator("main h1").wait_for()
        return self.page


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A running daemon with the sample memory, a broken note, finished runs and adapters."""
    live = configure(tmp_path_factory.mktemp("world"))
    for kind in ("knowledge", "episodes"):
        shutil.copytree(SAMPLE / kind, live.directory / kind, dirs_exist_ok=True)
    (live.memory / "broken.md").write_text(BROKEN)
    try:
        live.start()
        nights = some_nights(live.state)
        live.stop()
        live.start()  # it looks for adapters and runs when it starts
        yield World(live, nights)
    finally:
        if live.process is not None:
            live.kill()


@pytest.fixture(scope="package")
def board(world: World) -> Iterator[Dashboard]:
    """The dashboard of that daemon."""
    with dashboard(world.live.config) as running:
        yield running


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium; an event loop runs in this thread until it is closed."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="package")
def session(board: Dashboard) -> StorageState:
    """What a browser keeps that opened the link."""
    with chromium() as started:
        page = started.new_page()
        page.goto(board.link)
        page.locator("main h1").wait_for()
        return page.context.storage_state()


@pytest.fixture(scope="module")
def browser(session: StorageState) -> Iterator[Browser]:  # noqa: ARG001  its own browser must be closed by then
    """A headless Chromium; not for longer than a module, because other tests have loops of their own."""
    with chromium() as started:
        yield started


@pytest.fixture
def window(browser: Browser, board: Dashboard, session: StorageState) -> Iterator[Window]:
    """A page of 1200x800 whose console must stay empty: no error, no violation of the policy."""
    with opened(browser, board.address, session) as made:
        yield made
        assert made.complaints == []


@contextmanager
def opened(browser: Browser, address: str, session: StorageState | None = None) -> Iterator[Window]:
    """Open a browser window, let in where a session is given."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, storage_state=session)
    context.set_default_timeout(20_000)
    context.add_init_script(_VIOLATIONS)
    window = Window(context.new_page(), address)
    window.page.on("console", _complain(window.complaints))
    window.page.on("pageerror", lambda error: window.complaints.append(str(error)))
    try:
        yield window
    finally:
        context.close()


def _complain(complaints: list[str]) -> Callable[[ConsoleMessage], None]:
    def heed(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    return heed


_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""
