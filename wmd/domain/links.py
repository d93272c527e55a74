"""What a pasted link is (a public page, a private way into a room, or something we refuse to keep), and what links
and addresses must not stand in a public text.

:func:`classify` reads a link before anything stores or logs it. No finding, message or ``repr`` made here holds a path
or a query string, because both may be the key to a meeting; findings name the host at most.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.link_rules import PRIVATE_KINDS, REFUSED_KINDS, ZOOM_HOSTS, Address, LinkKind, Verdict, host_is, judge

__all__ = [
    "MAX_LENGTH",
    "Link",
    "LinkKind",
    "classify",
    "contains_private_link",
    "find_emails",
    "find_private_links",
    "is_zoom_host",
    "is_zoom_page",
    "lint_public_text",
    "take_out_refused",
]

#: Longer links are cut by mail programs and calendars.
MAX_LENGTH = 2048

#: A link inside a link inside a link; deeper nesting is nobody's honest paste.
_NESTING = 3

_SAFE_IN_PATH = "/%:@!$&'()*+,;=-._~"
_SAFE_IN_QUERY = _SAFE_IN_PATH + "?"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Keys count wherever they stand: in the query, the fragment, or after a semicolon in the path.
_KEY = re.compile(r"(?<![a-z0-9_])([a-z][a-z0-9_]{0,31})\s?=")
_INNER = re.compile(r"(?i)https?:/{1,3}([^\s&]{1,2048})")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER_LABEL = re.compile(r"\d+|0x[0-9a-f]*")

# What must not stand in public texts. Every part is bounded, so that no text makes the search slow.
_URL = re.compile(
    r"(?<![\w.-])(?:https?:/{1,3})?(?:[^\s/@<>\"']{1,64}@)?"
    r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\.?(?::\d{1,5})?(?:[/?#][^\s<>\"]{0,2048})?",
    re.IGNORECASE,
)
_APP_LINK = re.compile(r"(?<!\w)(?:zoommtg|zoomus|zoomrc|zoomphonecall|msteams|webexteams|wbx):/?/?\S", re.IGNORECASE)
#: No link that is refused is without one of these, however its characters are written; a text without is not searched.
_MAY_BE_REFUSED = re.compile(r"(?i)zoom|webex|zak|tk|[&%]|[^\x00-\x7f]")
_EMAIL = re.compile(
    r"(?<![\w.+%@-])[\w+%-][\w.+%'-]{0,63}"
    r"(?:@|\s?[\[({]\s?(?:at|arroba|ät)\s?[\])}]\s?)"
    r"(?:[\w-]{1,63}(?:\.|\s?[\[({]\s?(?:dot|punto|point|punkt)\s?[\])}]\s?)){1,8}[^\W\d_]{2,24}",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?)]}'*_"

# IDNA 2003 and 2008 disagree on these letters, so two programs could open two different hosts.
_DEVIATIONS = frozenset("ßς\u200c\u200d")


@dataclass(frozen=True, slots=True)
class Link:
    """What a pasted link is. Exactly one of ``public``, ``private`` and ``refused`` is true.

    ``url`` is normalised (``https``, host in ASCII, escaped): fit to show when ``public``; to be stored encrypted
    and never shown when ``private``; "" when ``refused``. ``platform`` is zoom, teams, webex, meet, jitsi, bbb, goto,
    youtube, vimeo, facebook, twitch, linkedin, eventbrite or other.
    """

    kind: LinkKind
    platform: str
    url: str = field(repr=False)
    findings: tuple[Finding, ...] = ()
    public: bool = False
    private: bool = False
    refused: bool = False


class _Refusal(Exception):  # noqa: N818 -- never leaves this module
    """A link is not of a form that we accept; carries the finding."""

    def __init__(self, code: str, text: str) -> None:
        self.finding = Finding(f"link.{code}", Level.ERROR, "", text)
        super().__init__(code)


_EMPTY = N_("There is no link.")
_TOO_LONG = N_("The link is longer than 2,048 characters.")
_CHARACTERS = N_("The link holds blanks, line breaks or other characters that no link has. Copy it again.")
_BROKEN = N_("This is not a web address.")
_NOT_HTTPS = N_("The link does not begin with https://.")
_USERINFO = N_("The link holds a user name before the host, which is used to deceive people.")
_PORT = N_("The link names a port; public pages have none.")
_HOST = N_("The host in the link is not the name of a public web site.")
_IP = N_("The link holds a number instead of a host name.")
_DOT = N_("The host in the link ends with a dot.")

#: Findings on accepted and refused kinds: code -> level and words; ``{host}`` is the only parameter.
_WORDS: dict[str, tuple[Level, str]] = {
    "host-key": (Level.ERROR, N_("This link opens the room as you, its host. Paste the registration link instead.")),
    "personal-ticket": (
        Level.ERROR,
        N_("This link is one person's ticket and opens the room as that person. Paste the registration link instead."),
    ),
    "private": (
        Level.WARNING,
        N_("This link leads straight into the room, so it is never shown: it is kept encrypted for confirmed people."),
    ),
    "passcode": (Level.WARNING, N_("The link contains the passcode of the room, so it is never shown.")),
    "personal-room": (Level.WARNING, N_("This is somebody's personal room, in which other meetings take place too.")),
    "token": (Level.WARNING, N_("The registration link looks cut or mistyped. Open it once and copy it again.")),
    "number": (Level.WARNING, N_("The number of the meeting looks cut or mistyped. Open the link once to check it.")),
    "regional": (Level.WARNING, N_("Links of {host} do not open in every country.")),
    "lookalike": (
        Level.WARNING,
        N_("{host} is no page of Zoom, Teams, Webex or Google Meet, although it looks like one. Is the link right?"),
    ),
    "shortened": (Level.WARNING, N_("{host} hides where the link leads. Paste the address it leads to.")),
    "wrapped": (Level.WARNING, N_("The link goes through {host}. Paste the link it leads to.")),
    "idn": (Level.WARNING, N_("The host is written with letters that can look like others; it is {host}.")),
    "not-checked": (Level.NOTE, N_("Links of {host} are accepted, but cannot be checked.")),
}


def classify(raw: str) -> Link:
    """Return what a pasted link is. Never raises; what cannot be accepted comes back refused, with the reason.

    The checks run in a fixed order, from the bytes to the meaning: trimmed and NFC; no control characters or blanks;
    https; no user name; no port but 443; a public host name (RFC 3490 names become ASCII; no IP literal in any
    spelling, no trailing dot); then the platform's own forms (``link_rules.py``).
    """
    return _classify(raw, _NESTING)


def is_zoom_host(host: str) -> bool:
    """Tell whether a host name (ASCII, lower case) is Zoom's, by whole labels."""
    return host_is(host, *ZOOM_HOSTS)


