"""Who may do what: every route of the service, and the status that each kind of visitor gets.

A route that is missing here fails the test. To add one, add a line to ``TABLE``, named by method and rule as in the URL
map, in the group of its audience:

    "GET /organiser/things/<code>": Row("/organiser/things/{a_code}", contact_a=200, contact_b=404),
    "POST /staff/things": Row("/staff/things", reader=403, moderator=422, administrator=422, form={"name": ""}),

``Row`` takes an address (filled from the cast: ``{a}``, ``{a_code}``, … and from ``KNOWN``), then the status for each
kind of visitor that differs from the group's default; ``form`` is what a POST sends besides a good token. Groups:
``organiser(…)`` sends who is not signed in to ``/sign-in``, ``own(…)`` also answers 404 to all but organisation A's
contact, ``staff(…)`` 403 to contacts. Each row is
asked by each kind of visitor with a session of its own; a row may change data, so an empty form that answers 422 is
the best row for a POST.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast, get, make_cast, post, sign_in
from tests.conftest import LEAD_STARTED_AT, Databases, make_test_app
from tests.web.machine import forget_database
from wmd.db import db

VISITORS = ("anonymous", "visitor", "contact_a", "contact_b", "reader", "moderator", "administrator")
PEOPLE = {"contact_a": "ana", "contact_b": "ben", "reader": "rita", "moderator": "mona", "administrator": "adam"}
STAFF = frozenset({"reader", "moderator", "administrator"})


@dataclass(frozen=True)
class Row:
    """The address to ask, what a POST sends, and the status for each kind of visitor."""

    path: str
    anonymous: int = 200
    visitor: int = 200
    contact_a: int = 200
    contact_b: int = 200
    reader: int = 200
    moderator: int = 200
    administrator: int = 200
    form: dict[str, str] = field(default_factory=dict)

    def expected(self) -> dict[str, int]:
        """Return the status by kind of visitor."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name in VISITORS}


def everybody(path: str, status: int = 200, **changes: int | dict[str, str]) -> Row:
    """Return a row of what answers the same to all, but for ``changes``."""
    return Row(path, **{**dict.fromkeys(VISITORS, status), **changes})  # type: ignore[arg-type]


def organiser(path: str, status: int = 200, **changes: int | dict[str, str]) -> Row:
    """Return a row of what is for everybody who is signed in, but for ``changes``."""
    return everybody(path, status, **{"anonymous": 303, "visitor": 303, **changes})


def own(path: str, status: int = 200, **changes: int | dict[str, str]) -> Row:
    """Return a row of what is for the contacts of organisation A alone: to others it is not there."""
    others = dict.fromkeys(("contact_b", *STAFF), 404)
    return organiser(path, status, **{**others, **changes})


def staff(path: str, status: int = 200, **changes: int | dict[str, str]) -> Row:
    """Return a row of what is for all of the staff, but for ``changes``."""
    return organiser(path, status, **{"contact_a": 403, "contact_b": 403, **changes})


