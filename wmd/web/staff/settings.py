"""Settings of editions, topics and series: administrators change them, moderators read them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from wmd.db import db
from wmd.domain.findings import N_
from wmd.domain.forms.fields import DECLARATIONS, FIELDS, SECTIONS
from wmd.models import Edition, Series
from wmd.services import edition_words, settings
from wmd.services.references import find_edition
from wmd.services.settings import Sheet
from wmd.services.versions import lock_edition
from wmd.web.attendee.own_words import rule_choices
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff, visitor
from wmd.web.reading import read_now
from wmd.web.staff.sheets import Group, Item, Page, may_change, save, show, stale

bp = Blueprint("settings", __name__, url_prefix="/settings")

PARTS = (
    ("form", N_("Form")),
    ("words", N_("Words")),
    ("topics", N_("Topics")),
    ("reminders", N_("Reminders")),
    ("questions", N_("Questions")),
)
LANGUAGES = (("en", N_("English")), ("es", N_("Spanish")), ("fr", N_("French")))
_PHASES = {
    "before": N_("Before it opens"),
    "open": N_("While it is open"),
    "late": N_("After the deadline"),
    "closed": N_("When it is closed"),
}
_ALL = ("/staff/settings", N_("Settings"))


def back() -> tuple[str, str]:
    """Return the way back to all settings."""
    return _ALL[0], gettext(_ALL[1])


def actor() -> str:
    """Return who changes, as the trail names them."""
    return visitor().actor.name


def edition_or_404(slug: str, *, locked: bool = False) -> Edition:
    """Return an edition; ``locked`` holds it until the end of the transaction, as a save needs it."""
    edition = find_edition(db.session(), slug)
    if edition is None:
        abort(404)
    if locked:
        lock_edition(db.session(), edition)
    return edition


@bp.get("")
@for_staff("moderator")
def index() -> str:
    """List what can be set."""
    editions = db.session.scalars(select(Edition).order_by(Edition.main_day.desc()).limit(100)).all()
    series = db.session.scalars(select(Series).order_by(Series.name).limit(200)).all()
    return render_template(
        "staff/settings/index.html", editions=editions, series=series, may_change=may_change(),
        parts=[(part, gettext(words)) for part, words in PARTS],
    )  # fmt: skip


# --- editions ----------------------------------------------------------------------------------------------------


def _edition_groups() -> list[Group]:
    day = gettext("A day such as 2026-10-07.")
    return [
        Group(
            gettext("What it is"),
            [
                Item("name", gettext("Name"), is_required=True),
                Item("theme", gettext("Theme")),
                Item("introduction", gettext("Introduction"), "textarea", gettext("Markdown."), rows=6),
                Item("hashtags", gettext("Hashtags"), hint=gettext("With blanks between.")),
                Item("languages", gettext("Languages"), hint=gettext("Codes with blanks between, such as: en es fr.")),
            ],
        ),
        Group(
            gettext("When it is"),
            [
                Item("main_day", gettext("Main day"), "date", day, is_required=True),
                Item("window_from", gettext("First day of events"), "date", day, is_required=True),
                Item("window_to", gettext("Last day of events"), "date", day, is_required=True),
                Item("zone", gettext("Time zone"), hint=gettext("Such as Europe/Madrid."), is_required=True),
            ],
        ),
        Group(
            gettext("Until when events are taken"),
            [
                Item("submit_opens", gettext("From"), "date", gettext("Empty: at once.")),
                Item("submit_deadline", gettext("Deadline"), "date", gettext("The last day in time; later is late.")),
                Item("submit_closes", gettext("Closes after"), "date", gettext("The last day at all. Empty: never.")),
            ],
            gettext("Days begin and end at midnight in the edition’s time zone."),
        ),
    ]


def _edition_page(edition: Edition) -> Page:
    path = f"/staff/settings/editions/{edition.slug}"
    return Page(
        edition.name, path, back(), _edition_groups(), settings.edition_sheet(edition),
        gettext("The address of this edition is /%(slug)s/ and never changes.", slug=edition.slug),
        [(f"{path}/{part}", gettext(words)) for part, words in PARTS],
    )  # fmt: skip


def _new_page() -> Page:
    slug = Item("slug", gettext("Address"), hint=gettext("Such as 2026. It never changes."), is_required=True)
    groups = [Group(gettext("Where it is found"), [slug]), *_edition_groups()]
    return Page(gettext("New edition"), "/staff/settings/new-edition", back(), groups)


@for_staff("administrator")
def _stale_new() -> ResponseReturnValue:
    return stale(_new_page())


@bp.get("/new-edition")
@for_staff("administrator")
def new_edition() -> Response:
    """Show the sheet of a new edition."""
    return show(_new_page())


@bp.post("/new-edition")
@on_stale_form(_stale_new)
@for_staff("administrator")
def make_edition() -> ResponseReturnValue:
    """Make an edition."""

    def apply(sheet: Sheet) -> str:
        made = settings.make_edition(db.session(), sheet["slug"], sheet, actor=actor(), now=read_now())
        return f"/staff/settings/editions/{made.slug}?saved=1"

    return save(_new_page(), apply)


@for_staff("administrator")
def _stale_edition(slug: str) -> ResponseReturnValue:
    return stale(_edition_page(edition_or_404(slug)))


@bp.get("/editions/<slug>")
@for_staff("moderator")
def edition(slug: str) -> Response:
    """Show an edition's facts and deadlines."""
    return show(_edition_page(edition_or_404(slug)))


