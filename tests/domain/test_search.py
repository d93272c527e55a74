from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import make_event, make_session
from wmd.domain.country_names import COUNTRY_NAMES
from wmd.domain.iso_codes import COUNTRIES, TWO_LETTER_LANGUAGES
from wmd.domain.language_names import LANGUAGE_NAMES
from wmd.domain.programme import OrganisationView, OrganiserView, PanelView, SpeakerView, TextView, VenueView
from wmd.domain.search import fold, haystack, matches, organisation_words, terms, words
from wmd.domain.vocabulary import OrganiserRole, SpeakerRole


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("montreal", "MONTRÉAL"),
        ("sao paulo", "São Paulo"),
        ("lodz", "Łódź"),
        ("ostersund", "Østersund"),
        ("djakovo", "Đjakovo"),
        ("diyarbakir", "Diyarbakır"),
        ("istanbul", "İSTANBUL"),
        ("aesop oeuvre", "Æsop Œuvre"),
        ("STRASSE", "Straße"),
        ("hamrun", "Ħamrun"),
        ("ελλαδα", "Ελλάδα"),
        ("οδος", "ΟΔΌΣ"),
        ("ежик", "Ёжик"),
        ("viet nam", "Việt Nam"),
        ("wmd 2021", "ＷＭＤ ２０２１"),
        ("ﬁnance", "finance"),
        ("مدينه", "مدينة"),
        ("مدينه", "مـديـنـة"),
        ("مَدِينَة", "مدينة"),
        ("احياء", "أحياء"),
        ("اسكان", "إسكان"),
        ("مستشفي", "مستشفى"),
        ("2021", "٢٠٢١"),
        ("2021", "۲۰۲۱"),
        ("میشود", "می\u200cشود"),
        ("עיר", "עִיר"),
        ("हिन्दी २", "हिन्दी 2"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_fold_makes_two_spellings_of_a_word_equal(typed: str, written: str) -> None:
    assert fold(typed) == fold(written)


@pytest.mark.parametrize(
    "text", ["नगर विकास", "การเดินทาง", "กุ กู", "ผู้หญิง", "తెలుగు", "సై", "ລາວ", "བོད", "ភាសា", "がっこう", "한국어", "城市"]
)
def test_fold_keeps_the_signs_that_carry_a_word(text: str) -> None:
    assert fold(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(("one", "other"), [("กุ", "กู"), ("की", "कि"), ("がく", "かく"), ("సె", "సై"), ("l", "i")])
def test_fold_does_not_confuse_different_words(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_fold_twice_is_fold_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_whatever_a_title_holds_its_own_words_find_it(title: str) -> None:
    event = make_event(1, texts={"en": TextView("en", title, "", "", "original")})
    assert matches(terms(words(title)), haystack(event))


def test_words_are_separated_by_any_punctuation() -> None:
    assert words("UN‑Habitat: l’eau, “care”… (A/B)\t城市、住房。 ¿qué?") == " un habitat l eau care a b 城市 住房 que"
    assert words("UN-Habitat: l'eau") == " un habitat l eau"


def asked(text: str) -> list[str]:
    return [term.text for term in terms(text)]


def test_terms_split_words_and_keep_phrases() -> None:
    assert asked('Caring "care and EQUITY" caring') == ["caring", " care and equity"]
    assert asked("« soins et équité » “x y” 「城市」") == [" soins et equite", " x y", "城市"]
    assert asked('"left open') == [" left open"]
    assert asked("UN-Habitat") == [" un habitat"]
    assert asked('  "" !? ') == []


def test_short_word_must_begin_a_word_and_a_longer_one_may_be_inside() -> None:
    hay = haystack(make_event(1, title="A party at the Hauptbahnhof"))
    assert [matches(terms(term), hay) for term in ("art", "par", "bahnhof", "haupt", "arty")] == [
        False, True, True, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize("term", ["市", "城市", "房政"])
def test_chinese_is_found_anywhere(term: str) -> None:
    hay = haystack(make_event(1, title="大城市住房政策"))
    assert matches(terms(term), hay)
    assert not matches(terms("市城"), hay)


def test_arabic_word_is_found_behind_its_article() -> None:
    assert matches(terms("مدن"), haystack(make_event(1, title="والمدن الكبرى")))


def test_every_term_must_be_found() -> None:
    hay = haystack(make_event(1, title="Housing in Montréal"))
    assert matches(terms("montreal housing"), hay)
    assert not matches(terms("montreal water"), hay)


def test_phrase_is_not_found_across_two_texts() -> None:
    text = TextView("en", "Care for", "cities now", "", "original")
    hay = haystack(make_event(1, texts={"en": text}))
    assert not matches(terms('"for cities"'), hay)
    assert matches(terms("for cities"), hay)


def test_haystack_holds_all_that_is_public_about_an_event() -> None:
    speaker = SpeakerView("Zoë Nöel", SpeakerRole.SPEAKER, {"en": "Water director"}, "Aguas")
    panel = PanelView("p", {"en": "Paneltitle"}, {"fr": "Paneltext"}, ({"es": "¿Preguntita?"},), (speaker,))
    session = replace(make_session(), title={"en": "Sessiontitle"}, panels=(panel,), speakers=(speaker,))
    event = make_event(
        1,
        sessions=[session],
        texts={
            "en": TextView("en", "Englishtitle", "Englishsummary", "Englishtext", "original"),
            "ar": TextView("ar", "عنوان", "", "", "machine"),
        },
        organisers=(OrganiserView("ZRG222", "x", "Organización", "es", OrganiserRole.LEAD, "academia"),),
        topics=("gender-equality",),
        series="metrotalks",
        host_city="Belém",
        hashtags=("UrbanOctober",),
    )
    hay = haystack(event, {"gender-equality": "Gender Equality", "metrotalks": "MetroTalks talk"})
    sought = [
        "englishtitle", "englishsummary", "englishtext", "عنوان", "organizacion", "gender equality", "talk", "belem",
        "es", "urbanoctober", "sessiontitle", "paneltitle", "paneltext", "preguntita", "zoe noel", "water director",
        "aguas",
    ]  # fmt: skip
    assert [term for term in sought if not matches(terms(term), hay)] == []


def test_haystack_without_names_searches_the_words_of_slugs() -> None:
    assert matches(terms('"public space"'), haystack(make_event(1)))


@pytest.mark.parametrize(
    "typed",
    ["E22223", "s22223", "webinar", "zoom", "online", "Spanish", "español", "castellano", "العربية", "Arabic",
     "Catalan Sign Language", "Nepal", "नेपाल", "NP", "Spain", "Pokhara"],
)  # fmt: skip
def test_what_an_event_says_in_codes_is_found_by_its_names(typed: str) -> None:
    event = make_event(
        1, spoken=("es",), interpreted=("ar",), captioned=("zh-Hant",), signed=("csc",),
        venue=VenueView("", "", "Pokhara", "NP", None, None),
    )  # fmt: skip
    assert matches(terms(typed), haystack(event))


@pytest.mark.parametrize("typed", ["French", "Kenya", "workshop", "on site", "Teams", "E22224"])
def test_what_an_event_does_not_say_is_not_found(typed: str) -> None:
    assert not matches(terms(typed), haystack(make_event(1)))


@pytest.mark.parametrize("typed", ["Zhuwan", "珠湾", "ZHC"])
def test_organiser_is_found_by_each_of_its_names(typed: str) -> None:
    organisation = OrganisationView(
        "ZRG333", "zhuwan", {"zh": "珠湾健康社区办公室", "en": "Zhuwan Healthy Communities"}, "zh", "ZHC", "community",
        "Zhuwan", "CN", "asia-pacific", "", True, False,
    )  # fmt: skip
    organiser = OrganiserView("ZRG333", "zhuwan", organisation.name, "zh", OrganiserRole.LEAD, "community")
    hay = haystack(make_event(1, organisers=(organiser,)), {"ZRG333": organisation_words(organisation)})
    assert matches(terms(typed), hay)


def test_names_of_languages_and_countries_are_those_the_pages_show() -> None:
    """A newer CLDR may name one anew; the name that people read on a page must be one that they can search."""
    english = Locale("en")
    shown = {code: str(english.territories[code]) for code in COUNTRY_NAMES}
    shown |= {tag: str(english.languages[tag]) for tag in LANGUAGE_NAMES}
    assert {code: name for code, name in shown.items() if name != (COUNTRY_NAMES | LANGUAGE_NAMES)[code][0]} == {}
    assert COUNTRY_NAMES.keys() == COUNTRIES
    # CLDR does not name "bh", a retired code of several languages.
    assert TWO_LETTER_LANGUAGES - LANGUAGE_NAMES.keys() == {"bh"}
