"""What the paths of webinar platforms mean: who gets in with such a link, and whether the public may see it.

Hosts are matched on label boundaries. Zoom's forms are documented by use only; the token of a registration page is the
Base64url of a version 4 UUID (every sample seen so far), so a token that is not is worth a question, not a refusal.
Everything here errs on the side of "private": a link that is hidden by mistake costs a mail, one that is shown by
mistake opens somebody's meeting to the world.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class LinkKind(StrEnum):
    """What a link opens."""

    REGISTRATION = "registration"
    JOIN = "join"
    PERSONAL_TICKET = "personal-ticket"
    HOST = "host"
    PERSONAL_ROOM = "personal-room"
    WEB_CLIENT = "web-client"
    RECORDING = "recording"
    OTHER = "other"


#: Kinds that let whoever has them into a room.
PRIVATE_KINDS = frozenset({LinkKind.JOIN, LinkKind.PERSONAL_ROOM, LinkKind.WEB_CLIENT})
#: Kinds that nobody but one person may have; they are not kept at all.
REFUSED_KINDS = frozenset({LinkKind.HOST, LinkKind.PERSONAL_TICKET})


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a link that rules look at: host in ASCII, decoded path segments, names of query keys.

    ``keys`` are lower-case and include those in the fragment, where single-page clients keep theirs.
    """

    host: str
    segments: tuple[str, ...]
    fragment: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()

    def segment(self, position: int) -> str:
        """Return a path segment in lower case, or ""."""
        return self.segments[position].lower() if position < len(self.segments) else ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say; ``doubts`` are codes of warnings (without the prefix ``link.``)."""

    platform: str
    kind: LinkKind
    doubts: tuple[str, ...] = field(default=())


ZOOM_HOSTS = ("zoom.us", "zoom.com", "zoomgov.com", "zoom.com.cn")
#: Zoom's separate clouds, whose meetings do not open from every country.
_REGIONAL_ZOOM = ("zoomgov.com", "zoom.com.cn")
_NUMERIC_ID = re.compile(r"\d{9,11}")
_WEBINAR_TOKEN = re.compile(r"WN_([A-Za-z0-9_-]{22})")
_OLD_MEETING_TOKEN = re.compile(r"t[ZJ][A-Za-z0-9_-]{34}")
_SHORT_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_GREENLIGHT_ROOM = re.compile(r"[a-z0-9]{3}(-[a-z0-9]{3}){2,3}")

_SHORTENERS = (
    "bit.ly",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "ow.ly",
    "is.gd",
    "cutt.ly",
    "rebrand.ly",
    "t.ly",
    "shorturl.at",
)

#: What a host of nobody's platform may hold to be taken for one's.
_NAMES = ("zoom", "webex", "teams.microsoft", "teams.live", "msteams", "microsoftteams", "meet.google")


def host_is(host: str, *domains: str) -> bool:
    """Tell whether ``host`` is one of the domains or below it; ``evilzoom.us`` is not below ``zoom.us``."""
    return any(host == domain or host.endswith("." + domain) for domain in domains)


def is_v4_token(token: str) -> bool:
    """Tell whether 22 characters are the Base64url of a version 4 UUID (RFC 9562 section 5.4)."""
    if not _SHORT_TOKEN.fullmatch(token):
        return False
    identity = uuid.UUID(bytes=base64.urlsafe_b64decode(token + "=="))
    return identity.version == 4


def judge(address: Address) -> Verdict:
    """Return what a link opens, by its platform's rules and then by the keys that open a room anywhere."""
    for domains, rule in _RULES:
        if host_is(address.host, *domains):
            verdict = rule(address)
            break
    else:
        verdict = _other(address)
    return _with_keys(address, verdict)