@bp.post("/editions/<slug>")
@on_stale_form(_stale_edition)
@for_staff("administrator")
def save_edition(slug: str) -> ResponseReturnValue:
    """Save an edition's facts and deadlines."""
    found = edition_or_404(slug, locked=True)

    def apply(sheet: Sheet) -> str:
        settings.save_edition(db.session(), found, sheet, actor=actor(), now=read_now())
        return f"/staff/settings/editions/{slug}?saved=1"

    return save(_edition_page(found), apply)


# --- the form's fields, words, topics ----------------------------------------------------------------------------


def _form_page(edition: Edition) -> Page:
    stored = settings.form_sheet(edition)
    options = [("shown", gettext("shown")), ("required", gettext("required")), ("hidden", gettext("hidden"))]
    groups = [
        Group(
            gettext(section.title),
            [
                Item(
                    name,
                    gettext(field.label),
                    "select",
                    gettext(field.hint) if field.hint else "",
                    options if settings.may_be_required(name) else [one for one in options if one[0] != "required"],
                )
                for name, field in FIELDS.items()
                if field.section == section.slug and name in stored
            ],
        )
        for section in SECTIONS
    ]
    path = f"/staff/settings/editions/{edition.slug}/form"
    lead = gettext("What is needed to publish an event is always asked and does not stand here.")
    return Page(
        gettext("Form of %(edition)s", edition=edition.name), path, back(), [g for g in groups if g.items], stored, lead
    )


def _words_page(edition: Edition) -> Page:
    spoken = [(tag, gettext(words)) for tag, words in LANGUAGES]
    deadlines = [
        Item(f"deadline.{phase}.{tag}", f"{gettext(words)} ({name})", "textarea", rows=2, lang=tag)
        for phase, words in _PHASES.items()
        for tag, name in spoken
    ]
    declared = [
        Group(
            gettext(built_in),
            [
                Item(f"asked.{kind}", gettext("Ask for it"), "checkbox"),
                *(Item(f"declaration.{kind}.{tag}", name, "textarea", rows=2, lang=tag) for tag, name in spoken),
            ],
        )
        for kind, built_in in DECLARATIONS.items()
    ]
    lead = gettext(
        "Empty: the built-in words. New words of a declaration are a new version; what was declared stays as it was."
    )
    return Page(
        gettext("Words of %(edition)s", edition=edition.name), f"/staff/settings/editions/{edition.slug}/words", back(),
        [Group(gettext("Notices about the deadline"), deadlines), *declared],
        edition_words.words_sheet(db.session(), edition), lead,
    )  # fmt: skip


def _topics_page(edition: Edition) -> Page:
    names = settings.names_sheet(db.session())
    items = [Item(slug, name) for slug, name in names.items()]
    lead = gettext("The place of each topic in this edition, from 1 on; nothing for one that is not offered.")
    return Page(
        gettext("Topics of %(edition)s", edition=edition.name), f"/staff/settings/editions/{edition.slug}/topics",
        back(), [Group(gettext("Topics"), items)], settings.topics_sheet(db.session(), edition), lead,
    )  # fmt: skip


def _reminders_page(edition: Edition) -> Page:
    lead = gettext(
        "When those who follow an event or are registered hear of it, unless the event has reminders of its own or they"
        " chose for themselves. Days are days on the clock of the event’s zone. What is due already is not sent again."
    )
    items = [Item(rule, words, "checkbox") for rule, words in rule_choices()]
    return Page(
        gettext("Reminders of %(edition)s", edition=edition.name),
        f"/staff/settings/editions/{edition.slug}/reminders", back(), [Group(gettext("Reminders"), items)],
        settings.reminders_sheet(edition), lead,
    )  # fmt: skip


