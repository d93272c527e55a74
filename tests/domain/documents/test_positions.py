from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wmd.domain.documents.positions import DEEPEST_LEVEL, MOST_VALUES, scan
from wmd.domain.documents.read_json import read

TEXT = """{
  "a": 1, "b": [true,
    {"c": "x, y\\n{[", "d \\u00e9": null}
  ],

  "e": {}
}
"""


def test_every_path_has_the_line_it_stands_on() -> None:
    assert scan(TEXT).lines == {
        "": 1,
        "a": 2,
        "b": 2,
        "b[0]": 2,
        "b[1]": 3,
        "b[1].c": 3,
        "b[1].d é": 3,
        "e": 6,
    }


def test_windows_line_ends_count_once() -> None:
    assert scan(TEXT.replace("\n", "\r\n")).lines == scan(TEXT).lines


def test_key_that_stands_twice_is_found_also_when_it_is_spelt_differently() -> None:
    found = scan('{"a": 1,\n "\\u0061": 2, "b": {"a": 3}}')

    assert [(finding.code, finding.where, finding.line) for finding in found.findings] == [
        ("json.duplicate-key", "a", 2)
    ]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_found(word: str) -> None:
    assert [(f.code, f.where, f.line) for f in scan(f'{{"a": [0,\n{word}]}}').findings] == [
        ("json.not-a-number", "a[1]", 2)
    ]


def test_depth_is_bounded_before_anything_recursive_reads_the_text() -> None:
    deepest = "[" * DEEPEST_LEVEL + "]" * DEEPEST_LEVEL

    assert not scan(deepest).is_refused
    assert scan(f"[{deepest}]").is_refused
    assert [f.code for f in read(b"[" * 1_000_000, "x.json").findings] == ["json.too-deep"]
    assert [f.code for f in read(b'{"a":' * 1_000_000, "x.json").findings] == ["json.too-deep"]


def test_number_of_values_is_bounded() -> None:
    found = scan("[" + "1," * MOST_VALUES + "1]")

    assert found.is_refused
    assert [finding.code for finding in found.findings] == ["json.too-many-values"]


@pytest.mark.parametrize(
    ("text", "line"),
    [("{", 1), ('{"a"}', 1), ('{"a": 1,\n}', 2), ('{"a": "\n"}', 1), ('["\\', 1), ("[1]\n]", 2), ('{"a": 01}', 1)],
)
def test_broken_text_is_one_finding_with_its_line(text: str, line: int) -> None:
    assert [(f.code, f.line) for f in read(text.encode(), "x.json").findings] in (
        [("json.syntax", line)],
        [("file.extension", None)],
    )


def test_number_of_thousands_of_digits_is_refused() -> None:
    assert [f.code for f in read(b'{"a": ' + b"1" * 5_000 + b"}", "x.json").findings] == ["json.syntax"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def count(value: object) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(count, value.values()))
    return 1 + sum(map(count, value)) if isinstance(value, list) else 1


@given(JSON, st.sampled_from([None, 2]), st.booleans())
def test_scan_of_any_document_finds_no_fault_and_at_most_its_values(
    value: object, indent: int | None, ascii_: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)
    found = scan(text)

    assert found.findings == []
    assert 1 <= len(found.lines) <= count(value)
    assert max(found.lines.values()) <= text.count("\n") + 1


@given(st.text(alphabet='{}[],:"\\ \n1a', max_size=60))
def test_reader_answers_any_text_with_findings_and_never_raises(text: str) -> None:
    assert read(text.encode(), "x.json").findings != ()
