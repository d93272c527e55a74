"""HTTP only: parse, call one service, commit, render or redirect. One blueprint per audience."""

from __future__ import annotations

from flask import Flask
from flask_babel import Babel
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Config
from wmd.web import (
    account,
    attendee,
    csrf,
    errors,
    headers,
    health,
    hooks,
    mailbox,
    organiser,
    plain_input,
    public,
    refused,
    staff,
    uploads,
    visitors,
    words,
)


def register(app: Flask) -> None:
    """Add every blueprint, the error pages, the security headers and the words of the interface."""
    config: Config = app.extensions["wmd.config"]
    Babel(app, locale_selector=words.select_locale)
    if config.proxy_hops:
        hops = config.proxy_hops
        # Never the host: the layer in front has checked Host itself, and a forwarded one would go round that.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    words.register(app)
    headers.register(app)
    refused.register(app)
    errors.register(app)
    visitors.register(app)
    # Before the check, which reads the form.
    uploads.register(app)
    plain_input.register(app)
    csrf.register(app)
    app.register_blueprint(health.bp)
    app.register_blueprint(hooks.bp)
    if config.is_demo:
        app.register_blueprint(mailbox.bp)
    app.jinja_env.globals.update(has_mailbox=config.is_demo, has_zoom_partners=config.has_zoom_partners)
    public.register(app)
    for audience in (account, organiser, staff, attendee):
        audience.register(app)
