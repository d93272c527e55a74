"""Measures the service against its targets and writes the results into benchmarks/README.md: ``make bench``.

Baselines run in the same run, on the same server with the same two workers, and give the same bytes. What is compared
is measured in turn, in rounds of a second, and ratios are medians of those within a round, so that a busy moment of
the machine hits all alike.
``--quick`` leaves out the 10,000 events and measures for a second each.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import available_timezones

from benchmarks import data, desk, load
from benchmarks.servers import ROOT, WORKERS, Running, free_port, granian, serving

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- results -->", "<!-- /results -->"
ZONES = [zone for zone in sorted(available_timezones()) if zone.startswith(("America/B", "America/M", "Africa/"))][:70]
BROWSER = {"Accept-Encoding": "gzip, deflate, br"}


@dataclass
class Report:
    """The lines of the results section."""

    lines: list[str] = field(default_factory=list)

    def heading(self, title: str, *columns: str) -> None:
        """Begin a table."""
        self.lines += ["", f"### {title}", "", "| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]

    def row(self, *cells: str) -> None:
        """Add a row to the table, and show it."""
        self.lines.append("| " + " | ".join(cells) + " |")
        print("  " + "  ".join(cells), flush=True)


@dataclass(frozen=True)
class Install:
    """A database of its own with one programme in it."""

    size: int
    folder: Path

    def env(self, **more: str) -> dict[str, str]:
        """Return the environment of a process on this database."""
        return {
            "WMD_MODE": "demo",
            "WMD_VAR_DIR": str(self.folder),
            "WMD_EDITION": data.slug_of(self.size),
            "WMD_WORKERS": str(WORKERS),
            "WMD_LOG_LEVEL": "INFO",
            "FLASK_APP": "wsgi",
            "PORT": "8000",
        } | more

    def run(self, *arguments: str) -> None:
        """Run a command of the service on this database."""
        command = [sys.executable, "-m", "flask", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | self.env(), check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"flask {' '.join(arguments)}:\n{(done.stdout + done.stderr)[-3000:]}")

    def serving(self) -> object:
        """Serve it as ``make run`` does."""
        command = [sys.executable, "-m", "wmd.serve"]
        return serving(command, self.env(PORT=str(free_port())), f"/{data.slug_of(self.size)}/calendar.ics")


def install(size: int, folder: Path, today: date) -> Install:
    """Make a database and import a programme of ``size`` events into it."""
    made = Install(size, folder / f"var-{size}")
    made.folder.mkdir()
    made.run("db", "upgrade")
    for path in data.write(size, made.folder / "import", today):
        made.run("programme", "import", str(path))
    return made


@dataclass(frozen=True)
class Answer:
    """One answer, as a client sees it."""

    status: int
    headers: dict[str, str]
    body: bytes
    took_ms: float


def get(server: Running, path: str, **headers: str) -> Answer:
    """Ask once, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        began_s = time.perf_counter()
        connection.request("GET", path, headers=BROWSER | {name.replace("_", "-"): v for name, v in headers.items()})
        response = connection.getresponse()
        body = response.read()
        took_ms = (time.perf_counter() - began_s) * 1000
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, body, took_ms)
    finally:
        connection.close()


def event_path(server: Running, slug: str) -> str:
    """Return the address of some event, from the first programme page."""
    answer = get(server, f"/{slug}/programme?tz=Europe/Madrid", Accept_Encoding="identity")
    found = re.search(rf'href="(/{slug}/events/[^"?#]+)', answer.body.decode())
    if answer.status != 200 or found is None:
        raise RuntimeError(f"no event on the programme page (status {answer.status})")
    return found[1]


def pages(server: Running, slug: str) -> dict[str, str]:
    """Return the three addresses that are compared, by what they are."""
    return {
        "feed": f"/{slug}/calendar.ics",
        "programme page": f"/{slug}/programme?tz=Europe/Madrid",
        "event page": f"{event_path(server, slug)}?tz=Europe/Madrid",
    }


