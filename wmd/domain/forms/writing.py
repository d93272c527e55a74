"""From content to what stands in the form: to edit what was handed in, and to copy it into another edition or again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from wmd.domain.content import (
    EditionContent,
    EventContent,
    OrganisationContent,
    PanelContent,
    ReviewContent,
    SessionContent,
    SpeakerContent,
)
from wmd.domain.forms.reading import Contact
from wmd.domain.forms.sign_up_cells import copied_sign_up, type_sign_up
from wmd.domain.identities import forget_ids, ids_in, without_claims
from wmd.domain.vocabulary import OrganiserRole, RegistrationState, SessionStatus

_WEEK_DAYS = 7


def type_event(content: EventContent, *, people: Mapping[str, str], organisations: Mapping[str, str]) -> dict[str, str]:
    """Return an event as it would have been typed; ``people`` are names by id, ``organisations`` names by key.

    The raw join link is not in the content: its field stays empty, which keeps the one there is.
    """
    typed = {
        "language": content.language,
        **_texts(content),
        "activity": content.activity,
        "format": content.format.value,
        "access": content.access.value,
        "platform": content.platform,
        "cost": content.cost,
        "access_note": content.access_note,
        "region": content.region,
        "un_region": content.un_region,
        "host_city": content.host_city,
        "host_country": content.host_country,
        "series": content.series or "",
        "hashtags": " ".join(content.hashtags),
        "sdgs": "\n".join(map(str, content.sdgs)),
        "capacity": _number(content.capacity),
        "stream_url": content.stream_url,
        "recording_url": content.recording_url,
        "web_url": content.web_url,
        "registration.url": content.registration.url,
        "registration.state": content.registration.state.value,
        **type_sign_up(content),
        **{
            name: "\n".join(getattr(content, name))
            for name in ("topics", "audience", "reminders", "spoken", "interpreted", "captioned", "signed")
        },
        **{f"access_facts.{name}": answer.value for name, answer in content.access_facts.items()},
        **{f"answers.{slug}": answer for slug, answer in content.answers.items()},
    }
    for index, session in enumerate(content.sessions):
        typed |= _session(f"sessions[{index}]", session, content.language, people)
    partners = [organiser for organiser in content.organisers if organiser.role is not OrganiserRole.LEAD]
    for index, partner in enumerate(partners, start=1):
        path = f"organisers[{index}]"
        name = organisations.get(partner.key, "")
        typed |= {f"{path}.key": partner.key, f"{path}.name": name, f"{path}.role": partner.role.value}
    return typed | _venue(content) | _review(content.review) | _image(content)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _texts(content: EventContent) -> dict[str, str]:
    typed: dict[str, str] = {}
    for tag, text in content.texts.items():
        typed |= {
            f"texts.{tag}.title": text.title,
            f"texts.{tag}.summary": text.summary,
            f"texts.{tag}.description": text.description,
            f"texts.{tag}.origin": text.origin.value,
        }
    return typed


def _session(path: str, session: SessionContent, language: str, people: Mapping[str, str]) -> dict[str, str]:
    typed = {
        f"{path}.id": session.id,
        f"{path}.zone": session.zone,
        f"{path}.title": session.title.get(language, ""),
        f"{path}.time_text": session.time_text,
        f"{path}.time_confirmed": "yes" if session.time_confirmed else "",
        **{f"{path}.{name}": "" for name in ("date", "starts", "ends", "ends_date")},
    }
    if session.all_day:
        typed[f"{path}.all_day"] = "yes"
        typed[f"{path}.date"] = _day(session.starts_on)
        typed[f"{path}.ends_date"] = _day(session.ends_on) if session.ends_on != session.starts_on else ""
    elif session.starts is None and session.ends is None:
        typed[f"{path}.to_confirm"] = "yes"
    else:
        typed |= _clock(path, session)
    for index, speaker in enumerate(session.speakers):
        typed |= _speaker(f"{path}.speakers[{index}]", speaker, language, people)
    typed[f"{path}.panels_asked"] = "yes"
    for index, panel in enumerate(session.panels):
        typed |= _panel(f"{path}.panels[{index}]", panel, language, people)
    return typed


def _panel(path: str, panel: PanelContent, language: str, people: Mapping[str, str]) -> dict[str, str]:
    typed = {f"{path}.id": panel.id}
    for name, words in (("title", panel.title), ("description", panel.description)):
        typed |= {f"{path}.{name}.{tag}": text for tag, text in words.items()}
    for tag in dict.fromkeys(tag for question in panel.questions for tag in question.text):
        lines = (question.text.get(tag, "") for question in panel.questions)
        typed[f"{path}.questions.{tag}"] = "\n".join(lines).rstrip("\n")
    for index, speaker in enumerate(panel.speakers):
        typed |= _speaker(f"{path}.speakers[{index}]", speaker, language, people)
    return typed


def _day(on: date | None) -> str:
    return on.isoformat() if on is not None else ""


def _clock(path: str, session: SessionContent) -> dict[str, str]:
    starts, ends = session.starts, session.ends
    first = starts or ends
    typed = {f"{path}.date": _day(first.date() if first else None)}
    if starts is not None:
        typed[f"{path}.starts"] = f"{starts:%H:%M}"
    if ends is not None:
        typed[f"{path}.ends"] = f"{ends:%H:%M}"
        if starts is not None and ends.date() != starts.date():
            typed[f"{path}.ends_date"] = _day(ends.date())
    return typed


def _speaker(path: str, speaker: SpeakerContent, language: str, people: Mapping[str, str]) -> dict[str, str]:
    name = people.get(speaker.person_id or "", "")
    return {
        f"{path}.id": speaker.id,
        f"{path}.name": name,
        f"{path}.title": speaker.title.get(language, ""),
        f"{path}.organisation": speaker.organisation,
        f"{path}.role": speaker.role.value,
        f"{path}.consent": "yes" if name else "",
    }


def _venue(content: EventContent) -> dict[str, str]:
    venue = content.venue
    if venue is None:
        return {}
    return {f"venue.{name}": getattr(venue, name) for name in ("name", "address", "city", "country")} | {
        "venue.latitude": "" if venue.latitude is None else repr(venue.latitude),
        "venue.longitude": "" if venue.longitude is None else repr(venue.longitude),
    }


def _review(review: ReviewContent | None) -> dict[str, str]:
    if review is None:
        return {}
    typed = {f"review.{name}": getattr(review, name) for name in ("theme_fit", "outcomes", "note", "urban_october")}
    counts = ("expected", "women", "men", "others", "not_stated")
    return typed | {f"review.{name}": _number(getattr(review, name)) for name in counts}


def _image(content: EventContent) -> dict[str, str]:
    if content.image is None:
        return {}
    return {
        "image.id": content.image.id,
        "image.alt": content.image.alt.get(content.language, ""),
        "image.credit": content.image.credit,
    }


def type_contact(contact: Contact) -> dict[str, str]:
    """Return a contact as typed."""
    names = ("name", "address", "role_title", "phone", "language", "zone")
    return {f"contact.{name}": getattr(contact, name) for name in names}


def type_organisation(content: OrganisationContent) -> dict[str, str]:
    """Return an organisation's profile as typed."""
    names = ("acronym", "kind", "city", "country", "region", "website", "public_email", "is_member")
    typed = {f"organisation.{name}": getattr(content, name) for name in names}
    typed["organisation.name"] = content.names.get(content.language, "")
    typed["organisation.name_en"] = content.names.get("en", "") if content.language != "en" else ""
    typed["organisation.social"] = " ".join(content.social)
    return typed


