"""A real browser on the real page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from ..comfyui.server import PACK, Server

sync_api = pytest.importorskip("playwright.sync_api", reason="NO BROWSER TESTS: pip install playwright")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("NO BROWSER TESTS: install chromium, or name one in $CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield browser
        browser.close()


class Page:
    """ComfyUI's page in a browser that remembers nothing, with everything it complains about.

    Attributes:
        tab: Playwright's page.
        faults: errors of scripts, and anything deprecated that names this pack.
    """

    def __init__(self, page: Any, server: Server) -> None:
        self.tab, self.server = page, server
        self.faults: list[str] = []
        page.set_default_timeout(120_000)  # a busy machine is no fault of the page
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("console", lambda message: self._console(message.text))
        page.on("response", self._response)

    def _console(self, text: str) -> None:
        if "eprecat" in text and PACK in text:
            self.faults.append(text)

    def _response(self, response: Any) -> None:
        # Help is asked for in the user's language first; a page in one language only answers 404 to that.
        if response.status >= 400 and PACK in response.url and "/docs/" not in response.url:
            self.faults.append(f"{response.status} {response.url}")

    def open(self, nodes_2: bool) -> None:
        """Load the page as somebody who has been here before, in the classic look or in Nodes 2.0."""
        settings = {
            "Comfy.TutorialCompleted": True,
            "Comfy.VueNodes.Enabled": nodes_2,
            "Comfy.Workflow.WorkflowTabsPosition": "Sidebar",
            "Comfy.Queue.ShowExpandedQueue": False,
        }
        self.server.request("/settings", settings)
        self.tab.goto(self.server.url, wait_until="domcontentloaded")
        self.tab.wait_for_function("() => window.app?.extensionManager && window.app.graph")
        self.tab.wait_for_timeout(1500)  # a first graph is loaded behind the scenes; anything earlier is undone
        self.tab.keyboard.press("Escape")

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """A script's result."""
        return self.tab.evaluate(script, argument)


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    page = Page(context.new_page(), server)
    yield page
    context.close()
    assert not page.faults