def is_zoom_page(raw: str) -> bool:
    """Tell whether a link is a page of Zoom's that everybody may open: of all links, these alone are looked at."""
    link = classify(raw)
    return link.public and link.platform == "zoom" and is_zoom_host(urlsplit(link.url).hostname or "")


def _classify(raw: str, depth: int) -> Link:
    try:
        parts, host = _gate(raw)
    except _Refusal as refusal:
        return Link(LinkKind.OTHER, "other", "", (refusal.finding,), refused=True)
    verdict = judge(_address(parts, host))
    doubts = list(verdict.doubts)
    inner = _inner(parts, depth)
    if inner is not None:
        # What is inside decides; a private registration page stays private although its kind alone is not.
        verdict = Verdict(inner.platform, inner.kind if inner.refused or inner.kind in PRIVATE_KINDS else LinkKind.JOIN)
        doubts = ["wrapped"]
    if any(label.startswith("xn--") for label in host.split(".")):
        doubts.append("idn")
    return _link(verdict, doubts, host, _normalised(parts, host))


def _link(verdict: Verdict, doubts: list[str], host: str, url: str) -> Link:
    """Put a verdict into words."""
    refused = verdict.kind in REFUSED_KINDS
    private = not refused and (verdict.kind in PRIVATE_KINDS or "passcode" in doubts)
    codes = []
    if refused:
        codes = ["host-key" if verdict.kind is LinkKind.HOST else "personal-ticket"]
    elif private:
        codes = ["private"]
    codes += [] if refused else doubts
    if not refused and verdict.platform != "zoom":
        codes.append("not-checked")
    findings = tuple(Finding(f"link.{code}", _WORDS[code][0], "", _WORDS[code][1], {"host": host}) for code in codes)
    return Link(
        verdict.kind,
        verdict.platform,
        "" if refused else url,
        findings,
        public=not refused and not private,
        private=private,
        refused=refused,
    )


