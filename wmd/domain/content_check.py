"""The rules about content that its shape cannot say: what makes an event complete, sound and fit to be public.

The same rules hold for forms and files. An error stops a publication, a warning asks, a note tells. Paths are those
of the document (``sessions[0].ends``); nothing that might be a secret or somebody's address is repeated in a finding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from wmd.domain.content import (
    EditionContent,
    EventContent,
    OrganisationContent,
    PanelContent,
    QuestionContent,
    SeriesContent,
    SessionContent,
    SpeakerContent,
    VenueContent,
)
from wmd.domain.documents import link_checks, text_rules
from wmd.domain.documents.field_rules import (
    error,
    lint_choice,
    lint_code,
    lint_country,
    lint_key,
    lint_needed,
    lint_original,
    lint_pin,
    lint_repeated,
    lint_slug,
    lint_tags,
    lint_texts,
    warning,
)
from wmd.domain.documents.shape import child
from wmd.domain.documents.sign_up_rules import lint_sign_up
from wmd.domain.findings import N_, Finding
from wmd.domain.iso_codes import SIGN_LANGUAGES
from wmd.domain.reminders import NO_REMINDERS, RULES
from wmd.domain.slot_lint import Window
from wmd.domain.times import UnknownZone, lint_slot, zone
from wmd.domain.vocabulary import (
    ACCESS_FACT_LABELS,
    ACTIVITY_LABELS,
    METROPOLIS_REGION_LABELS,
    ORGANISATION_KIND_LABELS,
    PLATFORM_LABELS,
    RESERVED_SLUGS,
    SDG_LABELS,
    SHORTEST_EDITION_SLUG,
    TOOLKIT_TOPICS,
    UN_HABITAT_REGION_LABELS,
    Access,
    EventFormat,
    OrganiserRole,
    RegistrationState,
)

TOPICS = frozenset(slug for slug, _ in TOOLKIT_TOPICS)
MOST_TOPICS = 3
LARGEST_CAPACITY = 1_000_000

_Identified = SessionContent | PanelContent | QuestionContent | SpeakerContent


def check_event(
    content: EventContent,
    *,
    edition: EditionContent,
    organisations: Collection[str],
    series: Collection[str],
    people: Collection[str] | None = None,
    join_link: str = "",
) -> list[Finding]:
    """Return all that is wrong or doubtful about one event of an edition.

    ``organisations`` holds the keys of those that are known (a mapping by key will do), ``series`` slugs,
    ``people`` the values a speaker's ``person_id`` may have (``None``: not looked at), ``join_link`` the raw private
    link that came with the event.
    """
    found = chain(
        _identity(content),
        _texts(content),
        _organisers(content, organisations),
        _sessions(content, edition),
        _parts(content, people),
        _vocabulary(content, edition, series),
        _languages(content),
        _place(content),
        _registration(content, join_link),
    )
    return list(found)


def check_organisation(content: OrganisationContent) -> list[Finding]:
    """Return all that is wrong or doubtful about one organisation."""
    found = chain(
        lint_key("key", content.key),
        lint_code(content.code),
        lint_texts(text_rules.PublicText(child("names", tag), name) for tag, name in content.names.items()),
        lint_original("names", content.names, content.language),
        lint_tags(("language", [content.language]), ("names", content.names)),
        lint_choice("kind", content.kind, ORGANISATION_KIND_LABELS),
        lint_choice("region", content.region, METROPOLIS_REGION_LABELS),
        lint_country("country", content.country),
        lint_texts([text_rules.PublicText("acronym", content.acronym), text_rules.PublicText("city", content.city)]),
        link_checks.lint_public("website", content.website),
        *(link_checks.lint_public(child("social", index), url) for index, url in enumerate(content.social)),
        _logo(content),
    )
    return list(found)


def _logo(content: OrganisationContent) -> Iterator[Finding]:
    if content.image is None:
        return
    alts = (text_rules.PublicText(child("image.alt", tag), alt) for tag, alt in content.image.alt.items())
    yield from lint_texts([*alts, text_rules.PublicText("image.credit", content.image.credit)])
    if not any(content.image.alt.values()):
        yield error("image.alt", "image.alt", N_("Say in words what the picture shows, for people who cannot see it."))


def check_series(content: SeriesContent) -> list[Finding]:
    """Return all that is wrong or doubtful about one series."""
    texts = [
        text_rules.PublicText("name", content.name),
        text_rules.PublicText("description", content.description, text_rules.LONGEST_TEXT, lines_allowed=True),
    ]
    return [*lint_slug("slug", content.slug), *lint_needed("name", content.name), *lint_texts(texts)]


def check_edition(content: EditionContent) -> list[Finding]:
    """Return all that is wrong or doubtful about one edition."""
    found = [*lint_slug("slug", content.slug), *lint_needed("name", content.name)]
    if content.slug in RESERVED_SLUGS or len(content.slug) < SHORTEST_EDITION_SLUG:
        text = N_("“{slug}” is kept for addresses of the service; an edition needs another, such as 2026.")
        found.append(error("slug.reserved", "slug", text, slug=content.slug))
    if content.window_to < content.window_from:
        found.append(error("edition.window", "window_to", N_("The last day lies before the first.")))
    elif not content.window_from <= content.main_day <= content.window_to:
        found.append(error("edition.main-day", "main_day", N_("The main day lies outside the edition's days.")))
    try:
        zone(content.zone)
    except UnknownZone:
        text = N_("This is not a time zone of the IANA list such as Europe/Madrid.")
        found.append(error("time.zone-unknown", "zone", text))
    found += lint_tags(("languages", content.languages))
    found += [
        f for index, topic in enumerate(content.topics) for f in lint_choice(child("topics", index), topic, TOPICS)
    ]
    texts = [
        text_rules.PublicText("name", content.name),
        text_rules.PublicText("theme", content.theme),
        text_rules.PublicText("introduction", content.introduction, text_rules.LONGEST_TEXT, lines_allowed=True),
    ]
    return [*found, *lint_texts(texts)]


def _identity(content: EventContent) -> Iterator[Finding]:
    if not content.code:
        yield from lint_key("key", content.key)
    yield from lint_code(content.code)


def _texts(content: EventContent) -> Iterator[Finding]:
    yield from lint_original("texts", content.texts, content.language)
    for tag, texts in content.texts.items():
        where = child("texts", tag)
        yield from lint_needed(child(where, "title"), texts.title)
        if tag == content.language:
            for name, text in (("summary", texts.summary), ("description", texts.description)):
                if not text.strip():
                    yield warning(f"text.{name}-missing", child(where, name), N_("People will look for this."))
    yield from lint_texts(text_rules.public_texts(content))
    yield from text_rules.lint_lengths(content)


def _organisers(content: EventContent, organisations: Collection[str]) -> Iterator[Finding]:
    if not any(organiser.role is OrganiserRole.LEAD for organiser in content.organisers):
        yield error("organiser.missing", "organisers", N_("Somebody must lead: name the organisation."))
    for index, organiser in enumerate(content.organisers):
        if organiser.key not in organisations:
            where = child(child("organisers", index), "key")
            yield error("organiser.unknown", where, N_("There is no organisation with this key."))
    yield from lint_repeated("organisers", (organiser.key for organiser in content.organisers))


def _sessions(content: EventContent, edition: EditionContent) -> Iterator[Finding]:
    if not content.sessions:
        yield error("session.missing", "sessions", N_("An event needs at least one session with its time."))
    window = Window(edition.window_from, edition.window_to)
    for index, session in enumerate(content.sessions):
        where = child("sessions", index)
        for finding in _slot(session, content, window):
            yield finding.at(where)
        if len(content.sessions) > 1 and not session.key and not session.id:
            text = N_("Of several sessions each needs a key, so that it is found again.")
            yield error("session.key-missing", child(where, "key"), text)
    yield from _twice("session.key-duplicate", "key", [session.key for session in content.sessions])
    yield from _twice("session.uid-duplicate", "uid", [session.uid for session in content.sessions])


def _twice(code: str, name: str, values: list[str]) -> Iterator[Finding]:
    for index, value in enumerate(values):
        if value and value in values[:index]:
            yield error(code, child(child("sessions", index), name), N_("Another session of this event has the same."))


def _slot(session: SessionContent, content: EventContent, window: Window) -> Iterator[Finding]:
    yield from lint_slot(
        starts=session.starts,
        ends=session.ends,
        zone=session.zone,
        all_day=session.all_day,
        starts_on=session.starts_on,
        ends_on=session.ends_on,
        time_text=session.time_text,
        time_confirmed=session.time_confirmed,
        window=window,
        host_country=content.host_country,
        status=session.status,
    )
    timed, days = (session.starts, session.ends), (session.starts_on, session.ends_on)
    if any(value is not None for value in (timed if session.all_day else days)):
        text = N_("Give either times, or whole days with “all_day”; not both.")
        yield error("time.both", "all_day", text)
    if session.key:
        yield from lint_key("key", session.key)
    yield from lint_code(session.code)
    if session.sequence is not None and not 0 <= session.sequence < 2**31:
        yield error("session.sequence", "sequence", N_("This number comes from an export of ours; leave it out."))
    if session.uid and (not session.uid.isprintable() or " " in session.uid or len(session.uid) > 255):
        yield error("session.uid", "uid", N_("This is not a UID; leave it out."))


def _parts(content: EventContent, people: Collection[str] | None) -> Iterator[Finding]:
    """Check ids, and whom speakers name, in everything that sessions hold."""
    seen: set[str] = set()
    for where, part in _all_parts(content):
        if part.id and part.id in seen:
            yield error("id.duplicate", child(where, "id"), N_("Another part of this event has the same id."))
        seen.add(part.id)
        if isinstance(part, SpeakerContent) and part.person_id and people is not None and part.person_id not in people:
            yield error("person.unknown", child(where, "person_key"), N_("There is no person with this key."))
        if isinstance(part, SpeakerContent) and not part.person_id and not any(part.title.values()):
            yield error("speaker.empty", where, N_("A speaker needs a name or a title."))


def _all_parts(content: EventContent) -> Iterator[tuple[str, _Identified]]:
    for index, session in enumerate(content.sessions):
        where = child("sessions", index)
        yield where, session
        yield from _listed(child(where, "speakers"), session.speakers)
        for position, panel in enumerate(session.panels):
            inner = child(child(where, "panels"), position)
            yield inner, panel
            yield from _listed(child(inner, "questions"), panel.questions)
            yield from _listed(child(inner, "speakers"), panel.speakers)


def _vocabulary(content: EventContent, edition: EditionContent, series: Collection[str]) -> Iterator[Finding]:
    yield from lint_choice("activity", content.activity, ACTIVITY_LABELS)
    yield from lint_choice("region", content.region, METROPOLIS_REGION_LABELS)
    yield from lint_choice("un_region", content.un_region, UN_HABITAT_REGION_LABELS)
    yield from lint_choice("platform", content.platform, ("", *PLATFORM_LABELS))
    for name in content.access_facts:
        yield from lint_choice(child("access_facts", name), name, ACCESS_FACT_LABELS)
    yield from _topics(content, edition)
    for index, number in enumerate(content.sdgs):
        if number not in SDG_LABELS:
            yield error("sdg.unknown", child("sdgs", index), N_("The goals are numbered 1 to 17."))
    yield from lint_repeated("sdgs", content.sdgs)
    if content.series is not None and content.series not in series:
        yield error("series.unknown", "series", N_("There is no series with this slug."))
    if content.capacity is not None and not 1 <= content.capacity <= LARGEST_CAPACITY:
        text = N_("Places are counted from 1 to {most}; leave it out when there is no limit.")
        yield error("capacity.range", "capacity", text, most=LARGEST_CAPACITY)
    yield from _reminders(content)


def _reminders(content: EventContent) -> Iterator[Finding]:
    unknown = [each for each in content.reminders if each not in RULES and each != NO_REMINDERS]
    if unknown:
        yield error("reminders.unknown", "reminders", N_("There is no reminder {name}."), name=unknown[0])
    if NO_REMINDERS in content.reminders and len(content.reminders) > 1:
        text = N_("Choose times or no reminders at all, not both.")
        yield error("reminders.both", "reminders", text)


def _topics(content: EventContent, edition: EditionContent) -> Iterator[Finding]:
    if not content.topics:
        yield warning("topic.missing", "topics", N_("Choose a topic, or nobody finds the event by one."))
    if len(content.topics) > MOST_TOPICS:
        yield warning("topic.many", "topics", N_("Choose at most {most} topics."), most=MOST_TOPICS)
    for index, topic in enumerate(content.topics):
        where = child("topics", index)
        yield from lint_choice(where, topic, TOPICS)
        if topic in TOPICS and edition.topics and topic not in edition.topics:
            yield warning("topic.not-in-edition", where, N_("This edition does not use this topic."))
    yield from lint_repeated("topics", content.topics)


def _languages(content: EventContent) -> Iterator[Finding]:
    lists = {name: getattr(content, name) for name in ("spoken", "interpreted", "captioned", "signed")}
    yield from lint_tags(("language", [content.language]), ("texts", content.texts), *lists.items())
    yield from lint_tags(("public_reason", content.public_reason))
    if content.image is not None:
        yield from lint_tags(("image.alt", content.image.alt))
        if not any(content.image.alt.values()):
            text = N_("Say in words what the picture shows, for people who cannot see it.")
            yield error("image.alt", "image.alt", text)
    for where, part in _all_parts(content):
        for name in ("title", "description", "text"):
            words = getattr(part, name, None)
            if isinstance(words, Mapping):
                yield from lint_tags((child(where, name), words))
    for name, tags in lists.items():
        yield from lint_repeated(name, tags)
    if not content.spoken:
        yield error("language.spoken-missing", "spoken", N_("Say which languages are spoken."))
    for index, tag in enumerate(content.signed):
        if tag.split("-")[0] not in SIGN_LANGUAGES:
            text = N_("This is no sign language; International Sign is “ils”.")
            yield warning("language.not-signed", child("signed", index), text)


def _place(content: EventContent) -> Iterator[Finding]:
    yield from lint_country("host_country", content.host_country)
    venue = content.venue
    if content.format is EventFormat.ONLINE:
        if venue is not None and venue != VenueContent():
            yield warning("venue.online", "venue", N_("An online event has no venue. Is it hybrid?"))
    elif venue is None or not venue.city.strip():
        text = N_("An event that people come to needs at least its city.")
        yield error("venue.city-missing", "venue.city" if venue is not None else "venue", text)
    if venue is not None:
        yield from lint_country("venue.country", venue.country)
        yield from lint_pin(venue)


def _registration(content: EventContent, join_link: str) -> Iterator[Finding]:
    registration = content.registration
    yield from link_checks.lint_registration("registration.url", registration.url)
    yield from link_checks.lint_join_link("registration.join_link", join_link)
    for name in ("stream_url", "recording_url", "web_url"):
        yield from link_checks.lint_public(name, getattr(content, name))
    has_way_in = bool(registration.url or join_link or registration.private_link_id)
    if content.access is Access.INVITATION and has_way_in:
        text = N_("An event by invitation is listed without a link; take it out.")
        where = "registration.url" if registration.url else "registration.join_link"
        yield error("registration.invitation-link", where, text)
    elif registration.state is RegistrationState.OPEN and not (has_way_in or registration.with_us):
        text = N_("Registration is said to be open, but there is no link.")
        yield warning("registration.link-missing", "registration", text)
    if registration.opens_at and registration.closes_at and registration.closes_at <= registration.opens_at:
        yield error("registration.order", "registration.closes_at", N_("It closes before it opens."))
    yield from lint_sign_up(content)


def _listed(where: str, parts: Iterable[_Identified]) -> Iterator[tuple[str, _Identified]]:
    return ((child(where, index), part) for index, part in enumerate(parts))
