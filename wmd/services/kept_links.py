"""The join link that an event's organisers gave us, as they may read it again: masked, with the day it was given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.models import Event, PrivateLink
from wmd.secretbox import SecretBox
from wmd.services.private_links import open_link

#: So many of the last characters tell one room from another, and open none.
_SHOWN = 4


class KeptLink(NamedTuple):
    """A private link: enough of it to know it again, and since when it is kept."""

    masked: str
    given_at: datetime


def masked_link(link: str) -> str:
    """Return a link without what opens it: ``https://a.zoom.us/j/98765431234?pwd=x`` is ``a.zoom.us/j/…1234``."""
    parts = urlsplit(link)
    segments = [part for part in parts.path.split("/") if part]
    shown = [part if len(part) <= _SHOWN and part.isalpha() else "" for part in segments[:-1]]
    last = segments[-1] if segments else ""
    tail = f"…{last[-_SHOWN:]}" if len(last) > 2 * _SHOWN else "…"
    return "/".join([parts.hostname or "", *filter(None, shown), tail])


def kept_links(dbs: Session, box: SecretBox, event_ids: Collection[str]) -> Mapping[str, KeptLink]:
    """Return the private links of some events, by event; none where none is kept. One query."""
    rows = dbs.execute(
        select(Event.id, PrivateLink)
        .join(PrivateLink, PrivateLink.id == Event.private_link_id)
        .where(Event.id.in_(sorted(event_ids)), PrivateLink.deleted_at.is_(None))
    ).tuples()
    opened = ((event_id, row, open_link(box, row)) for event_id, row in rows)
    return {event_id: KeptLink(masked_link(link), row.created_at) for event_id, row, link in opened if link}
