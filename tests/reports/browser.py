"""A real Chromium for tests, and a record of all that a page asks for and says while one looks at it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define, field

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]  # root in a container, without much memory


@contextmanager
def chromium() -> Iterator["Browser"]:
    """A headless Chromium; the test is skipped where there is none.

    As long as it is open no event loop can run in this thread: Playwright has one running.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium here; on Debian: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@define
class Eyes:
    """Opens documents from files, as a reader does. noticed: what any of them asked for, said or opened."""

    browser: "Browser"
    folder: Path
    noticed: list[str] = field(factory=list)

    @contextmanager
    def on(
        self, document: str, *, width: int = 1100, scheme: Any = "light", javascript: bool = True
    ) -> Iterator["Page"]:
        """The document in a window of its own. width: pixels, below 500 a phone's; scheme: "light" or "dark"."""

        def close(dialog: "Dialog") -> None:  # or the page would wait for ever
            self.noticed.append(f"dialog {dialog.message}")
            dialog.dismiss()

        file = self.folder / "page.html"
        file.write_text(document, encoding="utf-8")
        with self.browser.new_context(
            viewport={"width": width, "height": 800},
            is_mobile=width < 500,  # then a page that does not say it fits phones is laid out for desks
            color_scheme=scheme,
            java_script_enabled=javascript,
        ) as context:
            context.set_default_timeout(10_000)
            seen = self.noticed
            context.on("request", lambda one: seen.append(f"request {one.url}"))
            context.on("console", lambda one: seen.append(f"console {one.text}"))
            context.on("weberror", lambda one: seen.append(f"error {one.error}"))
            context.on("dialog", close)
            page = context.new_page()
            page.goto(file.as_uri())
            seen.remove(f"request {file.as_uri()}")
            context.on("page", lambda one: seen.append(f"window {one.url}"))
            yield page