def _with_keys(address: Address, verdict: Verdict) -> Verdict:
    """Apply the rule for all hosts: ``zak`` is a host's key, ``tk`` a ticket, ``pwd`` a passcode."""
    if "zak" in address.keys:
        return Verdict(verdict.platform, LinkKind.HOST)
    if verdict.kind in REFUSED_KINDS:
        return verdict
    if "tk" in address.keys and verdict.platform == "zoom":
        return Verdict("zoom", LinkKind.PERSONAL_TICKET)
    if "tk" in address.keys and verdict.kind not in PRIVATE_KINDS:
        return Verdict(verdict.platform, LinkKind.JOIN, verdict.doubts)
    if "pwd" in address.keys:
        kind = LinkKind.JOIN if verdict.kind is LinkKind.OTHER else verdict.kind
        return Verdict(verdict.platform, kind, (*verdict.doubts, "passcode"))
    return verdict


def _zoom(address: Address) -> Verdict:
    """Zoom: registration, join, ticket, host, personal room, web client and recording forms."""
    doubts = ("regional",) if host_is(address.host, *_REGIONAL_ZOOM) else ()
    first, second = address.segment(0), address.segment(1)
    simple = {"s": LinkKind.HOST, "my": LinkKind.PERSONAL_ROOM, "rec": LinkKind.RECORDING}
    if _is_ticket(address, first):
        return Verdict("zoom", LinkKind.PERSONAL_TICKET, doubts)
    if first in {"webinar", "meeting"} and second == "register":
        return Verdict("zoom", LinkKind.REGISTRATION, (*doubts, *_token_doubts(address, first)))
    if first in {"w", "j"}:
        number = _number_doubts(second) if first == "j" else ()
        return Verdict("zoom", LinkKind.JOIN, (*doubts, *number))
    if first == "wc":
        return Verdict("zoom", LinkKind.HOST if "start" in _lower(address) else LinkKind.WEB_CLIENT, doubts)
    if first in simple and len(address.segments) > 1:
        personal = ("personal-room",) if first == "my" else ()
        return Verdict("zoom", simple[first], (*doubts, *personal))
    return _zoom_other(address, doubts)


def _is_ticket(address: Address, first: str) -> bool:
    """Whether a link is one person's: a join link with its ticket, or what Zoom shows that person after signing up."""
    if first == "w":
        return "tk" in address.keys
    return first in {"webinar", "meeting"} and ("icstoken" in address.keys or address.segments[-1:] == ("success",))


def _zoom_other(address: Address, doubts: tuple[str, ...]) -> Verdict:
    """Zoom pages that are not in the table: private as soon as they carry a meeting's number or start one."""
    segments = _lower(address)
    numbered = any(_NUMERIC_ID.fullmatch(segment) for segment in segments)
    if segments[:1] == ("start",) or (numbered and "start" in segments):
        return Verdict("zoom", LinkKind.HOST, doubts)
    if numbered or "confno" in address.keys or segments[:1] in {("join",), ("launch",), ("ejl",)}:
        return Verdict("zoom", LinkKind.JOIN, doubts)
    return Verdict("zoom", LinkKind.OTHER, doubts)


def _token_doubts(address: Address, first: str) -> tuple[str, ...]:
    """Return a doubt when the token of a registration page is cut or mistyped."""
    rest = address.segments[2:]
    if first == "webinar":
        token = rest[-1] if len(rest) == 1 or (len(rest) == 2 and rest[0].isdecimal()) else ""
        match = _WEBINAR_TOKEN.fullmatch(token)
        return () if match and is_v4_token(match[1]) else ("token",)
    token = rest[0] if len(rest) == 1 else ""
    return () if _OLD_MEETING_TOKEN.fullmatch(token) or is_v4_token(token) else ("token",)


def _number_doubts(number: str) -> tuple[str, ...]:
    """Return a doubt about a meeting's number: ten digits are a personal room, others than 9 to 11 a slip."""
    if not _NUMERIC_ID.fullmatch(number):
        return ("number",)
    return ("personal-room",) if len(number) == 10 else ()


def _lower(address: Address) -> tuple[str, ...]:
    return tuple(segment.lower() for segment in address.segments)


