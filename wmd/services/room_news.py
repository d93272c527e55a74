"""What a reminder must know of an event's room: whether its link is being renewed, and what other times it has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from wmd.domain.cities import city_in
from wmd.domain.findings import N_
from wmd.domain.programme import EventView, SessionView
from wmd.domain.status import is_disputed, their_end, their_start
from wmd.models import WebinarBinding, ZoomDrift
from wmd.services.session_words import When, when_lines
from wmd.services.status import RENEWING, is_current

_RENEWING: Final = N_(
    "The link of this event is being renewed. The button leads to the new one as soon as there is one; look once more"
    " shortly before it begins."
)
_BOTH: Final = N_(
    "The organisers are still confirming when this begins. The programme says the time above; the room on Zoom is set"
    " to:\n{times}\nThe page of the event says which of them holds as soon as that is known. To be safe, be there at"
    " the earlier one."
)
_NO_TIME: Final = N_(
    "The organisers are still confirming when this begins: the room on Zoom has no such date. The page of the event"
    " says more as soon as that is known."
)


class Dispute(NamedTuple):
    """A session whose room has another time, which nobody has decided on; None where the room has no such date."""

    drift_id: str
    session_id: str
    starts_at: datetime | None
    ends_at: datetime | None


class RoomNews(NamedTuple):
    """What is known of the room of one event. ``disputes``: every open difference of its times."""

    is_renewing: bool = False
    disputes: tuple[Dispute, ...] = ()

    def about(self, sessions: Iterable[SessionView]) -> list[tuple[SessionView, Dispute]]:
        """Return those of some sessions that begin at another time in their room, each with what that has."""
        by_session = {each.session_id: each for each in self.disputes}
        return [
            (each, by_session[each.id])
            for each in sessions
            if each.id in by_session and is_disputed(each.starts_at, by_session[each.id].starts_at)
        ]

    @property
    def drift_ids(self) -> str:
        """The differences that were read, as ``attendee_checks.stands`` compares them."""
        return ",".join(sorted(each.drift_id for each in self.disputes))


NO_NEWS: Final = RoomNews()


def read_news(dbs: Session, event_ids: Collection[str]) -> Mapping[str, RoomNews]:
    """Return what is known of the rooms of some events, as far as there is anything; one statement."""
    drift = and_(ZoomDrift.binding_id == WebinarBinding.id, ZoomDrift.state == "open", ZoomDrift.field == "time")
    rows = dbs.execute(
        select(WebinarBinding.event_id, WebinarBinding.state, ZoomDrift.id, ZoomDrift.session_id, ZoomDrift.theirs)
        .outerjoin(ZoomDrift, drift)
        .where(
            WebinarBinding.event_id.in_(event_ids), is_current(),
            or_(WebinarBinding.state.in_(RENEWING), ZoomDrift.id.is_not(None)),
        )
        .order_by(ZoomDrift.id)
    )  # fmt: skip
    found: dict[str, RoomNews] = {}
    for event_id, state, drift_id, session_id, theirs in rows:
        known = found.get(event_id, RoomNews(state in RENEWING))
        if drift_id is not None:
            dispute = Dispute(drift_id, session_id, their_start(theirs), their_end(theirs))
            known = known._replace(disputes=(*known.disputes, dispute))
        found[event_id] = known
    return found


def news_words(
    news: RoomNews, event: EventView, sessions: Iterable[SessionView], zone: str, language: str,
    say: Callable[[str], str],
) -> list[str]:  # fmt: skip
    """Return what a reminder of these sessions of an event says of their room, in the reader's zone."""
    disputes = news.about(sessions)
    lines: list[str] = []
    for session, theirs in disputes:
        if theirs.starts_at is not None:
            ends_at = theirs.ends_at or theirs.starts_at + (session.ends_at - session.starts_at)
            city = city_in(session.zone, event.places)
            lines += when_lines(When(theirs.starts_at, ends_at, session.zone, None, city), zone, language, say)
    said = [say(_RENEWING)] if news.is_renewing else []
    if lines:
        said.append(say(_BOTH).format(times="\n".join(lines)))
    elif disputes:
        said.append(say(_NO_TIME))
    return said
