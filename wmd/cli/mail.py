"""Commands for mail: look whether it can go out and be believed, hold it, release it, note what came back."""

from __future__ import annotations

import smtplib
import sys
import uuid
from typing import BinaryIO

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from wmd.db import db
from wmd.domain.bounces import MOST_BYTES, Bounce, read_bounce
from wmd.domain.mail_bytes import AddressFault, clean_address
from wmd.domain.mail_records import SELECTORS, Look, Record, look_up
from wmd.gateways import Gateways
from wmd.gateways.dns import Resolver
from wmd.gateways.mail import SmtpMailer, open_smtp
from wmd.jobs import run_job
from wmd.models import Message
from wmd.services.bounces import Noted, note_bounce
from wmd.services.delivery import address_digest
from wmd.services.mail_desk import hold_all, release_all
from wmd.services.mail_texts import Press
from wmd.services.outbox import put_message

group = AppGroup("mail", help="Mail: look whether it goes out, hold it, release it.")


def _gateways() -> Gateways:
    found: Gateways = current_app.extensions["wmd.gateways"]
    return found


def _press() -> Press:
    found: Press = current_app.extensions["wmd.press"]
    return found


@group.command("doctor")
@click.option("--send", metavar="ADDRESS", help="Also send a test to this address, through the outbox.")
@click.option("--selector", multiple=True, help="The DKIM selector of your mail server, if you know it.")
def doctor_command(send: str | None, selector: tuple[str, ...]) -> None:
    """Look whether mail goes out and is believed: DNS records, the server, a test."""
    press = _press()
    mailer = _gateways().mailer
    look: Look = _gateways().look_up_text or Resolver()
    server = mailer.setting.host if isinstance(mailer, SmtpMailer) else press.letterhead.host
    records = look_up(press.letterhead.domain, server, look, selector or SELECTORS)
    click.echo(f"Mail comes from {press.letterhead.sender}; answers go to {press.letterhead.reply_to}.")
    click.echo(f"Who signs (DKIM): the mail server {server}, not this service. Its key must be in DNS.")
    for record in records:
        _say_record(record)
    is_sound = all(record.is_good for record in records)
    is_sound = _say_server(mailer) and is_sound
    if send:
        is_sound = _send_test(send) and is_sound
    if not is_sound:
        msg = "Something is to be mended, see above."
        raise click.ClickException(msg)
    click.echo("All is well.")


def _say_record(record: Record) -> None:
    verdict = {True: "good", False: "MISSING OR WRONG", None: "nobody answered"}[record.is_good]
    click.echo(f"\n{record.kind}: {verdict}")
    click.echo(f"  name    {record.name}  TXT")
    click.echo(f"  needed  {record.needed}")
    for each in record.found or ("(nothing)",):
        click.echo(f"  now     {each}")


def _say_server(mailer: object) -> bool:
    if not isinstance(mailer, SmtpMailer):
        click.echo("\nServer: none; mails are written into files (demonstration mode).")
        return True
    setting = mailer.setting
    how = "TLS" if setting.is_tls else "STARTTLS" if setting.starttls == "required" else "without encryption"
    try:
        smtp = open_smtp(mailer)
    except smtplib.SMTPAuthenticationError as error:
        click.echo(f"\nServer: {setting.host}:{setting.port} refuses the sign-in ({error.smtp_code}).")
        return False
    except (smtplib.SMTPException, OSError) as error:
        click.echo(f"\nServer: {setting.host}:{setting.port} cannot be used ({type(error).__name__}).")
        return False
    features = ", ".join(sorted(smtp.esmtp_features))
    smtp.quit()
    signed = ", signed in" if setting.user else ""
    click.echo(f"\nServer: {setting.host}:{setting.port} answers, {how}{signed}. It offers: {features or 'nothing'}.")
    return True


def _send_test(address: str) -> bool:
    try:
        clean_address(address)
    except AddressFault:
        click.echo("\nTest: this is no mail address.")
        return False
    dbs, now = db.session(), _gateways().clock()
    row = put_message(
        dbs, kind="test", dedupe_key=f"doctor:{uuid.uuid4()}", cause="command", to=address, now=now,
        box=current_app.extensions["wmd.secretbox"],
    )  # fmt: skip
    assert row is not None  # noqa: S101 -- its key is new
    message_id = row.id
    dbs.commit()
    run_job(current_app._get_current_object(), "outbox")  # type: ignore[attr-defined]
    dbs.expire_all()
    found = dbs.get_one(Message, message_id)
    why = found.reason or found.last_error
    click.echo(f"\nTest: {found.state}{f' ({why})' if why else ''}.")
    return found.state == "sent"


@group.command("bounce")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--message-id", help="In place of a file: the Message-ID of the mail that came back.")
@click.option("--hard/--soft", default=True, help="With --message-id: whether the address is at fault for good.")
def bounce_command(file: BinaryIO, message_id: str | None, hard: bool) -> None:
    """Note a mail that came back: read its notification from FILE or the standard input."""
    dbs, press = db.session(), _press()
    if message_id:
        name, _, domain = message_id.strip().strip("<>").partition("@")
        bounce: Bounce | None = Bounce(name, (domain or press.letterhead.domain).lower(), "5.0.0" if hard else "4.0.0")
    else:
        bounce = read_bounce(file.read(MOST_BYTES))
    if bounce is None:
        msg = "This tells of no mail that came back (RFC 3464: multipart/report with a status and the mail’s headers)."
        raise click.ClickException(msg)
    noted = note_bounce(
        dbs, bounce, domain=press.letterhead.domain, digest=address_digest(str(current_app.config["SECRET_KEY"])),
        actor="command", now=_gateways().clock(), is_trusted=message_id is not None,
    )  # fmt: skip
    dbs.commit()
    click.echo(f"{bounce.message_id}: {noted.value}.")
    if noted in {Noted.FOREIGN, Noted.TOO_MANY}:
        sys.exit(1)


@group.command("hold")
@click.option("--reason", required=True, help="Why, in a few words; staff read it.")
def hold_command(reason: str) -> None:
    """Hold all mail until it is released."""
    hold_all(db.session(), reason, actor="command", now=_gateways().clock())
    db.session.commit()
    click.echo("All mail is held.")


@group.command("release")
def release_command() -> None:
    """Let mail go out again."""
    release_all(db.session(), actor="command", now=_gateways().clock())
    db.session.commit()
    click.echo("Mail goes out.")


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(group)
