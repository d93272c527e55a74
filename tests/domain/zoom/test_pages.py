"""What a registration page says: only what is understood counts, and a wall in front of it is no news."""

from __future__ import annotations

import pytest

from wmd.domain.zoom.pages import Looked, Says, read_page

LINK = "https://example.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA"
FORM = '<form><input type="email" name="question_email"></form>'
LONG = "The city and its people. " * 10


def page(*blocks: str, title: str = "Webinar Registration - Zoom") -> str:
    return (
        f"<html><head><title>{title}</title></head><body>{''.join(f'<p>{each}</p>' for each in blocks)}</body></html>"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (page("Care in the city", "Thursday 7 October 2021", "Register"), Says.ANSWERS),
        ("", Says.ANSWERS),
        (page("Registration is closed"), Says.CLOSED),
        (page("<b>This webinar</b> has <i>ended</i>."), Says.CLOSED),
        (page("La inscripción está cerrada."), Says.CLOSED),
        (page("Les inscriptions sont closes"), Says.CLOSED),
        (page("As inscrições encerradas"), Says.CLOSED),
        (page("التسجيل مغلق"), Says.CLOSED),
        (page("注册已关闭"), Says.CLOSED),
        (page("Registration is full"), Says.FULL),
        (page("Le webinaire est complet"), Says.FULL),
        (page("Ha alcanzado el límite de inscripciones"), Says.FULL),
        (page("This webinar link is invalid (3,001)"), Says.NOT_FOUND),
        (page("Webinar does not exist: 81234567890. (3,001)"), Says.NOT_FOUND),
        (page("El enlace no es válido"), Says.NOT_FOUND),
        (page("Le webinaire n’existe pas"), Says.NOT_FOUND),
        (page("Please complete the CAPTCHA to go on", "Registration is closed"), Says.UNKNOWN),
        (page("", title="Just a moment..."), Says.UNKNOWN),
        # The words of the host, of scripts, and of a page with a form are not the page's own.
        (page(f"{LONG} Registration is closed on 5 October. {LONG}"), Says.ANSWERS),
        (page("<script>var a = 'Registration is closed';</script>Welcome"), Says.ANSWERS),
        (page("<!-- Registration is closed -->Welcome", "<style>p{content:'webinar is full'}</style>"), Says.ANSWERS),
        (page("Registration is closed for the morning", FORM), Says.WORKS),
        (page("Registration is closed", '<input type="hidden" name="email">'), Says.CLOSED),
        ("<p>Registration is clo", Says.ANSWERS),
    ],
)  # fmt: skip
def test_page_says(text: str, said: Says) -> None:
    assert read_page(Looked(200, LINK, text)) == said


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, Says.NOT_FOUND), (410, Says.NOT_FOUND), (403, Says.UNKNOWN), (429, Says.UNKNOWN), (401, Says.UNKNOWN),
     (500, Says.UNKNOWN), (503, Says.UNKNOWN), (304, Says.UNKNOWN), (0, Says.UNKNOWN), (206, Says.ANSWERS)],
)  # fmt: skip
def test_status_says(status: int, said: Says) -> None:
    assert read_page(Looked(status, LINK, page("Care in the city"))) == said


@pytest.mark.parametrize("fault", ["not-ours", "address", "timeout", "network", "redirects", "elsewhere"])
def test_look_that_failed_says_nothing(fault: str) -> None:
    assert read_page(Looked(fault=fault)) == Says.UNKNOWN


@pytest.mark.parametrize("url", ["https://zoom.us/signin", "https://zoom.us/", "https://zoom.us/j/81234567890"])
def test_page_that_is_no_registration_page_says_nothing(url: str) -> None:
    assert read_page(Looked(200, url, page("Registration is closed"))) == Says.UNKNOWN


def test_neither_link_nor_page_stands_in_what_is_printed() -> None:
    assert repr(Looked(200, LINK, "text of the page")) == "Looked(status=200, fault='')"