def copied(content: EventContent, source: EditionContent, target: EditionContent) -> EventContent:
    """Return the content as the beginning of another event: links emptied, nothing that names this one.

    In another edition the dates move by whole weeks, so that weekday and wall time stay: as near to the new main day as
    they were to the old one. What was said of the old edition's theme and questions is left out.
    """
    is_other = source.slug != target.slug
    shift = _shift(source.main_day, target.main_day) if is_other else timedelta(0)
    fresh = forget_ids(without_claims(content), ids_in(content))
    review = content.review
    if is_other and review is not None:
        review = ReviewContent(outcomes=review.outcomes)
    return replace(
        fresh,
        key="",
        sessions=tuple(_moved(session, shift) for session in fresh.sessions),
        registration=replace(copied_sign_up(content.registration), state=_reopened(content.registration.state)),
        stream_url="",
        recording_url="",
        web_url="",
        answers={} if is_other else content.answers,
        review=review,
        is_lead=False,
    )


def _reopened(state: RegistrationState) -> RegistrationState:
    kept = {RegistrationState.NOT_NEEDED, RegistrationState.NOT_YET}
    return state if state in kept else RegistrationState.MISSING


def _shift(source: date, target: date) -> timedelta:
    """Return the whole weeks between two main days, rounded to the nearest."""
    return timedelta(days=round((target - source).days / _WEEK_DAYS) * _WEEK_DAYS)


def _moved(session: SessionContent, shift: timedelta) -> SessionContent:
    return replace(
        session,
        key="",
        starts=session.starts + shift if session.starts else None,
        ends=session.ends + shift if session.ends else None,
        starts_on=session.starts_on + shift if session.starts_on else None,
        ends_on=session.ends_on + shift if session.ends_on else None,
        # The old words name the old day.
        time_text="" if shift else session.time_text,
        time_confirmed=False if shift else session.time_confirmed,
        status=SessionStatus.SCHEDULED,
    )
