"""The composition root: a readable list of steps, and the only place that sees everything."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from threading import Event

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import sessionmaker

import wmd.models  # noqa: F401 -- the tables must be known before anything asks for the metadata
from config import ROOT, Config
from wmd.cli import publishing_setting
from wmd.cli import register as add_commands
from wmd.db import db, engine_options
from wmd.domain.mail_bytes import Letterhead
from wmd.gateways import Gateways
from wmd.gateways.link_watch import LinkWatch
from wmd.gateways.mail import FileMailer, SmtpMailer, SmtpSetting
from wmd.gateways.mailbox import ImapSetting, Mailbox
from wmd.gateways.single_sign_on import SingleSignOn
from wmd.gateways.zoom.client import ZoomClient
from wmd.gateways.zoom.gate import zoom_only, zoom_or
from wmd.gateways.zoom.once import who_is_it
from wmd.gateways.zoom.tokens import PartnerCredentials, ServerCredentials, TokenDesk
from wmd.gateways.zoom.transport import pooled_session
from wmd.jobs import watched
from wmd.jobs.brakes import Brakes
from wmd.logs import LineWriter
from wmd.secretbox import SecretBox
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.hook_inbox import HookSpool
from wmd.services.journal import Journal
from wmd.services.library import GoodCopies, Library
from wmd.services.mail_texts import Press
from wmd.services.source import DatabaseSource
from wmd.services.visits import VisitSpool
from wmd.services.zoom_accounts import OWN
from wmd.services.zoom_budget import AccountBudget
from wmd.services.zoom_calls import StoredCalls
from wmd.services.zoom_tokens import AccountTokens
from wmd.web import register as add_pages
from wmd.web.alarm_desk import AlarmDesk
from wmd.web.hook_store import HookStore
from wmd.web.hooks import Refusals
from wmd.web.late_rules import LateRule
from wmd.web.markdown import to_html
from wmd.web.names import direction
from wmd.web.published import Published

log = logging.getLogger(__name__)


def compose(config: Config, gateways: Gateways | None = None) -> Flask:
    """Return the application, step by step."""
    gateways = _with_link_watch(_with_mailbox(_with_mailer(gateways or Gateways(), config), config), config)
    app = Flask("wmd", static_folder=str(ROOT / "wmd" / "static"), template_folder=str(ROOT / "templates"))
    app.url_rule_class = LateRule
    _configure(app, config)
    _connect_database(app, config)
    _open_library(app, config, gateways)
    _open_alarm_desk(app, gateways)
    _open_visit_spool(app, config, gateways)
    app.extensions["wmd.publishing"] = publishing_setting(app)
    _set_up_mail(app, config)
    app.extensions["wmd.single_sign_on"] = single_sign_on(config)
    _connect_zoom(app, config, gateways)
    _open_hook_store(app, config)
    app.extensions["wmd.jobs"] = watched()
    add_pages(app)
    add_commands(app)
    _put_published_bytes_in_front(app, config, gateways)
    return app


def _configure(app: Flask, config: Config) -> None:
    app.config.update(
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url),
        BABEL_DEFAULT_LOCALE="en",
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "wmd" / "translations"),
        MAX_CONTENT_LENGTH=2_000_000,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        MAX_FORM_PARTS=1000,
        # Holds only the value that forms are checked against; the prefix needs TLS (RFC 6265bis §4.1.3.2).
        SESSION_COOKIE_NAME="wmd_forms" if config.is_demo else "__Host-wmd_forms",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=not config.is_demo,
        PREFERRED_URL_SCHEME=config.base_url.partition(":")[0],
    )
    app.jinja_options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    app.extensions["wmd.config"] = config


def _connect_database(app: Flask, config: Config) -> None:
    if config.database_url.startswith("sqlite:///"):
        file = Path(config.database_url.removeprefix("sqlite:///"))
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made here so that nobody else on the machine can read it; SQLite's own files beside it follow its mode.
        file.touch(mode=0o600)
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"))


def _open_library(app: Flask, config: Config, gateways: Gateways) -> None:
    with app.app_context():
        engine = db.engine
    app.extensions["wmd.gateways"] = gateways
    app.extensions["wmd.secretbox"] = (
        SecretBox.from_setting(config.link_keys) if config.link_keys else SecretBox.derived(config.secret_key)
    )
    app.extensions["wmd.journal"] = Journal(config.var_dir / "journal", app.extensions["wmd.secretbox"])
    app.extensions["wmd.library"] = Library(
        DatabaseSource(engine, config.edition, shows_looks=gateways.look_at_link is not None),
        copies=GoodCopies(config.var_dir / "copies", config.secret_key),
    )


def _open_visit_spool(app: Flask, config: Config, gateways: Gateways) -> None:
    """Count who goes where, without identity: lines are written by a thread, so that no answer waits for the disk."""
    spool = VisitSpool(config.var_dir / "visits", gateways.clock)
    app.extensions["wmd.visit_spool"] = spool
    app.extensions["wmd.visits"] = LineWriter(spool.write, most_waiting=10_000)


def _with_mailer(gateways: Gateways, config: Config) -> Gateways:
    """Return the gateways with a way out for mail: files in a demonstration, else the server of the settings."""
    if gateways.mailer is not None:
        return gateways
    if config.is_demo:
        return replace(gateways, mailer=FileMailer(config.var_dir / "mail"))
    setting = SmtpSetting.from_url(config.mail_url)
    return replace(gateways, mailer=SmtpMailer(setting, hello=config.hostname, per_minute=config.mail_rate))


def _with_mailbox(gateways: Gateways, config: Config) -> Gateways:
    if gateways.mailbox is not None or not config.bounce_url:
        return gateways
    return replace(gateways, mailbox=Mailbox(ImapSetting.from_url(config.bounce_url)))


def _with_link_watch(gateways: Gateways, config: Config) -> Gateways:
    if gateways.look_at_link is not None or not config.link_watch:
        return gateways
    return replace(gateways, look_at_link=LinkWatch(user_agent=f"wmd-link-watch (+{config.base_url}/about)"))


def _set_up_mail(app: Flask, config: Config) -> None:
    app.extensions["wmd.press"] = Press(
        Letterhead(config.base_url, config.sender, config.mail_reply_to or config.sender),
        folder=ROOT / "templates" / "mail",
        translations=ROOT / "wmd" / "translations",
        to_html=to_html,
        direction=direction,
    )
    app.extensions["wmd.brakes"] = Brakes(config.mail_per_domain)
    # Set when the process shall end: a job that takes long then stops after the row it is at.
    app.extensions["wmd.stopping"] = Event()


def single_sign_on(config: Config) -> SingleSignOn | None:
    """Return the provider that the settings name for the staff's single sign-on, or None."""
    if not config.oidc_issuer:
        return None
    back = f"{config.base_url}/sign-in/oidc/callback"
    return SingleSignOn(config.oidc_issuer, config.oidc_client_id, config.oidc_client_secret, back)


