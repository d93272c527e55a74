"""Logo packs: for approved events of one's own, on accepted terms, and only ever for saving."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.cast import BASE_URL, csrf_token, get, post
from tests.conftest import LEAD_STARTED_AT, Databases, Engine
from tests.handing_in import hand_in
from tests.web.organiser.desk_of_drafts import Desk, desk_on, of_a
from wmd.db import db
from wmd.models import AuditEntry, Edition, LogoPack, LogoRelease, Revision, Submission
from wmd.services.actors import Actor
from wmd.services.moderation import decide

ZIP = b"PK\x03\x04" + bytes(range(256)) * 40
FORM = {"edition": "2021", "name": "Logos 2021", "terms": "**No** changes.", "version": "2021-1"}


@pytest.fixture
def desk(databases: Databases, engine_name: Engine, tmp_path: Path) -> Iterator[Desk]:
    """A service on each kind of database, with an event of ana's handed in."""
    url = databases.copy(engine_name, tmp_path)
    with desk_on(url, tmp_path) as found:
        with found.app.app_context():
            dbs = db.session()
            edition = dbs.scalars(select(Edition)).one()
            hand_in(dbs, edition, of_a(), token="t", now=LEAD_STARTED_AT, actor=Actor("person:ana", "ana"))
            dbs.commit()
            db.session.remove()
        yield found
    databases.drop(url)


def upload(desk: Desk, data: bytes = ZIP, who: str = "adam", **changes: str) -> TestResponse:
    client = desk.client(who, staff=True)
    form: dict[str, object] = FORM | changes | {"csrf_token": csrf_token(client)}
    form["file"] = FileStorage(io.BytesIO(data), filename="x.html")
    boundary, body = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post("/staff/logo-packs", data=body, content_type=kind, base_url=BASE_URL)


def own_pack(desk: Desk, *, approved: bool = True) -> str:
    """Return the address of the pack of ana's event, which was approved or not."""
    with desk.app.app_context():
        dbs = db.session()
        submission = dbs.scalars(select(Submission).where(Submission.person_id == "ana")).one()
        if approved:
            revision = dbs.scalars(select(Revision).where(Revision.submission_id == submission.id)).one()
            decide(dbs, revision, "approved", moderator="person:mona", now=LEAD_STARTED_AT)
            dbs.commit()
        path = f"/organiser/submissions/{submission.id}/logo-pack"
        db.session.remove()
    return path


def test_pack_is_given_out_once_its_terms_are_accepted(desk: Desk) -> None:
    assert upload(desk).status_code == 303
    path, ana = own_pack(desk), desk.client()
    assert "<strong>No</strong> changes." in get(ana, path).get_data(as_text=True)
    assert get(ana, path + "/file").status_code == 404
    assert post(ana, path, {"version": "2021-1"}).status_code == 422
    assert post(ana, path, {"version": "2020-9", "accept": "yes"}).status_code == 409
    assert post(ana, path, {"version": "2021-1", "accept": "yes"}).status_code == 303

    answer = get(ana, path + "/file")
    assert (answer.status_code, answer.data, answer.content_type) == (200, ZIP, "application/zip")
    expected = {
        "Content-Disposition": "attachment; filename=logos-2021.zip", "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store",
    }  # fmt: skip
    assert {name: answer.headers[name] for name in expected} == expected
    # Every contact of the organisation may fetch it now; nobody else.
    codes = {who: get(desk.client(who), path + "/file").status_code for who in ("cleo", "ben", "stranger", "mona")}
    assert codes == {"cleo": 200, "ben": 404, "stranger": 404, "mona": 404}
    with desk.app.app_context():
        dbs = db.session()
        assert dbs.scalars(select(LogoRelease.person_id)).all() == ["ana"]
        actors = dbs.scalars(select(AuditEntry.actor).where(AuditEntry.subject_kind == "logo-pack")).all()
        assert actors == ["person:adam", "person:ana"]
        db.session.remove()


def test_event_that_is_not_approved_gets_none(desk: Desk) -> None:
    upload(desk)
    path = own_pack(desk, approved=False)

    assert "For approved events" in get(desk.client(), path).get_data(as_text=True)
    assert post(desk.client(), path, {"version": "2021-1", "accept": "yes"}).status_code == 409
    assert get(desk.client(), path + "/file").status_code == 404


def test_newer_terms_are_accepted_anew(desk: Desk) -> None:
    upload(desk)
    path, ana = own_pack(desk), desk.client()
    post(ana, path, {"version": "2021-1", "accept": "yes"})
    upload(desk, version="2021-2")

    assert get(ana, path + "/file").status_code == 404
    assert post(ana, path, {"version": "2021-2", "accept": "yes"}).status_code == 303
    assert get(ana, path + "/file").status_code == 200
    with desk.app.app_context():
        packs = db.session().scalars(select(LogoPack).order_by(LogoPack.terms_version)).all()
        assert [(pack.terms_version, pack.retired_at is None) for pack in packs] == [
            ("2021-1", False),
            ("2021-2", True),
        ]
        db.session.remove()


@pytest.mark.parametrize(
    ("data", "changes", "words"),
    [
        (b"<html>", {}, "Choose a zip or a PNG file."),
        (b"", {}, "Choose a zip or a PNG file."),
        (ZIP, {"terms": ""}, "Write down the terms"),
        (ZIP, {"version": ""}, "which version"),
        (ZIP, {"name": ""}, "Give the pack a name"),
        (ZIP, {"edition": "none"}, "Choose an edition."),
        (b"PK\x03\x04" + b"\0" * 20_000_000, {}, "larger than 20 MB"),
    ],
)
def test_faulty_upload_is_told_and_nothing_is_kept(
    desk: Desk, data: bytes, changes: dict[str, str], words: str
) -> None:
    answer = upload(desk, data, **changes)

    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    with desk.app.app_context():
        assert db.session().scalars(select(LogoPack.id)).all() == []
        db.session.remove()


def test_only_administrators_upload(desk: Desk) -> None:
    assert {who: upload(desk, who=who).status_code for who in ("rita", "mona", "adam")} == {
        "rita": 403, "mona": 403, "adam": 303,
    }  # fmt: skip
