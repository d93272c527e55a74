"""Runs one job once on a clock that stands, as a process that can be killed: ``python -m tests.soak.one_job …``."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from tests.conftest import Clock, make_test_app
from wmd.jobs import run_job
from wmd_fakezoom.seed import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, HOST


def main(database_url: str, folder: str, at: str, zoom_url: str, job: str) -> None:
    """Say when the job begins, and run it."""
    app = make_test_app(
        database_url, Path(folder), Clock(datetime.fromisoformat(at)), zoom_account_id=ACCOUNT_ID,
        zoom_client_id=CLIENT_ID, zoom_client_secret=CLIENT_SECRET, zoom_host=HOST, zoom_url=zoom_url,
        zoom_plan="business",
    )  # fmt: skip
    print("begins", flush=True)  # noqa: T201 -- whoever started it waits for this
    run_job(app, job)


if __name__ == "__main__":
    main(*sys.argv[1:])
