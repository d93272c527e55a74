"""Ends a process with the one it works for, whatever state it is in.

A process that is killed can tell nobody. A pipe whose other end it holds tells them: it ends with the process.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import time
from typing import Final

#: A process that was told to end is told again after this long, should the first word have been lost …
TOLD_AGAIN_S: Final = 1.0
#: … and is ended, saying where each of its threads stood, before the server would kill it (after 10 s).
ENDED_S: Final = 8.0
#: The kernel's own alarm comes this much later, should even that not have been possible.
_KERNEL_LATER_S: Final = 1.0


def end_with(pipe: int, *, told_again_s: float = TOLD_AGAIN_S, ended_s: float = ENDED_S) -> None:
    """Wait until a pipe ends, then end this process: by SIGTERM, and by force when that does not help.

    Meant for a thread of its own. ``pipe`` is the reading end; both times are counted from its end. An interpreter that
    winds up stops its threads first, this one too, and may then hang for ever in what is left to wind up. So force is
    left to what needs no interpreter: the watchdog of ``faulthandler``, then the kernel's timer.
    """
    # Read below Python's own file object, whose lock would hold up the end of the process.
    while os.read(pipe, 1024):
        pass
    faulthandler.dump_traceback_later(ended_s, exit=True, file=sys.__stderr__ or 2)
    signal.setitimer(signal.ITIMER_REAL, ended_s + _KERNEL_LATER_S)
    time.sleep(told_again_s)
    os.kill(os.getpid(), signal.SIGTERM)