PUBLIC = {
    "GET /": everybody("/"),
    "GET /<edition>/": everybody("/2021/"),
    "GET /<edition>": everybody("/2021", 308),
    "GET /<edition>/programme": everybody("/2021/programme"),
    "GET /<edition>/events/<ref>": everybody("/2021/events/ZZZZZZ-none", 404),
    "GET /e/<code>": everybody("/e/ZZZZZZ", 404),
    "GET /<edition>/organisations/": everybody("/2021/organisations/"),
    "GET /<edition>/organisations/<ref>": everybody("/2021/organisations/ZZZZZZ", 404),
    "GET /<edition>/topics/<topic>": everybody("/2021/topics/gender-equality"),
    "GET /topics/<topic>": everybody("/topics/gender-equality"),
    "GET /series/<series>": everybody("/series/none", 404),
    "GET /<edition>/subscribe": everybody("/2021/subscribe"),
    "GET /<edition>/changes": everybody("/2021/changes"),
    "GET /zone": everybody("/zone?tz=Europe/Madrid", 303),
    "GET /about": everybody("/about"),
    "GET /privacy": everybody("/privacy"),
    "GET /accessibility": everybody("/accessibility"),
    "GET /programme": everybody("/programme", 302),
    "GET /subscribe": everybody("/subscribe", 302),
    "GET /changes": everybody("/changes", 302),
    "GET /favicon.ico": everybody("/favicon.ico", 302),
    "GET /<edition>/calendar.ics": everybody("/2021/calendar.ics"),
    "GET /<edition>/feeds/<name>.ics": everybody("/2021/feeds/topic-gender-equality.ics"),
    "GET /feeds/series-<slug>.ics": everybody("/feeds/series-none.ics", 404),
    "GET /e/<code>.ics": everybody("/e/ZZZZZZ.ics", 404),
    "GET /go/<code>": everybody("/go/ZZZZZZ", 404),
    "GET /<edition>/programme.json": everybody("/2021/programme.json"),
    "GET /<edition>/programme.csv": everybody("/2021/programme.csv"),
    "GET /<edition>/schedule.xml": everybody("/2021/schedule.xml"),
    "GET /<edition>/schedule.json": everybody("/2021/schedule.json"),
    "GET /<edition>/changes.atom": everybody("/2021/changes.atom"),
    "GET /media/<name>": everybody("/media/none.png", 404),
    "GET /sitemap.xml": everybody("/sitemap.xml"),
    "GET /robots.txt": everybody("/robots.txt"),
    "GET /programme-template.csv": everybody("/programme-template.csv"),
    "GET /programme.schema.json": everybody("/programme.schema.json"),
    "GET /healthz": everybody("/healthz"),
    # Without a secret of Zoom's in the settings there is no such address; tests/web/test_hooks.py has the rest.
    "POST /hooks/zoom": everybody("/hooks/zoom", 404),
    "GET /readyz": everybody("/readyz"),
    "GET /static/<path:filename>": everybody("/static/style.css"),
}

ACCOUNT = {
    "GET /sign-in": everybody("/sign-in"),
    "POST /sign-in": everybody("/sign-in", 422, form={"address": "no address"}),
    "GET /sign-in/sent": everybody("/sign-in/sent"),
    "GET /sign-in/confirm": everybody("/sign-in/confirm?t=none", 410),
    "POST /sign-in/confirm": everybody("/sign-in/confirm", 410, form={"t": "none"}),
    "GET /sign-in/second-factor": staff("/sign-in/second-factor"),
    "POST /sign-in/second-factor": staff("/sign-in/second-factor", 422, form={"code": "000000"}),
    "GET /sign-in/second-factor/set-up": staff("/sign-in/second-factor/set-up", 303),
    "POST /sign-in/second-factor/set-up": staff("/sign-in/second-factor/set-up", 303),
    "POST /sign-in/second-factor/begin": staff("/sign-in/second-factor/begin", 303),
    "POST /sign-in/second-factor/recovery-codes": staff("/sign-in/second-factor/recovery-codes"),
    "GET /sign-in/invitation": everybody("/sign-in/invitation?t=none", 410),
    "POST /sign-in/invitation": everybody("/sign-in/invitation", 410, form={"t": "none"}),
    "GET /sign-in/new-address": everybody("/sign-in/new-address?t=none", 410),
    "POST /sign-in/new-address": everybody("/sign-in/new-address", 410, form={"t": "none"}),
    "GET /sign-in/oidc": everybody("/sign-in/oidc", 404),
    "GET /sign-in/oidc/callback": everybody("/sign-in/oidc/callback", 404),
    "GET /organiser/co-organiser": everybody("/organiser/co-organiser?t=none", 410),
    "POST /organiser/co-organiser": everybody("/organiser/co-organiser", 410, form={"t": "none"}),
    "GET /organiser/co-organiser/thanks": everybody("/organiser/co-organiser/thanks"),
    "POST /sign-out": everybody("/sign-out", 303),
    # In demonstration mode only.
    "GET /mailbox": everybody("/mailbox"),
    "GET /mailbox/<name>": everybody("/mailbox/none", 404),
    "GET /mailbox/<name>/html": everybody("/mailbox/none/html", 404),
}

