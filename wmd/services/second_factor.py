"""The staff's second factor: a code from an authenticator app (TOTP, RFC 6238), or a recovery code, each good once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from wmd.domain.codes import ALPHABET
from wmd.models import RecoveryCode, StaffMember, WebSession
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor
from wmd.services.states import audit
from wmd.services.web_sessions import end_sessions, renew

#: RFC 6238 §5.2 wants one step of tolerance either way at most.
_TOLERANCE_STEPS = 1
_STEP_S = 30
_RECOVERY_CODES = 10
#: Sixteen of thirty characters: 78 bits, so that their plain digests tell nothing.
_RECOVERY_LENGTH = 16


def begin_enrolment(dbs: Session, staff: StaffMember, *, box: SecretBox, now: datetime) -> None:
    """Make the secret that the member's app is to know; until a code of it was shown, the former one holds."""
    staff.totp_next_sealed = box.seal(pyotp.random_base32(), purpose=_purpose(staff.person_id))
    _trail(dbs, staff, "second-factor-begun", now)
    dbs.flush()


def enrolment_secret(staff: StaffMember, *, box: SecretBox) -> str:
    """Return the secret in Base32 while it is being set up, else a blank."""
    return box.open(staff.totp_next_sealed, purpose=_purpose(staff.person_id)) if staff.totp_next_sealed else ""


def present_code(staff: StaffMember, *, box: SecretBox, now: datetime) -> str:
    """Return the code that the member's app shows now. The demonstration shows it in its mailbox; nothing else may."""
    sealed = staff.totp_sealed or staff.totp_next_sealed
    return pyotp.TOTP(box.open(sealed, purpose=_purpose(staff.person_id))).at(now)


def enrolment_address(secret: str, *, account: str, issuer: str) -> str:
    """Return the ``otpauth:`` address that the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def finish_enrolment(dbs: Session, staff: StaffMember, code: str, *, box: SecretBox, now: datetime) -> list[str]:
    """Check the first code: on success return ten recovery codes, to be shown this once; else an empty list."""
    step = _step_of(staff.totp_next_sealed, staff, code, box=box, now=now)
    if step is None:
        return []
    staff.totp_sealed, staff.totp_next_sealed = staff.totp_next_sealed, ""
    staff.totp_confirmed_at, staff.totp_last_step = now, step
    _trail(dbs, staff, "second-factor-set-up", now)
    return new_recovery_codes(dbs, staff, now=now)


def new_recovery_codes(dbs: Session, staff: StaffMember, *, now: datetime) -> list[str]:
    """Replace a member's recovery codes and return the new ones, to be shown this once."""
    dbs.execute(delete(RecoveryCode).where(RecoveryCode.person_id == staff.person_id))
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(_RECOVERY_LENGTH)) for _ in range(_RECOVERY_CODES)]
    dbs.add_all(
        RecoveryCode(digest=_recovery_digest(staff.person_id, code), person_id=staff.person_id, created_at=now)
        for code in codes
    )
    _trail(dbs, staff, "recovery-codes-made", now)
    dbs.flush()
    return ["-".join(code[at : at + 4] for at in range(0, _RECOVERY_LENGTH, 4)) for code in codes]


def recovery_codes_left(dbs: Session, person_id: str) -> int:
    """Return how many recovery codes are unused."""
    found = dbs.scalar(select(func.count()).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None)))
    return found or 0


def show_second_factor(
    dbs: Session, staff: StaffMember, session: WebSession, code: str, *, box: SecretBox, now: datetime
) -> str:
    """Check a code or a recovery code: on success return the session's new cookie secret, else a blank.

    A time step counts once (RFC 6238 §5.2), a recovery code too.
    """
    if staff.totp_confirmed_at is None:
        return ""
    step = _step_of(staff.totp_sealed, staff, code, box=box, now=now)
    if step is not None and _use_step(dbs, staff, step):
        how = "totp"
    elif _use_recovery_code(dbs, staff.person_id, code, now=now):
        how = "recovery"
    else:
        return ""
    return mark_shown(dbs, staff, session, how=how, now=now)


def mark_shown(dbs: Session, staff: StaffMember, session: WebSession, *, how: str, now: datetime) -> str:
    """Note in a session that the second factor was shown just now, and return its new cookie secret."""
    session.second_factor_at = session.fresh_at = now
    audit(
        dbs, actor=f"person:{staff.person_id}", action="second-factor", kind="person", subject_id=staff.person_id,
        after=how, now=now,
    )  # fmt: skip
    return renew(dbs, session)


def reset_second_factor(dbs: Session, staff: StaffMember, *, actor: Actor, now: datetime) -> None:
    """Take away a member's second factor, who sets up a new one at the next sign-in; all their sessions end."""
    staff.totp_sealed, staff.totp_next_sealed, staff.totp_confirmed_at = "", "", None
    dbs.execute(delete(RecoveryCode).where(RecoveryCode.person_id == staff.person_id))
    end_sessions(dbs, staff.person_id, now=now)
    audit(
        dbs, actor=actor.name, action="second-factor-reset", kind="person", subject_id=staff.person_id, now=now
    )  # fmt: skip
    dbs.flush()


def _step_of(sealed: str, staff: StaffMember, code: str, *, box: SecretBox, now: datetime) -> int | None:
    """Return the time step of which a code is the right one, if it is of now or one step beside."""
    digits = "".join(code.split())
    if not sealed or not (len(digits) == 6 and digits.isascii() and digits.isdigit()):
        return None
    totp = pyotp.TOTP(box.open(sealed, purpose=_purpose(staff.person_id)))
    present = int(now.timestamp()) // _STEP_S
    steps = range(present - _TOLERANCE_STEPS, present + _TOLERANCE_STEPS + 1)
    return next((step for step in steps if secrets.compare_digest(totp.at(step * _STEP_S), digits)), None)


def _use_step(dbs: Session, staff: StaffMember, step: int) -> bool:
    """Use a time step; of several requests at once with the same code exactly one succeeds."""
    used = dbs.execute(
        update(StaffMember)
        .where(StaffMember.person_id == staff.person_id, StaffMember.totp_last_step < step)
        .values(totp_last_step=step)
        .returning(StaffMember.person_id)
        .execution_options(synchronize_session=False)
    ).first()
    dbs.expire(staff, ["totp_last_step"])
    return used is not None


def _use_recovery_code(dbs: Session, person_id: str, code: str, *, now: datetime) -> bool:
    plain = "".join(letter for letter in code.upper() if letter in ALPHABET)
    used = dbs.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.digest == _recovery_digest(person_id, plain),
            RecoveryCode.person_id == person_id,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.digest)
        .execution_options(synchronize_session=False)
    ).first()
    return used is not None


def _recovery_digest(person_id: str, code: str) -> str:
    return hashlib.sha256(f"{person_id} {code}".encode()).hexdigest()


def _purpose(person_id: str) -> str:
    return f"staff_members.totp.{person_id}"


def _trail(dbs: Session, staff: StaffMember, action: str, now: datetime) -> None:
    audit(dbs, actor=f"person:{staff.person_id}", action=action, kind="person", subject_id=staff.person_id, now=now)
