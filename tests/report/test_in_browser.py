"""The page in a real browser, as narrow as a telephone and as wide as a desk, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

CHROMIUM = Path("/usr/bin/chromium")
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_the_page_fits_loads_nothing_and_is_accessible(
    browser: Browser, written: Path, width: int, scheme: Scheme
) -> None:
    """No line runs off the side, the policy stops nothing, and axe finds nothing, with everything unfolded."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(written.as_uri())
    assert tab.evaluate("document.compatMode") == "CSS1Compat"
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    cut_off = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert tab.evaluate(cut_off) == 0
    light, dark = "rgb(255, 255, 255)", "rgb(19, 20, 23)"
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == (light if scheme == "light" else dark)
    assert (asked, said) == ([written.as_uri()], [])
    found = Axe().run(tab).response["violations"]
    assert [(one["id"], one["impact"], len(one["nodes"])) for one in found] == []
    context.close()