ORGANISER: dict[str, Row] = {
    "GET /<edition>/submit": everybody("/2021/submit"),
    "POST /<edition>/submit": everybody("/2021/submit", 422, form={"action": "hand-in"}),
    "POST /<edition>/submit/save": everybody("/1999/submit/save", 404),
    "GET /<edition>/submit/thanks": everybody("/2021/submit/thanks?r=WMD-222222"),
    "GET /organiser/": everybody("/organiser/"),
    "GET /organiser/link-check": everybody("/organiser/link-check?t=none", 410),
    "POST /organiser/link-check": everybody("/organiser/link-check", 410, form={"t": "none"}),
    "GET /organiser/link-check/thanks": everybody("/organiser/link-check/thanks"),
    "GET /organiser/confirm": everybody("/organiser/confirm?t=none", 410),
    "POST /organiser/confirm": everybody("/organiser/confirm", 410, form={"t": "none"}),
    "GET /organiser/confirm/not-mine": everybody("/organiser/confirm/not-mine"),
    # Without an app for partners in the settings none of these exists; tests/web/organiser/test_zoom_accounts.py.
    "GET /organiser/organisations/<code>/zoom": everybody("/organiser/organisations/{a_code}/zoom", 404),
    "POST /organiser/organisations/<code>/zoom": everybody("/organiser/organisations/{a_code}/zoom", 404),
    "GET /organiser/organisations/<code>/zoom/<event_code>": everybody(
        "/organiser/organisations/{a_code}/zoom/ABCDEF", 404
    ),
    "POST /organiser/organisations/<code>/zoom/<event_code>": everybody(
        "/organiser/organisations/{a_code}/zoom/ABCDEF", 404
    ),
    "GET /organiser/zoom/callback": everybody("/organiser/zoom/callback", 404),
    "GET /organiser/submissions/<submission_id>": organiser("/organiser/submissions/none", 404),
    "POST /organiser/submissions/<submission_id>/edit": organiser("/organiser/submissions/none/edit", 404),
    "POST /organiser/submissions/<submission_id>/copy": organiser("/organiser/submissions/none/copy", 404),
    "POST /organiser/submissions/<submission_id>/confirm": organiser("/organiser/submissions/none/confirm", 404),
    "POST /organiser/submissions/<submission_id>/withdraw": organiser("/organiser/submissions/none/withdraw", 404),
    "POST /organiser/submissions/<submission_id>/say": organiser("/organiser/submissions/none/say", 404),
    "POST /organiser/submissions/<submission_id>/call-off": organiser("/organiser/submissions/none/call-off", 404),
    "GET /organiser/drafts/<draft_id>": everybody("/organiser/drafts/none", 404),
    "POST /organiser/drafts/<draft_id>": everybody("/organiser/drafts/none", 404),
    "POST /organiser/drafts/<draft_id>/sign-in": everybody("/organiser/drafts/none/sign-in", 404),
    "POST /organiser/drafts/<draft_id>/save": everybody("/organiser/drafts/none/save", 404),
    "POST /organiser/drafts/<draft_id>/discard": everybody("/organiser/drafts/none/discard", 404),
    "GET /organiser/account/privacy": organiser("/organiser/account/privacy"),
    "GET /organiser/account/data": organiser("/organiser/account/data"),
    "POST /organiser/account/consents/withdraw": organiser("/organiser/account/consents/withdraw", 303),
    "GET /organiser/account/erase": organiser("/organiser/account/erase"),
    "POST /organiser/account/erase": organiser("/organiser/account/erase", 422),
    "GET /organiser/account/erased": everybody("/organiser/account/erased"),
    "POST /organiser/advice": everybody("/organiser/advice?edition=2021"),
    "GET /organiser/drafts/<draft_id>/preview": everybody("/organiser/drafts/none/preview", 404),
    "GET /organiser/account": organiser("/organiser/account"),
    "POST /organiser/account": organiser("/organiser/account", 422, form={"name": ""}),
    "POST /organiser/account/sessions/<session_id>/end": organiser("/organiser/account/sessions/none/end", 404),
    "POST /organiser/account/sessions/end-others": organiser("/organiser/account/sessions/end-others", 303),
    "GET /organiser/account/address": organiser("/organiser/account/address"),
    "POST /organiser/account/address": organiser("/organiser/account/address", 422, form={"address": "no address"}),
    "GET /organiser/organisations/<code>/contacts": own("/organiser/organisations/{a_code}/contacts"),
    "POST /organiser/organisations/<code>/contacts": own(
        "/organiser/organisations/{a_code}/contacts", 422, form={"address": "no address"}
    ),
    "POST /organiser/organisations/<code>/contacts/<person_id>/remove": own(
        "/organiser/organisations/{a_code}/contacts/{ana}/remove", 422
    ),
    "POST /organiser/organisations/<code>/contacts/<person_id>/hand-over": own(
        "/organiser/organisations/{a_code}/contacts/{ben}/hand-over", 422
    ),
    "POST /organiser/organisations/<code>/contacts/<person_id>/withdraw": own(
        "/organiser/organisations/{a_code}/contacts/none/withdraw", 303
    ),
    "GET /organiser/organisations": organiser("/organiser/organisations", 303),
    "GET /organiser/organisations/<code>": own("/organiser/organisations/{a_code}"),
    "POST /organiser/organisations/<code>": own("/organiser/organisations/{a_code}", 422),
    "GET /organiser/submissions/<submission_id>/registrants": organiser("/organiser/submissions/none/registrants", 404),
    "POST /organiser/submissions/<submission_id>/registrants": organiser(
        "/organiser/submissions/none/registrants", 404
    ),
    "POST /organiser/submissions/<submission_id>/registrants/zoom": organiser(
        "/organiser/submissions/none/registrants/zoom", 404
    ),
    "GET /organiser/submissions/<submission_id>/registrants/registrants.csv": organiser(
        "/organiser/submissions/none/registrants/registrants.csv", 404
    ),
    "GET /organiser/submissions/<submission_id>/room": organiser("/organiser/submissions/none/room", 404),
    "POST /organiser/submissions/<submission_id>/room": organiser("/organiser/submissions/none/room", 404),
    "GET /organiser/submissions/<submission_id>/logo-pack": organiser("/organiser/submissions/none/logo-pack", 404),
    "POST /organiser/submissions/<submission_id>/logo-pack": organiser("/organiser/submissions/none/logo-pack", 404),
    "GET /organiser/submissions/<submission_id>/logo-pack/file": organiser(
        "/organiser/submissions/none/logo-pack/file", 404
    ),
    "GET /organiser/drafts/<draft_id>/ics": everybody("/organiser/drafts/none/ics", 404),
    "POST /organiser/drafts/<draft_id>/ics": everybody("/organiser/drafts/none/ics", 404),
    "GET /organiser/drafts/<draft_id>/pictures": everybody("/organiser/drafts/none/pictures", 404),
    "POST /organiser/drafts/<draft_id>/pictures": everybody("/organiser/drafts/none/pictures", 404),
}

