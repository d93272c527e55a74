"""The DNS records that make others believe our mail: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

#: Names under which mail servers commonly publish their key; a domain does not say which ones it uses.
SELECTORS: Final = ("default", "mail", "dkim", "s1", "s2", "selector1", "selector2", "google", "k1", "wmd")

Look = Callable[[str], Sequence[str] | None]


@dataclass(frozen=True, slots=True)
class Record:
    """One record: what is needed, what DNS says now, and whether that is enough (None: nobody answered)."""

    name: str
    kind: str
    needed: str
    found: tuple[str, ...]
    is_good: bool | None


def look_up(domain: str, server: str, look: Look, selectors: Sequence[str] = SELECTORS) -> list[Record]:
    """Return the three records of a sender's domain. ``server`` is the host that hands our mail on."""
    return [_spf(domain, server, look), _dkim(domain, look, selectors), _dmarc(domain, look)]


def _spf(domain: str, server: str, look: Look) -> Record:
    said = look(domain)
    found = tuple(each for each in said or () if each.lower().startswith("v=spf1"))
    needed = f"v=spf1 a:{server} -all   (or the include: that your mail provider names)"
    # Two SPF records are as bad as none (RFC 7208 §4.5), and "+all" lets everybody in.
    good = len(found) == 1 and "+all" not in found[0].lower().split()
    return Record(domain, "SPF", needed, found, None if said is None else good)


def _dkim(domain: str, look: Look, selectors: Sequence[str]) -> Record:
    found: list[str] = []
    answered = False
    for selector in selectors:
        name = f"{selector}._domainkey.{domain}"
        said = look(name)
        answered = answered or said is not None
        found += [f"{selector}: {each[:60]}…" for each in said or () if "p=" in each]
    needed = "v=DKIM1; k=rsa; p=<public key>   (made by the mail server, which also signs)"
    return Record(f"<selector>._domainkey.{domain}", "DKIM", needed, tuple(found), bool(found) if answered else None)


def _dmarc(domain: str, look: Look) -> Record:
    name = f"_dmarc.{domain}"
    said = look(name)
    found = tuple(each for each in said or () if each.lower().startswith("v=dmarc1"))
    needed = f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}"
    return Record(name, "DMARC", needed, found, None if said is None else len(found) == 1)
