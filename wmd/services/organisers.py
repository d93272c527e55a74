"""Whose names an event shows: organisations that lead, and those that agreed; merged ones under the name that stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from wmd.domain.content import EventContent, OrganiserContent
from wmd.domain.vocabulary import OrganiserRole
from wmd.models import CoOrganiser, Organisation

#: A chain of mergers is followed this far; staff who merge in a circle must not stop the service.
MOST_MERGERS = 10


def with_agreed_organisers(dbs: Session, contents: Mapping[str, EventContent]) -> dict[str, EventContent]:
    """Return contents by submission id, with only those organisers that may be shown.

    An organisation that was asked and has not confirmed is left out; who handed it in stays. Without a question (an
    import) the content is believed. A merged organisation stands under the one that took its place, once.
    """
    waiting = _waiting(dbs, list(contents))
    renamed = _merged_keys(dbs, {one.key for content in contents.values() for one in content.organisers})
    return {
        id_: replace(content, organisers=_agreed(content, waiting.get(id_, set()), renamed))
        for id_, content in contents.items()
    }


def _waiting(dbs: Session, submission_ids: list[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for start in range(0, len(submission_ids), 500):
        rows = dbs.execute(
            select(CoOrganiser.submission_id, Organisation.key)
            .join(Organisation, Organisation.id == CoOrganiser.organisation_id)
            .where(CoOrganiser.submission_id.in_(submission_ids[start : start + 500]), CoOrganiser.state != "confirmed")
        )
        for submission_id, key in rows:
            found.setdefault(submission_id, set()).add(key)
    return found


def _merged_keys(dbs: Session, keys: set[str]) -> dict[str, str]:
    """Return by which key a merged organisation's is replaced, for those of ``keys`` that were merged."""
    target = aliased(Organisation)
    # Few organisations are ever merged: all of them are read at once.
    merged = select(Organisation.key, target.key).join(target, target.id == Organisation.merged_into_id)
    steps = dict(dbs.execute(merged).tuples().all())
    renamed = {}
    for key in keys & set(steps):
        now = key
        for _ in range(MOST_MERGERS):
            now = steps.get(now, now)
        renamed[key] = now
    return renamed


def _agreed(content: EventContent, waiting: set[str], renamed: Mapping[str, str]) -> tuple[OrganiserContent, ...]:
    shown: dict[str, OrganiserContent] = {}
    # The one that handed it in stands first. A second one that leads was asked like everybody else.
    first = next((one for one in content.organisers if one.role is OrganiserRole.LEAD), None)
    for one in content.organisers:
        if one.key in waiting and one is not first:
            continue
        key = renamed.get(one.key, one.key)
        earlier = shown.get(key)
        if earlier is None or (one.role is OrganiserRole.LEAD and earlier.role is not OrganiserRole.LEAD):
            shown[key] = replace(one, key=key)
    return tuple(shown.values())
