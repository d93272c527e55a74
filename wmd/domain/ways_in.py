"""Where people take part: one answer for the button, ``/go``, the room, and what is noted when it changes."""

from __future__ import annotations

from typing import NamedTuple

from wmd.domain.vocabulary import RegistrationState


class WayIn(NamedTuple):
    """What is said of an event that decides where one takes part. ``is_here``: registration is with this service."""

    state: str
    url: str
    stream_url: str = ""
    web_url: str = ""
    is_here: bool = False
    private_link_id: str | None = None

    def address(self, *, has_place: bool = False) -> str:
        """Return the public address that ``/go`` leads to, besides our own sign-up; a blank when there is none.

        Without a registration that is the stream, else the page of the event. Who has a place here (``has_place``)
        finds the stream where no join link is kept.
        """
        if self.url:
            return self.url
        if self.state == RegistrationState.NOT_NEEDED:
            return self.stream_url or self.web_url
        return self.stream_url if has_place else ""

    def link(self) -> tuple[str, str]:
        """Return all that people are led to: the public address and the id of the private link."""
        private = self.private_link_id or ""
        return self.address(has_place=self.is_here and not private), private
