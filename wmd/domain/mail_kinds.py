"""The kinds of mail: how urgent each is, how long it is worth sending, and which places its words may have.

What happens to an *uncertain* one (the server may have it, nobody knows) is decided here per kind: a sign-in link is
never sent a second time, everything else once more with the same Message-ID, which mail programs show once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from wmd.domain.findings import N_

#: Priorities: somebody waits before the screen; somebody should know today; many get the same.
URGENT: Final = 0
NORMAL: Final = 1
BULK: Final = 2

_SOON = timedelta(minutes=10)
_HOUR = timedelta(hours=1)
_DAYS = timedelta(days=4)

#: Places that the words of every kind may have.
EVERYWHERE: Mapping[str, str] = {
    "name": N_("the name of the person it is written to"),
    "edition": N_("the name of the edition"),
    "service": N_("the name of this service"),
    "reply_to": N_("the address that answers go to"),
}
_EVENT: Mapping[str, str] = {
    "title": N_("the title of the event"),
    "organisation": N_("the name of the organisation"),
    "receipt": N_("the number of the submission"),
    "times": N_("when each session takes place, in the reader's zone and in the event's"),
}
_LINK = {"link": N_("the address of the page it is about")}
_SECRET_LINK = {"link": N_("the personal link, which only the reader may have")}
_SHOWS = {"shows": N_("whether the programme shows it now, or will show it from a day on")}
_REASON = {"reason": N_("the reason that was given")}
#: Places that mails to attendees have.
_ATTENDEE: Mapping[str, str] = {
    "title": N_("the title of the event"),
    "organisation": N_("the name of the organisation"),
    "button": N_("the one button: our stable address that leads into the event"),
    "event_link": N_("the address of the event's page"),
    "me_link": N_("the reader’s own page, where everything is changed or stopped"),
    "stop_link": N_("the address that stops mails like this one"),
}
_SESSION: Mapping[str, str] = {
    **_ATTENDEE,
    "lead": N_("when it begins, in a few words"),
    "times": N_("when each session takes place, in the reader's zone and in the event's"),
    "place": N_("the place of the event, or nothing when it is online"),
    "notice": N_("that the event's link is known to be wrong, or nothing"),
    "calendar_link": N_("the address of its calendar file"),
}
_PLACE: Mapping[str, str] = {
    **_ATTENDEE,
    "times": N_("when each chosen session takes place, in the reader's zone and in the event's"),
    "place_link": N_("the personal link to the page of this registration"),
}
_CHANGED: Mapping[str, str] = {
    **_ATTENDEE,
    "state": N_("one or two words for what changed"),
    "what": N_("what changed, as a sentence"),
    "was": N_("times and places that no longer hold"),
    "now": N_("what holds now"),
}
_LETTER: Mapping[str, str] = {
    "title": N_("the title of the event"),
    "letter": N_("the subject of the letter"),
    **_LINK,
}
_PROFILE = {"organisation": N_("the name of the organisation")}
_QUESTION = {"question": N_("the question that was asked")}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of mail. ``lives`` is how long after its cause it is worth sending.

    ``resend_uncertain``: what may or may not have reached the server goes out once more. ``has_secret``: the link in
    it works for whoever has it, so that nobody but the reader is shown it.
    """

    name: str
    label: str
    places: Mapping[str, str]
    priority: int = NORMAL
    lives: timedelta = _DAYS
    resend_uncertain: bool = True
    has_secret: bool = False

    @property
    def placeholders(self) -> Mapping[str, str]:
        """Return every place its words may have, with what it is filled with."""
        return {**EVERYWHERE, **self.places}


