"""Markdown reduced to readable plain text, for readers that show a calendar's description as it is."""

from __future__ import annotations

import html
import re

from wmd.domain.ical.text import clean, paragraphs

#: A description longer than this is not read further: what is shown of it is far shorter.
_READ_AT_MOST = 8_000

#: Where an escaped punctuation character waits until the markup is gone (a plane nobody writes in).
_PARKED = 0xF0000

_PARKING = re.compile("[\U000f0000-\U000f007f]")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_AUTOLINK = re.compile(r"<(https?://[^<>\s]{1,1000})>")
_COMMENT = re.compile(r"<!--[^<>]{0,1000}-->")
_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>")
_OPENING = re.compile(r"<(?=[A-Za-z/!?])")
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,300})\]\([^()\n]{0,1000}\)")
_LINK = re.compile(r"\[([^\[\]\n]{0,300})\]\(\s*([^()\s]{0,1000})[^()\n]{0,300}\)")
_HEADING = re.compile(r"(?m)^ {0,3}#{1,6}[ ]+(.*)$")
_QUOTE = re.compile(r"(?m)^ {0,3}(?:> ?)+")
_RULE = re.compile(r"(?m)^ {0,3}(?:[-*_] ?){3,100}$")
_FENCE = re.compile(r"(?m)^ {0,3}(?:```|~~~).*$")
_BULLET = re.compile(r"(?m)^( {0,8})[*+-][ ]+")
_STRONG = re.compile(r"\*\*|(?<!\w)__|__(?!\w)|~~|`")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,300})\*(?!\w)|(?<!\w)_(?=\S)([^_\n]{1,300})_(?!\w)")
_SOFT_BREAK = re.compile(r"(?<=[^\n ])[ ]?\n(?=[^\n \-•\d])")


def from_markdown(source: str) -> str:
    """Return the readable text of ``source``: no markup, links as ``words (address)``, lists with dashes.

    Anything that looks like an HTML tag is taken out, since some calendars render tags in descriptions.
    The rules are few on purpose; markup that they do not know stays readable.
    """
    text = _PARKING.sub("", clean(source[:_READ_AT_MOST]))
    text = _ESCAPED.sub(lambda match: chr(_PARKED + ord(match[1])), text)
    text = _without_tags(text)
    text = _LINK.sub(_link_words, _IMAGE.sub(r"\1", text))
    for pattern in (_FENCE, _RULE, _QUOTE):
        text = pattern.sub("", text)
    text = _BULLET.sub(r"\1- ", _HEADING.sub(lambda match: match[1].rstrip(" #") + "\n", text))
    text = _EMPHASIS.sub(lambda match: match[1] or match[2], _STRONG.sub("", text))
    text = _SOFT_BREAK.sub(" ", text)
    text = _PARKING.sub(lambda match: chr(ord(match[0]) - _PARKED), text)
    # A bracket that was escaped, or tags nested in tags: the brackets go, the words stay.
    return paragraphs(_OPENING.sub("", text))


def _without_tags(text: str) -> str:
    """Return ``text`` with character references read, and then without anything like a tag."""
    text = _AUTOLINK.sub(r"\1", text)
    text = clean(html.unescape(text))
    for _ in range(3):
        text = _TAG.sub("", _COMMENT.sub("", text))
    return text


def _link_words(match: re.Match[str]) -> str:
    """Return a link's words with its address behind them, unless they are the same."""
    words, address = match[1].strip(), match[2]
    if not address.startswith(("http://", "https://")) or words == address:
        return words or address
    return f"{words} ({address})" if words else address
