"""The ground everything stands on: make, the demonstration script, the server, the pins."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Databases, make_test_app
from wmd.db import db
from wmd.gateways import read_clock
from wmd.secretbox import SecretBox
from wmd.services.outbox import put_message

ROOT = Path(__file__).resolve().parents[1]


def wanted(file: str) -> list[str]:
    """Return the names of the packages a requirements file asks for itself."""
    lines = (ROOT / "requirements" / file).read_text(encoding="utf-8").splitlines()
    return [re.split(r"[\[<>=!~; ]", line)[0].lower() for line in lines if line and line[0] not in "#-"]


def pinned(file: str) -> dict[str, str]:
    """Return the pins of a lock file by package."""
    text = (ROOT / "requirements" / file).read_text(encoding="utf-8")
    return dict(re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", text))


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = {name for row in re.findall(r"(?m)^\| ([a-z0-9-][a-z0-9, -]*) \|", text) for name in row.split(", ")}

    assert set(wanted("run.in") + wanted("test.in")) == explained - {"package"}


@pytest.mark.parametrize("kind", ["run", "test"])
def test_lock_pins_what_is_wanted_with_hashes(kind: str) -> None:
    text = (ROOT / "requirements" / f"{kind}.lock").read_text(encoding="utf-8")
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", text)[1:]

    assert [name for name in wanted(f"{kind}.in") if name not in pinned(f"{kind}.lock")] == []
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.findall(r"(?m)^\s*(?:--(?:extra-)?index-url|--find-links|.* @ ).*", text) == []


def test_tests_run_with_the_pins_of_the_service() -> None:
    run, test = pinned("run.lock"), pinned("test.lock")

    assert {name: test.get(name) for name in run} == run


def test_make_says_what_there_is() -> None:
    targets = re.findall(r"(?m)^\.PHONY: (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))

    said = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    shown = re.findall(r"(?m)^  make (\S+)\s+\S", said)
    assert sorted(shown) == sorted(set(targets) - {"venv", "venv-test"})


@pytest.mark.parametrize("script", ["demo", ".ci/run"])
def test_script_is_executable_and_reads_as_bash(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], cwd=ROOT, capture_output=True, check=False).stderr == b""


def test_demo_without_a_command_says_how() -> None:
    said = subprocess.run(["./demo"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert said.returncode == 2
    assert "./demo serve" in said.stdout


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(folder: Path, port: int, *options: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Run the server in demonstration mode on a folder of its own, until it says that it serves."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("WMD_")}
    env |= {"WMD_MODE": "demo", "WMD_VAR_DIR": str(folder), "PORT": str(port), "PYTHONWARNINGS": "default"} | settings
    with subprocess.Popen(
        [sys.executable, "-m", "wmd.serve", *options],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("Serving"):
                    break
            yield process
        finally:
            process.kill()


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the process ids of the server's workers."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(child) for child in children.split()]


def wait_until_gone(pids: list[int], longest_s: float = 10) -> list[int]:
    """Return those of some processes that still live after a while."""
    end_s = time.monotonic() + longest_s
    while (alive := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < end_s:
        time.sleep(0.05)
    return alive


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that ended and was not yet collected does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def fetch(port: int, path: str) -> tuple[int, bytes]:
    """Ask the server once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_server_refuses_a_taken_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        env = os.environ | {"WMD_MODE": "demo", "WMD_VAR_DIR": str(tmp_path), "PORT": str(port)}
        said = subprocess.run(
            [sys.executable, "-m", "wmd.serve"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )

    assert (said.returncode, said.stderr.startswith(f"Port {port} on 127.0.0.1 cannot be used")) == (1, True)


def demo_serve(**settings: str) -> subprocess.CompletedProcess[str]:
    """Run `./demo serve` to its (early) end."""
    return subprocess.run(
        ["./demo", "serve"],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_demo_says_what_is_wrong_with_a_setting_in_one_sentence(tmp_path: Path) -> None:
    done = demo_serve(PORT="abc", WMD_VAR_DIR=str(tmp_path))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "PORT is 'abc': it must be a whole number from 1 to 65535.\n"


def test_demo_says_that_its_data_cannot_be_used_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "wmd.sqlite3").write_text("this is not a database, " * 100, encoding="ascii")

    done = demo_serve(PORT=str(free_port()), WMD_VAR_DIR=str(tmp_path))

    assert done.returncode == 1
    assert ("Traceback" in done.stderr, "file is not a database" in done.stderr) == (False, True)
    assert f"Move the folder {tmp_path}/ away and start again." in done.stderr


def test_second_demo_on_the_port_touches_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = demo_serve(PORT=str(taken.getsockname()[1]), WMD_VAR_DIR=str(tmp_path / "var"))

    assert (done.returncode, "cannot be used" in done.stderr) == (1, True)
    assert not (tmp_path / "var" / "wmd.sqlite3").exists()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_server_ends_with_all_its_workers(tmp_path: Path, ending: signal.Signals) -> None:
    port = free_port()
    with served(tmp_path, port) as process:
        alive = fetch(port, "/healthz")
        workers = workers_of(process)
        # As a terminal does: Ctrl-C and its end reach every process of the group.
        os.killpg(process.pid, ending)
        assert process.stdout is not None
        rest = process.stdout.read()
        status = process.wait(20)

    assert (alive[0], b"alive" in alive[1]) == (200, True)
    assert (len(workers), wait_until_gone(workers), status) == (2, [], 0)
    assert '"path":"/healthz","status":200' in rest
    assert ("Traceback" in rest, "refused to gracefully stop" in rest) == (False, False)


def put_one_mail(url: str, folder: Path) -> None:
    """Put a mail into the outbox of a database."""
    app = make_test_app(url, folder)
    with app.app_context():
        put_message(
            db.session(), kind="test", dedupe_key="one", cause="command", to="ana@example.org",
            now=read_clock(), box=SecretBox.derived("a-secret-of-this-test-only-0123456789"),
        )  # fmt: skip
        db.session.commit()
        db.engine.dispose()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_scheduler_beside_the_server_sends_mail_and_ends_with_it(
    tmp_path: Path, databases: Databases, ending: signal.Signals
) -> None:
    url = databases.copy("sqlite", tmp_path)
    put_one_mail(url, tmp_path)
    settings = {"WMD_DATABASE_URL": url, "WMD_SECRET_KEY": "a-secret-of-this-test-only-0123456789"}
    with served(tmp_path, free_port(), "--scheduler", **settings) as process:
        end_s = time.monotonic() + 20
        while not (mails := list((tmp_path / "mail").glob("*.eml"))) and time.monotonic() < end_s:
            time.sleep(0.1)
        # Each thread of the server has its own list.
        lists = Path(f"/proc/{process.pid}/task").glob("*/children")
        children = [int(child) for each in lists for child in each.read_text(encoding="ascii").split()]
        process.send_signal(ending)
        assert process.stdout is not None
        rest = process.stdout.read()
        process.wait(20)

    assert (len(children), len(mails), wait_until_gone(children)) == (3, 1, [])
    assert "Traceback" not in rest


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_made_up_zoom_beside_the_demonstration_ends_with_it(
    tmp_path: Path, databases: Databases, ending: signal.Signals
) -> None:
    zoom, panel = free_port(), free_port()
    settings = {
        "WMD_DATABASE_URL": databases.copy("sqlite", tmp_path), "WMD_ZOOM_URL": f"http://127.0.0.1:{zoom}",
        "WMD_ZOOM_PANEL": f"http://127.0.0.1:{panel}", "WMD_ZOOM_ACCOUNT_ID": "a", "WMD_ZOOM_CLIENT_ID": "b",
        "WMD_ZOOM_CLIENT_SECRET": "c",
    }  # fmt: skip
    (tmp_path / "zoom-rooms.json").write_text(
        json.dumps(
            [{"id": 81234567890, "topic": "A room of ours", "start_time": "2026-10-07T13:00:00Z", "duration": 60,
              "timezone": "UTC", "token": "TG7X-dycRuOObP11RPHuqA", "is_closed": True}]
        )
    )  # fmt: skip
    with served(tmp_path, free_port(), "--zoom", **settings) as process:
        rooms, end_s = b"", time.monotonic() + 20
        while b"A room of ours" not in rooms and time.monotonic() < end_s:
            time.sleep(0.1)
            with contextlib.suppress(OSError):
                rooms = fetch(panel, "/_rooms")[1]
        lists = Path(f"/proc/{process.pid}/task").glob("*/children")
        children = [int(child) for each in lists for child in each.read_text(encoding="ascii").split()]
        process.send_signal(ending)
        process.wait(20)

    (ours,) = [each for each in json.loads(rooms) if each["topic"] == "A room of ours"]
    assert (ours["id"], ours["is_closed"], ours["start_time"]) == (81234567890, True, "2026-10-07T13:00:00Z")
    assert (len(children), wait_until_gone(children)) == (3, [])


def test_workers_end_with_a_killed_server(tmp_path: Path) -> None:
    with served(tmp_path, free_port()) as process:
        workers = workers_of(process)
        process.kill()
        process.wait(20)

        assert (len(workers), wait_until_gone(workers)) == (2, [])


def test_production_without_settings_does_not_start() -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("WMD_")}

    said = subprocess.run(
        [sys.executable, "-m", "wmd.serve"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )

    assert said.returncode == 1
    assert said.stderr.startswith("Production needs these settings: WMD_SECRET_KEY")
