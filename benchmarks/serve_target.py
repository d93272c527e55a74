"""Serves any WSGI application with the settings of ``wmd/serve.py``, for the baselines."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from granian.server import MPServer

from benchmarks.servers import WORKERS
from wmd import serve


def main(target: str) -> None:
    """Serve ``module:name``."""
    module, _, name = target.partition(":")
    application: Any = getattr(importlib.import_module(module), name)
    server = MPServer(target, port=int(os.environ["PORT"]), **serve.granian_settings(WORKERS))
    server.serve(target_loader=lambda: application, wrap_loader=False)


if __name__ == "__main__":
    main(sys.argv[1])
