"""What views hand to the services that decide and publish, and how the result shows at once."""

from __future__ import annotations

from flask import current_app

from wmd.db import db
from wmd.secretbox import SecretBox
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.web.reading import library


def secret_box() -> SecretBox:
    """Return what seals and opens what only its owner may read."""
    box: SecretBox = current_app.extensions["wmd.secretbox"]
    return box


def means() -> Means:
    """Return what a verdict needs beside the database."""
    setting: Setting = current_app.extensions["wmd.publishing"]
    return Means(setting, secret_box())


def commit_published() -> None:
    """Commit, and have this process show what was published before the redirect is followed."""
    db.session.commit()
    library().refresh()
