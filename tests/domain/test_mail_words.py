"""Places without a value: what only leads to them goes with them, in the text and in the HTML part."""

from __future__ import annotations

from wmd.domain.mail_words import Words, fill, fill_text, read_words

BODY = """Hello {name},

about {title} ({receipt}):

A short address for posters:
{short_link}

{reason}

Until soon."""


def to_html(text: str) -> str:
    return "".join(f"<p>{part}</p>\n" for part in text.strip().split("\n\n"))


def filled(**values: str) -> tuple[str, str, str]:
    words = Words("News: {title} ({receipt})", BODY, "en")
    form = read_words(words, footer="Bye.", frame="{body}{footer}", to_html=to_html, direction="ltr")
    return fill(form, values)


def test_place_with_a_value_keeps_what_leads_to_it() -> None:
    subject, text, html = filled(
        name="Ana", title="Care", receipt="WMD-1", short_link="http://a.example/e/1", reason=""
    )
    assert subject == "News: Care (WMD-1)"
    assert text == (
        "Hello Ana,\n\nabout Care (WMD-1):\n\nA short address for posters:\nhttp://a.example/e/1\n\nUntil soon.\n\n"
        "-- \nBye.\n"
    )
    assert html == (
        "<p>Hello Ana,</p>\n<p>about Care (WMD-1):</p>\n<p>A short address for posters:\n"
        '<a href="http://a.example/e/1">http://a.example/e/1</a></p>\n<p>Until soon.</p>\n<p>Bye.</p>\n'
    )


def test_place_without_a_value_goes_with_its_brackets_and_its_lead() -> None:
    subject, text, html = filled(name="Ana", title="Care")
    assert subject == "News: Care"
    assert text == "Hello Ana,\n\nabout Care:\n\nUntil soon.\n\n-- \nBye.\n"
    assert html == "<p>Hello Ana,</p>\n<p>about Care:</p>\n<p>Until soon.</p>\n<p>Bye.</p>\n"
    assert fill_text("See {title} ({receipt}).", {"title": "Care"}) == "See Care."
