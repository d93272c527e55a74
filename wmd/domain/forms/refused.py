"""Links that are kept nowhere, taken out of what was typed before anything stores it."""

from __future__ import annotations

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.forms.typed import Typed
from wmd.domain.link_rules import LinkKind
from wmd.domain.links import take_out_refused

_WORDS = {
    LinkKind.HOST: N_(
        "The link that stood here opens the room as you, its host. We did not keep it: paste the registration link."
    ),
    LinkKind.PERSONAL_TICKET: N_(
        "The link that stood here is one person’s ticket to the room. We did not keep it: paste the registration link."
    ),
}


def without_refused(typed: Typed) -> tuple[dict[str, str], list[Finding]]:
    """Return what was typed without host links and tickets, and an error beside each field that held one."""
    kept: dict[str, str] = {}
    findings = []
    for name, text in typed.items():
        kept[name], link = take_out_refused(text) if text else (text, None)
        if link is not None:
            kept[name] = kept[name].strip()
            code = "link.host-key" if link.kind is LinkKind.HOST else "link.personal-ticket"
            findings.append(Finding(code, Level.ERROR, name, _WORDS[link.kind]))
    return kept, findings
