"""What a public page weighs on its way: at most 100 kB without images."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Browse
from tests.e2e.kinds import address_of
from tests.e2e.live import LiveSite

pytestmark = pytest.mark.e2e

MOST_BYTES = 100_000


@pytest.mark.parametrize("kind", ["home", "programme", "event lead", "event several", "subscribe"])
def test_page_weighs_at_most_100_kb(browse: Browse, site: LiveSite, kind: str) -> None:
    # A reader who has been here before: a first visit may come twice, to put the times into the reader's own zone.
    page = browse("/about")
    page.wait_for_load_state("networkidle")
    received: dict[str, float] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    names: dict[str, str] = {}
    loads: list[str] = []

    def answered(event: dict[str, dict[str, str]]) -> None:
        names[str(event["requestId"])] = event["response"]["url"].removeprefix(site.base_url)
        loads.append(names[str(event["requestId"])])

    session.on("Network.responseReceived", answered)
    session.on(
        "Network.loadingFinished",
        lambda event: received.update({names[event["requestId"]]: event["encodedDataLength"]}),
    )
    page.goto(address_of(kind, site))
    page.wait_for_load_state("networkidle")
    assert {name.rpartition(".")[2].partition("?")[0] for name in received} >= {"css", "js", "woff2"}
    assert sum(received.values()) <= MOST_BYTES, received
    # Nothing is fetched twice, such as a font once by its preload and once by the style sheet.
    assert sorted(loads) == sorted(set(loads))


def test_static_files_are_kept_for_a_year_and_pages_are_asked_for_again(site: LiveSite) -> None:
    page = site.get("/2021/programme", Accept_Encoding="gzip")
    assert page.headers["content-encoding"] == "gzip"
    etag = page.headers["etag"]
    again = site.get("/2021/programme", Accept_Encoding="gzip", If_None_Match=etag)
    assert (again.status, again.body) == (304, b"")
