"""``flask staff``: the first administrator, and what an administrator may do from the command line."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from wmd.db import db
from wmd.errors import InvalidContentError
from wmd.gateways import Gateways
from wmd.services.people import find_person, read_address
from wmd.services.staff import ROLES, Member, add_staff, disable_staff, find_member, list_staff, tell_added

staff = AppGroup("staff", help="The people who moderate and administer.")


def _refuse(error: InvalidContentError) -> click.ClickException:
    db.session.rollback()
    return click.ClickException(" ".join(finding.say() for finding in error.findings))


@staff.command("add")
@click.argument("address")
@click.option("--name", required=True, help="Name that colleagues see.")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--region", "regions", multiple=True, help="Limit to a region; may be given several times.")
@click.option("--language", "languages", multiple=True, help="Limit to a language; may be given several times.")
def add_command(address: str, name: str, role: str, regions: tuple[str, ...], languages: tuple[str, ...]) -> None:
    """Add the person with ADDRESS to the staff. A mail tells them where to sign in and set up their second factor."""
    gateways: Gateways = current_app.extensions["wmd.gateways"]
    try:
        member = add_staff(
            db.session(), address, name=name, role=role, regions=regions, languages=languages, actor="command",
            now=gateways.clock(),
        )  # fmt: skip
    except InvalidContentError as error:
        raise _refuse(error) from error
    tell_added(db.session(), member, actor="command", box=current_app.extensions["wmd.secretbox"], now=gateways.clock())
    db.session.commit()
    config = current_app.extensions["wmd.config"]
    click.echo(f"{member.person.address} is in the staff as {role} and signs in at {config.base_url}/sign-in.")


@staff.command("list")
def list_command() -> None:
    """List the staff."""
    for member in list_staff(db.session()):
        click.echo(_line(member))


def _line(member: Member) -> str:
    limits = [*member.staff.regions, *member.staff.languages]
    state = "disabled" if member.staff.disabled_at else member.staff.role
    factor = "" if member.staff.totp_confirmed_at else "  (no second factor yet)"
    return (
        f"{state:14} {member.person.address}  {member.person.name}{'  ' + ', '.join(limits) if limits else ''}{factor}"
    )


@staff.command("disable")
@click.argument("address")
def disable_command(address: str) -> None:
    """Let the person with ADDRESS work no more; their sessions end at once."""
    gateways: Gateways = current_app.extensions["wmd.gateways"]
    try:
        person = find_person(db.session(), read_address(address)[1])
        member = find_member(db.session(), person.id) if person else None
        if member is None:
            db.session.rollback()
            msg = "Nobody of the staff has this address."
            raise click.ClickException(msg)
        disable_staff(db.session(), member.staff, actor="command", now=gateways.clock())
    except InvalidContentError as error:
        raise _refuse(error) from error
    db.session.commit()
    click.echo(f"{member.person.address} may work no more.")


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(staff)
