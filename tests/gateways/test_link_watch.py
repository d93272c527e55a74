"""A look at a link: through the gate or not at all, and against real servers on loopback."""

from __future__ import annotations

import datetime as dt
import http.server
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from wmd.domain.zoom.pages import Looked
from wmd.gateways.link_watch import LARGEST_BYTES, LinkWatch, TlsConnect

TOKEN = "WN_TG7X-dycRuOObP11RPHuqA"
HOST = "metropolis-org.zoom.us"
LINK = f"https://{HOST}/webinar/register/{TOKEN}"
PUBLIC = "170.114.52.2"


@dataclass
class Script:
    """What a server answers by path, and what it was asked."""

    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    pause_s: float = 0.0
    port: int = 0


class _Handler(http.server.BaseHTTPRequestHandler):
    script: Script

    def do_GET(self) -> None:
        self.script.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        status, headers, body = self.script.answers.get(self.path, (404, {}, b"nothing here"))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for start in range(0, len(body), 4096):
                self.wfile.write(body[start : start + 4096])
                time.sleep(self.script.pause_s)
        except OSError:
            # Whoever looked has seen enough.
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class _Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that refuse our certificate."""


def serve(script: Script, context: ssl.SSLContext | None = None) -> _Quiet:
    handler = type("Handler", (_Handler,), {"script": script})
    server = _Quiet(("127.0.0.1", 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    script.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


@pytest.fixture
def script() -> Iterator[Script]:
    """A server that answers as told."""
    found = Script()
    server = serve(found)
    yield found
    server.shutdown()
    server.server_close()


@dataclass
class Door:
    """Connects to the server on loopback whatever address is named, and remembers which were."""

    port: int
    opened: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, address: str, host: str, timeout_s: float) -> socket.socket:
        self.opened.append((address, host))
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s)


def to(*addresses: str) -> Callable[[str], Sequence[str]]:
    return lambda _host: list(addresses)


def look(script: Script, url: str = LINK, **changes: object) -> tuple[Looked, Door]:
    door = Door(script.port)
    options: dict[str, object] = {"resolve": to(PUBLIC), "connect": door, "user_agent": "looker"}
    watch = LinkWatch(**(options | changes))  # type: ignore[arg-type]
    return watch(url), door


def test_look_asks_for_the_page_in_the_name_of_its_host_and_carries_nothing_of_ours(script: Script) -> None:
    script.answers[f"/webinar/register/{TOKEN}?x=1"] = (200, {"Set-Cookie": "a=b"}, b"<h1>Care in the city</h1>")
    found, door = look(script, f"{LINK}?x=1#/registration")
    again, _ = look(script, f"{LINK}?x=1")
    assert (found.status, found.text, found.fault) == (200, "<h1>Care in the city</h1>", "")
    assert again == Looked(200, f"{LINK}?x=1", found.text)
    assert door.opened == [(PUBLIC, HOST)]
    assert [sorted(headers) for _, headers in script.asked] == [
        ["accept", "accept-encoding", "accept-language", "connection", "host", "user-agent"]
    ] * 2
    assert {headers["host"] for _, headers in script.asked} == {HOST}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/webinar/register/x", f"https://evilzoom.us/webinar/register/{TOKEN}",
        f"https://zoom.us.evil.example/webinar/register/{TOKEN}", f"http://{HOST}/webinar/register/{TOKEN}",
        f"https://{HOST}:8443/webinar/register/{TOKEN}", f"https://a@{HOST}/webinar/register/{TOKEN}",
        "https://127.0.0.1/webinar/register/x", f"https://{HOST}/s/81234567890?zak=x", f"https://{HOST}/j/81234567890",
        f"https://{HOST}/w/81234567890?tk=x", f"https://{HOST}/my/somebody", "file:///etc/passwd", "",
    ],
)  # fmt: skip
def test_link_that_is_no_public_page_of_zooms_is_not_looked_at(script: Script, url: str) -> None:
    found, door = look(script, url)
    assert (found, door.opened) == (Looked(fault="not-ours"), [])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:0:53aa:64c::1", "2001:db8::1", "::", "fec0::1", "no address",
    ],
)  # fmt: skip
def test_name_with_one_address_that_is_not_public_is_not_looked_at(script: Script, address: str) -> None:
    found, door = look(script, resolve=to(PUBLIC, address))
    assert (found, door.opened, script.asked) == (Looked(fault="address"), [], [])


def test_name_without_an_address_is_not_looked_at(script: Script) -> None:
    assert look(script, resolve=to())[0] == Looked(fault="address")


def test_name_is_asked_for_once_a_hop_and_its_very_address_is_talked_to(script: Script) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    script.answers[f"/webinar/register/{TOKEN}"] = (200, {}, b"")
    found, door = look(script, resolve=lambda _host: next(answers))
    assert (found.status, door.opened) == (200, [(PUBLIC, HOST)])


def test_next_address_is_tried_when_one_does_not_answer_ipv4_first(script: Script) -> None:
    script.answers[f"/webinar/register/{TOKEN}"] = (200, {}, b"")
    door = Door(script.port)

    def connect(address: str, host: str, timeout_s: float) -> socket.socket:
        if address == PUBLIC:
            door.opened.append((address, host))
            raise ConnectionRefusedError
        return door(address, host, timeout_s)

    found, _ = look(script, resolve=to("2407:30c0::1", PUBLIC), connect=connect)
    assert (found.status, door.opened) == (200, [(PUBLIC, HOST), ("2407:30c0::1", HOST)])


def test_redirects_are_followed_through_the_gate(script: Script) -> None:
    script.answers[f"/webinar/register/{TOKEN}"] = (302, {"Location": f"https://us02web.zoom.us/a/{TOKEN}"}, b"")
    script.answers[f"/a/{TOKEN}"] = (301, {"Location": f"/webinar/register/7/{TOKEN}"}, b"")
    script.answers[f"/webinar/register/7/{TOKEN}"] = (200, {}, b"here")
    found, door = look(script)
    assert found == Looked(200, f"https://us02web.zoom.us/webinar/register/7/{TOKEN}", "here")
    assert [host for _, host in door.opened] == [HOST, "us02web.zoom.us", "us02web.zoom.us"]


@pytest.mark.parametrize(
    "location",
    [
        "https://example.org/", "http://zoom.us/webinar/register/x", "http://169.254.169.254/latest/meta-data/",
        "https://zoom.us/s/81234567890?zak=x", "https://zoom.us/w/81234567890?tk=x", "https://zoom.us/j/81234567890",
        "//evil.example/", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_redirect_that_leads_elsewhere_is_not_followed(script: Script, location: str) -> None:
    script.answers[f"/webinar/register/{TOKEN}"] = (302, {"Location": location}, b"")
    found, door = look(script)
    assert (found, len(door.opened)) == (Looked(fault="elsewhere"), 1)


def test_redirect_to_a_name_of_the_inner_network_is_not_followed(script: Script) -> None:
    script.answers[f"/webinar/register/{TOKEN}"] = (302, {"Location": "https://inner.zoom.us/"}, b"")
    inner = {HOST: [PUBLIC], "inner.zoom.us": ["10.0.0.1"]}
    found, door = look(script, resolve=lambda host: inner[host])
    assert (found, door.opened) == (Looked(fault="address"), [(PUBLIC, HOST)])


def test_circle_of_redirects_ends_after_three(script: Script) -> None:
    script.answers[f"/webinar/register/{TOKEN}"] = (302, {"Location": LINK}, b"")
    found, door = look(script)
    assert (found, len(door.opened)) == (Looked(fault="redirects"), 4)


def test_no_more_is_read_than_the_beginning(script: Script) -> None:
    script.answers[f"/webinar/register/{TOKEN}"] = (200, {}, b"x" * (3 * LARGEST_BYTES))
    assert len(look(script)[0].text) == LARGEST_BYTES


def test_server_that_drips_is_left_after_the_longest_time(script: Script) -> None:
    script.answers[f"/webinar/register/{TOKEN}"] = (200, {}, b"x" * 10 * 4096)
    script.pause_s = 0.1
    began = time.monotonic()
    found, _ = look(script, longest_s=0.3)
    assert found == Looked(fault="timeout")
    assert time.monotonic() - began < 0.9


@pytest.mark.parametrize("words", [b"", b"not HTTP at all\r\n\r\n"])
def test_server_that_speaks_no_http_is_a_fault_of_the_network(script: Script, words: bytes) -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(words)
    theirs.shutdown(socket.SHUT_WR)
    found, _ = look(script, connect=lambda *_: ours)
    theirs.close()
    assert found == Looked(fault="network")


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the contexts of a server with a certificate for a host, and of who trusts that alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem.decode())


@pytest.mark.parametrize(("host", "expected"), [(HOST, 200), ("somebody-else.zoom.us", 0)])
def test_name_stands_in_tls_and_its_certificate_must_be_right(tmp_path: Path, host: str, expected: int) -> None:
    script = Script({f"/webinar/register/{TOKEN}": (200, {}, b"")})
    context, trusting = certificate(tmp_path, host)
    names: list[str | None] = []
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    server = serve(script, context)
    connect = TlsConnect(trusting, port=script.port)
    found, _ = look(script, connect=lambda _address, named, left: connect("127.0.0.1", named, left))
    server.shutdown()
    server.server_close()
    assert (found.status, names) == (expected, [HOST])
