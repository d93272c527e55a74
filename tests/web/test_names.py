from __future__ import annotations

import pytest

from wmd.web import names


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("es", "Spanish"),
        ("zh-Hans", "Chinese (Simplified)"),
        ("pt-BR", "Portuguese (Brazil)"),
        ("ise", "Italian Sign Language"),
        ("ase", "American Sign Language"),
        ("qqq", "Qqq"),
    ],
)
def test_language_name(tag: str, said: str) -> None:
    assert names.language_name(tag) == said


def test_language_name_in_another_language() -> None:
    assert names.language_name("es", "fr") == "Espagnol"


@pytest.mark.parametrize(("code", "said"), [("ES", "Spain"), ("NP", "Nepal"), ("ZZZ", "ZZZ")])
def test_country_name(code: str, said: str) -> None:
    assert names.country_name(code) == said


@pytest.mark.parametrize(
    ("tag", "said"),
    [("ar", "rtl"), ("fa-IR", "rtl"), ("en", "ltr"), ("ku-Arab", "rtl"), ("az-Latn", "ltr"), ("ur-Latn", "ltr")],
)
def test_direction_follows_the_script(tag: str, said: str) -> None:
    assert names.direction(tag) == said


def test_best_text_takes_the_reader_then_english_then_the_original() -> None:
    text = {"ar": "حديقة", "en": "Garden", "es": "Jardín"}
    assert names.best_text(text, "es") == ("Jardín", "es")
    assert names.best_text(text, "fr") == ("Garden", "en")
    assert names.best_text({"ar": "حديقة", "es": "Jardín"}, "fr", "ar") == ("حديقة", "ar")
    assert names.best_text({}, "fr") == ("", "")


def test_label_of_an_unknown_value_shows_its_words() -> None:
    assert names.label("audience", "elected-leaders") == "Elected leaders"
    assert names.label("audience", "night-watch") == "night watch"
