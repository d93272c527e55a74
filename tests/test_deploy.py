"""What stands in front of the service agrees with it."""

from __future__ import annotations

import re
from pathlib import Path

from wmd.domain.pictures import LARGEST_UPLOAD_BYTES
from wmd.web.organiser.posting import LARGEST_FORM_BYTES

CONF = Path(__file__).parents[1] / "deploy/nginx/wmd.conf"


def test_proxy_lets_through_the_largest_request_that_the_service_takes() -> None:
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", CONF.read_text(encoding="utf-8"))
    largest = max(LARGEST_FORM_BYTES, *LARGEST_UPLOAD_BYTES.values())
    assert largest == LARGEST_FORM_BYTES
    # nginx counts in 1,048,576 bytes; a form has its boundaries and short fields besides.
    assert largest < int(megabytes) * 1024 * 1024 < largest + 3_000_000