_ADMINISTRATORS = {"reader": 403, "moderator": 403}
_SETTINGS = "/staff/settings"
SETTINGS = {
    "GET /staff/settings": staff(_SETTINGS, reader=403),
    "GET /staff/settings/new-edition": staff(f"{_SETTINGS}/new-edition", **_ADMINISTRATORS),
    "POST /staff/settings/new-edition": staff(f"{_SETTINGS}/new-edition", 422, **_ADMINISTRATORS),
    "GET /staff/settings/editions/<slug>": staff(f"{_SETTINGS}/editions/2021", reader=403),
    "POST /staff/settings/editions/<slug>": staff(f"{_SETTINGS}/editions/2021", 422, **_ADMINISTRATORS),
    "GET /staff/settings/editions/<slug>/<any(form, words, topics, reminders):part>": staff(
        f"{_SETTINGS}/editions/2021/form", reader=403
    ),
    "POST /staff/settings/editions/<slug>/<any(form, words, topics, reminders):part>": staff(
        f"{_SETTINGS}/editions/2021/topics", 422, **_ADMINISTRATORS
    ),
    "GET /staff/settings/editions/<slug>/questions": staff(f"{_SETTINGS}/editions/2021/questions", reader=403),
    "GET /staff/settings/editions/<slug>/questions/<name>": staff(
        f"{_SETTINGS}/editions/2021/questions/none", 404, reader=403
    ),
    "POST /staff/settings/editions/<slug>/questions/<name>": staff(
        f"{_SETTINGS}/editions/2021/questions/none", 404, **_ADMINISTRATORS
    ),
    "GET /staff/settings/editions/<slug>/new-question": staff(
        f"{_SETTINGS}/editions/2021/new-question", **_ADMINISTRATORS
    ),
    "POST /staff/settings/editions/<slug>/new-question": staff(
        f"{_SETTINGS}/editions/2021/new-question", 422, **_ADMINISTRATORS
    ),
    "GET /staff/settings/topics": staff(f"{_SETTINGS}/topics", reader=403),
    "POST /staff/settings/topics": staff(f"{_SETTINGS}/topics", 422, **_ADMINISTRATORS),
    "GET /staff/settings/new-series": staff(f"{_SETTINGS}/new-series", **_ADMINISTRATORS),
    "POST /staff/settings/new-series": staff(f"{_SETTINGS}/new-series", 422, **_ADMINISTRATORS),
    "GET /staff/settings/series/<slug>": staff(f"{_SETTINGS}/series/none", 404, reader=403),
    "POST /staff/settings/series/<slug>": staff(f"{_SETTINGS}/series/none", 404, **_ADMINISTRATORS),
}

