"""The ticket of an event: when its present session is, on whose clocks, and the way in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from wmd.domain.agenda import State, next_change, state_of
from wmd.domain.programme import EventView, Programme, SessionView
from wmd.domain.status import NOTHING, EventStatus, disputed_sessions, turns_at
from wmd.domain.vocabulary import SessionStatus
from wmd.web import names, words
from wmd.web.catalogue import gettext
from wmd.web.public import addresses
from wmd.web.public.registration import Door, Registration, open_address, registration_of
from wmd.web.public.rows import Eyes, earliest, fact_words, organiser_words, state_item, topic_items
from wmd.web.public.when import city_of, faces


@dataclass(frozen=True, slots=True)
class Way:
    """The button to take part: its address (a blank when it is shut), its words, and why it is shut or what to know."""

    door: str
    url: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """An event at a glance: title, times of the session that matters now, way in.

    ``seen``: when its link was last seen working; ``disputed``: notices that a time is being confirmed.
    """

    url: str
    code: str
    title: str
    lang: str
    dir: str
    summary: str
    who: Markup
    topics: list[dict[str, str]]
    facts: list[str]
    mine: dict[str, str]
    others: list[dict[str, str]]
    state: dict[str, str] | None
    off: bool
    way: Way
    link_note: str
    made_up: str
    seen: str
    disputed: tuple[str, ...]
    following: str
    session_code: str
    valid_until: datetime | None


def main_session(event: EventView, now: datetime) -> SessionView:
    """Return the session that matters now: on or next, else the last that took place, else one put off."""
    scheduled = [session for session in event.sessions if session.status is SessionStatus.SCHEDULED]
    ahead = [session for session in scheduled if session.ends_at > now]
    postponed = [session for session in event.sessions if session.status is SessionStatus.POSTPONED]
    return (ahead[:1] or postponed[:1] or scheduled[-1:] or list(event.sessions[-1:]))[0]


def following_words(event: EventView, session: SessionView, eyes: Eyes) -> str:
    """Return when the next timed session begins while another heads the page that has begun or lasts all day."""
    if not session.all_day and session.starts_at > eyes.now:
        return ""
    later = (
        each
        for each in event.sessions
        if each.status is SessionStatus.SCHEDULED and not each.all_day and each.starts_at > eyes.now
    )
    following = next((each for each in later if each.code != session.code), None)
    return words.moment(following.starts_at, eyes.zone, eyes.language) if following else ""


def time_items(
    event: EventView, session: SessionView, eyes: Eyes, *, every_day: bool = False
) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return the viewer's reading and the others for the ``times`` macro.

    The date stands beside the others where it is needed, with ``every_day`` always.
    """
    city = city_of(event, session)
    if session.all_day:
        return {
            "label": gettext("In %(city)s", city=city),
            "time": gettext("All day"),
            "day": words.day_span(session.starts_on, session.ends_on, eyes.language),
            "starts_iso": session.starts_on.isoformat(),
        }, []
    items: list[dict[str, str]] = []
    for face in faces(event, session, eyes.zone, eyes.language, is_own=eyes.is_own):
        day = face.day if face.mine or face.shift or (items and items[0]["plus"]) else ""
        day = day or (face.short_day if every_day else "")
        noted = ", ".join(filter(None, (day, face.shift_note)))
        items.append(
            {
                "label": _own_label(face.place, eyes) if face.mine else face.place,
                "time": face.span,
                "day": " · ".join(filter(None, (noted, face.ends_note))),
                "plus": face.shift,
                "starts_iso": words.iso(session.starts_at),
                "ends_iso": words.iso(session.ends_at),
            }
        )
    return items[0], items[1:]


def _own_label(place: str, eyes: Eyes) -> str:
    """Return whose clocks come first; they are called the reader's only where the reader's zone is known."""
    if eyes.is_own:
        return gettext("Your time · %(zone)s", zone=place)
    return gettext("Time in %(place)s", place=place)


def ticket_of(event: EventView, programme: Programme, eyes: Eyes, status: EventStatus = NOTHING) -> Ticket:
    """Return the ticket of an event for a viewer. The event must have a session.

    ``status`` is what is known of its link, on pages that show that and depend on it.
    """
    session = main_session(event, eyes.now)
    state: State = state_of(session, eyes.now)
    mine, others = time_items(event, session, eyes)
    text = event.text(eyes.language)
    way = registration_of(event, eyes.now, status)
    foreign = text.language != eyes.language
    return Ticket(
        url=addresses.event(programme.edition.slug, event),
        code=event.code,
        title=text.title,
        lang=text.language if foreign else "",
        dir=names.direction(text.language) if foreign else "",
        summary=text.summary,
        who=organiser_words(event, programme, eyes.language),
        topics=topic_items(event, programme, linked=True),
        facts=fact_words(event, eyes.language),
        mine=mine,
        others=others,
        state=state_item(state, event),
        off=state in {"cancelled", "postponed"},
        way=way_in(event, way, eyes, status),
        link_note=_link_note(event, way, status, eyes.now),
        made_up=_made_up(event, way),
        seen=_seen(event, way, status, eyes),
        disputed=dispute_words(event, status, eyes),
        following=following_words(event, session, eyes),
        session_code=session.code,
        valid_until=earliest(
            way.changes_at,
            turns_at(event, status, eyes.now),
            *(next_change(each, eyes.now) for each in event.sessions),
        ),
    )


def _made_up(event: EventView, way: Registration) -> str:
    """Return the warning about a made-up event's link; registering with us works as it would."""
    leads_nowhere = event.is_demo and way.is_open and not event.registration.is_here
    return gettext("This event is made up; its link leads nowhere.") if leads_nowhere else ""


