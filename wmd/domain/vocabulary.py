"""The closed vocabularies of the field: what an event, organisation or link may be.

The values are stored and appear in addresses (``?format=online``); they never change. Labels are
English and marked for gettext; the web layer translates them.
"""

from __future__ import annotations

from enum import StrEnum

from wmd.domain.findings import N_


class EventFormat(StrEnum):
    """How people take part."""

    ONLINE = "online"
    HYBRID = "hybrid"
    IN_PERSON = "in-person"


class Access(StrEnum):
    """Who may take part."""

    OPEN = "open"
    REGISTRATION = "registration"
    INVITATION = "invitation"


class SessionStatus(StrEnum):
    """States of an EventSession; the moves between them are in ``states.py``."""

    SCHEDULED = "scheduled"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


class RegistrationState(StrEnum):
    """What the organiser says about registering."""

    OPEN = "open"
    NOT_YET = "not-yet"
    FULL = "full"
    CLOSED = "closed"
    MISSING = "missing"
    NOT_NEEDED = "not-needed"


class OrganiserRole(StrEnum):
    """What an organisation is to an event."""

    LEAD = "lead"
    CO = "co"
    SUPPORTER = "supporter"


#: What a yes-or-no question is answered with, and the words a reader sees.
YES_NO = {"yes": N_("Yes"), "no": N_("No")}


class SpeakerRole(StrEnum):
    """What a person does in a session."""

    SPEAKER = "speaker"
    MODERATOR = "moderator"
    OPENING = "opening"


class Origin(StrEnum):
    """Where a text in one language comes from."""

    ORIGINAL = "original"
    HUMAN = "human"
    MACHINE = "machine"


class Answer(StrEnum):
    """An access fact: a plain answer, including that nobody asked yet."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


FORMAT_LABELS: dict[str, str] = {
    "online": N_("Online"),
    "hybrid": N_("Hybrid"),
    "in-person": N_("In person"),
}

ACTIVITY_LABELS: dict[str, str] = {
    "webinar": N_("Webinar"),
    "panel": N_("Panel or debate"),
    "workshop": N_("Workshop or training"),
    "conference": N_("Conference"),
    "networking": N_("Networking or peer exchange"),
    "exhibition": N_("Exhibition"),
    "visit": N_("Guided visit or walk"),
    "open-day": N_("Open day"),
    "launch": N_("Launch of a report or tool"),
    "contest": N_("Hackathon or contest"),
    "culture": N_("Film or culture"),
    "campaign": N_("Campaign"),
    "other": N_("Other"),
}

ORGANISATION_KIND_LABELS: dict[str, str] = {
    "local-government": N_("Local or city government"),
    "metropolitan-government": N_("Metropolitan government"),
    "regional-government": N_("Regional or provincial government"),
    "national-government": N_("National government"),
    "city-network": N_("City network or association"),
    "international-body": N_("International or UN body"),
    "academia": N_("Academia or research"),
    "civil-society": N_("Civil society"),
    "community": N_("Community or grassroots group"),
    "company": N_("Private company"),
    "professional-body": N_("Professional body or think tank"),
    "foundation": N_("Foundation"),
    "media": N_("Media"),
    "youth": N_("Youth organisation"),
    "other": N_("Other"),
}

PLATFORM_LABELS: dict[str, str] = {
    "zoom-webinar": N_("Zoom webinar"),
    "zoom-meeting": N_("Zoom meeting"),
    "teams": N_("Microsoft Teams"),
    "webex": N_("Webex"),
    "meet": N_("Google Meet"),
    "stream": N_("Live stream"),
    "jitsi": N_("Jitsi or BigBlueButton"),
    "own-page": N_("The organiser's own page"),
    "other": N_("Other"),
}

#: Regions as Metropolis divides the world, with "global" for what belongs to none.
METROPOLIS_REGION_LABELS: dict[str, str] = {
    "africa": N_("Africa"),
    "asia-pacific": N_("Asia-Pacific"),
    "europe": N_("Europe"),
    "latin-america-caribbean": N_("Latin America and the Caribbean"),
    "north-america": N_("North America"),
    "global": N_("Global"),
}

#: UN-Habitat's regions, kept beside them as a second field.
UN_HABITAT_REGION_LABELS: dict[str, str] = {
    "africa": N_("Africa"),
    "arab-states": N_("Arab States"),
    "asia-pacific": N_("Asia and the Pacific"),
    "europe": N_("Europe"),
    "latin-america-caribbean": N_("Latin America and the Caribbean"),
    "north-america": N_("North America"),
    "global": N_("Global"),
}

#: Access facts an organiser is asked for; each is answered yes, no or unknown.
ACCESS_FACT_LABELS: dict[str, str] = {
    "step-free": N_("Step-free venue"),
    "phone": N_("Can be followed by phone"),
    "low-bandwidth": N_("Low-bandwidth option"),
    "materials-before": N_("Materials in advance"),
    "transcript": N_("Transcript afterwards"),
}

#: Official short titles of the Sustainable Development Goals (sdgs.un.org/goals).
SDG_LABELS: dict[int, str] = {
    1: N_("No poverty"),
    2: N_("Zero hunger"),
    3: N_("Good health and well-being"),
    4: N_("Quality education"),
    5: N_("Gender equality"),
    6: N_("Clean water and sanitation"),
    7: N_("Affordable and clean energy"),
    8: N_("Decent work and economic growth"),
    9: N_("Industry, innovation and infrastructure"),
    10: N_("Reduced inequalities"),
    11: N_("Sustainable cities and communities"),
    12: N_("Responsible consumption and production"),
    13: N_("Climate action"),
    14: N_("Life below water"),
    15: N_("Life on land"),
    16: N_("Peace, justice and strong institutions"),
    17: N_("Partnerships for the goals"),
}

#: The eight topics of the Metropolis toolkit, in its order: slug, name, name of the tint in the style sheet.
TOOLKIT_TOPICS: tuple[tuple[str, str], ...] = (
    ("sustainability-and-climate-change", N_("Sustainability and climate change")),
    ("governance-and-citizen-engagement", N_("Governance and citizen engagement")),
    ("equity-in-health-and-care", N_("Equity in health and care")),
    ("gender-equality", N_("Gender equality")),
    ("public-space-and-housing", N_("Public space and housing")),
    ("mobility-accessibility-and-transport", N_("Mobility, accessibility and transport")),
    ("sustainable-economy", N_("Sustainable economy")),
    ("digitalisation-and-innovation", N_("Digitalisation and innovation")),
)

#: First parts of addresses that no edition may take: present ones and those promised for later; by their length of two
#: or three letters also the interface languages.
RESERVED_SLUGS: frozenset[str] = frozenset(
    [
        "about",
        "accessibility",
        "account",
        "admin",
        "api",
        "assets",
        "changes",
        "docs",
        "e",
        "editions",
        "embed",
        "favicon.ico",
        "favourites",
        "feeds",
        "go",
        "health",
        "healthz",
        "help",
        "hooks",
        "login",
        "logout",
        "mailbox",
        "mailbox",
        "me",
        "media",
        "metrics",
        "organiser",
        "organisers",
        "privacy",
        "programme",
        "programme-template.csv",
        "programme.schema.json",
        "readyz",
        "robots.txt",
        "series",
        "sign-in",
        "sign-out",
        "sitemap.xml",
        "staff",
        "static",
        "submit",
        "subscribe",
        "topics",
        "zone",
    ]
)
SHORTEST_EDITION_SLUG = 4
