"""Findings as forms show them: the sentences by the name of their field."""

from __future__ import annotations

from collections.abc import Iterable

from wmd.domain.findings import Finding
from wmd.web.catalogue import gettext


def messages_of(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Return the sentences of findings, in the interface language, by the field that each is about."""
    found: dict[str, list[str]] = {}
    for finding in findings:
        found.setdefault(finding.where, []).append(finding.say(gettext))
    return found