def _gate(raw: str) -> tuple[SplitResult, str]:
    """Return the parts of a link and its host in ASCII, or raise :class:`_Refusal`."""
    # Over-long input is refused before anything walks over it; trimming cannot be what makes it fit.
    if len(raw) > 2 * MAX_LENGTH:
        raise _Refusal("too-long", _TOO_LONG)
    text = unicodedata.normalize("NFC", raw.strip())
    if not text:
        raise _Refusal("empty", _EMPTY)
    if len(text) > MAX_LENGTH:
        raise _Refusal("too-long", _TOO_LONG)
    # Browsers read a backslash as a slash, we would not: the two would see different hosts.
    if any(unicodedata.category(character)[0] in "CZ" or character == "\\" for character in text):
        raise _Refusal("characters", _CHARACTERS)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _Refusal("broken", _BROKEN) from None
    if parts.scheme != "https":
        raise _Refusal("not-https", _NOT_HTTPS)
    if "@" in parts.netloc:
        raise _Refusal("userinfo", _USERINFO)
    if port not in {None, 443}:
        raise _Refusal("port", _PORT)
    return parts, _ascii_host(parts.hostname or "", parts.netloc)


def _ascii_host(name: str, netloc: str) -> str:
    """Return a public host name in lower-case ASCII, or raise :class:`_Refusal`."""
    if "[" in netloc or ":" in name:
        raise _Refusal("ip", _IP)
    if name.endswith((".", "。", "．", "｡")):
        raise _Refusal("trailing-dot", _DOT)
    if _DEVIATIONS & set(name):
        raise _Refusal("host", _HOST)
    try:
        host = name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise _Refusal("host", _HOST) from None
    labels = host.split(".")
    # Browsers take any host whose last label is a number for an IPv4 address: 127.1, 0x7f.1, 2130706433.
    if _NUMBER_LABEL.fullmatch(labels[-1]):
        raise _Refusal("ip", _IP)
    if len(labels) < 2 or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _Refusal("host", _HOST)
    return host


def _address(parts: SplitResult, host: str) -> Address:
    """Return what the platform rules look at, decoded as a browser and its server would decode it."""
    keys = frozenset(_KEY.findall(_rest(parts).lower()))
    return Address(host, _segments(parts.path), _segments(parts.fragment.partition("?")[0]), keys)


def _rest(parts: SplitResult) -> str:
    """Return all after the host, decoded. Twice: some servers do, and "%256a" must not be a way round."""
    return unquote(unquote(f"{parts.path}?{parts.query}#{parts.fragment}"))


def _segments(path: str) -> tuple[str, ...]:
    """Return the decoded segments of a path after removing dots and empty ones (RFC 3986 section 5.2.4)."""
    kept: list[str] = []
    for segment in unquote(unquote(path)).replace("\\", "/").split("/"):
        name = segment.split(";", 1)[0].strip()
        if name == "..":
            kept = kept[:-1]
        elif name not in {"", "."}:
            kept.append(name)
    return tuple(kept)


def _inner(parts: SplitResult, depth: int) -> Link | None:
    """Return the private or refused link that a redirecting one carries (mail filters and archives do that)."""
    if depth == 0:
        return None
    found = (_private(match[1], depth - 1) for match in _INNER.finditer(_rest(parts)))
    return next((link for link in found if link is not None), None)


