"""Tables by subject: typed columns and constraints, no behaviour."""

from wmd.models.accounts import (
    Consent,
    MailToken,
    OrganisationContact,
    RateCount,
    RecoveryCode,
    StaffMember,
    WebSession,
)
from wmd.models.desk import CoOrganiser, Declaration, EditableText, FieldComment, Note, Question, Reason
from wmd.models.drafts import Draft, Image, LogoPack, LogoRelease
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
from wmd.models.mail import MailSwitch, Message, Suppression
from wmd.models.organisations import EditionOrganisation, Organisation, Person, PublicCode
from wmd.models.submissions import Alarm, AuditEntry, Decision, Revision, Submission

__all__ = [
    "Alarm",
    "AuditEntry",
    "CalendarEntry",
    "Change",
    "CoOrganiser",
    "Consent",
    "Decision",
    "Declaration",
    "Draft",
    "EditableText",
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
    "FieldComment",
    "Image",
    "LogoPack",
    "LogoRelease",
    "MailSwitch",
    "MailToken",
    "Message",
    "Note",
    "Organisation",
    "OrganisationContact",
    "Panel",
    "PanelQuestion",
    "Person",
    "PrivateLink",
    "PublicCode",
    "Question",
    "RateCount",
    "Reason",
    "RecoveryCode",
    "Region",
    "Revision",
    "Series",
    "SiteState",
    "Speaker",
    "StaffMember",
    "Submission",
    "Suppression",
    "Topic",
    "WebSession",
]
