"""The small error family, split by what the caller does next. HTTP statuses are known only in ``web/``."""

from __future__ import annotations

from collections.abc import Sequence

from wmd.domain.findings import Finding


class WmdError(Exception):
    """Base of all errors that the service raises on purpose."""


class NotAllowedMoveError(WmdError):
    """A state machine has no such move; nothing was changed."""


class InvalidContentError(WmdError):
    """Something given is faulty; ``findings`` says what and where. Fix it and try again."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = tuple(findings)


class NotPublishableError(WmdError):
    """A revision cannot be projected into the programme, because it is not decided or incomplete."""


class NotLoadedError(WmdError):
    """No programme could be loaded and no good copy exists. Try again later."""


class BackupError(WmdError):
    """A copy of the database cannot be made, is not right, or does not fit; nothing was changed."""
