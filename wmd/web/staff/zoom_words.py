"""The connection to Zoom in words: what a right is for, what a fault means, what is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wmd.domain.findings import N_
from wmd.services.zoom_budget import Standing
from wmd.web.catalogue import gettext

#: What each of the app's rights is for, by its name without ``:admin``; of webinars and meetings alike.
_RIGHTS: Mapping[str, str] = {
    "read:webinar": N_("read a room: its time, its link, and whether one can register"),
    "read:meeting": N_("read a room: its time, its link, and whether one can register"),
    "read:list_webinars": N_("list a host’s webinars, so that staff can pick one"),
    "read:list_meetings": N_("list a host’s meetings, so that staff can pick one"),
    "write:webinar": N_("create a webinar from an approved event"),
    "write:meeting": N_("create a meeting from an approved event"),
    "update:webinar": N_("send a new time or title to a webinar of ours"),
    "update:meeting": N_("send a new time or title to a meeting of ours"),
    "delete:webinar": N_("delete a webinar of ours when its event is cancelled"),
    "delete:meeting": N_("delete a meeting of ours when its event is cancelled"),
    "write:registrant": N_("register on Zoom who registers here"),
    "write:batch_registrants": N_("register on Zoom, several at once, who registers here"),
    "read:list_registrants": N_("see who is registered already, so that nobody is registered twice"),
    "read:registrant": N_("see whether one person is registered"),
    "update:registrant_status": N_("cancel on Zoom who cancels here"),
    "delete:registrant": N_("remove on Zoom who is erased here"),
    "read:list_registration_questions": N_("know what the room’s own form asks"),
    "read:list_past_participants": N_("count who came, after the end"),
    "read:list_absentees": N_("count who did not come, after the end"),
    "read:list_past_instances": N_("find the past dates of a recurring room"),
    "read:past_qa": N_("read questions and answers, after the end"),
    "read:list_tracking_sources": N_("tell registration links of one room apart"),
    "read:list_panelists": N_("leave panelists out: they have links of their own"),
    "read:user": N_("find a host, and whether they have a licence for webinars"),
}
_UNKNOWN_RIGHT = N_("something that was asked for just now")
#: Kinds of faults (``Class.reason`` of ``domain.zoom.faults``), by class or in full.
_FAULTS: Mapping[str, str] = {
    "RetryAt.rate": N_("too many calls in one second; tried again"),
    "RetryAt.daily": N_("Zoom’s limit of the day is reached"),
    "RetryAt.server": N_("Zoom had a fault of its own"),
    "RetryAt.network": N_("Zoom could not be reached, or did not answer in time"),
    "RetryAt.circuit": N_("we wait, because many calls failed in a row"),
    "RetryAt.budget": N_("our half of the day’s calls is used"),
    "RetryPerson": N_("one person’s tries of this day are used up"),
    "Fix.scopes": N_("the app lacks a right"),
    "Fix.user": N_("Zoom does not know the host"),
    "Fix": N_("Zoom did not accept what was asked"),
    "AuthLost": N_("Zoom refuses us"),
    "Gone": N_("there is no such room any more"),
    "Refused.no-licence": N_("the host has no licence for webinars"),
    "Refused.full": N_("the room is full"),
    "Refused.over": N_("the room is over"),
    "Refused": N_("Zoom said no"),
    "Garbled": N_("the answer could not be read"),
}
_LABELS: Mapping[str, str] = {
    "light": N_("single rooms and people"),
    "medium": N_("lists"),
    "heavy": N_("large lists and many people at once"),
    "intensive": N_("the largest questions"),
}
_HOST = N_("changes of one host’s rooms today")
_TODAY = N_("%(what)s, today")
_THIS_SECOND = N_("%(what)s, by the second")
#: What came of trying the connection.
TRIED: Mapping[str, tuple[str, str]] = {
    "works": ("", N_("Zoom answers, and knows us.")),
    "nobody": ("", N_("Nothing was asked: name a host in WMD_ZOOM_HOST to try with.")),
    "AuthLost": (
        "warning",
        N_("Zoom refuses us: look whether the app is active, and whether its secret is the one in the settings."),
    ),
    "Fix.scopes": ("warning", N_("Zoom answers, but the app lacks a right: see below which.")),
    "Fix.user": ("warning", N_("Zoom answers, but does not know the host in WMD_ZOOM_HOST.")),
    "RetryAt": ("warning", N_("Zoom did not answer, or takes no calls just now. Try again in a while.")),
    "other": ("warning", N_("Zoom answered something that we did not expect; the calls below say what.")),
}  # fmt: skip
DONE: Mapping[str, str] = {"read": N_("Every room is read as soon as the scheduler comes by.")}


def right_words(scope: str) -> str:
    """Return what a right is for."""
    name = scope.removesuffix(":admin").removesuffix(":master").partition(":")[2]
    return gettext(_RIGHTS.get(name, _UNKNOWN_RIGHT))


def fault_words(fault: str) -> str:
    """Return what a kind of fault means."""
    return gettext(_FAULTS.get(fault) or _FAULTS.get(fault.partition(".")[0], "")) or fault


def label_words(label: str) -> str:
    """Return what a limit counts."""
    if label.startswith("host:"):
        return gettext(_HOST)
    name, _, period = label.partition(":")
    return gettext(_TODAY if period else _THIS_SECOND, what=gettext(_LABELS.get(name, name)))


def worth_saying(standings: Sequence[Standing]) -> list[Standing]:
    """Return what of the limits says something: those of a day that were touched, and what Zoom has shut."""
    return [each for each in standings if each.limit is not None or each.used or each.shut_until is not None]


def tried_key(fault: str) -> str:
    """Return under which key of ``TRIED`` a fault is told."""
    return next((key for key in (fault, fault.partition(".")[0]) if key in TRIED), "other")
