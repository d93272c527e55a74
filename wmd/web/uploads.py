"""How much a form with a file may send: more than other forms, said before anything of it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue

_UPLOAD = "_takes_upload"
#: What the other fields of such a form, and the envelope around the file, may take besides.
_BESIDE_BYTES = 200_000

_View = TypeVar("_View", bound=Callable[..., Any])


def takes_upload(most_bytes: int, too_large: Callable[..., ResponseReturnValue]) -> Callable[[_View], _View]:
    """Let a POST to a view carry a file of at most ``most_bytes``; for a larger one ``too_large`` answers instead.

    It is called with the view's arguments. Decorate the outermost.
    """

    def remember(view: _View) -> _View:
        setattr(view, _UPLOAD, (most_bytes + _BESIDE_BYTES, too_large))
        return view

    return remember


def _bound() -> ResponseReturnValue | None:
    if request.method != "POST" or request.endpoint is None:
        return None
    found = getattr(current_app.view_functions[request.endpoint], _UPLOAD, None)
    if found is None:
        return None
    most_bytes, too_large = found
    request.max_content_length = most_bytes
    if (request.content_length or 0) > most_bytes:
        answer: ResponseReturnValue = too_large(**(request.view_args or {}))
        return answer
    return None


def register(app: Flask) -> None:
    """Bound every request that may carry a file, before anything reads its form."""
    app.before_request(_bound)
