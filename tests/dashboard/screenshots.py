"""Takes the pictures of the README, into etc/screenshots: `.venv/bin/python -m tests.dashboard.screenshots`.

The notes are the sample memory; runs, exams and the days' numbers are made up, and the run that goes on trains nothing.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from curatord.store.database import Store
from tests.cli.test_train import ANY_MACHINE, start
from tests.dashboard.browser import CHROMIUM, dashboard
from tests.dashboard.world import some_nights
from tests.live import Live, configure

REPOSITORY = Path(__file__).parents[2]
OUT = REPOSITORY / "etc" / "screenshots"
DAYS = (0, 120, 64, 0, 210, 18, 340, 95, 0, 0, 410, 130, 260, 75)
LONG = ("--steps", "600", "--seconds", "0.12")


def main() -> None:
    """Take every picture, light and dark."""
    if CHROMIUM is None:
        sys.exit("no Chromium is installed (Debian: apt install chromium)")
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        live = configure(Path(directory), extra=ANY_MACHINE)
        last = prepare(live)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 800}, reduced_motion="reduce")
        try:
            with dashboard(live.config) as board:
                page.goto(board.link)
                page.locator("h1").wait_for()
                live.command("train", "now")
                take(page, board.address, last)
        finally:
            live.kill()


def prepare(live: Live) -> str:
    """Give the daemon notes and nights, start it, and return the last run."""
    for kind in ("knowledge", "episodes"):
        shutil.copytree(REPOSITORY / "etc" / "sample-memory" / kind, live.directory / kind, dirs_exist_ok=True)
    live.start()
    last = some_nights(live.state).last
    live.stop()
    store = Store.open(live.state / "store.db")
    with store.transaction() as connection:
        for back, made in enumerate(reversed(DAYS)):
            day = date.today() - timedelta(days=back)  # noqa: DTZ011  the days of the status are local
            connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (f"made:{day}", made))
    store.close()
    start(live, *LONG)
    return last


def take(page: Page, address: str, last: str) -> None:
    """Go from page to page; each is ready when what stands beside it is seen."""
    pages = {
        "pairs": ("pairs?q=humidity", ".line.evidence"),
        "run": (f"runs/{last}", ".chart canvas"),
        "exam": ("exams", ".reply"),
        "now": ("now", ".figures"),
    }
    for name, (place, shown) in pages.items():
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            page.goto(f"{address}#/{place}")
            page.locator(shown).first.wait_for()
            page.wait_for_timeout(1500)
            keep(page.screenshot(), OUT / f"{name}-{scheme}.png")


def keep(picture: bytes, file: Path) -> None:
    """Write a picture in its 256 commonest colours, half as large; the rest are shades at the edges of letters."""
    with Image.open(BytesIO(picture)) as opened:
        size, pixels = opened.size, opened.convert("RGB").tobytes()
    colours = [pixels[place : place + 3] for place in range(0, len(pixels), 3)]
    kept = [colour for colour, _ in Counter(colours).most_common(256)]
    nearest = {colour: min(range(len(kept)), key=lambda one: distance(kept[one], colour)) for colour in set(colours)}
    image = Image.frombytes("P", size, bytes(nearest[colour] for colour in colours))
    image.putpalette(b"".join(kept))
    image.save(file, optimize=True)


def distance(one: bytes, other: bytes) -> int:
    """Return how far two colours are apart."""
    return sum((left - right) ** 2 for left, right in zip(one, other, strict=True))


if __name__ == "__main__":
    main()
