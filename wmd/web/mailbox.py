"""The demonstration's mailbox: what would have been mailed, read from the files of ``var/mail``. Only in demonstration
mode, which listens on this machine alone: in production the page does not exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, make_response, render_template
from markupsafe import Markup, escape

from config import Config
from wmd.db import db, only_reads
from wmd.services.demo_desk import CONTACTS, demo_codes
from wmd.web.reading import read_now

bp = Blueprint("mailbox", __name__, url_prefix="/mailbox")

#: The newest ones are listed; the others stay files.
_LISTED = 100
_NAME = re.compile(r"[0-9A-Za-z-]{1,80}")
_ADDRESS = re.compile(r"https?://\S+")
_SANDBOX = (
    "default-src 'none'; sandbox allow-popups allow-top-navigation-by-user-activation; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as the page shows it."""

    name: str
    subject: str
    to: str
    date: str
    headers: tuple[tuple[str, str], ...]
    text: Markup
    html: str


def _folder() -> Path:
    config: Config = current_app.extensions["wmd.config"]
    return config.var_dir / "mail"


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


def _linked(text: str) -> Markup:
    """Return a text with its addresses as links."""
    pieces, last = [], 0
    for found in _ADDRESS.finditer(text):
        pieces += [escape(text[last : found.start()]), Markup('<a href="{0}">{0}</a>').format(found[0])]
        last = found.end()
    return Markup().join([*pieces, escape(text[last:])])


def _read(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)  # noqa: S101 -- the policy makes it one
    return Mail(
        name=path.stem, subject=str(message["Subject"]), to=str(message["To"]), date=str(message["Date"]),
        headers=tuple((name, str(value)) for name, value in message.items()), text=_linked(_part(message, "plain")),
        html=_part(message, "html"),
    )  # fmt: skip


def _find(name: str) -> Mail:
    path = _folder() / f"{name}.eml"
    if not _NAME.fullmatch(name) or not path.is_file():
        abort(404)
    return _read(path)


@bp.get("")
def index() -> str:
    """List the mails, the newest first."""
    files = sorted(_folder().glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    mails = [_read(path) for path in files[:_LISTED]]
    dbs = db.session()
    only_reads(dbs)
    codes = demo_codes(dbs, current_app.extensions["wmd.secretbox"], now=read_now())
    contacts = [address for address, _, _, _ in CONTACTS]
    return render_template("mailbox/list.html", mails=mails, total=len(files), codes=codes, contacts=contacts)


@bp.get("/<name>")
def one(name: str) -> str:
    """Show one mail: its text with links that work, and its headers."""
    return render_template("mailbox/one.html", mail=_find(name))


@bp.get("/<name>/html")
def html(name: str) -> Response:
    """Show the HTML part by itself, in a sandbox."""
    response = make_response(_find(name).html)
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
