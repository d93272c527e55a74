"""A process ends with the one it works for, also when it hangs where no thread of Python runs any more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

WELL = "while True: time.sleep(60)"
#: Hears the word to end and goes on.
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WELL
#: Ends, and hangs in what is wound up after the interpreter has stopped its threads.
HANGS_AT_THE_END = """
class Stuck:
    def __del__(self, sleep=time.sleep):
        sleep(60)
stuck = Stuck()
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
while True: time.sleep(60)
"""
SCRIPT = """
import signal, sys, threading, time
from wmd.lifeline import end_with
threading.Thread(target=end_with, args=(0,), kwargs={"told_again_s": 0.05, "ended_s": 0.6}, daemon=True).start()
print("ready", flush=True)
"""


@pytest.mark.parametrize(
    ("life", "status", "says_where"),
    [(WELL, -signal.SIGTERM, False), (DEAF, 1, True), (HANGS_AT_THE_END, 1, True)],
    ids=["well", "deaf", "hangs at the end"],
)
def test_process_ends_with_its_lifeline(life: str, status: int, says_where: bool) -> None:
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT + life], stdin=reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        os.close(reading)
        assert process.stdout is not None
        ready = process.stdout.readline()
        lived = process.poll()
        began_s = time.monotonic()
        os.close(writing)
        said = process.communicate(timeout=50)[1]

    # Each of these lives would last for a minute or for ever.
    assert (ready, lived, process.returncode) == ("ready\n", None, status)
    assert ("Timeout" in said, time.monotonic() - began_s < 50) == (says_where, True)


def test_process_goes_on_while_its_lifeline_holds() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT + "time.sleep(1.5); print('ended by itself', flush=True)"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = [process.stdout.readline(), process.stdout.readline()]
        status = process.wait(50)

    assert (lines, status) == (["ready\n", "ended by itself\n"], 0)
