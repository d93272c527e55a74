"""Places without a value: what only leads to them goes with them, in the text and in the HTML part."""

from __future__ import annotations

from wmd.domain.mail_kinds import KINDS
from wmd.domain.mail_words import Form, Words, fill, fill_text, is_link, read_words

BODY = """Hello {name},

about {title} ({receipt}):

A short address for posters:
{short_link}

{reason}

Until soon."""


def to_html(text: str) -> str:
    return "".join(f"<p>{part}</p>\n" for part in text.strip().split("\n\n"))


def read(body: str) -> Form:
    words = Words("News: {title} ({receipt})", body, "en")
    return read_words(words, footer="Bye.", frame="{body}{footer}", to_html=to_html, direction="ltr")


def filled(body: str = BODY, /, **values: str) -> tuple[str, str, str]:
    subject, text, html = fill(read(body), values)
    return subject, str(text), str(html)


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
        '<a href="http://a.example/e/1">http://a.example/<wbr>e/<wbr>1</a></p>\n<p>Until soon.</p>\n<p>Bye.</p>\n'
    )


def test_place_without_a_value_goes_with_its_brackets_and_its_lead() -> None:
    subject, text, html = filled(name="Ana", title="Care")
    assert subject == "News: Care"
    assert text == "Hello Ana,\n\nabout Care:\n\nUntil soon.\n\n-- \nBye.\n"
    assert html == "<p>Hello Ana,</p>\n<p>about Care:</p>\n<p>Until soon.</p>\n<p>Bye.</p>\n"
    assert fill_text("See {title} ({receipt}).", {"title": "Care"}) == "See Care."


def test_line_that_is_a_place_of_its_own_stays_when_the_next_one_has_no_value() -> None:
    _, text, html = filled("We have:\n{title}\n{organisation}\n\nMore:\n{reason}", title="Care")
    assert text == "We have:\nCare\n\n-- \nBye.\n"
    assert html == "<p>We have:\nCare</p>\n<p>Bye.</p>\n"


def test_what_fills_a_place_is_not_read_again() -> None:
    hostile = "\ue000name\ue001 {name} <b>\n\n\n\nend ()"
    subject, text, html = filled("Look:\n{title}", title=hostile)
    assert subject == f"News: {hostile}"
    assert text == "Look:\n\ue000name\ue001 {name} <b>\n\nend ()\n\n-- \nBye.\n"
    assert html == ("<p>Look:\n\ue000name\ue001 {name} &lt;b&gt;</p><p></p><p>end ()</p>\n<p>Bye.</p>\n")
    assert fill_text("\ue000title\ue001{title}", {"title": hostile}) == f"title{hostile}"


def test_place_with_a_fixed_value_is_filled_as_any_other_and_once() -> None:
    words = Words("{service}: {title}", "From {service}, to {name}:\n{reason}\n\nBye.", "en")
    fixed = {"service": "A & B {name}"}
    form = read_words(words, footer="-", frame="{body}{footer}", to_html=to_html, direction="ltr", fixed=fixed)
    for given in ({}, fixed, {"service": "other"}):
        subject, text, html = fill(form, {"name": "Ana", "title": "Care", "reason": "So.", **given})
        assert subject == "A & B {name}: Care"
        assert str(text) == "From A & B {name}, to Ana:\nSo.\n\nBye.\n\n-- \n-\n"
        assert str(html) == "<p>From A &amp; B {name}, to Ana:\nSo.</p>\n<p>Bye.</p>\n<p>-</p>\n"
    assert list(form.shapes) == [frozenset()]


def test_pieces_of_the_form_are_the_same_ones_for_every_reader() -> None:
    form = read(BODY)
    ana, ben = (fill(form, {"name": name, "title": "Care"}) for name in ("Ana", "Ben"))
    assert (ana.text.values, ben.text.values) == (("Ana", "Care"), ("Ben", "Care"))
    assert ana.text.form is ben.text.form
    assert ana.html.form is ben.html.form
    assert list(form.shapes) == [{"receipt", "short_link", "reason"}]


def test_every_address_of_ours_is_a_link_in_html_and_shows_neither_token_nor_id() -> None:
    token, row_id = "k1." + "A" * 150, "0198f3c2-7d1e-7c4a-9d53-0123456789ab"
    address = f"https://wmd.example/me/{token}/registrations/{row_id}"
    _, text, html = filled("Give it back:\n\n{place_link}", place_link=address)
    assert text == f"Give it back:\n\n{address}\n\n-- \nBye.\n"
    assert html == (
        f'<p>Give it back:</p>\n<p><a href="{address}">https://wmd.example/<wbr>me/<wbr>…/<wbr>registrations/<wbr>…</a>'
        "</p>\n<p>Bye.</p>\n"
    )


def test_address_with_a_long_title_is_shown_whole() -> None:
    address = "https://wmd.example/2021/events/G2RHCV-a-title-that-says-much-of-what-it-is-about"
    shown = address.replace("/", "/<wbr>").replace("/<wbr>/<wbr>", "//")
    assert f">{shown}</a>" in filled("{public_link}", public_link=address)[2]


def test_addresses_in_what_staff_wrote_are_links_and_in_what_a_stranger_wrote_are_not() -> None:
    text = 'See "https://a.example/x?a=1&b=2" (or https://b.example/y).'
    assert filled("{text}", text=text)[2] == (
        '<p>See &quot;<a href="https://a.example/x?a=1&amp;b=2">https://a.example/<wbr>x?a=1&amp;b=2</a>&quot; '
        '(or <a href="https://b.example/y">https://b.example/<wbr>y</a>).</p>\n<p>Bye.</p>\n'
    )
    assert filled("{words}", words="https://bad.example/")[2] == "<p>https://bad.example/</p>\n<p>Bye.</p>\n"


def test_every_place_described_as_an_address_or_a_link_becomes_one() -> None:
    said = {
        name: words
        for kind in KINDS.values()
        for name, words in kind.places.items()
        if words.startswith(("the address of", "the address that", "the personal link", "the reader’s own page"))
    }
    assert [name for name in said if not is_link(name)] == []
    assert "place_link" in said
