"""The fake as a thing with a beginning and an end: two ports on loopback, and a thread that sends webhooks."""

from __future__ import annotations

from datetime import datetime
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

from wmd_fakezoom.api import Api
from wmd_fakezoom.clock import Clock
from wmd_fakezoom.control import Control
from wmd_fakezoom.ids import Ids
from wmd_fakezoom.panel import panel
from wmd_fakezoom.seed import WEBHOOK_SECRET, seed_cast, seed_demo
from wmd_fakezoom.webhooks import LIMIT_S, Webhooks
from wmd_fakezoom.wire import Server
from wmd_fakezoom.world import World

#: How links in answers begin: Zoom's own host, so that clients check them as they check real ones.
LINK_BASE: Final = "https://us02web.zoom.us"
_WEBHOOKS_EVERY_S: Final = 0.3


class FakeZoom:
    """A fake Zoom on loopback: ``with FakeZoom(starts_at=…) as zoom: zoom.url, zoom.control``.

    ``starts_at`` (aware) makes its clock stand until it is moved; without it the clock runs with the machine's.
    ``url`` serves ``/oauth/token``, ``/v2/…`` and the public pages; ``control_url`` the control port, once
    ``control_port`` is given (0 for a free one). With ``sends`` webhooks go out by themselves, otherwise by
    ``control.webhooks.send_due()``.
    """

    def __init__(
        self,
        *,
        starts_at: datetime | None = None,
        port: int = 0,
        control_port: int | None = None,
        seed: str = "cast",
        number: int = 1,
        link_base: str = LINK_BASE,
        redirect_uris: tuple[str, ...] = ("http://127.0.0.1/callback",),
        webhook_limit_s: float = LIMIT_S,
        sends: bool = False,
    ) -> None:
        self._closing = Event()
        world = World(Clock(starts_at), Ids(number), link_base=link_base)
        api = Api(world, self._closing)
        self.control = Control(world, api, Webhooks(world, limit_s=webhook_limit_s))
        seed_cast(world, redirect_uris)
        if seed == "demo":
            seed_demo(self.control)
        self._servers = [Server(api, port)]
        self.url = self._servers[0].url
        api.oauth.api_url = self.url
        self.control_url = ""
        if control_port is not None:
            self._servers.append(Server(panel(self.control), control_port))
            self.control_url = self._servers[1].url
        self._sender = Thread(target=self._send, name="fake-zoom-webhooks", daemon=True) if sends else None

    @property
    def api_url(self) -> str:
        """Where the API is, with its version."""
        return f"{self.url}/v2"

    def __enter__(self) -> Self:
        for server in self._servers:
            server.start()
        if self._sender is not None:
            self._sender.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        for server in self._servers:
            server.stop()
        if self._sender is not None:
            self._sender.join(self.control.webhooks.limit_s + 1)

    def listen(self, url: str, secret: str = WEBHOOK_SECRET) -> None:
        """Send every event to an address, once it has answered the challenge; asked again while it does not."""
        self.control.webhooks.subscribe(url, secret)

    def _send(self) -> None:
        """Send what is due until the fake ends; an endpoint that is not up yet is asked again."""
        webhooks = self.control.webhooks
        while not self._closing.wait(_WEBHOOKS_EVERY_S):
            for endpoint in webhooks.endpoints:
                if not endpoint.is_on and endpoint.failed_challenges:
                    webhooks.challenge(endpoint)
                    self._closing.wait(2)
            webhooks.send_due()
