"""Jobs whose hour causes mails: reminders to organisers, the staff's digest, alarms; and publishing on a date."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from sqlalchemy import select

from wmd.domain.findings import N_
from wmd.jobs.tools import Tools
from wmd.models import Submission
from wmd.services import reminders
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.form_parties import Tools as FormTools
from wmd.services.registrant_letters import due_letters, send_page
from wmd.services.registrations import due_events, turn_waiting_list
from wmd.services.staff_mail import put_alarm_mails, put_digests
from wmd.services.standing import Means
from wmd.services.verdicts import publish_now

log = logging.getLogger(__name__)

BATCH: Final = 100
NOT_PUBLISHED: Final = N_("An approved event could not be published on its date. The list of dated events has it.")
NOT_REMINDED: Final = N_("Somebody could not be reminded. The log says of what, and why.")

NOT_TURNED: Final = N_("A waiting list could not be gone through. The log says of which event, and why.")
NOT_SENT: Final = N_("A letter to those registered could not be sent. The log says which, and why.")


def publish_dates(tools: Tools) -> int:
    """Publish what was approved for a day that has come: by the one door, one commit each."""
    dbs, now, done = tools.dbs, tools.now, 0
    due = select(Submission.id).where(
        Submission.state == "approved", Submission.publish_on <= now
    ).order_by(Submission.publish_on).limit(BATCH)  # fmt: skip
    for submission_id in dbs.scalars(due).all():
        key = f"publish-date:{submission_id}"
        try:
            done += publish_now(
                dbs, submission_id, Means(tools.publishing, tools.box), actor="job:publish-dates", now=now
            )
            clear_alarm(dbs, key, now=now)
        except Exception:
            # One that cannot be published must not hold up the others; the alarm says so until it can.
            dbs.rollback()
            log.exception("date_not_published", extra={"submission": submission_id})
            raise_alarm(dbs, key, NOT_PUBLISHED, now=now)
        dbs.commit()
    dbs.rollback()
    return done


def remind_organisers(tools: Tools) -> int:
    """Remind of drafts, of open questions and of addresses not confirmed; one commit each."""
    dbs, now, box = tools.dbs, tools.now, tools.box
    form = FormTools(tools.box, tools.publishing.mint, reminders.ACTOR, now)
    return (
        _each(tools, "drafts", reminders.due_drafts(dbs, now=now, limit=BATCH),
              lambda one: reminders.remind_of_draft(dbs, one, box=box, now=now))
        + _each(tools, "questions", reminders.due_questions(dbs, now=now, limit=BATCH),
                lambda one: reminders.remind_of_question(dbs, one, box=box, now=now))
        + _each(tools, "changes", reminders.due_changes(dbs, now=now, limit=BATCH),
                lambda one: reminders.remind_of_changes(dbs, one, box=box, now=now))
        + _each(tools, "confirmations", reminders.due_confirmations(dbs, now=now, limit=BATCH),
                lambda one: reminders.remind_to_confirm(dbs, one, form))
    )  # fmt: skip


_Id = TypeVar("_Id", str, int)


def _each(tools: Tools, what: str, due: Iterable[_Id], remind: Callable[[_Id], int], words: str = NOT_REMINDED) -> int:
    """Do each that is due on its own; return how many mails. One that fails is an alarm and holds up no other."""
    dbs, key, done, has_failed = tools.dbs, f"reminders:{what}", 0, False
    for one in due:
        try:
            done += remind(one)
            dbs.commit()
        except Exception:
            dbs.rollback()
            log.exception("not_reminded", extra={"what": what, "row": one})
            has_failed = True
    if has_failed:
        raise_alarm(dbs, key, words, now=tools.now)
    else:
        clear_alarm(dbs, key, now=tools.now)
    dbs.commit()
    return done


def turn_waiting_lists(tools: Tools) -> int:
    """End offers of places that nobody took, and offer what is free to who waits; one commit for each event."""
    dbs, now = tools.dbs, tools.now
    return _each(
        tools, "waiting lists", due_events(dbs, now=now, limit=BATCH),
        lambda event_id: turn_waiting_list(dbs, event_id, box=tools.box, now=now), NOT_TURNED,
    )  # fmt: skip


def send_letters(tools: Tools) -> int:
    """Put the mails of letters that a moderator let into the outbox, page by page. Returns how many letters."""
    return _each(
        tools, "letters", due_letters(tools.dbs, limit=BATCH), lambda letter_id: _send_letter(tools, letter_id),
        NOT_SENT,
    )  # fmt: skip


def _send_letter(tools: Tools, letter_id: str) -> int:
    after: str | None = ""
    while after is not None:
        after = send_page(tools.dbs, letter_id, after, box=tools.box, now=tools.now)
        tools.dbs.commit()
    return 1


def send_digests(tools: Tools) -> int:
    """Put the staff's morning lists into the outbox."""
    done = put_digests(tools.dbs, box=tools.box, now=tools.now)
    tools.dbs.commit()
    return done


def mail_alarms(tools: Tools) -> int:
    """Put a mail to each administrator into the outbox for each alarm that was raised."""
    done = put_alarm_mails(tools.dbs, box=tools.box, now=tools.now)
    tools.dbs.commit()
    return done
