"""The digest of what is new for one filter: titles and times, as they are when it goes out."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.models import Follow
from wmd.services.attendee_mail import AttendeeMail, Known, next_session, when_of
from wmd.services.change_mail import one_line_of
from wmd.services.event_views import ShownEvent
from wmd.services.mail_rows import About
from wmd.services.session_words import when_lines


def read_follows(dbs: Session, rows: Sequence[About], known: Known) -> None:
    """Read the filters that a batch is about."""
    wanted = sorted({row.subject_id for row in rows})
    known.more |= {("follow", row.id): row for row in dbs.scalars(select(Follow).where(Follow.id.in_(wanted)))}


class DigestMail(AttendeeMail):
    """``digest``: events that are new and match what the reader follows; what is off or over since is left out."""

    prepare = read_follows

    @staticmethod
    def event_id(row: About) -> str:
        """Return a blank: it is about no single event."""
        return ""

    def skip(self) -> str:
        """Return why it shall not go out."""
        return super().skip() or ("" if self.told else "nothing is left to tell")

    @property
    def told(self) -> list[ShownEvent]:
        """The events that still take place."""
        found = [self.known.events[id_] for id_ in self.other_events(self.row) if id_ in self.known.events]
        return [each for each in found if each.is_listed and next_session(each.view, self.now, lambda _: True)]

    def stop_subject(self) -> str:
        """Return that this filter is what stops."""
        return f"follow:{self.row.subject_id}"

    def _events(self) -> str:
        lines = []
        for each in self.told:
            session = next_session(each.view, self.now, lambda _: True)
            if session is None:
                continue
            times = when_lines(when_of(each.view, session), self.person.zone, self.language, self.say)
            who = self.organiser_of(each.view)
            head = "- " + one_line_of(each.view.text(self.language).title)
            way = f"{self.press.letterhead.base_url}/e/{each.view.code}"
            lines.append("\n".join(filter(None, (head, one_line_of(who), *times, way))))
        return "\n\n".join(lines)

    def _and_more(self) -> str:
        more = int(self.row.facts.get("count", 0)) - len(self.row.facts.get("events") or ())
        return self.say(N_("and {count} more, in the programme:")).format(count=more) if more > 0 else ""

    def _count(self) -> str:
        return str(self.row.facts.get("count", ""))

    def _link(self) -> str:
        follow = self.known.more.get(("follow", self.row.subject_id))
        slug = self.edition.slug if self.edition else ""
        query = f"?{follow.query}" if follow is not None and follow.query else ""
        return f"{self.press.letterhead.base_url}/{slug}/programme{query}"
