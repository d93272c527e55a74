from __future__ import annotations

import csv
import io
import re

from tests.domain.exports.programmes import BASE_URL, hard_programme
from tests.domain.random_programme import random_programme
from tests.factories import make_event, make_programme
from wmd.domain.exports import programme_csv
from wmd.domain.exports.programme_csv import COLUMNS


def lines(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_programme_csv_begins_with_a_byte_order_mark_and_ends_lines_as_excel_does() -> None:
    data = programme_csv.build(make_programme(), BASE_URL)
    assert data.startswith(b"\xef\xbb\xbfevent,session,status,title,")
    assert data.endswith(b"\r\n")
    assert data.count(b"\n") == data.count(b"\r\n") == 2


def test_programme_csv_has_a_line_per_session_with_every_column() -> None:
    found = lines(programme_csv.build(make_programme(), BASE_URL))
    assert found == [
        {
            "event": "E22223", "session": "S22223", "status": "scheduled", "title": "Side event 1",
            "session_title": "", "original_title": "Side event 1", "language": "en", "starts": "2021-10-07 15:00",
            "ends": "2021-10-07 16:30", "zone": "Europe/Madrid", "starts_utc": "2021-10-07T13:00:00Z",
            "ends_utc": "2021-10-07T14:30:00Z", "all_day": "no", "format": "online", "activity": "webinar",
            "access": "registration", "organisers": "Example City", "organiser_kinds": "local-government",
            "topics": "public-space-and-housing", "sdgs": "11", "series": "", "region": "europe",
            "un_region": "europe", "city": "Barcelona", "country": "ES", "venue": "", "latitude": "", "longitude": "",
            "spoken": "en", "interpreted": "", "captioned": "", "signed": "", "registration": "open",
            "page": "https://wmd.example/2021/events/E22223-side-event-1",
            "take_part": "https://wmd.example/go/S22223", "web": "", "recording": "", "hashtags": "", "lead": "no",
            "demonstration": "yes", "summary": "Summary of Side event 1",
        }
    ]  # fmt: skip


def test_documented_columns_are_the_columns() -> None:
    assert tuple(re.findall(r"^``(\w+)``", programme_csv.__doc__ or "", re.MULTILINE)) == COLUMNS


def test_headings_are_the_readers_words() -> None:
    data = programme_csv.build(make_programme(), BASE_URL, {"event": "Código", "title": "Título"})
    assert data.decode("utf-8-sig").startswith("Código,session,status,Título,")


def test_all_day_session_has_dates_and_no_instants() -> None:
    (line,) = (line for line in lines(programme_csv.build(hard_programme(), BASE_URL)) if line["all_day"] == "yes")
    assert (line["starts"], line["ends"], line["starts_utc"], line["ends_utc"]) == ("2021-10-01", "2021-10-07", "", "")


def test_no_cell_begins_like_a_formula() -> None:
    titles = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"]
    events = [make_event(at, title=title) for at, title in enumerate(titles, start=1)]
    found = lines(programme_csv.build(make_programme(events), BASE_URL))
    assert [line["title"] for line in found] == [f"'{title}" for title in titles]
    south = [
        cell
        for line in lines(programme_csv.build(random_programme(200), BASE_URL))
        for column, cell in line.items()
        if column not in {"latitude", "longitude"} and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    ]
    assert south == []


def test_registration_address_is_behind_our_own_link() -> None:
    assert b"zoom.us" not in programme_csv.build(hard_programme(), BASE_URL)


def test_positions_choose_the_lines() -> None:
    found = lines(programme_csv.build(hard_programme(), BASE_URL, positions=[2, 0]))
    assert [line["session"] for line in found] == [hard_programme().sessions[at].code for at in (2, 0)]