def keep_answers(server: Running, paths: dict[str, str], folder: Path) -> Path:
    """Write what the service answers into files, for the baselines to give back."""
    held = {}
    for number, (what, path) in enumerate(paths.items()):
        answer = get(server, path)
        if answer.status != 200 or "etag" not in answer.headers:
            raise RuntimeError(f"{what} {path}: status {answer.status}, headers {answer.headers}")
        body = folder / f"body-{number}"
        body.write_bytes(answer.body)
        dropped = {"date", "server", "connection", "x-request-id", "transfer-encoding"}
        headers = [(name, value) for name, value in answer.headers.items() if name not in dropped]
        held[path.partition("?")[0]] = {"headers": headers, "body": str(body)}
    file = folder / "answers.json"
    file.write_text(json.dumps(held), encoding="utf-8")
    return file


def compare_rates(report: Report, made: Install, seconds: float, rounds: int) -> None:
    """Compare warm answers with the baselines' (targets: at least 0.7 of bare WSGI, never below bare Flask)."""
    slug = data.slug_of(made.size)
    with made.serving() as server:  # type: ignore[attr-defined]
        paths = pages(server, slug)
        answers = str(keep_answers(server, paths, made.folder))
        kinds = {"WSGI": "benchmarks.baseline:bare", "Flask": "benchmarks.baseline:flask"}
        envs = {kind: made.env(PORT=str(free_port()), BENCH_ANSWERS=answers) for kind in kinds}
        first = paths["feed"]
        with (
            serving(granian(kinds["WSGI"]), envs["WSGI"], first) as bare,
            serving(granian(kinds["Flask"]), envs["Flask"], first) as flask,
        ):
            report.heading(
                f"Warm answers, {made.size:,} events (answers per second; microseconds of processor time in brackets)",
                "what", "bytes", "bare WSGI", "bare Flask", "the service", "of WSGI (≥ 0.7)", "of Flask (≥ 1)",
                "of WSGI, by processor time",
            )  # fmt: skip
            for what, path in paths.items():
                etag = get(server, path).headers["etag"]
                for name, status, more in (("304", 304, {"If-None-Match": etag}), ("gzip 200", 200, {})):
                    found = [
                        [rate(running, path, status, more, seconds) for running in (bare, flask, server)]
                        for _ in range(rounds)
                    ]
                    size = "0" if status == 304 else f"{int(get(server, path).headers['content-length']):,}"
                    report.row(
                        f"{what}, {name}",
                        size,
                        *(_typical(column) for column in zip(*found, strict=True)),
                        f"{statistics.median(ours.per_second / wsgi.per_second for wsgi, _, ours in found):.2f}",
                        f"{statistics.median(ours.per_second / view.per_second for _, view, ours in found):.1f}",
                        f"{statistics.median(wsgi.cost_us / ours.cost_us for wsgi, _, ours in found):.2f}",
                    )


@dataclass(frozen=True)
class Measured:
    """How fast one address is answered, and the processor time of one answer in microseconds."""

    per_second: float
    cost_us: float


def _typical(measured: tuple[Measured, ...]) -> str:
    rates, costs = [one.per_second for one in measured], [one.cost_us for one in measured]
    return f"{statistics.median(rates):,.0f} ({statistics.median(costs):.0f})"


def rate(server: Running, path: str, status: int, more: dict[str, str], seconds: float) -> Measured:
    """Measure one address, having seen that its answers are the right ones."""
    seen = get(server, path, **more)
    if seen.status != status:
        raise RuntimeError(f"{path} answers {seen.status} instead of {status}")
    used_s = server.processor_s()
    found = load.measure(server.url(path), BROWSER | more, status, seconds)
    used_s = server.processor_s() - used_s
    if found.faults:
        raise RuntimeError(f"{path}: {found.faults} faulty answers")
    return Measured(found.per_second, used_s / found.answers * 1_000_000)


