"""One call of the API: what a handler gets, what it answers, and the table of routes that handlers enter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wmd_fakezoom.records import Kind

if TYPE_CHECKING:
    from wmd_fakezoom.tokens import Access
    from wmd_fakezoom.world import World


class ZoomError(Exception):
    """An answer that is an error: HTTP status, Zoom's code, Zoom's words, and per field what is wrong."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {"code": code, "message": message}
        if fields:
            self.body["errors"] = [{"field": name, "message": words} for name, words in fields.items()]


def invalid(fields: Mapping[str, str]) -> ZoomError:
    """Return the error for a request whose fields are wrong: 400 with code 300 and the fields."""
    return ZoomError(400, 300, "Validation Failed.", fields=fields)


@dataclass(frozen=True)
class Answer:
    """What a handler answers; ``body`` is the JSON value, or nothing."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """What a handler gets. ``kind`` is that of the route; the world is locked while the handler runs."""

    world: World
    now: datetime
    kind: Kind
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    access: Access

    def document(self) -> dict[str, Any]:
        """Return the body as a JSON object, or raise as Zoom does."""
        if not isinstance(self.body, dict):
            raise ZoomError(400, 300, "Request Body should be a valid JSON object.")
        return self.body


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """One method and path; ``template`` is what logs and faults call it, without any id."""

    method: str
    template: str
    label: str
    scope: str
    kind: Kind
    handle: Handler

    @property
    def name(self) -> str:
        """How logs and faults call the route: ``GET /webinars/{id}``."""
        return f"{self.method} {self.template}"

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """Return the path's variables, or nothing when the path is another."""
        parts = self.template.strip("/").split("/")
        if len(parts) != len(segments):
            return None
        found: dict[str, str] = {}
        for part, segment in zip(parts, segments, strict=True):
            if part.startswith("{"):
                found[part[1:-1]] = segment
            elif part != segment:
                return None
        return found


ROUTES: list[Route] = []


def route(method: str, template: str, *, label: str, scope: str) -> Callable[[Handler], Handler]:
    """Enter a handler for one path. ``{kind}`` in the path enters it for webinars and for meetings."""

    def enter(handle: Handler) -> Handler:
        kinds: tuple[Kind, ...] = ("webinar", "meeting") if "{kind}" in template else ("webinar",)
        for kind in kinds:
            path = template.replace("{kind}", kind)
            ROUTES.append(Route(method, path, label, scope.replace("{kind}", kind), kind, handle))
        return handle

    return enter
