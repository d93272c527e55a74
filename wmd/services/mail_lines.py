"""Short phrases that fill places in mails, in English: they are said in each reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from wmd.domain.findings import N_

#: What happened to an event that is called off or held after all, a word and a sentence: to all of it, to a part.
CALLED_OFF: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "cancelled": (
        (N_("Cancelled"), N_("this event is cancelled:")),
        (N_("Partly cancelled"), N_("a part of this event is cancelled, as it says below:")),
    ),
    "postponed": (
        (N_("Postponed"), N_("this event is postponed; the new time is not known yet:")),
        (
            N_("Partly postponed"),
            N_("a part of this event is postponed, as it says below; the new time is not known yet:"),
        ),
    ),
    "scheduled": (
        (N_("It takes place"), N_("this event takes place after all:")),
        (N_("A part takes place"), N_("a part of this event takes place after all:")),
    ),
}
#: What introduces the times of an event that is listed, and of one whose day to be listed has not come.
SHOWS_NOW = N_("This is what the programme shows now:")
SHOWS_LATER = N_("This is what the programme will show:")

DIGEST_LINES: Mapping[str, str] = {
    "submitted": N_("new or changed events to look at: {count}"),
    "overdue": N_("of these, waiting for more than two working days: {count}"),
    "unconfirmed": N_("events whose sender has not confirmed the address: {count}"),
    "suspect": N_("set aside as possible spam: {count}"),
    "answered": N_("answers to questions: {count}"),
    "reports": N_("open reports that something is wrong with an event: {count}"),
    "letters": N_("letters of organisers to those registered, to be read: {count}"),
    "links_wrong": N_("events ahead whose link is known to be wrong: {count}"),
    "links_unanswered": N_("sessions very soon whose organisers have not said whether the link works: {count}"),
    "failed": N_("mails that could not be delivered: {count}"),
}

#: Who says that something is wrong.
SAYS: Mapping[str, str] = {
    "visitor": N_("A visitor says of it:"),
    "organiser": N_("Its organiser says of it:"),
    "watch": N_("Our own look at its link says of it:"),
}

#: What an attendee asked for on their own page.
ACTS: Mapping[str, str] = {
    "export": N_("To download everything we keep about you."),
    "erase": N_("To erase everything we keep about you as somebody who follows events."),
    "address": N_("To send your mails to another address."),
}
MORE = N_("… and {count} more.")
#: What a visitor says is wrong with an event.
PROBLEMS: Mapping[str, str] = {
    "time": N_("The date or the time is wrong."),
    "link": N_("The link does not work, or leads somewhere else."),
    "text": N_("Something in the text is wrong."),
    "other": N_("Something else is wrong."),
}
