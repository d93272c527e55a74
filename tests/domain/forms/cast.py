"""What the tests of the form share: an edition's form, and one that is filled without a fault."""

from __future__ import annotations

from tests.domain.documents.cast import EDITION
from wmd.domain.forms.fields import DECLARATIONS, FieldSettings
from wmd.domain.forms.reading import Form

REGISTRATION_PAGE = "https://example.zoom.us/webinar/register/WN_XSt8HppAT2uOMQx9KpS2-A"
FORM = Form(
    edition=EDITION,
    settings=FieldSettings({}),
    declarations=dict.fromkeys(DECLARATIONS, "1"),
    series=frozenset({"metrotalks"}),
)


def filled(**changes: str) -> dict[str, str]:
    """Return a form without a fault; ``changes`` replaces fields, with ``__`` for a dot."""
    typed = {
        "organisation.name": "Àrea Metropolitana de Prova",
        "organisation.kind": "metropolitan-government",
        "organisation.city": "Barcelona",
        "organisation.country": "ES",
        "organisation.region": "europe",
        "contact.name": "Ana Prova",
        "contact.address": "ana@prova.example",
        "contact.role_title": "Head of international relations",
        "language": "en",
        "texts.en.title": "Care in the metropolis",
        "texts.en.summary": "Who cares for whom, and where",
        "texts.en.description": "Two mayors and a nurse talk about care. " * 8,
        "activity": "webinar",
        "topics": "gender-equality",
        "sdgs": "5\n11",
        "review.theme_fit": "It is about care.",
        "sessions[0].date": "2021-10-07",
        "sessions[0].starts": "15:00",
        "sessions[0].ends": "16:30",
        "sessions[0].zone": "Europe/Madrid",
        "format": "online",
        "access": "registration",
        "platform": "zoom-webinar",
        "registration.url": REGISTRATION_PAGE,
        "registration.state": "missing",
        "spoken": "en\nes",
        **{f"declarations.{kind}": "yes" for kind in DECLARATIONS},
    }
    return typed | {name.replace("__", "."): value for name, value in changes.items()}
