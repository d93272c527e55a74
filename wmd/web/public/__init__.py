"""The public pages: complete without JavaScript, rendered from the programme value alone."""

from __future__ import annotations

from flask import Flask

from wmd.web.public import (
    changes,
    events,
    exports,
    feeds,
    go,
    home,
    media,
    organisations,
    programme,
    statics,
    subscribe,
    topics,
    zone,
)


def register(app: Flask) -> None:
    """Add the public blueprints."""
    statics.register(app)
    for module in (home, programme, events, organisations, topics, subscribe, changes, zone, feeds, go, exports, media):
        app.register_blueprint(module.bp)