STAFF_ROUTES = {
    "GET /staff/banner": staff("/staff/banner"),
    "POST /staff/banner": staff("/staff/banner", 422, reader=403, form={"id": str(UUID(int=1)), "kind": "info"}),
    "POST /staff/banner/<banner_id>/end": staff("/staff/banner/none/end", 303, reader=403),
    "GET /staff/zoom": staff("/staff/zoom", reader=403),
    "POST /staff/zoom/read": staff("/staff/zoom/read", 303, reader=403),
    "POST /staff/zoom/try": staff("/staff/zoom/try", 303, reader=403),
    "GET /staff/day": staff("/staff/day"),
    "GET /staff/day/<code>/letter": staff("/staff/day/ZZZZZZ/letter", 404, reader=403),
    "POST /staff/day/<code>/letter": staff("/staff/day/ZZZZZZ/letter", 404, reader=403),
    "GET /staff/webinars/<code>": staff("/staff/webinars/ZZZZZZ", 404, reader=403),
    "POST /staff/webinars/<code>": staff("/staff/webinars/ZZZZZZ", 404, reader=403),
    "POST /staff/day/<code>/link": staff("/staff/day/ZZZZZZ/link", 404, reader=403),
    "GET /staff/problems": staff("/staff/problems"),
    "POST /staff/problems/<report_id>": staff("/staff/problems/none", 404, reader=403),
    "POST /staff/problems/<report_id>/link": staff("/staff/problems/none/link", 404, reader=403),
    "GET /staff/profiles": staff("/staff/profiles"),
    "POST /staff/profiles/<revision_id>": staff("/staff/profiles/none", 404, reader=403),
    "GET /staff/letters": staff("/staff/letters"),
    "POST /staff/letters/<letter_id>": staff("/staff/letters/none", 404, reader=403),
    "GET /staff/logo-packs": staff("/staff/logo-packs"),
    "POST /staff/logo-packs": staff("/staff/logo-packs", 422, reader=403, moderator=403),
    "GET /staff/logo-packs/<edition>/file": staff("/staff/logo-packs/2021/file", 404),
    "GET /staff/": staff("/staff/"),
    "GET /staff/desk": staff("/staff/desk"),
    "GET /staff/desk/<submission_id>": staff("/staff/desk/none", 404),
    "POST /staff/desk/<submission_id>": staff("/staff/desk/none", 404, reader=403),
    "GET /staff/desk/<submission_id>/preview": staff("/staff/desk/none/preview", 404),
    "GET /staff/desk/<submission_id>/edit": staff("/staff/desk/none/edit", 404, reader=403),
    "POST /staff/desk/<submission_id>/edit": staff("/staff/desk/none/edit", 404, reader=403),
    "GET /staff/desk/<submission_id>/call-off": staff("/staff/desk/none/call-off", 404, reader=403),
    "POST /staff/desk/<submission_id>/form": staff("/staff/desk/none/form", 404, reader=403),
    "POST /staff/desk/<submission_id>/call-off": staff("/staff/desk/none/call-off", 404, reader=403),
    "POST /staff/desk/<submission_id>/hide": staff("/staff/desk/none/hide", 404, reader=403),
    "POST /staff/desk/<submission_id>/show": staff("/staff/desk/none/show", 404, reader=403),
    "GET /staff/bulk": staff("/staff/bulk", reader=403),
    "POST /staff/bulk": staff("/staff/bulk", 422, reader=403),
    "GET /staff/enter": staff("/staff/enter?organisation={a_code}", reader=403),
    "POST /staff/enter": staff("/staff/enter?organisation={a_code}", 400, reader=403, form={"edition": "none"}),
    "GET /staff/organisations": staff("/staff/organisations"),
    "GET /staff/organisations/<code>": staff("/staff/organisations/{a_code}"),
    "POST /staff/organisations/<code>/trust": staff("/staff/organisations/ZZZZZZ/trust", 404, reader=403),
    "POST /staff/organisations/<code>/contact": staff("/staff/organisations/ZZZZZZ/contact", 404, reader=403),
    "POST /staff/organisations/<code>/merge": staff("/staff/organisations/ZZZZZZ/merge", 404, reader=403),
    "GET /staff/reasons": staff("/staff/reasons"),
    "GET /staff/reasons/<reason_id>": staff("/staff/reasons/none", 404, reader=403),
    "POST /staff/reasons/<reason_id>": staff("/staff/reasons/none", 404, reader=403),
    "GET /staff/zoom/webhooks": staff("/staff/zoom/webhooks", reader=403),
    "POST /staff/zoom/webhooks": staff(
        "/staff/zoom/webhooks", reader=403, moderator=403, administrator=422, form={"which": "1"}
    ),
    "GET /staff/jobs": staff("/staff/jobs"),
    "GET /staff/reminders": staff("/staff/reminders"),
    "GET /staff/rooms": staff("/staff/rooms"),
    "GET /staff/rooms/<binding_id>": staff("/staff/rooms/none", 404),
    "POST /staff/rooms/<binding_id>": staff("/staff/rooms/none", 404, reader=403),
    "GET /staff/rooms/pick/<code>": staff("/staff/rooms/pick/none", 404, reader=403),
    "POST /staff/rooms/pick/<code>": staff("/staff/rooms/pick/none", 404, reader=403),
    "GET /staff/mail": staff("/staff/mail"),
    "GET /staff/mail/<message_id>": staff("/staff/mail/none", 404),
    "POST /staff/mail/<message_id>": staff("/staff/mail/none", 404, reader=403),
    "GET /staff/mail/<message_id>/html": staff("/staff/mail/none/html", 404, reader=403),
    "GET /staff/mail/switch": staff("/staff/mail/switch", reader=403, moderator=403),
    "POST /staff/mail/switch": staff("/staff/mail/switch", 422, reader=403, moderator=403, form={"action": "hold"}),
    "GET /staff/mail/texts": staff("/staff/mail/texts", reader=403),
    "GET /staff/mail/texts/<kind>": staff("/staff/mail/texts/received", reader=403),
    "POST /staff/mail/texts/<kind>": staff("/staff/mail/texts/received", 422, reader=403, moderator=403),
    "GET /staff/audit": staff("/staff/audit"),
    "GET /staff/audit.csv": staff("/staff/audit.csv", reader=403, moderator=403),
    "GET /staff/audit.json": staff("/staff/audit.json", reader=403, moderator=403),
    "GET /staff/persons": staff("/staff/persons", reader=403, moderator=403),
    "GET /staff/persons/<person_id>": staff("/staff/persons/{ana}", reader=403, moderator=403),
    "GET /staff/persons/<person_id>/data": staff("/staff/persons/{ana}/data", reader=403, moderator=403),
    "POST /staff/persons/<person_id>/erase": staff("/staff/persons/{ana}/erase", 422, reader=403, moderator=403),
    "GET /staff/people": staff("/staff/people", reader=403, moderator=403),
    "POST /staff/people": staff("/staff/people", 422, reader=403, moderator=403, form={"address": "", "role": "owner"}),
    "GET /staff/people/<person_id>": staff("/staff/people/{rita}", reader=403, moderator=403),
    "POST /staff/people/<person_id>": staff("/staff/people/{rita}", 422, reader=403, moderator=403),
    "POST /staff/people/<person_id>/disable": staff("/staff/people/none/disable", 404, reader=403, moderator=403),
    "POST /staff/people/<person_id>/enable": staff("/staff/people/none/enable", 404, reader=403, moderator=403),
    "POST /staff/people/<person_id>/reset": staff("/staff/people/none/reset", 404, reader=403, moderator=403),
}

