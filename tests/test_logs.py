"""What is written about a running service, and what must never be."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from wmd.logs import AccessLog, JsonFormatter, LineWriter, configure, loggable_path, request_facts


def record(message: str, *args: object, name: str = "wmd.test", **extra: object) -> logging.LogRecord:
    """Return a record as ``log.info(message, *args, extra=extra)`` makes it."""
    made = logging.getLogger(name).makeRecord(
        name, logging.INFO, "test.py", 1, message, args, None, extra=extra or None
    )
    made.created, made.msecs = 1633611600.25, 250.0
    return made


def test_record_is_one_json_object_with_its_facts() -> None:
    line = JsonFormatter(lambda: "0123456789abcdef").format(record("feed.built", edition="2021", events=41))

    assert json.loads(line) == {
        "at": "2021-10-07T13:00:00.250Z",
        "level": "info",
        "event": "feed.built",
        "logger": "wmd.test",
        "request_id": "0123456789abcdef",
        "edition": "2021",
        "events": 41,
    }


@pytest.mark.parametrize(("name", "messages"), [("alembic.runtime", False), ("alembic.runtime", True), ("wmd", True)])
def test_sentence_of_a_library_is_text_under_a_static_event(name: str, messages: bool) -> None:
    facts = json.loads(JsonFormatter(messages=messages).format(record("Running %s", "upgrade", name=name)))

    assert (facts["event"], facts["text"]) == (f"log.{name}", "Running upgrade")


def test_sentence_of_our_own_logger_is_not_written_in_production() -> None:
    line = JsonFormatter().format(record("Exception on /me/kJ8sPq2LmN0vXyZ4Ab1C [GET]", name="wmd"))

    assert json.loads(line)["event"] == "log.wmd"
    assert "kJ8sPq2LmN0vXyZ4Ab1C" not in line


@pytest.mark.parametrize("hostile", ["a\r\nb", "\x1b[31m", "\x00", "\u2028", "\x7f", "\x85"])
def test_hostile_text_stays_on_its_line(hostile: str) -> None:
    line = JsonFormatter().format(record("form.refused", field=hostile))

    assert all(" " <= character <= "~" for character in line)
    assert json.loads(line)["field"] == hostile


def test_value_that_json_does_not_know_is_its_word_or_its_kind() -> None:
    facts = json.loads(JsonFormatter().format(record("x", what=object(), many={"b", "a"}, error=ValueError("no"))))

    assert (facts["what"], facts["many"], facts["error"]) == ("object", ["a", "b"], "no")


def failing() -> logging.LogRecord:
    """Return a record of an exception whose message quotes what somebody typed."""
    try:
        try:
            int("someone@example.org")
        except ValueError as error:
            raise LookupError("someone@example.org") from error
    except LookupError:
        return logging.getLogger("wmd.test").makeRecord(
            "wmd.test", logging.ERROR, "test.py", 1, "request.failed", (), sys.exc_info()
        )


def test_exception_is_logged_without_its_message() -> None:
    line = JsonFormatter().format(failing())

    facts = json.loads(line)
    assert facts["error"] == ["LookupError", "ValueError"]
    assert facts["trace"][0].startswith("tests/test_logs.py:")
    assert facts["trace"][0].endswith(" failing")
    assert "someone" not in line


def test_exception_is_logged_with_its_message_in_a_demonstration() -> None:
    facts = json.loads(JsonFormatter(messages=True).format(failing()))

    assert facts["error"][0] == "LookupError: someone@example.org"


@pytest.fixture
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in ("alembic", "sqlalchemy", "apscheduler", "urllib3")}
    yield
    logging.captureWarnings(False)
    root.setLevel(level)
    root.handlers[:] = handlers
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)


@pytest.mark.usefixtures("_logging_as_it_was")
def test_configured_logging_writes_json_and_quiets_the_chatty() -> None:
    stream = io.StringIO()
    configure(stream=stream)

    logging.getLogger("wmd.test").info("one.thing")
    logging.getLogger("wmd.test").debug("too.small")
    logging.getLogger("alembic.runtime").info("Running upgrade")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old ways", DeprecationWarning, stacklevel=1)

    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events == ["one.thing", "log.py.warnings"]


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/", "/"),
        ("/2021/events/7KD3PX-resilience-for-all-2021", "/2021/events/7KD3PX-resilience-for-all-2021"),
        ("/2021/feeds/topic-public-space-and-housing.ics", "/2021/feeds/topic-public-space-and-housing.ics"),
        ("/static/style.3f2a9c1d.css", "/static/style.3f2a9c1d.css"),
        ("/e/7KD3PX.ics", "/e/7KD3PX.ics"),
        ("/me/kJ8sPq2LmN0vXyZ4Ab1C", "/me/***"),
        ("/me/feeds/0123456789abcdef.ics", "/me/feeds/***"),
        ("/es/organiser/confirm/short1", "/es/organiser/confirm/***"),
        ("/organiser/drafts/7KD3PX/edit", "/organiser/drafts/7KD3PX/edit"),
        ("/staff/people/someone@example.org", "/staff/people/***"),
        ("/go/7KD3PX/eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", "/go/7KD3PX/***"),
        ("/2021/someone@example.org", "/2021/***"),
        ("/x/0123456789abcdef0123456789abcdef", "/x/***"),
        ("/a\r\nb", "/***"),
        ("/2021/\xd8\xb9\xd9\x85", "/2021/***"),
    ],
)
def test_path_is_logged_without_what_may_be_secret(path: str, logged: str) -> None:
    assert loggable_path(path) == logged


def test_access_log_writes_one_json_line() -> None:
    lines: list[str] = []
    log = AccessLog(lines.append, now_s=iter([1633611600.25, 1633611600.999]).__next__)

    log(request_facts("GET", "/2021/", 200, 1234), "0123456789abcdef", 0.0125, False)
    log(request_facts("BREW", '/"\\', 405, 0), "fedcba9876543210", 1.5, True)

    assert [json.loads(line) for line in lines] == [
        {
            "at": "2021-10-07T13:00:00.250Z",
            "level": "info",
            "event": "request",
            "method": "GET",
            "path": "/2021/",
            "status": 200,
            "bytes": 1234,
            "request_id": "0123456789abcdef",
            "duration_ms": 12.5,
            "replayed": False,
        },
        {
            "at": "2021-10-07T13:00:00.999Z",
            "level": "info",
            "event": "request",
            "method": "other",
            "path": "/***",
            "status": 405,
            "bytes": 0,
            "request_id": "fedcba9876543210",
            "duration_ms": 1500.0,
            "replayed": True,
        },
    ]


def test_lines_are_written_in_batches_and_in_order() -> None:
    written: list[str] = []
    arrived = threading.Event()

    def write(text: str) -> None:
        written.append(text)
        if "third" in text:
            arrived.set()

    line = LineWriter(write, every_s=0.01)
    for text in ("first", "second", "third"):
        line(text)

    assert arrived.wait(10)
    assert "".join(written) == "first\nsecond\nthird\n"


def test_lines_that_nobody_reads_are_bounded() -> None:
    written: list[str] = []
    line = LineWriter(written.append, every_s=60, most_waiting=3)
    for number in range(10):
        line(str(number))

    line.flush()
    line.flush()

    assert written == ["7\n8\n9\n"]


@pytest.mark.parametrize("ending", ["", "multiprocessing"])
def test_lines_that_wait_are_written_when_the_process_ends(ending: str) -> None:
    code = (
        "import multiprocessing, sys\n"
        "from wmd.logs import LineWriter\n"
        "def work():\n"
        "    line = LineWriter(lambda text: (sys.stdout.write(text), sys.stdout.flush()), every_s=60)\n"
        "    line('last words')\n"
        + (
            "child = multiprocessing.get_context('fork').Process(target=work)\nchild.start()\nchild.join()\n"
            if ending
            else "kept = work()\n"
        )
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert (ended.stdout, ended.stderr) == ("last words\n", "")


def test_path_of_any_length_is_masked_without_searching_it() -> None:
    # A search over this would take hours, and the test would end at its time limit.
    assert loggable_path("/" + "a" * 3_000_000) == "/***"