def _teams(address: Address) -> Verdict:
    """Teams: meeting links join; ``/registration`` and the events host are forms."""
    segments = _lower(address) + tuple(part.lower() for part in address.fragment)
    if "meetup-join" in segments or segments[:1] in {("meet",), ("dl",), ("join",)}:
        return Verdict("teams", LinkKind.JOIN)
    if host_is(address.host, "events.teams.microsoft.com") or segments[:1] == ("registration",):
        return Verdict("teams", LinkKind.REGISTRATION)
    return Verdict("teams", LinkKind.OTHER)


def _webex(address: Address) -> Verdict:
    """Webex: ``j.php``, ``/meet``, ``/join`` and the clients join; ``g.php`` and ``weblink/register`` are forms."""
    segments = _lower(address)
    joins = {"j.php", "m.php", "joinservice", "join", "wbxmjs", "m", "launchapp"}
    if "register" in segments or "g.php" in segments:
        return Verdict("webex", LinkKind.REGISTRATION)
    if segments[:1] == ("meet",):
        return Verdict("webex", LinkKind.PERSONAL_ROOM, ("personal-room",))
    if "start" in segments:
        return Verdict("webex", LinkKind.HOST)
    if joins & set(segments) or "mtid" in address.keys:
        return Verdict("webex", LinkKind.JOIN)
    if "recordingservice" in segments or "ldr.php" in segments:
        return Verdict("webex", LinkKind.RECORDING)
    return Verdict("webex", LinkKind.OTHER)


def _goto(address: Address) -> Verdict:
    """GoTo: webinar registration pages are forms, every other numbered page joins."""
    segments = _lower(address)
    if segments[:1] in {("register",), ("rt",)}:
        return Verdict("goto", LinkKind.REGISTRATION)
    return Verdict("goto", LinkKind.JOIN if segments else LinkKind.OTHER)


def _room(platform: str) -> Callable[[Address], Verdict]:
    """Return the rule of a platform on which any path is a room."""
    return lambda address: Verdict(platform, LinkKind.JOIN if address.segments else LinkKind.OTHER)


def _named(platform: str) -> Callable[[Address], Verdict]:
    """Return the rule of a platform whose pages are public."""
    return lambda _address: Verdict(platform, LinkKind.OTHER)


def _other(address: Address) -> Verdict:
    """Any other host: rooms of self-hosted BigBlueButton are known by their path, shorteners hide where they lead."""
    segments = _lower(address)
    greenlight = segments[:1] in {("b",), ("rooms",)} and bool(_GREENLIGHT_ROOM.fullmatch(address.segment(1)))
    if greenlight or segments[:1] == ("bigbluebutton",):
        return Verdict("bbb", LinkKind.JOIN)
    if "meetup-join" in segments:
        return Verdict("teams", LinkKind.JOIN)
    if host_is(address.host, *_SHORTENERS):
        return Verdict("other", LinkKind.OTHER, ("shortened",))
    return Verdict("other", LinkKind.OTHER, ("lookalike",) if any(name in address.host for name in _NAMES) else ())


_RULES: tuple[tuple[tuple[str, ...], Callable[[Address], Verdict]], ...] = (
    (ZOOM_HOSTS, _zoom),
    (("teams.microsoft.com", "teams.live.com", "teams.microsoft.us", "teams.cloud.microsoft"), _teams),
    (("webex.com",), _webex),
    (("meet.google.com",), _room("meet")),
    (("meet.jit.si", "8x8.vc"), _room("jitsi")),
    (("gotomeeting.com", "gotowebinar.com", "goto.com", "gotomeet.me"), _goto),
    (("whereby.com", "join.skype.com"), _room("other")),
    (("youtube.com", "youtu.be", "youtube-nocookie.com"), _named("youtube")),
    (("vimeo.com",), _named("vimeo")),
    (("facebook.com", "fb.watch", "fb.com"), _named("facebook")),
    (("twitch.tv",), _named("twitch")),
    (("linkedin.com",), _named("linkedin")),
    (("eventbrite.com",), _named("eventbrite")),
)