def _normalised(parts: SplitResult, host: str) -> str:
    """Return the link with its host in ASCII and everything else escaped once."""

    def escaped(text: str, safe: str) -> str:
        return quote(_STRAY_PERCENT.sub("%25", text), safe=safe)

    return urlunsplit(
        (
            "https",
            host,
            escaped(parts.path, _SAFE_IN_PATH),
            escaped(parts.query, _SAFE_IN_QUERY),
            escaped(parts.fragment, _SAFE_IN_QUERY),
        )
    )


def find_private_links(text: str) -> list[Link]:
    """Return the links in a text that open a meeting room, as their classification.

    The search is deliberately wide: links without ``https://``, with a user name, split by invisible characters,
    written as HTML entities, or inside another link. It says *that* something is there, not where.
    """
    text = _folded(text)
    found = [link for match in _URL.finditer(text) if (link := _private(match[0], _NESTING)) is not None]
    found += [Link(LinkKind.JOIN, "other", "", refused=True) for _ in _APP_LINK.finditer(text)]
    return found


def take_out_refused(text: str) -> tuple[str, Link | None]:
    """Return a text without the links that only one person may have, and the first of them; None when there is none.

    A host's link and somebody's ticket are kept nowhere, not even sealed in a draft. The rest of the text stays as it
    is, unless such a link was dressed up so that it cannot be cut out of it.
    """
    if not _MAY_BE_REFUSED.search(text):
        return text, None
    found: list[Link] = []

    def cut(match: re.Match[str]) -> str:
        link = _private(match[0], _NESTING)
        if link is None or link.kind not in REFUSED_KINDS:
            return match[0]
        found.append(link)
        return match[0][len(match[0].rstrip(_TRAILING)) :]

    left = _URL.sub(cut, text)
    if any(link.kind in REFUSED_KINDS for link in find_private_links(left)):
        left = _URL.sub(cut, _folded(left))
    return left, found[0] if found else None


def contains_private_link(text: str) -> bool:
    """Tell whether a text holds a link that opens a meeting room."""
    return bool(find_private_links(text))


def find_emails(text: str) -> list[str]:
    """Return the mail addresses in a text, also those written with "(at)". Handles such as @city are none."""
    return [match[0] for match in _EMAIL.finditer(_folded(text))]


def lint_public_text(text: str, where: str = "") -> list[Finding]:
    """Return the errors that keep a text from being public: ``text.private-link`` and ``text.email``."""
    findings = []
    if links := find_private_links(text):
        words = N_("The text holds a link that leads straight into a meeting room. Put it into the field for the link.")
        findings.append(Finding("text.private-link", Level.ERROR, where, words, {"count": len(links)}))
    if emails := find_emails(text):
        words = N_("The text holds a mail address; public texts have none. Name a page with a contact form instead.")
        findings.append(Finding("text.email", Level.ERROR, where, words, {"count": len(emails)}))
    return findings


def _folded(text: str) -> str:
    """Return a copy without entities, compatibility forms and invisible characters."""
    text = unicodedata.normalize("NFKC", html.unescape(text)).replace("。", ".")
    return "".join(character for character in text if unicodedata.category(character) not in {"Cf", "Mn"})


def _private(candidate: str, depth: int) -> Link | None:
    """Return the classification of a link in a text when it opens a room, however it is dressed up."""
    bare = re.sub(r"(?i)^https?:/+", "", candidate.rstrip(_TRAILING))
    try:
        parts = urlsplit("https://" + bare)
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError):
        return None
    plain = _classify(parts._replace(netloc=host).geturl(), depth)
    if plain.private or plain.kind in REFUSED_KINDS:
        return plain
    # A link too long or too odd to be accepted can still be one that works.
    opens = plain.refused and judge(_address(parts, host)).kind in PRIVATE_KINDS | REFUSED_KINDS
    return Link(LinkKind.JOIN, "other", "", refused=True) if opens else None