def warm(server: Running, slug: str) -> None:
    """Let every worker load the programme, and let pass the second in which it looks again."""
    for _ in range(2):
        for _ in range(WORKERS * 6):
            get(server, f"/{slug}/programme?tz=Europe/Madrid")
            get(server, f"/{slug}/calendar.ics")
        time.sleep(1.2)


def new_filters(report: Report, made: Install) -> None:
    """Ask filters that were never asked before, one after the other (target: at most 25 ms)."""
    slug = data.slug_of(made.size)
    with made.serving() as server:  # type: ignore[attr-defined]
        warm(server, slug)
        report.heading(
            f"A filter never asked before, {made.size:,} events (milliseconds, at the client, gzip)",
            "what", "asked", "median (≤ 25)", "19 of 20 under", "slowest", "processor time, mean",
        )  # fmt: skip
        for what, page, zone in (("programme page", "programme", "&tz=Asia/Tokyo"), ("feed", "calendar.ics", "")):
            used_s = server.processor_s()
            took = sorted(asked(server, f"/{slug}/{page}?{query}{zone}") for query in queries(60))
            report.row(
                what,
                str(len(took)),
                f"{statistics.median(took):.1f}",
                f"{took[len(took) * 19 // 20]:.1f}",
                f"{took[-1]:.1f}",
                f"{(server.processor_s() - used_s) / len(took) * 1000:.1f}",
            )


def queries(number: int) -> list[str]:
    """Return different selections: a topic; a topic and a region; a topic, a language and a region."""
    found = [f"topic={topic}" for topic in data.TOPICS]
    found += [f"topic={topic}&region={region}" for region in data.REGIONS for topic in data.TOPICS]
    found += [
        f"topic={topic}&language={language}&region={region}"
        for language in data.SPOKEN
        for region in data.REGIONS
        for topic in data.TOPICS
    ]
    return found[:number]


def asked(server: Running, path: str) -> float:
    """Return the milliseconds of one answer that must be a whole one."""
    answer = get(server, path)
    if answer.status != 200:
        raise RuntimeError(f"{path}: status {answer.status}, {answer.headers.get('location')}")
    return answer.took_ms


def at_size(report: Report, made: Install) -> None:
    """Measure start and memory (targets at 10,000 events: at most 3 s, at most 300 MB a worker)."""
    slug = data.slug_of(made.size)
    with made.serving() as server:  # type: ignore[attr-defined]
        start_s = server.processor_s() / WORKERS
        warm(server, slug)
        for query in queries(200):
            asked(server, f"/{slug}/programme?{query}&tz=Asia/Tokyo")
        memory = ", ".join(f"{one:.0f}" for one in server.memory_mb())
        report.row(
            f"{made.size:,} events: start to first feed (≤ 3 s)",
            f"{server.ready_s:.1f} s ({start_s:.1f} s of processor time for each worker until then)",
        )
        report.row(f"{made.size:,} events: memory of each worker, warm (≤ 300 MB)", f"{memory} MB")


def event_costs(report: Report, small: Install, large: Install, seconds: float) -> None:
    """Compare the cost of an event page and of a 304 between two sizes (target: at most 1.3 times)."""
    costs: dict[int, dict[str, float]] = {}
    for made in (small, large):
        with made.serving() as server:  # type: ignore[attr-defined]
            path = pages(server, data.slug_of(made.size))["event page"]
            etag = get(server, path).headers["etag"]
            warm(server, data.slug_of(made.size))
            # Each zone is asked once, and so rendered.
            used_s = server.processor_s()
            for zone in ZONES:
                asked(server, f"{path.partition('?')[0]}?tz={zone}")
            rendered_us = (server.processor_s() - used_s) / len(ZONES) * 1_000_000
            costs[made.size] = {
                "event page, rendered": rendered_us,
                "event page, 304": rate(server, path, 304, {"If-None-Match": etag}, 3 * seconds).cost_us,
            }
    for what, cost in costs[large.size].items():
        ratio = cost / costs[small.size][what]
        report.row(f"{what}: processor time at {large.size:,} events over {small.size:,} (≤ 1.3)", f"{ratio:.2f}")