_KINDS: tuple[Kind, ...] = (
    Kind(
        "sign-in", N_("Sign-in link"), {**_SECRET_LINK, "minutes": N_("how many minutes the link works")},
        priority=URGENT, lives=_SOON, resend_uncertain=False, has_secret=True,
    ),
    Kind("sign-in-unknown", N_("Sign-in asked for an unknown address"), _LINK, priority=URGENT, lives=_SOON,
         resend_uncertain=False),
    Kind("confirm", N_("Confirm your address"), {**_EVENT, **_SECRET_LINK, "until": N_("when the link ends")},
         priority=URGENT, lives=timedelta(days=14), has_secret=True),
    Kind("received", N_("Submission received"), {**_EVENT, **_LINK}),
    Kind("changes-requested", N_("Changes requested"),
         {**_EVENT, **_LINK, **_REASON, "comments": N_("the remarks on single fields")}),
    Kind("approved", N_("Event approved"),
         {**_EVENT, **_LINK, "public_link": N_("the address of its public page, or nothing while it is not shown"),
          "short_link": N_("the short address of the event"),
          "calendar_link": N_("the address of its calendar file"),
          "kit_link": N_("the address of the page with logos and pictures"),
          "publish_on": N_("from when it is shown, or nothing when it is shown already")}),
    Kind("approved-dated", N_("Event approved, to be shown from a day on"),
         {**_EVENT, **_LINK, "publish_on": N_("from when it is shown")}),
    Kind("rejected", N_("Event rejected"), {**_EVENT, **_REASON, **_LINK}),
    Kind("edit-accepted", N_("Change accepted"), {**_EVENT, **_LINK, **_SHOWS}),
    Kind("edit-partly-accepted", N_("Change partly accepted"),
         {**_EVENT, **_LINK, **_REASON, **_SHOWS, "taken": N_("the fields that were taken")}),
    Kind("edit-refused", N_("Change rejected"), {**_EVENT, **_LINK, **_REASON}),
    Kind("profile-accepted", N_("Profile of an organisation accepted"), {**_LINK, **_PROFILE}),
    Kind("profile-refused", N_("Profile of an organisation rejected"), {**_LINK, **_PROFILE, **_REASON}),
    Kind("co-organiser", N_("Confirm to be a co-organiser"),
         {**_EVENT, **_SECRET_LINK, "co_organisation": N_("the organisation that is asked")}, has_secret=True,
         lives=timedelta(days=14)),
    Kind("invite", N_("Invitation to an organisation"),
         {**_SECRET_LINK, "organisation": N_("the name of the organisation"), "until": N_("when the link ends")},
         has_secret=True, lives=timedelta(days=7)),
    Kind("merged", N_("Two listings became one"),
         {**_EVENT, **_LINK, "other": N_("the title of the event it is listed together with")}),
    Kind("cancelled", N_("Event cancelled or postponed"),
         {**_EVENT, **_LINK, **_REASON, "state": N_("one word for what happened: cancelled, postponed or taking place"),
          "what": N_("what happened, as a sentence")}),
    Kind("question", N_("Question from the moderators"), {**_EVENT, **_LINK, **_QUESTION}),
    Kind("draft-reminder", N_("Reminder of a draft"),
         {**_LINK, "title": N_("the title of the event"), "deadline": N_("until when it can be handed in")},
         lives=timedelta(days=2)),
    Kind("question-reminder", N_("Reminder of an open question"), {**_EVENT, **_LINK, **_QUESTION},
         lives=timedelta(days=2)),
    Kind("confirm-reminder", N_("Reminder to confirm your address"),
         {**_EVENT, **_SECRET_LINK, "until": N_("when the link ends")}, has_secret=True, lives=timedelta(days=7)),
    Kind("staff-digest", N_("Daily list for staff"), {**_LINK, "waiting": N_("what waits, line by line")},
         lives=timedelta(hours=20)),
    Kind("alarm", N_("Alarm"), {**_LINK, "message": N_("what is wrong"), "since": N_("since when")},
         priority=URGENT, lives=timedelta(days=2)),
    Kind("announcement", N_("Announcement by staff"),
         {**_EVENT, **_LINK, "subject": N_("the subject that was written"), "text": N_("the text that was written")},
         priority=BULK),
    Kind("change-address", N_("Confirm your new address"), {**_SECRET_LINK, "until": N_("when the link ends")},
         priority=URGENT, lives=timedelta(hours=1), has_secret=True),
    Kind("address-changed", N_("Mail address changed"), {"when": N_("when it was changed")}),
    Kind("contact-added", N_("Contact added by staff"),
         {"organisation": N_("the name of the organisation"), "when": N_("when it was changed"),
          "access": N_("whether the reader answers for it no more, as a sentence")}),
    Kind("staff-added", N_("Added to the staff"), _LINK),
    Kind("follow-confirm", N_("Confirm to be reminded"),
         {**_SECRET_LINK, "wishes": N_("what the reader asked to be reminded of, line by line"),
          "and_more": N_("how many more there are, or nothing"), "until": N_("when the link ends")},
         priority=URGENT, lives=timedelta(days=7), has_secret=True),
    Kind("my-link", N_("Link of an attendee's own page"), _SECRET_LINK, priority=URGENT, lives=_HOUR, has_secret=True),
    Kind("attendee-proof", N_("Confirm an act on an attendee's own page"),
         {**_SECRET_LINK, "act": N_("what will be done, as a sentence"), "until": N_("when the link ends")},
         priority=URGENT, lives=_HOUR, has_secret=True),
    Kind("problem-reported", N_("Somebody says that something is wrong with an event"),
         {**_EVENT, **_LINK, "who": N_("who says so, as half a sentence"),
          "problem": N_("what is said to be wrong, as a sentence"), "words": N_("what they wrote, if anything")}),
    Kind("event-changed", N_("Event changed, to those who attend"),
         {**_CHANGED, "invitation": N_("what the invitation in the mail does, or nothing")}),
    Kind("event-called-off", N_("Event cancelled or postponed, to those who attend"),
         {**_CHANGED, "reason": N_("the reason that everybody reads, if one was given"),
          "alternatives": N_("what else takes place in the same week and language, or nothing"),
          "invitation": N_("what the invitation in the mail does, or nothing")}),
    Kind("event-unlisted", N_("Event no longer listed, to those who attend"),
         {"title": _ATTENDEE["title"], "times": _PLACE["times"],
          "invitation": N_("what the invitation in the mail does, or nothing"),
          "aside": N_("what can be done now, as a sentence"), **_LINK, "me_link": _ATTENDEE["me_link"],
          "stop_link": _ATTENDEE["stop_link"]}),
    Kind("digest", N_("New events that match a filter"),
         {**_LINK, "events": N_("what is new, each with its time"), "count": N_("how many events are new"),
          "and_more": N_("how many more there are, or nothing"), "me_link": _ATTENDEE["me_link"],
          "stop_link": _ATTENDEE["stop_link"]},
         priority=BULK),
    Kind("late-change", N_("Event changed shortly before, to staff"),
         {**_CHANGED, **_LINK, "who": N_("how many people get a mail about it, as a sentence")},
         priority=URGENT, lives=timedelta(days=3)),
    Kind("late-problem", N_("Time or link said to be wrong shortly before, to staff"),
         {**_EVENT, **_LINK, "who": N_("who says so, as half a sentence"),
          "problem": N_("what is said to be wrong, as a sentence"), "words": N_("what they wrote, if anything")},
         priority=URGENT, lives=timedelta(days=3)),
    Kind("reminder", N_("Reminder of an event"), _SESSION),
    Kind("reminder-now", N_("An event begins"), _SESSION),
    Kind("afterwards", N_("Thanks after an event, with the recording"), _SESSION),
    Kind("link-check", N_("Does your link work?"),
         {"title": N_("the title of the event"), "organisation": N_("the name of the organisation"),
          "lead": N_("when it begins, in a few words"),
          "times": N_("when each session takes place, in the reader's zone and in the event's"),
          "event_link": N_("the address of the event's page"), "test": N_("what to try, and how"),
          "try_link": N_("the address that leads to the event, or nothing where people register with us"),
          "button": N_("the one button: the page on which to answer")}, lives=timedelta(days=1)),
    Kind("registration-confirm", N_("Confirm a registration"),
         {"event": N_("the title of the event"), **_SECRET_LINK, "until": N_("when the link ends")},
         priority=URGENT, lives=timedelta(days=7), has_secret=True),
    Kind("registered", N_("Registered for an event"),
         {**_PLACE, "invitation": N_("what the invitation in the mail does, or nothing")}),
    Kind("calendar-entry", N_("One more date for the calendar of somebody registered"),
         {"title": _ATTENDEE["title"], "what": N_("what its invitation does, as a sentence"),
          "times": N_("when it takes place, in the reader's zone and in the event's"),
          "event_link": _ATTENDEE["event_link"], "me_link": _ATTENDEE["me_link"],
          "stop_link": _ATTENDEE["stop_link"]}),
    Kind("waiting", N_("On the waiting list"), _PLACE),
    Kind("place-offered", N_("A place is free"), {**_PLACE, "until": N_("until when the place is kept")},
         priority=URGENT, lives=timedelta(days=1)),
    Kind("registration-ended", N_("Registration ended"),
         {**_PLACE, "what": N_("why it ended, as a sentence"), "aside": N_("what can be done now, as a sentence")}),
    Kind("room-place", N_("News of one’s place in a room on Zoom"),
         {**_PLACE, "state": N_("a few words for what is new"), "what": N_("what is new, as a sentence"),
          "aside": N_("what can be done now, as a sentence")}),
    Kind("registrants-letter", N_("Letter of an organiser to those registered"),
         {**_PLACE, "subject": N_("the subject that was written"), "text": N_("the text that was written")},
         priority=BULK),
    Kind("letter-accepted", N_("Letter to those registered accepted"), _LETTER),
    Kind("letter-refused", N_("Letter to those registered rejected"), {**_LETTER, **_REASON}),
    Kind("room-differs", N_("A room on Zoom differs from the programme"),
         {**_EVENT, **_LINK, "differences": N_("what differs, line by line: what the programme says, and what Zoom")},
         lives=timedelta(days=2)),
    Kind("room-lost", N_("The room of an event is gone from Zoom"),
         {**_EVENT, **_LINK, "loss": N_("what became of the room, as a sentence")}, priority=URGENT,
         lives=timedelta(days=2)),
    Kind("room-refused", N_("Zoom does not show us the room of an event any more"), {**_EVENT, **_LINK}),
    Kind("zoom-lost", N_("Zoom refuses a partner’s account"), {**_LINK, **_PROFILE}),
    Kind("staff-letter", N_("Letter of staff to those registered or following"),
         {**_ATTENDEE, "times": N_("when each chosen session takes place, in the reader's zone and in the event's"),
          "why": N_("why the reader gets it, as a part of a sentence"),
          "subject": N_("the subject that was written"), "text": N_("the text that was written")},
         lives=timedelta(days=1)),
    Kind("test", N_("Test"), {"when": N_("when it was asked for")}, priority=URGENT, lives=timedelta(hours=1)),
)  # fmt: skip

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}

#: What people get because they follow or registered, and for nothing else: it ends with that.
FOR_ATTENDEES: Final = frozenset(
    {
        "follow-confirm", "my-link", "attendee-proof", "reminder", "reminder-now", "afterwards", "event-changed",
        "event-called-off", "event-unlisted", "digest", "registered", "waiting", "place-offered", "registration-ended",
        "room-place",         "calendar-entry",
        "registrants-letter", "staff-letter", "registration-confirm",
    }
)  # fmt: skip
