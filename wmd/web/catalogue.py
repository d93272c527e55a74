"""The gettext catalogue, typed: what every sentence of the interface goes through."""

from __future__ import annotations

import flask_babel


def gettext(message: str, **values: object) -> str:
    """Return the message in the interface language, its ``%(name)s`` places filled from ``values``."""
    return str(flask_babel.gettext(message, **values))


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """Return the form of the message that fits the number, which fills ``%(num)d``."""
    return str(flask_babel.ngettext(singular, plural, number, **values))
