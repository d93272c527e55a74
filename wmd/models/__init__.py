"""Tables by subject: typed columns and constraints, no behaviour."""

from wmd.models.editions import Edition, EditionTopic, Region, Series, SiteState, Topic
from wmd.models.events import (
    CalendarEntry,
    Change,
    Event,
    EventLanguage,
    EventOrganisation,
    EventSdg,
    EventSession,
    EventText,
    EventTopic,
    Panel,
    PanelQuestion,
    Speaker,
)
from wmd.models.links import PrivateLink
from wmd.models.organisations import EditionOrganisation, Organisation, Person, PublicCode
from wmd.models.submissions import Alarm, AuditEntry, Decision, Revision, Submission

__all__ = [
    "Alarm",
    "AuditEntry",
    "CalendarEntry",
    "Change",
    "Decision",
    "Edition",
    "EditionOrganisation",
    "EditionTopic",
    "Event",
    "EventLanguage",
    "EventOrganisation",
    "EventSdg",
    "EventSession",
    "EventText",
    "EventTopic",
    "Organisation",
    "Panel",
    "PanelQuestion",
    "Person",
    "PrivateLink",
    "PublicCode",
    "Region",
    "Revision",
    "Series",
    "SiteState",
    "Speaker",
    "Submission",
    "Topic",
]