#: Whoever has a link of theirs may; a made-up one is none. What is typed is no address and no event.
ATTENDEES = {
    "GET /e/<code>/remind": everybody("/e/ZZZZZZ/remind", 404),
    "POST /e/<code>/remind": everybody("/e/ZZZZZZ/remind", 404),
    "GET /e/<code>/register": everybody("/e/ZZZZZZ/register", 404),
    "POST /e/<code>/register": everybody("/e/ZZZZZZ/register", 404),
    "GET /me/registration/<secret>": everybody("/me/registration/none", 410),
    "POST /me/registration/<secret>": everybody("/me/registration/none", 410),
    "GET /me/<token>/registrations/<registration_id>": everybody("/me/none/registrations/none", 404),
    "POST /me/<token>/registrations/<registration_id>": everybody("/me/none/registrations/none", 404),
    "POST /me/<token>/registrations/<registration_id>/accept": everybody("/me/none/registrations/none/accept", 404),
    "POST /me/<token>/registrations/<registration_id>/cancel": everybody("/me/none/registrations/none/cancel", 404),
    "POST /me/<token>/registrations/<registration_id>/zoom": everybody("/me/none/registrations/none/zoom", 404),
    "POST /me/<token>/registrations/<registration_id>/organiser": everybody(
        "/me/none/registrations/none/organiser", 404
    ),
    "GET /<edition>/tell-me": everybody("/2021/tell-me"),
    "POST /<edition>/tell-me": everybody("/2021/tell-me", 422, form={"cadence": "daily", "address": "no address"}),
    "GET /e/<code>/wrong": everybody("/e/ZZZZZZ/wrong", 404),
    "POST /e/<code>/wrong": everybody("/e/ZZZZZZ/wrong", 404),
    "GET /favourites": everybody("/favourites?code=ZZZZZZ"),
    "GET /favourites/remind": everybody("/favourites/remind"),
    "POST /favourites/remind": everybody("/favourites/remind", 422, form={"address": "no address"}),
    "GET /me": everybody("/me"),
    "POST /me": everybody("/me", 422, form={"address": "no address"}),
    "GET /me/asked": everybody("/me/asked"),
    "GET /me/erased": everybody("/me/erased"),
    "GET /me/confirm/<secret>": everybody("/me/confirm/none", 410),
    "POST /me/confirm/<secret>": everybody("/me/confirm/none", 410),
    "GET /me/proof/<secret>": everybody("/me/proof/none", 410),
    "POST /me/proof/<secret>": everybody("/me/proof/none", 410),
    "GET /me/unsubscribe/<token>": everybody("/me/unsubscribe/none", 404),
    "POST /me/unsubscribe/<token>": everybody("/me/unsubscribe/none", 404),
    "GET /me/calendar/<secret>.ics": everybody("/me/calendar/none.ics", 404),
    "GET /me/<token>/": everybody("/me/none/", 404),
    "GET /me/<token>": everybody("/me/none", 404),
    "POST /me/<token>/wishes": everybody("/me/none/wishes", 404),
    "POST /me/<token>/stop": everybody("/me/none/stop", 404),
    "POST /me/<token>/stop-all": everybody("/me/none/stop-all", 404),
    "POST /me/<token>/pause": everybody("/me/none/pause", 404),
    "POST /me/<token>/resume": everybody("/me/none/resume", 404),
    "POST /me/<token>/feed": everybody("/me/none/feed", 404),
    "POST /me/<token>/end-links": everybody("/me/none/end-links", 404),
    "GET /me/<token>/follow": everybody("/me/none/follow", 404),
    "POST /me/<token>/follow": everybody("/me/none/follow", 404),
    "POST /me/<token>/proof": everybody("/me/none/proof", 404),
}