def after_a_change(report: Report, made: Install, today: date) -> None:
    """Change one event and wait for a fresh page and feed in one process (target: at most 150 ms).

    The change is committed by another process. The look for a new version, at most once a second, is not counted:
    the clock starts with the first request that may look.
    """
    from config import Config  # noqa: PLC0415 -- read with the environment of this database
    from wmd import create_app  # noqa: PLC0415

    slug = data.slug_of(made.size)
    app = create_app(Config.from_env(os.environ | made.env()))
    client = app.test_client()

    def read(path: str) -> bytes:
        return client.get(path, base_url="http://127.0.0.1:8000", headers=BROWSER).data

    took, used = [], []
    for number in range(3):
        file = made.folder / "changed.json"
        page = next(iter(_changed_page(client.get, slug)))
        feed = f"/{slug}/calendar.ics"
        before = (read(page), read(feed))
        changed = data.one_changed(made.size, today, f"Changed while somebody watches {number}")
        file.write_text(json.dumps(changed, ensure_ascii=False), encoding="utf-8")
        made.run("programme", "import", str(file))
        time.sleep(1.1)
        began_s, used_s = time.perf_counter(), time.process_time()
        while read(page) == before[0] or read(feed) == before[1]:
            time.sleep(0.002)
            if time.perf_counter() - began_s > 30:
                raise TimeoutError("the change never arrived")
        took.append((time.perf_counter() - began_s) * 1000)
        used.append((time.process_time() - used_s) * 1000)
    report.row(
        f"{made.size:,} events: one changed, fresh page and feed (≤ 150 ms)",
        f"{statistics.median(took):.0f} ms ({statistics.median(used):.0f} ms of processor time)",
    )


def _changed_page(ask: Callable[..., object], slug: str) -> list[str]:
    """Return the address of the event that :func:`benchmarks.data.one_changed` changes."""
    answer = ask(f"/{slug}/programme.json", base_url="http://127.0.0.1:8000")
    events = json.loads(answer.data)["events"]  # type: ignore[attr-defined]
    code = next(event["code"] for event in events if event["key"] == "event-0")
    answer = ask(f"/e/{code}", base_url="http://127.0.0.1:8000")
    return [answer.headers["Location"]]  # type: ignore[attr-defined]


def machine(seconds: float) -> list[str]:
    """Say what was measured on, without naming the machine."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return [
        f"Measured on {date.today().isoformat()}: {os.cpu_count()} cores ({cpu}), Python {platform.python_version()}, "
        f"{platform.system()}; {WORKERS} workers; load by {load.generator()}, {load.CONNECTIONS} connections, on the "
        f"same cores, {seconds:g} s each. Answers are gzip where a browser asks for it. Targets in brackets.",
    ]


def write(lines: list[str]) -> None:
    """Replace the results section of the README."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    README.write_text(before + "\n".join([BEGIN, "", *lines, "", END]) + rest.partition(END)[2], encoding="utf-8")


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a first look: small sizes, one second each")
    parser.add_argument("--folder", type=Path, help="keep the databases here instead of in a temporary folder")
    quick = (options := parser.parse_args()).quick
    seconds, rounds = (1, 1) if quick else (1, 9)
    today = date.today()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        report = Report(machine(seconds))
        small, middle = install(100, folder, today), install(1_000, folder, today)
        compare_rates(report, middle, seconds, rounds)
        new_filters(report, middle)
        large = middle if quick else install(10_000, folder, today)
        report.heading("Large programmes", "what", "measured")
        at_size(report, large)
        event_costs(report, small, large, seconds)
        after_a_change(report, large, today)
    report.heading("The desk, 1,000 submissions that wait (≤ 100 ms, median, one process)", "page", "milliseconds")
    for name, (took_ms, used_ms) in desk.measure(100 if quick else 1_000).items():
        report.row(name, f"{took_ms:.0f} ({used_ms:.0f} of processor time)")
    if not quick:
        write(report.lines)
        print(f"Written into {README.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
