"""What the service is measured against: the same bytes from a bare WSGI function and from a bare Flask view.

Both answer ``If-None-Match`` and nothing else. ``BENCH_ANSWERS`` names a JSON file: path -> {headers, body file}.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, Response, request

_ANSWERS: dict[str, tuple[list[tuple[str, str]], bytes, str]] = {}

if "BENCH_ANSWERS" in os.environ:
    for path, held in json.loads(Path(os.environ["BENCH_ANSWERS"]).read_text(encoding="utf-8")).items():
        etag = next(value for name, value in held["headers"] if name.lower() == "etag")
        _ANSWERS[path] = ([(name, value) for name, value in held["headers"]], Path(held["body"]).read_bytes(), etag)


def bare(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer as little as WSGI allows."""
    headers, body, etag = _ANSWERS[environ["PATH_INFO"]]
    if environ.get("HTTP_IF_NONE_MATCH") == etag:
        start_response("304 Not Modified", [pair for pair in headers if pair[0] == "etag"])
        return []
    start_response("200 OK", headers)
    return [body]


flask = Flask("baseline")


@flask.get("/")
@flask.get("/<path:path>")
def view(path: str = "") -> Response:
    """Answer as a first Flask view would."""
    headers, body, etag = _ANSWERS[request.path]
    if etag.strip('"') in request.if_none_match:
        return Response(status=304, headers=[pair for pair in headers if pair[0] == "etag"])
    return Response(body, headers=headers)
