from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.documents.cast import EDITION, REGISTRATION_PAGE, ROOT, instant, read_stored, wall
from wmd.domain.content import (
    OrganisationContent,
    OrganiserContent,
    RegistrationContent,
    SessionContent,
    TextContent,
    VenueContent,
)
from wmd.domain.documents.check_file import check_file
from wmd.domain.documents.csv_columns import EVENT_COLUMNS, ORGANISATION_COLUMNS, SESSION_COLUMNS
from wmd.domain.documents.read_csv import read
from wmd.domain.documents.write_csv import csv_cell_original, csv_cell_safe, csv_rows
from wmd.domain.vocabulary import Answer, EventFormat, OrganiserRole, Origin, RegistrationState

TEMPLATE = ROOT / "docs" / "templates" / "programme-template.csv"
BASE = "event_key,title,language,zone"


def test_rows_with_one_key_are_the_sessions_of_one_event() -> None:
    first, second = read_stored("faultless.csv").file.events

    assert [session.key for session in first.sessions] == ["main", "second"]
    assert first.sessions[1].starts == wall("2021-10-06T10:00")
    assert (first.key, first.sdgs, first.spoken) == ("care-walk", (5, 11), ("en", "es"))
    assert first.registration == RegistrationContent(RegistrationState.OPEN, REGISTRATION_PAGE)
    assert second.texts["en"].title == "Another, with a comma"


def test_semicolons_are_understood_with_places_translations_and_a_new_organisation() -> None:
    file = read_stored("semicolons.csv").file
    (event,) = file.events

    assert file.organisations == (
        OrganisationContent("plata-lab", {"en": "Laboratorio del Plata"}, "en", kind="academia", country="AR"),
    )
    assert event.organisers == (OrganiserContent("plata-lab"), OrganiserContent("metro-lab", OrganiserRole.SUPPORTER))
    assert event.texts == {
        "en": TextContent("Water, for all"),
        "es": TextContent("Agua para todos", origin=Origin.HUMAN),
    }
    assert event.venue == VenueContent(city="Buenos Aires", country="AR", latitude=-34.61, longitude=-58.38)
    assert event.format is EventFormat.HYBRID
    assert event.access_facts == {"step-free": Answer.YES, "phone": Answer.NO}


def test_tabs_are_understood_and_two_dates_are_whole_days() -> None:
    (event,) = read_stored("tabs.csv").file.events

    assert event.sessions == (
        SessionContent(
            "", zone="Europe/Madrid", all_day=True, starts_on=EDITION.main_day.replace(day=4),
            ends_on=EDITION.main_day.replace(day=8),
        ),
    )  # fmt: skip


def test_instants_and_join_link_of_the_registration_are_read() -> None:
    header = f"{BASE},starts,ends,registration_opens_at,join_link,session_title,time_confirmed"
    row = (
        "a,T,en,Europe/Madrid,2021-10-05T10:00,2021-10-05T11:00,2021-09-01T08:00:00Z,https://zoom.us/j/912345678,S,yes"
    )
    read_file = read(f"{header}\n{row}\n".encode(), "x.csv", edition_slug="2021")

    assert read_file.findings == ()
    assert dict(read_file.join_links) == {"a": "https://zoom.us/j/912345678"}
    (event,) = read_file.file.events
    assert event.registration.opens_at == instant("2021-09-01T08:00:00+00:00")
    assert event.sessions[0].title == {"en": "S"}
    assert event.sessions[0].time_confirmed is True


def test_escaped_formula_is_read_as_the_text_it_was() -> None:
    (_, event) = read_stored("formula.csv").file.events

    assert event.texts["en"].title == "-tidy, and escaped"


@pytest.mark.parametrize("cell", ["=1+1", "+34 600", "-5 degrees", "@home", " =1+1", '"\t=1"', '"\n=1"', "＝1"])
def test_formula_is_refused_in_a_text_cell(cell: str) -> None:
    read_file = read(f"{BASE}\na,{cell},en,Europe/Madrid\n".encode(), "x.csv", edition_slug="2021")

    assert [(f.code, f.where, f.line) for f in read_file.findings] == [("csv.formula", "title", 2)]


def test_negative_number_is_no_formula_in_a_numeric_column_but_an_expression_is() -> None:
    data = f"{BASE},latitude,longitude\na,T,en,UTC,-34.5,-58\nb,T,en,UTC,-34.5,-58+1\n".encode()
    read_file = read(data, "x.csv", edition_slug="2021")

    assert [(f.code, f.where, f.line) for f in read_file.findings] == [("csv.formula", "longitude", 3)]
    assert [event.venue for event in read_file.file.events] == [VenueContent(latitude=-34.5, longitude=-58.0)]


def test_windows_line_ends_inside_a_cell_become_plain_ones() -> None:
    data = f'{BASE},description\r\na,T,en,UTC,"one\r\ntwo"\r\n'.encode()

    assert read(data, "x.csv", edition_slug="2021").file.events[0].texts["en"].description == "one\ntwo"


def test_template_is_a_file_without_a_fault() -> None:
    read_file = read(TEMPLATE.read_bytes(), TEMPLATE.name, edition_slug="2021")
    findings = check_file(read_file, edition=EDITION, organisations=frozenset(), series=frozenset())

    assert findings == []
    assert [len(event.sessions) for event in read_file.file.events] == [2, 1]


def test_template_holds_every_column_and_the_manual_describes_it() -> None:
    with Path(TEMPLATE).open(encoding="utf-8-sig", newline="") as lines:
        header = next(csv.reader(lines))
    known = {*EVENT_COLUMNS, *SESSION_COLUMNS, *ORGANISATION_COLUMNS, "title", "summary", "description", "title_es",
             "summary_es", "description_es", "origin_es"}  # fmt: skip
    manual = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")

    assert set(header) == known
    assert [column for column in header if f"`{column.replace('_es', '_‹tag›')}`" not in manual] == []


def test_written_file_has_byte_order_mark_windows_line_ends_and_no_formula() -> None:
    data = csv_rows([("title", "seats", "latitude"), ("=1+1", 5, -34.5), ("Ñandú, “x”", None, 0.25)])

    assert data == '\ufefftitle,seats,latitude\r\n\'=1+1,5,-34.5\r\n"Ñandú, “x”",,0.25\r\n'.encode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'="])
def test_cell_that_a_spreadsheet_would_calculate_gets_an_apostrophe(start: str) -> None:
    assert csv_cell_safe(f"{start}1") == f"'{start}1"


@pytest.mark.parametrize("text", ["", "a=b", "'quoted'", "1-2", " =1", "ـ"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert csv_cell_safe(text) == text


@given(st.text())
def test_safe_cell_gives_its_original_back(text: str) -> None:
    assert csv_cell_original(csv_cell_safe(text)) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00")), min_size=1, max_size=4))
def test_written_row_is_one_row_for_any_csv_reader(cells: list[str]) -> None:
    text = csv_rows([cells, ["end"]]).decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(text, newline="")))
    expected = [csv_cell_safe(cell) for cell in cells]
    assert rows == [expected, ["end"]]


@given(st.text(alphabet="a,;\t\"\n\r'=|:1", max_size=60))
def test_reader_never_raises(text: str) -> None:
    read_file = read(f"{BASE},sdgs,organisers\n{text}".encode(), "x.csv", edition_slug="2021")

    assert read_file.file.edition_slug == "2021"
