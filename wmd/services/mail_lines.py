"""Short phrases that fill places in mails, in English: they are said in each reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from wmd.domain.findings import N_

#: What happened to an event that is called off or held after all: a word, a sentence, and one for some sessions only.
CALLED_OFF: Mapping[str, tuple[str, str, str]] = {
    "cancelled": (
        N_("Cancelled"), N_("this event is cancelled:"), N_("a part of this event is cancelled, as it says below:"),
    ),
    "postponed": (
        N_("Postponed"), N_("this event is postponed; the new time is not known yet:"),
        N_("a part of this event is postponed, as it says below; the new time is not known yet:"),
    ),
    "scheduled": (
        N_("It takes place"), N_("this event takes place after all:"),
        N_("a part of this event takes place after all:"),
    ),
}  # fmt: skip
CHANGED = (N_("Changed"), N_("this event was cancelled or postponed:"), "")

DIGEST_LINES: Mapping[str, str] = {
    "submitted": N_("new or changed events to look at: {count}"),
    "overdue": N_("of these, waiting for more than two working days: {count}"),
    "unconfirmed": N_("events whose sender has not confirmed the address: {count}"),
    "suspect": N_("set aside as possible spam: {count}"),
    "answered": N_("answers to questions: {count}"),
    "failed": N_("mails that could not be delivered: {count}"),
}
