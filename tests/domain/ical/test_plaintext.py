"""Markdown reduced to plain text."""

import pytest

from wmd.domain.ical.plaintext import from_markdown


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# Title #\nText", "Title\n\nText"),
        ("**bold** and *soft* and __loud__ and _low_ and `code`", "bold and soft and loud and low and code"),
        ("snake_case_word stays, 2 * 3 * 4 too", "snake_case_word stays, 2 * 3 * 4 too"),
        ("[our page](https://example.org/a)", "our page (https://example.org/a)"),
        ("[https://example.org](https://example.org)", "https://example.org"),
        ('[titled](https://example.org "Title")', "titled (https://example.org)"),
        ("[bad](javascript:void)", "bad"),
        ("<https://example.org/x>", "https://example.org/x"),
        ("![a map](https://example.org/map.png)", "a map"),
        ("* one\n* two\n+ three", "- one\n- two\n- three"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("> quoted\n> words", "quoted words"),
        ("a\nb\n\nc", "a b\n\nc"),
        ("a  \nb", "a\nb"),
        ("```\ncode\n```", "code"),
        ("above\n\n---\n\nbelow", "above\n\nbelow"),
        (r"\*not soft\* and 1\. not a list", "*not soft* and 1. not a list"),
        ("R&amp;D, 1 < 2 &lt; 3", "R&D, 1 < 2 < 3"),
        ("", ""),
    ],
)
def test_from_markdown_with_common_markup_reads_as_plain_text(source: str, expected: str) -> None:
    assert from_markdown(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        r"\<script\>alert(1)",
        "<!-- <script> -->alert(1)",
        "<img src=x onerror=alert(1)>alert(1)",
        "\U000f003cscript>alert(1)",
    ],
)
def test_from_markdown_with_a_tag_leaves_none(source: str) -> None:
    text = from_markdown(source)
    assert "alert(1)" in text
    assert [at for at, char in enumerate(text[:-1]) if char == "<" and text[at + 1].isalpha()] == []


def test_from_markdown_with_a_very_long_text_reads_the_beginning() -> None:
    assert len(from_markdown("word " * 100_000)) == 7_999


@pytest.mark.parametrize("piece", ["[", "*", "_", "<", "# ", "![", "> ", "`", "<!--", "# # ", "\\"])
def test_from_markdown_with_endless_openings_comes_back(piece: str) -> None:
    assert len(from_markdown(piece * 8_000 + "x")) <= 8_000
