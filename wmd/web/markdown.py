"""An organiser's Markdown as HTML that is safe to show among our own.

Two steps, each of which would be enough alone: the Markdown reader keeps raw HTML as text, and nh3 lets through only
the few elements listed here. Images and forms never pass; links say that they are the organiser's (``rel="ugc"``).
"""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_READER = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False}).disable(
    ["image", "html_block", "html_inline"]
)
_TAGS = {"a", "blockquote", "br", "code", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong", "ul"}
_ATTRIBUTES: dict[str, set[str]] = {"a": {"href"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
#: Headings of a description stand under the page's own h1 and h2.
_HEADINGS = {"h1": "h3", "h2": "h3", "h5": "h4", "h6": "h4"}


@lru_cache(maxsize=2048)
def to_html(text: str) -> Markup:
    """Return CommonMark as sanitised HTML: no raw HTML, no images, links ``nofollow ugc noopener``."""
    tokens = _READER.parse(text)
    for token in tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)
    rendered: str = _READER.renderer.render(tokens, _READER.options, {})
    clean = nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="nofollow ugc noopener",
        strip_comments=True,
    )
    return Markup(clean)  # noqa: S704 -- cleaned on the line above
