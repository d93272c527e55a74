"""From what was typed to content: what is kept, and what is said beside which field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.forms.cast import FORM, filled
from wmd.domain.content import OrganisationContent, PanelContent, QuestionContent, SpeakerContent
from wmd.domain.findings import Level
from wmd.domain.forms.fields import FIELDS, FieldSettings, is_field
from wmd.domain.forms.reading import NEW_LEAD, ReadForm, read_form
from wmd.domain.forms.typed import collect
from wmd.domain.forms.writing import type_event
from wmd.domain.vocabulary import RegistrationState


def said(read: ReadForm, level: Level = Level.ERROR) -> dict[str, str]:
    """Return the findings of a level: where and code."""
    return {finding.where: finding.code for finding in read.findings if finding.level is level}


def test_form_without_a_fault_is_read_whole() -> None:
    read = read_form(filled(), FORM)
    assert said(read) == {}
    assert read.content is not None
    session = read.content.sessions[0]
    assert (session.starts, session.ends) == (datetime(2021, 10, 7, 15, 0), datetime(2021, 10, 7, 16, 30))  # noqa: DTZ001
    assert read.content.registration.state is RegistrationState.OPEN
    assert read.content.organisers[0].key == NEW_LEAD
    assert (read.content.host_city, read.content.host_country, read.content.region) == ("Barcelona", "ES", "europe")
    assert read.organisation is not None
    assert read.organisation.names == {"en": "Àrea Metropolitana de Prova"}
    assert (read.contact.name, read.contact.address) == ("Ana Prova", "ana@prova.example")
    assert read.declarations == tuple(FORM.declarations)


def test_empty_form_names_each_field_that_is_needed_once() -> None:
    read = read_form({}, FORM)
    errors = [finding.where for finding in read.findings if finding.level is Level.ERROR]
    assert len(errors) == len(set(errors))
    needed = {
        name for name, field in FIELDS.items() if field.need == "required" and "[" not in name and "*" not in name
    }
    assert needed <= set(errors)


@pytest.mark.parametrize(
    ("changes", "where", "code"),
    [
        ({"sessions[0].zone": "Mars/Olympus"}, "sessions[0].zone", "form.zones"),
        ({"sessions[0].zone": "CET"}, "sessions[0].zone", "time.abbreviation-only"),
        ({"sessions[0].ends": "14:00"}, "sessions[0].ends", "time.end-before-start"),
        ({"sessions[0].starts": "quarter past"}, "sessions[0].starts", "form.time"),
        ({"sessions[0].date": "7/10/2021"}, "sessions[0].date", "form.date"),
        ({"sessions[0].date": "2021-02-30"}, "sessions[0].date", "form.date"),
        ({"language": "xx-nowhere"}, "language", "form.languages"),
        ({"spoken_more": "Klingonese"}, "spoken_more", "form.languages"),
        ({"capacity": "many"}, "capacity", "form.number"),
        ({"venue.latitude": "north"}, "venue.latitude", "form.decimal"),
        ({"topics": "gender-equality\nnothing"}, "topics", "vocabulary.unknown"),
        ({"topics": "a\nb\nc\nd"}, "topics", "form.most"),
        ({"format": "by-post"}, "format", "json.choice"),
        ({"texts.en.title": ""}, "texts.en.title", "form.needed"),
        ({"texts.en.title": "t" * 121}, "texts.en.title", "text.too-long"),
        ({"texts.en.title": "Care \u202ecinema"}, "texts.en.title", "form.direction"),
        ({"texts.en.description": ">" * 400}, "texts.en.description", "form.nested"),
        ({"texts.en.description": "[" * 4000}, "texts.en.description", "form.nested"),
        ({"texts.en.description": "word " * 2_000_000}, "texts.en.description", "form.long"),
        ({"texts.en.description": "Write to ana@prova.example"}, "texts.en.description", "text.email"),
        ({"contact.address": "ana at prova"}, "contact.address", "form.address"),
        ({"contact.address": "ana@prova.example\nBcc: x@y.example"}, "contact.address", "form.address"),
        ({"registration.url": "https://zoom.us/j/123?pwd=abc"}, "registration.url", "registration.join-link"),
        ({"declarations.open": ""}, "declarations.open", "form.declare"),
        ({"organisation.country": "Spayn"}, "organisation.country", "form.countries"),
        ({"platform": ""}, "platform", "form.needed"),
    ],
)
def test_fault_is_said_beside_its_field(changes: dict[str, str], where: str, code: str) -> None:
    assert said(read_form(filled() | changes, FORM)).get(where) == code


def test_script_is_doubted_beside_its_field() -> None:
    read = read_form(filled() | {"texts.en.summary": "<script>alert(1)</script>"}, FORM)
    assert said(read, Level.WARNING)["texts.en.summary"] == "text.html"


def test_five_hundred_sessions_are_refused_in_one_sentence() -> None:
    typed = filled()
    for index in range(500):
        typed |= {
            f"sessions[{index}].{part}": typed[f"sessions[0].{part}"] for part in ("date", "starts", "ends", "zone")
        }
    read = read_form(typed, FORM)
    assert said(read) == {"sessions": "form.too-many"}
    assert read.content is not None
    assert len(read.content.sessions) == 100


def test_date_to_be_confirmed_needs_no_times() -> None:
    typed = filled() | {"sessions[0].to_confirm": "yes", "sessions[0].date": "", "sessions[0].starts": ""}
    read = read_form(typed, FORM)
    assert said(read) == {}
    assert read.content is not None
    assert read.content.sessions[0].starts is None


def test_whole_days_need_no_clock() -> None:
    typed = filled() | {"sessions[0].all_day": "yes", "sessions[0].starts": "", "sessions[0].ends": ""}
    read = read_form(typed, FORM)
    assert said(read) == {}
    assert read.content is not None
    assert (read.content.sessions[0].starts_on, read.content.sessions[0].ends_on) == (date(2021, 10, 7),) * 2


def test_end_at_midnight_is_the_end_of_the_day() -> None:
    read = read_form(filled() | {"sessions[0].starts": "22:00", "sessions[0].ends": "00:00"}, FORM)
    assert said(read) == {}
    assert read.content is not None
    assert read.content.sessions[0].ends == datetime(2021, 10, 8, 0, 0)  # noqa: DTZ001 -- wall time


def test_name_without_consent_is_not_kept() -> None:
    speaker = {"sessions[0].speakers[0].name": "Mona Test", "sessions[0].speakers[0].title": "Mayor"}
    read = read_form(filled() | speaker, FORM)
    assert read.people == {}
    assert read.content is not None
    assert read.content.sessions[0].speakers[0].person_id is None
    agreed = read_form(filled() | speaker | {"sessions[0].speakers[0].consent": "yes"}, FORM)
    assert list(agreed.people.values()) == ["Mona Test"]


def test_known_organisation_needs_no_profile() -> None:
    known = OrganisationContent(key="prova", names={"ca": "Prova"}, city="Barcelona", country="ES", region="europe")
    typed = {name: value for name, value in filled().items() if not name.startswith("organisation.")}
    read = read_form(typed | {"organisation.key": "prova"}, replace(FORM, organisations={"prova": known}))
    assert said(read) == {}
    assert (read.organisation, read.organisation_key) == (None, "prova")
    assert read.content is not None
    assert read.content.host_city == "Barcelona"


def test_organisation_of_others_is_not_theirs_to_choose() -> None:
    read = read_form(filled() | {"organisation.key": "somebody-else"}, FORM)
    assert read.organisation_key == NEW_LEAD


def test_partner_is_named_with_whom_to_ask() -> None:
    typed = filled() | {"organisers[1].name": "Red Prova", "organisers[1].address": "red@prova.example"}
    read = read_form(typed, FORM)
    assert said(read) == {}
    assert [(partner.name, partner.address, partner.role) for partner in read.partners] == [
        ("Red Prova", "red@prova.example", "co")
    ]


def test_edition_hides_and_requires_optional_fields() -> None:
    form = replace(FORM, settings=FieldSettings({"cost": "required", "series": "hidden", "texts.*.title": "hidden"}))
    read = read_form(filled() | {"series": "metrotalks"}, form)
    assert said(read) == {"cost": "form.needed"}
    assert read.content is not None
    assert read.content.series is None


def test_late_one_wants_a_note() -> None:
    late = replace(FORM, is_late=True)
    assert said(read_form(filled(), late)) == {"late_note": "form.late-note"}
    assert said(read_form(filled(late_note="The mayor fell ill."), late)) == {}


def test_posted_fields_that_the_form_has_not_are_not_looked_at() -> None:
    strangers = ("is_lead", "state", "code", "key", "sessions[0].status", "sessions[0].uid", "organisation.state")
    typed, findings = collect([("texts.en.title", "A"), *((name, "approved") for name in strangers)])
    assert typed == {"texts.en.title": "A"}
    assert findings == []


def test_ten_thousand_fields_are_bounded_and_said() -> None:
    typed, findings = collect((f"sessions[{index}].title", "x") for index in range(12_000))
    assert len(typed) == 10_000
    assert [finding.code for finding in findings] == ["form.fields"]


def test_ten_megabytes_are_cut_and_said_at_the_field() -> None:
    typed, findings = collect([("texts.en.description", "ä" * 10_000_000), ("texts.en.title", "Kept")])
    assert (len(typed["texts.en.description"]), typed["texts.en.title"]) == (200_000, "Kept")
    assert [(finding.code, finding.where) for finding in findings] == [("form.too-long", "texts.en.description")]


NAMES = st.one_of(
    st.sampled_from(sorted(filled())),
    st.sampled_from(sorted(name.replace("[]", "[1]").replace("*", "fr") for name in FIELDS)),
    st.text(max_size=20),
)
VALUES = st.one_of(st.text(max_size=60), st.sampled_from(["yes", "2021-10-07", "15:00", "Europe/Madrid", "en", "9"]))


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(NAMES, VALUES, max_size=40))
def test_any_typed_mapping_is_read_or_said(changes: dict[str, str]) -> None:
    typed, _ = collect((filled() | changes).items())
    read = read_form(typed, FORM)
    assert read.content is not None or read.errors
    assert all(finding.say() for finding in read.findings)
    assert all(is_field(name) for name in typed)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.sampled_from(sorted(filled())), VALUES, max_size=6))
def test_content_typed_again_means_the_same(changes: dict[str, str]) -> None:
    typed, _ = collect((filled() | changes).items())
    read = read_form(typed, FORM)
    if read.content is None:
        return
    again = type_event(read.content, people={}, organisations={})
    base = replace(FORM, base=read.content)
    second = read_form(again, base)
    assert second.content == read.content


def test_panels_of_an_import_pass_through_an_edit_unchanged() -> None:
    read = read_form(filled(), FORM)
    assert read.content is not None
    panel = PanelContent(
        "panel", {"en": "Creating caring metropolises"}, {"en": "Two rounds."},
        (QuestionContent("question", {"en": "What did we learn?"}),),
        (SpeakerContent("speaker", title={"en": "Mayor"}, organisation="City of Trial"),),
    )  # fmt: skip
    session = replace(read.content.sessions[0], id="session", panels=(panel,))
    before = replace(read.content, sessions=(session,))
    typed = type_event(before, people={}, organisations={}) | {"sessions[0].starts": "15:15"}
    after = read_form(typed, replace(FORM, base=before)).content
    assert after is not None
    assert after.sessions[0].starts == datetime(2021, 10, 7, 15, 15)  # noqa: DTZ001
    assert after.sessions[0].panels == (panel,)


@pytest.mark.parametrize("role", ["lead", "host"])
def test_partner_cannot_make_itself_one_that_leads(role: str) -> None:
    typed = filled() | {
        "organisers[1].name": "Red Nova", "organisers[1].address": "red@nova.example", "organisers[1].role": role,
    }  # fmt: skip
    read = read_form(typed, FORM)
    assert [(found.code, found.where) for found in read.errors] == [("form.role", "organisers[1].role")]
    assert [partner.role for partner in read.partners] == ["co"]


def test_names_are_stored_as_codes_and_typed_codes_as_they_are() -> None:
    named = {
        "organisation.country": "españa", "host_country": "Kenya", "venue.country": "the gambia", "language": "english",
        "contact.zone": "bogota", "sessions[0].zone": "Barcelona", "format": "hybrid", "venue.city": "Banjul",
    }  # fmt: skip
    read = read_form(filled() | named, FORM)
    assert read.errors == []
    assert read.content is not None
    assert read.organisation is not None
    assert read.content.venue is not None
    stored = (
        read.organisation.country, read.content.host_country, read.content.venue.country, read.content.language,
        read.contact.zone, read.content.sessions[0].zone,
    )  # fmt: skip
    assert stored == ("ES", "KE", "GM", "en", "America/Bogota", "Europe/Madrid")
    assert list(read.content.texts) == ["en"]


def test_unknown_city_is_answered_with_those_of_the_host_country() -> None:
    read = read_form(filled() | {"organisation.country": "France", "sessions[0].zone": "Lyon"}, FORM)
    (finding,) = read.errors
    assert (finding.where, finding.say()) == (
        "sessions[0].zone",
        "We know no clock for “Lyon”. Write a large city in which clocks show the same time, such as Paris.",
    )