def _link_note(event: EventView, way: Registration, status: EventStatus, now: datetime) -> str:
    """Return what is said beside a way in that is known to fail, or not known to work."""
    if way.door in {Door.OVER, Door.CANCELLED, Door.POSTPONED, Door.RENEWING}:
        return ""
    if event.link_wrong and event.registration.is_here:
        return gettext("The way into the room is being renewed. Places stand: who has one is led in by the new one.")
    if event.link_wrong:
        return gettext("We know that this link does not work. The organisers have been asked for one that does.")
    if way.is_open and not event.registration.url and event.registration.is_here:
        return _room_note(event, status)
    if way.is_open and event.registration.url and status.is_doubtful(now):
        return gettext("The page that this leads to could not be found when we last looked. We go on looking.")
    return ""


def _room_note(event: EventView, status: EventStatus) -> str:
    """Return what who registers with us should know of the room on Zoom."""
    if status.is_renewing:
        return gettext("The link into the room is being renewed. Register all the same: we send you the new way in.")
    if status.registration == "full" and event.registration.has_waiting_list:
        return gettext("Zoom says that its room is full. Register here all the same: there is a waiting list.")
    if status.registration == "full":
        return gettext("Zoom says that its room is full. The organisers know who registers here, and may make room.")
    return ""


def _seen(event: EventView, way: Registration, status: EventStatus, eyes: Eyes) -> str:
    """Return when the link was last seen working, to the hour, beside a button that leads there."""
    if status.seen_at is None or way.door is not Door.OPEN or not event.registration.url or event.link_wrong:
        return ""
    when = words.moment(status.seen_at, eyes.zone, eyes.language)
    return gettext("The link was last seen working on %(when)s.", when=when)


def dispute_words(event: EventView, status: EventStatus, eyes: Eyes) -> tuple[str, ...]:
    """Return a notice for each session, on or within a day, whose time the organisers are confirming."""
    found = disputed_sessions(event, status, eyes.now)
    if found and len(event.sessions) == 1:
        return (
            gettext(
                "The organisers are confirming the time of this event. Until they have, the time given here holds."
            ),
        )
    return tuple(
        gettext(
            "The organisers are confirming the time of the session on %(when)s. Until they have, that time holds.",
            when=words.moment(each.starts_at, eyes.zone, eyes.language),
        )
        for each in found
    )


def way_in(event: EventView, way: Registration, eyes: Eyes, status: EventStatus = NOTHING) -> Way:
    """Return the button of an event: open with its address, or shut with its reason."""
    if way.door is Door.OPEN:
        until = words.moment(way.closes_at, eyes.zone, eyes.language) if way.closes_at else ""
        reason = gettext("Registration is open until %(when)s.", when=until) if until else ""
        return Way("open", addresses.take_part(event.code), _open_label(event, status), reason)
    if way.door is Door.FREE:
        linked = bool(open_address(event))
        come = gettext("No registration needed: simply come.")
        url = addresses.take_part(event.code) if linked else ""
        return Way("free", url, gettext("Take part") if linked else gettext("No registration needed"), come)
    return Way(way.door.value, "", _shut_label(way.door), _reason(way, eyes))


def _open_label(event: EventView, status: EventStatus) -> str:
    if event.registration.is_here and status.is_taken:
        return gettext("Full – wait for a place")
    if event.platform in {"zoom-webinar", "zoom-meeting"} and not event.registration.is_here:
        return gettext("Register on Zoom")
    return gettext("Register")


def _shut_label(door: Door) -> str:
    labels = {
        Door.NOT_YET: gettext("Registration not open yet"),
        Door.FULL: gettext("Full"),
        Door.CLOSED: gettext("Registration closed"),
        Door.FULL_THERE: gettext("Full on Zoom"),
        Door.CLOSED_THERE: gettext("Registration closed on Zoom"),
        Door.RENEWING: gettext("The link is being renewed"),
        Door.MISSING: gettext("No registration link yet"),
        Door.INVITATION: gettext("By invitation only"),
        Door.OVER: gettext("This event is over"),
        Door.CANCELLED: gettext("Cancelled"),
        Door.POSTPONED: gettext("Postponed"),
    }
    return labels[door]


def _reason(way: Registration, eyes: Eyes) -> str:
    if way.door is Door.NOT_YET and way.opens_at is not None:
        return gettext("Registration opens %(when)s.", when=words.moment(way.opens_at, eyes.zone, eyes.language))
    if way.door is Door.CLOSED and way.closes_at is not None:
        return gettext("Registration closed %(when)s.", when=words.moment(way.closes_at, eyes.zone, eyes.language))
    reasons = {
        Door.NOT_YET: gettext("The organisers have not opened registration yet. Come back nearer the day."),
        Door.FULL: gettext("All places are taken. The organisers may still offer a recording."),
        Door.CLOSED: gettext("The organisers have closed registration."),
        Door.FULL_THERE: gettext(
            "Zoom’s page said that all places are taken. Let us remind you: places may become free, and there may be a"
            " recording."
        ),
        Door.CLOSED_THERE: gettext(
            "Zoom’s page said that registration is closed. Let us remind you: it may open again, and there may be a"
            " recording."
        ),
        Door.RENEWING: gettext(
            "The registration page is gone. The organisers have been asked for the new link; it will appear here."
        ),
        Door.MISSING: gettext("The organisers have not sent their link yet. It will appear here."),
        Door.INVITATION: gettext("The organisers invite participants themselves."),
        Door.OVER: gettext("It has taken place; registration is closed."),
        Door.CANCELLED: gettext("The organisers have cancelled this event."),
        Door.POSTPONED: gettext("The organisers have put this event off. The new time will appear here."),
    }
    return reasons[way.door]
