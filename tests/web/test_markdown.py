from __future__ import annotations

import re

import pytest

from wmd.web.markdown import to_html

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "![x](https://evil.example/x.png)",
    "<a href='https://a.example' onclick='alert(1)'>x</a>",
    "<style>body{display:none}</style>",
    "<iframe src='https://evil.example'></iframe>",
    "<svg onload=alert(1)>",
    "<!-- --><b>x</b>",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "[x](vbscript:msgbox)",
    "<form action=/x><input></form>",
]
ALLOWED = {"a", "blockquote", "br", "code", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong", "ul"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_yields_only_allowed_elements_and_no_handler(text: str) -> None:
    html = str(to_html(text))
    elements = re.findall(r"<([a-z0-9]+)([^>]*)>", html)
    assert {name for name, _ in elements} <= ALLOWED
    assert not re.search(r"<[^>]*\son\w+=|(?:href|src)=[\"']?\s*(?:javascript|data|vbscript):", html, re.IGNORECASE)


def test_markdown_becomes_html() -> None:
    html = to_html("First **day**\n\n* one\n* two")
    assert html == "<p>First <strong>day</strong></p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"


def test_links_say_that_they_are_the_organisers() -> None:
    html = to_html("[the hall](https://hall.example/?a=1&b=2)")
    assert html == (
        '<p><a href="https://hall.example/?a=1&amp;b=2" rel="nofollow ugc noopener">the hall</a></p>\n'
    )  # fmt: skip


def test_headings_stand_under_those_of_the_page() -> None:
    assert to_html("# Big\n\n###### Small") == "<h3>Big</h3>\n<h4>Small</h4>\n"