TABLE = PUBLIC | ATTENDEES | ACCOUNT | ORGANISER | STAFF_ROUTES | SETTINGS

#: What the addresses above may name besides the cast.
KNOWN: dict[str, str] = {}


@pytest.fixture(scope="module")
def cast_app(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Cast]]:
    """The demonstration with the cast."""
    folder = tmp_path_factory.mktemp("roles")
    app = make_test_app(databases.copy("sqlite", folder, demo=True), folder)
    with app.app_context():
        cast = make_cast(db.session(), LEAD_STARTED_AT)
    yield app, cast
    forget_database(app)


def browser_of(kind: str, app: Flask) -> FlaskClient:
    """Return the browser of one kind of visitor, newly signed in."""
    client = app.test_client()
    if kind in PEOPLE:
        sign_in(client, app, PEOPLE[kind], staff=kind in STAFF)
    elif kind == "visitor":
        sign_in(client, app, None)
    return client


def ask(client: FlaskClient, name: str, row: Row, cast: Cast) -> int:
    """Ask a row's address and return the status."""
    names = {each.name: getattr(cast, each.name) for each in fields(cast)} | KNOWN
    path = row.path.format(**names)
    if name.startswith("POST "):
        return post(client, path, {key: value.format(**names) for key, value in row.form.items()}).status_code
    return get(client, path).status_code


def test_every_route_is_in_the_table(cast_app: tuple[Flask, Cast]) -> None:
    app, _ = cast_app
    routes = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == TABLE.keys()


@pytest.mark.parametrize("kind", VISITORS)
def test_status_is_the_one_of_the_table(cast_app: tuple[Flask, Cast], kind: str) -> None:
    app, cast = cast_app
    found = {name: ask(browser_of(kind, app), name, row, cast) for name, row in TABLE.items()}
    assert found == {name: row.expected()[kind] for name, row in TABLE.items()}
