"""The profile of an organisation: what its contacts propose, and how far the team is with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.content import EditionContent, ImageContent, OrganisationContent
from wmd.domain.findings import Finding, errors
from wmd.domain.forms.fields import FieldSettings
from wmd.domain.forms.reading import Form, read_form
from wmd.domain.forms.writing import type_organisation
from wmd.domain.pictures import LARGEST_UPLOAD_BYTES, media_path
from wmd.errors import InvalidContentError
from wmd.models import Organisation
from wmd.services.images import check_words, find_image, keep_image, owns, prepare, refused
from wmd.services.profiles import hand_in_profile, last_refusal, profile_of, read_profile, waiting_profile
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_contact, own_organisation
from wmd.web.organiser.form_page import FormPage
from wmd.web.organiser.pictures import picture_owner, read_upload
from wmd.web.organiser.posting import posted_fields
from wmd.web.reading import read_now
from wmd.web.uploads import takes_upload
from wmd.web.visitors import visitor

bp = Blueprint("profiles", __name__, url_prefix="/organisations")

#: A profile belongs to no edition; the form's table asks for one.
_NO_EDITION = EditionContent("", "", date.min, date.min, date.min, "UTC")
_FORM = Form(_NO_EDITION, FieldSettings({}), {}, sections=frozenset({"organisation"}))


def _show(
    organisation: Organisation,
    typed: dict[str, str] | None = None,
    findings: Sequence[Finding] = (),
    status: int = 200,
    logo: ImageContent | None = None,
) -> Response:
    dbs = db.session()
    waiting = waiting_profile(dbs, organisation)
    content = read_profile(waiting) if waiting is not None else profile_of(organisation)
    if typed is None:
        typed, logo = type_organisation(content), content.image
    image = find_image(dbs, logo.id) if logo else None
    page = FormPage(typed, _FORM, findings)
    shown = render_template(
        "organiser/profiles/profile.html",
        organisation=organisation,
        page=page,
        # Beside the fields of the form's own table stand those of the logo.
        logo_findings={each.where: [{"text": each.say(gettext), "level": each.level.value}] for each in findings},
        waiting=waiting,
        logo=logo,
        source=media_path(image.id, image.media_type, small=True) if image else "",
        here=f"/organiser/organisations/{organisation.code}",
        megabytes=LARGEST_UPLOAD_BYTES["logo"] // 1_000_000,
        sent=request.args.get("sent", ""),
        refused=last_refusal(dbs, organisation),
    )
    return make_response(shown, status)


@for_contact
def _too_large(code: str) -> ResponseReturnValue:
    found = refused("image.too-large", "logo.file", megabytes=LARGEST_UPLOAD_BYTES["logo"] // 1_000_000)
    return _show(own_organisation(code), findings=found.findings, status=413)


@for_contact
def _stale(code: str) -> ResponseReturnValue:
    organisation = own_organisation(code)
    typed, _ = posted_fields()
    return _show(organisation, typed, refused("image.stale", "logo.file").findings, 422, _known_logo(organisation))


@bp.get("")
@for_contact
def index() -> ResponseReturnValue:
    """Lead to the organisations of who asks, among all that is theirs."""
    return redirect("/organiser/#organisations", 303)


@bp.get("/<code>")
@for_contact
def show(code: str) -> ResponseReturnValue:
    """Show the profile as it was last proposed."""
    return _show(own_organisation(code))


@bp.post("/<code>")
@takes_upload(LARGEST_UPLOAD_BYTES["logo"], _too_large)
@on_stale_form(_stale)
@for_contact
def change(code: str) -> ResponseReturnValue:
    """Propose a profile; the team looks at it before anything of it is shown."""
    organisation = own_organisation(code)
    typed, findings = posted_fields()
    read = read_form(typed | {"language": organisation.language}, _FORM)
    findings += [each for each in read.findings if each.where.startswith("organisation.")]
    logo, of_logo = _logo(organisation)
    findings += of_logo
    dbs = db.session()
    if read.organisation is None or errors(findings):
        # A logo that was taken is kept, so that it need not be sent again.
        dbs.commit()
        return _show(own_organisation(code), typed, findings, 422, logo)
    content = _content(organisation, read.organisation, logo)
    try:
        hand_in_profile(dbs, organisation, content, actor=visitor().actor.name, mint=Mint(), now=read_now())
    except InvalidContentError as error:
        dbs.rollback()
        return _show(own_organisation(code), typed, error.findings, 422, logo)
    dbs.commit()
    return redirect(f"/organiser/organisations/{organisation.code}?sent=1", 303)


def _content(organisation: Organisation, typed: OrganisationContent, logo: ImageContent | None) -> OrganisationContent:
    """Return the proposal: names in languages that the form does not ask for stay."""
    names = {**organisation.names, **typed.names}
    if "en" not in typed.names and organisation.language != "en":
        names.pop("en", None)
    return replace(typed, names=names, language=organisation.language, image=logo)


def _known_logo(organisation: Organisation) -> ImageContent | None:
    """Return the logo that the form names: the one shown or proposed, or one that this person sent before."""
    identity = request.form.get("logo.id", "")
    words = {organisation.language: alt} if (alt := request.form.get("logo.alt", "")[:500].strip()) else {}
    waiting = waiting_profile(db.session(), organisation)
    proposed = read_profile(waiting).image if waiting is not None else None
    image = find_image(db.session(), identity)
    if image is None:
        return None
    is_theirs = identity in {organisation.image_id, proposed.id if proposed else None}
    is_theirs = is_theirs or owns(image, person_id=visitor().person_id, session_id=None)
    return ImageContent(identity, words) if is_theirs else None


def _logo(organisation: Organisation) -> tuple[ImageContent | None, list[Finding]]:
    """Return the logo to propose, made anew if a file came, and what is wrong with it."""
    known = _known_logo(organisation)
    data = read_upload("logo.file", "logo")
    if not data:
        is_kept = known is not None and request.form.get("logo.remove", "") != "yes"
        alt = request.form.get("logo.alt", "")
        return (known, check_words(alt, rights=True, where="logo")) if is_kept else (None, [])
    alt = request.form.get("logo.alt", "")[:500].strip()
    found = check_words(alt, rights=request.form.get("logo.rights", "") == "yes", where="logo")
    try:
        prepared = prepare(data, "logo")
        if found:
            return known, found
        image = keep_image(db.session(), prepared, picture_owner(), mint=Mint(), now=read_now())
    except InvalidContentError as error:
        return known, [*(replace(each, where="logo.file") for each in error.findings), *found]
    return ImageContent(image.id, {organisation.language: alt}), []
