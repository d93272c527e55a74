"""The control port: a page with buttons for demonstrations, the log, and every hand of ``Control`` over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from wmd_fakezoom.clock import utc_text
from wmd_fakezoom.control import Control
from wmd_fakezoom.records import Room

_LOOPBACK: Final = {"127.0.0.1", "localhost"}


def panel(control: Control) -> Flask:
    """Return the application of the control port. It answers loopback names only, and no form of another site."""
    app = Flask("wmd_fakezoom")
    app.before_request(_guard)
    _read(app, control)
    _act(app, control)
    return app


def _guard() -> None:
    """Refuse names that are not loopback's (a page elsewhere may have one made to lead here), and foreign forms."""
    origin = request.headers.get("Origin")
    if urlsplit(request.host_url).hostname not in _LOOPBACK:
        abort(403)
    if origin and origin != request.host_url.rstrip("/"):
        abort(403)


def _read(app: Flask, control: Control) -> None:
    """Enter what is only read: the page, the log, the rooms."""

    @app.get("/")
    def page() -> str:
        rooms = [room for room in control.world.rooms if room.state != "gone"]
        return render_template(
            "panel.html", rooms=rooms, users=control.world.users, now=control.now, log=control.log()[-30:],
            deliveries=list(control.webhooks.history)[-10:], links=control.links,
        )  # fmt: skip

    @app.get("/_log")
    def log() -> Response:
        return jsonify(control.log_document())

    @app.get("/_rooms")
    def rooms() -> Response:
        return jsonify([_room(room) for room in control.world.rooms])


def _act(app: Flask, control: Control) -> None:
    """Enter what does something: clock, faults, rooms, access."""

    @app.post("/_clock")
    def clock() -> AnyResponse:
        fields = _fields()
        if "set" in fields:
            control.set_time(datetime.fromisoformat(str(fields["set"])))
        else:
            by = {unit: float(fields[unit]) for unit in ("days", "hours", "minutes", "seconds") if unit in fields}
            control.world.clock.move(timedelta(**by))
        return _done(now=utc_text(control.now))

    @app.post("/_fault")
    def fault() -> AnyResponse:
        control.fault(**_fields())
        return _done()

    @app.post("/_rooms/<int:room_id>/<verb>")
    def act(room_id: int, verb: str) -> AnyResponse:
        verbs = VERBS.get(verb) or abort(404)
        try:
            verbs(control, room_id, _fields())
        except (LookupError, ValueError):
            abort(409)
        return _done()

    @app.post("/_users/<user>/revoke")
    def revoke(user: str) -> AnyResponse:
        try:
            control.revoke(user)
        except LookupError:
            abort(404)
        return _done()

    @app.post("/_do/<word>")
    def plain(word: str) -> AnyResponse:
        (PLAIN.get(word) or abort(404))(control)
        return _done()


#: What needs no further word.
PLAIN: Final[dict[str, Callable[[Control], object]]] = {
    "kill-tokens": lambda control: control.kill_tokens(),
    "forget-faults": lambda control: control.no_faults(),
    "forget-log": lambda control: control.forget_log(),
}


def _move(control: Control, room_id: int, fields: dict[str, Any]) -> None:
    """Move a room by minutes, or to an instant."""
    room = control.room(room_id)
    at = fields.get("start_time")
    if at:
        control.move_room(room_id, datetime.fromisoformat(str(at)))
        return
    if room.starts_at is None:
        raise ValueError("no time")
    minutes = int(fields.get("minutes", 60))
    control.move_room(room_id, datetime.fromtimestamp(room.starts_at.timestamp() + minutes * 60, room.starts_at.tzinfo))


#: What the host can do to a room.
VERBS: Final[dict[str, Callable[[Control, int, dict[str, Any]], object]]] = {
    "move": _move,
    "delete": lambda control, room_id, _: control.delete(room_id),
    "recover": lambda control, room_id, _: control.recover(room_id),
    "delete-for-good": lambda control, room_id, _: control.delete_for_good(room_id),
    "close": lambda control, room_id, _: control.close_registration(room_id),
    "open": lambda control, room_id, _: control.close_registration(room_id, is_closed=False),
    "change-link": lambda control, room_id, _: control.change_link(room_id),
    "recreate": lambda control, room_id, _: control.recreate(room_id),
    "convert": lambda control, room_id, _: control.convert_to_webinar(room_id),
    "start": lambda control, room_id, _: control.start(room_id),
    "end": lambda control, room_id, _: control.end(room_id),
}


def _fields() -> dict[str, Any]:
    """Return what a request says, as a form or as JSON."""
    given = request.get_json(silent=True)
    return given if isinstance(given, dict) else request.form.to_dict()


def _done(**more: object) -> AnyResponse:
    """Answer a machine with JSON, and a browser with the way back to the page."""
    if request.mimetype == "application/x-www-form-urlencoded" or "text/html" in request.headers.get("Accept", ""):
        return redirect("/", 303)
    return jsonify({"done": True, **more})


def _room(room: Room) -> dict[str, Any]:
    """Return a room for machines: no link, no address."""
    return {
        "id": room.id,
        "kind": room.kind,
        "type": room.type,
        "topic": room.topic,
        "state": room.state,
        "start_time": utc_text(room.starts_at) if room.starts_at else None,
        "is_closed": room.is_closed,
        "is_live": room.live is not None,
        "registrants": len(room.registrants),
    }
