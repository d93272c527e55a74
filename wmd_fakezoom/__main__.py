"""Run the fake: ``python -m wmd_fakezoom --port 8090 --control-port 8091 [--webhook-url URL] [--seed demo]``."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from threading import Event, Thread

from wmd.lifeline import end_with
from wmd_fakezoom.seed import ACCOUNT_ID, CLIENT_ID, WEBHOOK_SECRET, seed_rooms
from wmd_fakezoom.server import LINK_BASE, FakeZoom


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m wmd_fakezoom", description="A Zoom to develop against.")
    parser.add_argument("--port", type=int, default=8090, help="port of the API and of Zoom's public pages")
    parser.add_argument("--control-port", type=int, default=8091, help="port of the buttons and of the log")
    parser.add_argument("--webhook-url", help="where events go")
    parser.add_argument("--webhook-secret", default=WEBHOOK_SECRET, help="what they are signed with")
    parser.add_argument("--redirect-uri", action="append", help="where the partner's app may send browsers back to")
    parser.add_argument("--link-base", default=LINK_BASE, help="how links in answers begin")
    parser.add_argument("--seed", choices=["cast", "demo"], default="cast", help="demo: with some rooms")
    parser.add_argument("--rooms", type=Path, help="a JSON file with webinars of ours to begin with")
    parser.add_argument("--with-stdin", action="store_true", help="end when the standard input does")
    return parser.parse_args()


def main() -> None:
    """Serve until SIGTERM, Ctrl-C, or with ``--with-stdin`` the end of the process that holds the other end."""
    given, ended = arguments(), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    if given.with_stdin:
        told = {"told_again_s": 0.0}
        Thread(target=end_with, args=(sys.stdin.fileno(),), kwargs=told, name="lifeline", daemon=True).start()
    fake = FakeZoom(
        port=given.port,
        control_port=given.control_port,
        seed=given.seed,
        link_base=given.link_base,
        redirect_uris=tuple(given.redirect_uri or ["http://127.0.0.1/callback"]),
        sends=True,
    )
    if given.rooms is not None and given.rooms.exists():
        seed_rooms(fake.control, json.loads(given.rooms.read_text(encoding="utf-8")))
    with fake:
        words = f"Fake Zoom on {fake.url}, its buttons on {fake.control_url}, account {ACCOUNT_ID}, app {CLIENT_ID}\n"
        os.write(1, words.encode())
        if given.webhook_url:
            fake.listen(given.webhook_url, given.webhook_secret)
        ended.wait()


if __name__ == "__main__":
    main()
