"""What an organiser is shown of a link they gave: enough to know it again, nothing that opens it."""

from __future__ import annotations

import pytest

from wmd.services.kept_links import masked_link


@pytest.mark.parametrize(
    ("link", "masked"),
    [
        ("https://a-example.zoom.us/j/98765431234?pwd=SECRET.1", "a-example.zoom.us/j/…1234"),
        ("https://us02web.zoom.us/w/98765431234?tk=PERSONAL", "us02web.zoom.us/w/…1234"),
        ("https://zoom.us/my/ana", "zoom.us/my/…"),
        ("https://teams.example/l/meetup-join/19%3ameeting_SECRET/0?context=X", "teams.example/l/…"),
        ("https://meet.example/abc-defg-hij", "meet.example/…-hij"),
        ("https://meet.example/", "meet.example/…"),
    ],
)
def test_link_is_masked(link: str, masked: str) -> None:
    assert masked_link(link) == masked
