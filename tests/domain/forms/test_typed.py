"""The buttons that add and remove parts without a script."""

from __future__ import annotations

import pytest

from tests.domain.documents.cast import EDITION
from tests.domain.forms.cast import filled
from wmd.domain.forms.fields import field_of, pattern_of
from wmd.domain.forms.typed import act, blank, count_of, languages_of, with_original


def test_blank_form_has_one_session_on_the_main_day() -> None:
    typed = blank(EDITION, zone="Europe/Madrid")
    assert (typed["sessions[0].date"], typed["sessions[0].zone"]) == ("2021-10-07", "Europe/Madrid")
    assert languages_of(typed) == ["en"]


def test_added_session_takes_over_day_and_zone() -> None:
    typed, name = act(filled(), "add-session")
    assert name == "sessions[1].date"
    assert (typed["sessions[1].date"], typed["sessions[1].zone"]) == ("2021-10-07", "Europe/Madrid")


def test_sessions_behind_a_removed_one_move_up() -> None:
    typed = filled() | {"sessions[1].title": "B", "sessions[2].title": "C", "sessions[2].speakers[0].name": "N"}
    typed, _ = act(typed, "remove-session-1")
    assert count_of(typed, "sessions") == 2
    assert (typed["sessions[1].title"], typed["sessions[1].speakers[0].name"]) == ("C", "N")


def test_speakers_belong_to_their_session() -> None:
    typed, name = act(filled(), "add-speaker-0")
    assert name == "sessions[0].speakers[0].name"
    typed, name = act(typed, "add-speaker-0")
    typed["sessions[0].speakers[1].name"] = "Second"
    typed, _ = act(typed, "remove-speaker-0-0")
    assert typed["sessions[0].speakers[0].name"] == "Second"
    assert count_of(typed, "sessions[0].speakers") == 1


def test_first_partner_stands_behind_the_organisation_itself() -> None:
    typed, name = act(filled(), "add-organiser")
    assert name == "organisers[1].name"
    typed, _ = act(typed | {"organisers[1].name": "X"}, "remove-organiser-1")
    assert not [name for name in typed if name.startswith("organisers")]


def test_language_is_added_once_and_the_last_one_stays() -> None:
    typed, name = act(filled(new_language="es"), "add-language")
    assert (name, languages_of(typed)) == ("texts.es.title", ["en", "es"])
    again, _ = act(typed | {"new_language": "es"}, "add-language")
    assert languages_of(again) == ["en", "es"]
    one, _ = act(typed, "remove-language-en")
    assert languages_of(one) == ["es"]
    assert languages_of(act(one, "remove-language-es")[0]) == ["es"]


@pytest.mark.parametrize("action", ["", "save", "add-", "add-nothing", "remove-session", "add-speaker-a", "x" * 1000])
def test_unknown_action_changes_nothing(action: str) -> None:
    assert act(filled(), action) == (filled(), "")


def test_texts_move_with_the_language_they_are_written_in() -> None:
    typed = with_original(filled(language="ca"))
    assert typed["texts.ca.title"] == "Care in the metropolis"
    assert languages_of(typed) == ["ca"]


def test_findings_stand_at_the_nearest_field() -> None:
    assert field_of("sessions[2].starts_on") == "sessions[2].date"
    assert field_of("topics[1]") == "topics"
    assert field_of("sessions[0].title.en") == "sessions[0].title"
    assert field_of("organisation.names.fr") == "organisation.name"
    assert field_of("texts.en.title") == "texts.en.title"
    assert pattern_of("sessions[3].speakers[10].name") == "sessions[].speakers[].name"
