"""Who will hear of a change, as a sentence."""

from __future__ import annotations

from wmd.services.hearing import Hearers
from wmd.web.catalogue import gettext, ngettext


def hearing_words(hearers: Hearers) -> str:
    """Return who gets a mail about what, or that nobody does; and who keeps a place that is given no more."""
    return " ".join(filter(None, (_keeping(hearers.keeping), _mailed(hearers))))


def _keeping(count: int) -> str:
    words = ngettext(
        "%(num)d person has a place here and keeps it, though people register elsewhere from now on.",
        "%(num)d people have a place here; they keep it, though people register elsewhere from now on.", count,
    )  # fmt: skip
    return words if count else ""


def _mailed(hearers: Hearers) -> str:
    if not hearers.about:
        return gettext("Nobody is mailed about this. Calendars that people subscribed to follow by themselves.")
    if not hearers.anybody:
        return gettext(
            "Nobody is registered here or follows this event, so nobody is mailed. Calendars that people subscribed to"
            " follow by themselves."
        )
    what = {
        "time": gettext("the new time"), "date": gettext("the new date"), "place": gettext("the new place"),
        "link": gettext("the new way to take part"), "state": gettext("whether it takes place"),
        "hidden": gettext("that it is no longer in the programme"),
    }  # fmt: skip
    about = ", ".join(what[name] for name in hearers.about)
    registered = ngettext("%(num)d person registered", "%(num)d people registered", hearers.registrants)
    followers = ngettext("%(num)d following", "%(num)d following", hearers.followers)
    return gettext(
        "%(registered)s and %(followers)s will get a mail: %(about)s.", registered=registered, followers=followers,
        about=about,
    )  # fmt: skip


def behind_words(hearers: Hearers) -> str:
    """Return who would be mailed about what matters, on a form where nothing is changed yet; a blank for nobody."""
    if not hearers.anybody:
        return ""
    registered = ngettext("%(num)d person registered", "%(num)d people registered", hearers.registrants)
    followers = ngettext("%(num)d following", "%(num)d following", hearers.followers)
    return gettext(
        "%(registered)s and %(followers)s: they get a mail when time, place or link change, and none about wording.",
        registered=registered, followers=followers,
    )  # fmt: skip
