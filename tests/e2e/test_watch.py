"""The watch over every page notices what it is there for."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import PATIENCE_MS, Watch
from tests.e2e.live import LiveSite

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("deed", "noticed"),
    [
        ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
        ("document.body.append(Object.assign(new Image(), {src: 'https://wmd.invalid/x.png'}))", "wmd.invalid"),
        ("console.error('a word of the page')", "a word of the page"),
        ("setTimeout(() => { throw new Error('a fault of the page') })", "a fault of the page"),
        ("fetch('/nothing')", "status 404"),
        ("location.assign('http://localhost:9/')", "another origin"),
    ],
)
def test_watch_notices(browser: Browser, site: LiveSite, deed: str, noticed: str) -> None:
    watch = Watch(site.base_url)
    context = browser.new_context(base_url=site.base_url)
    watch.attach(context)
    page = context.new_page()
    page.goto("/about")
    page.wait_for_load_state("networkidle")
    assert watch.problems == []
    page.evaluate(f"() => {{ {deed}; }}")
    end_s = time.monotonic() + PATIENCE_MS / 1000
    while noticed not in " ".join(watch.problems) and time.monotonic() < end_s:
        page.wait_for_timeout(20)
    context.close()
    assert noticed in " ".join(watch.problems)
