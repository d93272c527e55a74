"""Zoom's own API text, and what it says of a request or an answer.

The text lies beside the repository and is not part of it: ``shared/zoom/zoom-trimmed.openapi.json`` in the folder that
holds the repository or one above it; ``WMD_ZOOM_SPEC`` names another place. Without it, tests with ``needs_spec`` are
skipped.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from wmd_fakezoom.api import Sent

_ROOT = Path(__file__).resolve().parents[2]
_NAME = "shared/zoom/zoom-trimmed.openapi.json"
_NAMED = os.environ.get("WMD_ZOOM_SPEC", "")
_PLACES = [Path(_NAMED)] if _NAMED else [folder / _NAME for folder in list(_ROOT.parents)[:2]]
PLACE = next((place for place in _PLACES if place.is_file()), None)

needs_spec = pytest.mark.skipif(
    PLACE is None, reason="Zoom's API text is not beside the repository; WMD_ZOOM_SPEC names its place"
)


@dataclass(frozen=True)
class Difference:
    """Where the fake follows something newer than the text: ``calls`` and ``finding`` are patterns of file names."""

    calls: str
    finding: str
    reason: str


#: Each line is needed by the tour of tests/fakezoom/test_contract.py; one that is not, fails there.
DIFFERENCES = (
    Difference("GET /v2/users/*/settings", "unknown call", "newer text: tells whether there is a webinar licence"),
    Difference("GET /v2/users/*/webinars", "query type*", "newer text: scheduled or upcoming"),
    Difference("GET /v2/users/*/webinars", "query next_page_token*", "the answer names a token, the query does not"),
    Difference("GET /v2/users/*", "code 400/4700", "pages on OAuth: me belongs to tokens of users, and only there"),
    Difference("GET /v2/users/*/webinars", "code 400/200", "field: a host without licence has no list either"),
    Difference("GET /v2/webinars/*", "code 400/3003", "a user's token reaches that user's rooms only"),
    Difference("GET /v2/meetings/*/registrants", "code 404/3001", "one code for rooms that are not there, everywhere"),
    Difference(
        "GET /v2/past_webinars/*/instances", "code 404/3001", "one code for rooms that are not there, everywhere"
    ),
    Difference("POST /v2/webinars/*/registrants", "code 400/3035", "full; the text has a code in the other calls only"),
    Difference("POST /v2/*/registrants", "answer status unknown", "changes of September 2026"),
    Difference("POST /v2/*/registrants", "answer occurrences*unknown", "newer text: dates registered for"),
    Difference("POST /v2/webinars/*/registrants", "body language unknown", "newer text: the language of Zoom's mails"),
    Difference("POST /v2/webinars/*/registrants", "body source_id unknown", "newer text: where somebody comes from"),
    Difference("GET /v2/past_*/participants", "answer participants.* unknown", "newer text: times of each joining"),
    Difference(
        "GET /v2/report/*/participants", "answer participants.registrant_id unknown", "what include_fields is for"
    ),
    Difference("POST /v2/users/*/meetings", "answer * unknown", "a new meeting is answered like one that is read"),
    Difference("DELETE /v2/webinars/*/panelists/*", "path panelistId*", "the list of speakers has ids that are texts"),
    Difference("GET /v2/past_webinars/*/participants", "*: '' is not a 'email'", "outsiders have no address"),
)


@dataclass
class Spec:
    """The text. ``used`` collects the differences that were needed."""

    document: dict[str, Any] = field(repr=False)
    used: set[Difference] = field(default_factory=set, repr=False)

    def answer_faults(self, method: str, path: str, status: int, body: bytes) -> list[str]:
        """Return what is wrong with an answer, in words; ``path`` as it goes over the wire."""
        return self._left(method, path, list(self._of_answer(method, path, status, body)))

    def request_faults(self, sent: Sent) -> list[str]:
        """Return what is wrong with a request: an unknown call, parameter or field, or a value of the wrong kind.

        ``FakeZoom.control.sent()`` gives the requests as they came.
        """
        return self._left(sent.method, sent.path, list(self._of_request(sent)))

    def _left(self, method: str, path: str, findings: list[str]) -> list[str]:
        """Return findings that are no known difference."""
        left = []
        for finding in findings:
            known = [
                item
                for item in DIFFERENCES
                if fnmatchcase(f"{method} {path}", item.calls) and fnmatchcase(finding, item.finding)
            ]
            self.used.update(known)
            if not known:
                left.append(f"{method} {path}: {finding}")
        return left

    def operation(self, method: str, path: str) -> tuple[dict[str, Any], dict[str, str]] | None:
        """Return the operation of a path and its variables; paths with the fewest variables go first."""
        for template, methods in sorted(self.document["paths"].items(), key=lambda item: item[0].count("{")):
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
            found = re.fullmatch(pattern, path)
            if found and method.lower() in methods:
                return methods[method.lower()], {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    def _of_answer(self, method: str, path: str, status: int, body: bytes) -> Iterator[str]:
        found = self.operation(method, path)
        if found is None:
            yield "unknown call"
            return
        answer = found[0]["responses"].get(str(status))
        if answer is None:
            yield f"status {status}"
            return
        content = answer.get("content", {}).get("application/json")
        if content is None:
            if body:
                yield f"body of {status}"
            return
        value = json.loads(body)
        yield from self._of_value("answer", content.get("schema", {}), value)
        if status >= 400 and "code" in value:
            codes = {item["value"].get("code") for item in content.get("examples", {}).values()}
            if codes and value["code"] not in codes:
                yield f"code {status}/{value['code']}"

    def _of_request(self, sent: Sent) -> Iterator[str]:
        found = self.operation(sent.method, sent.path)
        if found is None:
            yield "unknown call"
            return
        operation, variables = found
        parameters = {(item["in"], item["name"]): item for item in operation.get("parameters", [])}
        for name, text in variables.items():
            yield from self._of_parameter("path", parameters[("path", name)], text)
        for name, texts in sent.query.items():
            if ("query", name) not in parameters:
                yield f"query {name} unknown"
            elif len(texts) != 1:
                yield f"query {name} more than once"
            else:
                yield from self._of_parameter("query", parameters[("query", name)], texts[0])
        yield from self._of_body(operation.get("requestBody", {}).get("content", {}), sent)

    def _of_body(self, content: Mapping[str, Any], sent: Sent) -> Iterator[str]:
        kind = sent.headers.get("Content-Type", "").split(";")[0]
        if not sent.body:
            return
        if kind not in content:
            yield f"body of kind {kind}"
        elif kind == "application/json":
            yield from self._of_value("body", content[kind]["schema"], json.loads(sent.body))

    def _of_parameter(self, where: str, parameter: Mapping[str, Any], text: str) -> Iterator[str]:
        kind = parameter["schema"].get("type")
        value: object = text
        if kind == "integer" and re.fullmatch(r"-?\d+", text):
            value = int(text)
        if kind == "boolean" and text in {"true", "false"}:
            value = text == "true"
        yield from self._of_value(f"{where} {parameter['name']}", parameter["schema"], value)

    def _of_value(self, where: str, schema: dict[str, Any], value: object) -> Iterator[str]:
        schema = self._resolved(schema)
        validator = OAS30Validator(schema, format_checker=oas30_format_checker)
        for error in sorted(validator.iter_errors(value), key=lambda item: list(map(str, item.absolute_path))):
            place = ".".join(str(part) for part in error.absolute_path)
            yield f"{where} {place}: {error.message}"
        yield from (f"{where} {name} unknown" for name in sorted(set(_unknown([schema], value, ""))))

    def _resolved(self, schema: Any) -> Any:  # noqa: ANN401 -- any part of the text
        """Return a schema with what it refers to in its place; the text refers only to the error's."""
        if isinstance(schema, dict) and "$ref" in schema:
            return self._resolved(self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
        if isinstance(schema, dict):
            return {name: self._resolved(item) for name, item in schema.items()}
        return [self._resolved(item) for item in schema] if isinstance(schema, list) else schema


def _flat(schemas: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield schemas and all that they are put together from."""
    for schema in schemas:
        yield schema
        for word in ("allOf", "oneOf", "anyOf"):
            yield from _flat(schema.get(word, []))


def _unknown(schemas: list[dict[str, Any]], value: object, where: str) -> Iterator[str]:
    """Yield the fields of a value that no schema names, without the places in lists."""
    flat = list(_flat(schemas))
    if isinstance(value, list):
        inner = [item["items"] for item in flat if "items" in item]
        for element in value:
            yield from _unknown(inner, element, where)
    if not isinstance(value, dict) or not any("properties" in item for item in flat):
        return
    for name, field_value in value.items():
        place = f"{where}.{name}".lstrip(".")
        inner = [item["properties"][name] for item in flat if name in item.get("properties", {})]
        if not inner:
            yield place
        yield from _unknown(inner, field_value, place)


@cache
def the_spec() -> Spec:
    """Return the text; only for tests that are skipped without it."""
    assert PLACE is not None
    return Spec(json.loads(PLACE.read_text(encoding="utf-8")))


def request_faults(sent: list[Sent]) -> list[str]:
    """Return what is wrong with requests, those for the pages of consent left out; nothing when there is no text."""
    if PLACE is None:
        return []
    calls = [item for item in sent if item.path.startswith("/v2/") or item.path == "/oauth/token"]
    return [fault for item in calls for fault in the_spec().request_faults(item)]