_EDITION_PARTS = {
    "form": (_form_page, settings.save_form),
    "words": (_words_page, edition_words.save_words),
    "topics": (_topics_page, settings.save_topics),
    "reminders": (_reminders_page, settings.save_reminders),
}


@for_staff("administrator")
def _stale_part(slug: str, part: str) -> ResponseReturnValue:
    return stale(_EDITION_PARTS[part][0](edition_or_404(slug)))


@bp.get("/editions/<slug>/<any(form, words, topics, reminders):part>")
@for_staff("moderator")
def edition_part(slug: str, part: str) -> Response:
    """Show the form's fields, the words, the topics or the reminders of an edition."""
    return show(_EDITION_PARTS[part][0](edition_or_404(slug)))


@bp.post("/editions/<slug>/<any(form, words, topics, reminders):part>")
@on_stale_form(_stale_part)
@for_staff("administrator")
def save_edition_part(slug: str, part: str) -> ResponseReturnValue:
    """Save the form's fields, the words, the topics or the reminders of an edition."""
    found = edition_or_404(slug, locked=True)
    page_of, store = _EDITION_PARTS[part]

    def apply(sheet: Sheet) -> str:
        store(db.session(), found, sheet, actor=actor(), now=read_now())
        return f"/staff/settings/editions/{slug}/{part}?saved=1"

    return save(page_of(found), apply)


# --- topics and series -------------------------------------------------------------------------------------------


def _names_page() -> Page:
    stored = settings.names_sheet(db.session())
    items = [Item(slug, slug, is_required=True) for slug in stored]
    lead = gettext("In every edition. The addresses of topics never change.")
    groups = [Group(gettext("Topics"), items)]
    return Page(gettext("Names of topics"), "/staff/settings/topics", back(), groups, stored, lead)


@for_staff("administrator")
def _stale_names() -> ResponseReturnValue:
    return stale(_names_page())


@bp.get("/topics")
@for_staff("moderator")
def topic_names() -> Response:
    """Show the names of the topics."""
    return show(_names_page())


@bp.post("/topics")
@on_stale_form(_stale_names)
@for_staff("administrator")
def save_topic_names() -> ResponseReturnValue:
    """Rename topics."""

    def apply(sheet: Sheet) -> str:
        settings.save_topic_names(db.session(), sheet, actor=actor(), now=read_now())
        return "/staff/settings/topics?saved=1"

    return save(_names_page(), apply)


def _series_page(row: Series | None) -> Page:
    words = [
        Item("name", gettext("Name"), is_required=True),
        Item("description", gettext("Description"), "textarea", gettext("Markdown.")),
    ]
    if row is None:
        slug = Item("slug", gettext("Address"), hint=gettext("Such as metrotalks. It never changes."), is_required=True)
        groups = [Group(gettext("Series"), [slug, *words])]
        return Page(gettext("New series"), "/staff/settings/new-series", back(), groups)
    groups = [Group(gettext("Series"), words)]
    return Page(row.name, f"/staff/settings/series/{row.slug}", back(), groups, settings.series_sheet(row))


def _series_or_404(slug: str) -> Series:
    row = db.session.scalars(select(Series).where(Series.slug == slug)).first()
    if row is None:
        abort(404)
    return row


@for_staff("administrator")
def _stale_series(slug: str = "") -> ResponseReturnValue:
    return stale(_series_page(_series_or_404(slug) if slug else None))


@bp.get("/new-series")
@for_staff("administrator")
def new_series() -> Response:
    """Show the sheet of a new series."""
    return show(_series_page(None))


@bp.post("/new-series")
@on_stale_form(_stale_series)
@for_staff("administrator")
def make_series() -> ResponseReturnValue:
    """Make a series."""

    def apply(sheet: Sheet) -> str:
        settings.save_series(db.session(), sheet["slug"], sheet, is_new=True, actor=actor(), now=read_now())
        return "/staff/settings"

    return save(_series_page(None), apply)


@bp.get("/series/<slug>")
@for_staff("moderator")
def series(slug: str) -> Response:
    """Show a series' words."""
    return show(_series_page(_series_or_404(slug)))


@bp.post("/series/<slug>")
@on_stale_form(_stale_series)
@for_staff("administrator")
def save_series(slug: str) -> ResponseReturnValue:
    """Save a series' words."""

    def apply(sheet: Sheet) -> str:
        settings.save_series(db.session(), slug, sheet, is_new=False, actor=actor(), now=read_now())
        return f"/staff/settings/series/{slug}?saved=1"

    return save(_series_page(_series_or_404(slug)), apply)
