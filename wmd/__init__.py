"""The World Metropolitan Day event and webinar service.

``create_app`` is the composition root: a readable list of steps, and the only place that sees everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config import Config
    from wmd.gateways import Gateways


def create_app(config: Config, gateways: Gateways | None = None) -> Flask:
    """Return the application. ``gateways`` replaces the outside in tests; by default it is the real one."""
    # Imported here, because every ``import wmd.domain…`` runs this file and must not need Flask or a database.
    from wmd.composition import compose  # noqa: PLC0415

    return compose(config, gateways)
