"""A real browser before a real server: the demonstration over HTTP on loopback, and Chromium driven by Playwright.

Every page that a test opens is watched: an error in the console (a breach of the security policy is one), a request to
another origin, an answer that failed or a fault in a script fails the test that opened it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.conftest import LEAD_STARTED_AT, Databases
from tests.e2e.live import LiveSite, serving

#: What a page may take until it is ready, on a machine that does much else; who waits longer has found something.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)

#: What a window would start beside the page: a process for the next page, and the lists below its address bar; and the
#: guess in which language a page is, to offer a translation. That is half of what opening a page costs.
NEEDLESS = (
    "SpareRendererForSitePerProcess", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "Translate",
)  # fmt: skip
#: What Playwright 1.65 switches off. Of two such lists Chromium reads the last, so ours must hold its words as well.
OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "TcpPortRandomizationWin", "OptimizationHints", "NetworkTimeServiceQuerying",
    "AimEnabled", "PreconnectToSearch", "msForceBrowserSignIn", "msEdgeUpdateLaunchServicesPreferredVersion",
)  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join((*OFF, *NEEDLESS))}",
]


@pytest.fixture(scope="session")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """The demonstration on a port of its own."""
    folder = tmp_path_factory.mktemp("live")
    with serving(databases.copy("sqlite", folder, demo=True), folder) as found:
        yield found


def find_browser() -> str | None:
    """Return where Chromium is; ``WMD_CHROMIUM`` wins over what is installed."""
    named = os.environ.get("WMD_CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    path = find_browser()
    if path is None:
        words = "no Chromium found: install it (Debian: apt-get install chromium), or name it in WMD_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        assert switched_off_by_playwright(found) == set(OFF), "say in OFF what Playwright switches off by now"
        yield found
        found.close()


def switched_off_by_playwright(browser: Browser) -> set[str]:
    """Return the features in the first list that Chromium was started with."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    main = next(process["id"] for process in processes if process["type"] == "browser")
    words = Path(f"/proc/{main}/cmdline").read_text(encoding="utf-8").split("\0")
    switch = "--disable-features="
    return set(next(word.removeprefix(switch) for word in words if word.startswith(switch)).split(","))


@dataclass
class Watch:
    """Collects what must not happen on any page; ``expected`` statuses are those of error pages a test asks for."""

    origin: str
    expected: set[int] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def attach(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # A failed answer is seen twice: here without its address, and below with its status.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:", "about:")):
            self.problems.append(f"another origin: {request.url}")

    def _failed(self, request: Request) -> None:
        # A reload, a download and a page left early abort what is under way: that is no fault.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.problems.append(f"status {response.status}: {response.url}")


@pytest.fixture
def watch(site: LiveSite) -> Iterator[Watch]:
    """What must not happen, asserted when the test is over."""
    found = Watch(site.base_url)
    yield found
    assert found.problems == []


Browse = Callable[..., Page]


@pytest.fixture
def browse(browser: Browser, site: LiveSite, watch: Watch) -> Iterator[Browse]:
    """Return a function that opens a page in a fresh context: another reader, with a device and habits of their own.

    Options are those of a Playwright context. Its clock says what the server's says.
    """
    contexts: list[BrowserContext] = []

    def open_page(path: str = "/", *, zone: str = "Europe/Madrid", **options: object) -> Page:
        defaults: dict[str, object] = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}}
        context = browser.new_context(base_url=site.base_url, timezone_id=zone, **(defaults | options))  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.clock.set_fixed_time(LEAD_STARTED_AT)
        watch.attach(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        try:
            context.close()
        except Error as error:  # pragma: no cover
            watch.problems.append(f"browser: {error}")