def _connect_zoom(app: Flask, config: Config, gateways: Gateways) -> None:
    """Make ready what speaks to Zoom: nothing is asked or read before somebody calls it."""
    http = pooled_session()
    may_reach = zoom_or(config.zoom_url) if config.zoom_url else zoom_only
    oauth_url = config.zoom_url or "https://zoom.us"
    partner = PartnerCredentials(config.zoom_partner_client_id, config.zoom_partner_client_secret)
    own = ServerCredentials(config.zoom_account_id, config.zoom_client_id, config.zoom_client_secret)
    with app.app_context():
        new_session = sessionmaker(db.engine)

    # One for each account, so that what a client remembers of it (when it was last well) is not forgotten each time.
    @lru_cache(maxsize=256)
    def client_of(account_id: str) -> ZoomClient:
        tokens = AccountTokens(
            account_id, new_session=new_session, box=app.extensions["wmd.secretbox"], clock=gateways.clock,
            sleep=gateways.sleep, zoom_account=config.zoom_account_id,
        )  # fmt: skip
        return ZoomClient(
            own if account_id == OWN else partner,
            http=http,
            tokens=tokens,
            budget=AccountBudget(account_id, config.zoom_plan, new_session=new_session),
            calls=StoredCalls(account_id, new_session=new_session),
            clock=gateways.clock,
            sleep=gateways.sleep,
            oauth_url=oauth_url,
            api_url=f"{config.zoom_url or 'https://api.zoom.us'}/v2",
            may_reach=may_reach,
        )

    app.extensions["wmd.zoom"] = _zoom_clients(config, gateways, client_of)
    desk = TokenDesk(partner, http, gateways.clock, may_reach, oauth_url)
    app.extensions["wmd.zoom_partner_desk"] = desk if config.has_zoom_partners else None
    app.extensions["wmd.zoom_partner_user"] = partial(
        who_is_it, desk, api_url=f"{config.zoom_url or 'https://api.zoom.us'}/v2", sleep=gateways.sleep
    )


def _open_hook_store(app: Flask, config: Config) -> None:
    """Make ready where Zoom's messages are put before they are answered; its thread begins with the first."""
    spool = HookSpool(config.var_dir / "hooks")
    with app.app_context():
        app.extensions["wmd.hook_store"] = HookStore(db.engine, spool)
    app.extensions["wmd.hook_spool"], app.extensions["wmd.hook_refusals"] = spool, Refusals()


def _zoom_clients(
    config: Config, gateways: Gateways, client_of: Callable[[str], ZoomClient]
) -> Callable[[str | None], ZoomClient | None]:
    """Return what gives the client of an account, None for one that the settings name no app for."""
    own = gateways.zoom or (client_of(OWN) if config.has_zoom else None)

    def found(account_id: str | None) -> ZoomClient | None:
        if account_id in {None, OWN}:
            return own
        return client_of(account_id) if config.has_zoom_partners else None

    return found


def _put_published_bytes_in_front(app: Flask, config: Config, gateways: Gateways) -> None:
    library: Library = app.extensions["wmd.library"]
    layer = Published(
        app.wsgi_app,
        versions=library.versions,
        clock=gateways.clock,
        allowed_hosts=config.allowed_hosts,
        max_bytes=config.published_bytes,
        desk=app.extensions["wmd.alarm_desk"],
    )
    app.extensions["wmd.published"] = layer
    app.wsgi_app = layer  # type: ignore[method-assign]


def _open_alarm_desk(app: Flask, gateways: Gateways) -> None:
    def store(key: str, message: str | None) -> None:
        """Write or close one alarm outside any request; when even the database is away, the log line must do."""
        with app.app_context():
            try:
                if message is None:
                    clear_alarm(db.session(), key, now=gateways.clock())
                else:
                    raise_alarm(db.session(), key, message, now=gateways.clock())
                db.session.commit()
            except SQLAlchemyError:
                db.session.rollback()
                log.exception("alarm_not_stored", extra={"alarm": key})

    app.extensions["wmd.alarm_desk"] = AlarmDesk(store)
