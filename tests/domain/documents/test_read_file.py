from __future__ import annotations

import pytest

from tests.domain.documents.cast import read_as
from wmd.domain.documents.read_file import LARGEST_FILE_BYTES, decode, extension_of, line_of
from wmd.domain.findings import Finding


@pytest.mark.parametrize("extension", ["json", "csv", "ics"])
@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b" " * (LARGEST_FILE_BYTES + 1), "file.too-large", None),
        (b"a\nb\xff", "file.encoding", 2),
        (b"\xff\xfea\x00b\x00", "file.encoding", 1),
        (b"", "file.empty", None),
        (b"\xef\xbb\xbf\r\n \n", "file.empty", None),
        (b"PK\x03\x04....", "file.workbook", None),
        (b"\xd0\xcf\x11\xe0....", "file.workbook", None),
    ],
)
def test_bytes_that_are_no_text_are_refused_by_every_reader(
    extension: str, data: bytes, code: str, line: int | None
) -> None:
    read_file = read_as(extension, data, f"programme.{extension}")

    assert [(finding.code, finding.line) for finding in read_file.findings] == [(code, line)]
    assert read_file.file.events == ()


def test_size_is_looked_at_before_anything_else() -> None:
    answer = decode(b"\xff" * (LARGEST_FILE_BYTES + 1), "workbook.xls", "json")

    assert isinstance(answer, Finding)
    assert answer.say() == "The file has 21 MB; at most 20 MB are read."


def test_encoding_finding_names_the_byte() -> None:
    answer = decode(b'{"a": "\xfc"}', "x.json", "json")

    assert isinstance(answer, Finding)
    assert dict(answer.params) == {"offset": 7}


def test_byte_order_mark_is_dropped() -> None:
    assert decode(b"\xef\xbb\xbfa,b", "x.csv", "csv") == "a,b"


@pytest.mark.parametrize("extension", ["json", "csv", "ics"])
@pytest.mark.parametrize("filename", ["programme.xlsx", "programme", "json", "programme.json.exe", ".ics", "a.csv/b"])
def test_name_of_another_kind_is_refused(extension: str, filename: str) -> None:
    assert [finding.code for finding in read_as(extension, b"x", filename).findings] == ["file.extension"]


def test_extension_is_read_from_names_of_either_system() -> None:
    assert [extension_of(name) for name in ("a/b.JSON", r"C:\x.y\c.csv", "c", r"a.b\c")] == ["json", "csv", "", ""]


@pytest.mark.parametrize(
    ("data", "filename", "looks"),
    [(b"BEGIN:VCALENDAR", "x.csv", "ics"), (b'{"a": 1}', "x.csv", "json"), (b'\xef\xbb\xbf{"a": 1}', "x.ics", "json")],
)
def test_content_that_contradicts_the_name_is_told(data: bytes, filename: str, looks: str) -> None:
    (finding,) = read_as(extension_of(filename), data, filename).findings

    assert finding.code == "file.extension"
    assert finding.params["looks"] == looks


def test_line_of_a_path_is_that_of_the_nearest_thing_around_it() -> None:
    lines = {"": 1, "events[3]": 7, "events[3].sessions[0]": 9, "events[3].sessions[0].starts": 11}

    assert line_of(lines, "events[3].sessions[0].starts") == 11
    assert line_of(lines, "events[3].sessions[0].panels[2].title.en") == 9
    assert line_of(lines, "events[3].key") == 7
    assert line_of(lines, "events[4]") == 1
    assert line_of({}, "events[4]") is None
