"""The secret of a mail that asks an organiser whether their link works: which question, and who answers it.

Sealed, not stored: it names its key and opens nothing but the page with the answer's buttons.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from wmd.secretbox import SecretBox, SecretBoxError

_PURPOSE: Final = "link-check.answer"
#: A longer text is none of ours and is not opened.
_LONGEST: Final = 400


class Asked(NamedTuple):
    """A question (a row of ``link_checks``) and whom it was sent to."""

    check_id: str
    person_id: str


def make_answer_token(box: SecretBox, check_id: str, person_id: str) -> str:
    """Return a token as it stands in an address."""
    return box.seal(json.dumps([check_id, person_id]), purpose=_PURPOSE)


def open_answer_token(box: SecretBox, token: str) -> Asked | None:
    """Return what a token says, None when it is none of ours."""
    if len(token) > _LONGEST:
        return None
    try:
        return Asked._make(json.loads(box.open(token, purpose=_PURPOSE)))
    except SecretBoxError:
        return None
