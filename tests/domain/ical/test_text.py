"""Text for calendars: cleaned, cut, composed."""

import pytest

from wmd.domain.ical.text import clean, cut, fill, isolated, joined, one_line, paragraphs

FSI, PDI = "\u2068", "\u2069"


def test_clean_with_every_kind_of_line_end_keeps_one_kind() -> None:
    assert clean("a\r\nb\rc\x0bd\x0ce\x1cf\x1dg\x1eh\x85i\u2028j\u2029k") == "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk"


def test_clean_with_controls_drops_them_and_keeps_joiners() -> None:
    assert clean("a\x00b\x1fc\x7fd\u202ee\u2066f\ufeffg\ud800h") == "abcdefgh"
    assert clean("👩\u200d👧 می\u200cخواهم \u200f") == "👩\u200d👧 می\u200cخواهم \u200f"


def test_one_line_with_breaks_has_single_spaces() -> None:
    assert one_line("  a \r\n\t b\n\nc ") == "a b c"


def test_paragraphs_with_many_blank_lines_keeps_one() -> None:
    assert paragraphs("a  \n\n\n\nb\n ") == "a\n\nb"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("one two three four", 15, "one two three…"),
        ("one two, three", 9, "one two…"),
        ("以人为本的大都市", 5, "以人为本…"),
        ("abcde\u0301f", 6, "abcd…"),
        ("abc👩\u200d👧x", 6, "abc…"),
    ],
)
def test_cut_ends_at_a_word_or_between_whole_characters(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected


def test_isolated_with_one_direction_changes_nothing() -> None:
    assert isolated("Side event", "Cancelled: ") == "Side event"
    assert isolated("Événement", "Annulé : ") == "Événement"
    assert isolated("مدن", "أُلغي: ") == "مدن"
    assert isolated("2021", "أُلغي: ") == "2021"


def test_isolated_with_two_directions_fences_the_part() -> None:
    assert isolated("مدن", "Cancelled: ") == f"{FSI}مدن{PDI}"
    assert isolated("Side event", "أُلغي: ") == f"{FSI}Side event{PDI}"
    assert isolated("كوفيد and cities", "أُلغي: ") == f"{FSI}كوفيد and cities{PDI}"


def test_joined_with_two_directions_fences_the_second() -> None:
    assert joined("Talks", "مدن", " – ") == f"Talks – {FSI}مدن{PDI}"


def test_fill_with_a_brace_in_the_part_leaves_it_alone() -> None:
    assert fill("Cancelled: {title}", title="a {b} {title}") == "Cancelled: a {b} {title}"


def test_fill_with_a_template_that_lost_its_place_appends_the_part() -> None:
    assert fill("Annulé", title="Talk") == "Annulé Talk"
