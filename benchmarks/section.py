"""Puts the figures of one benchmark between its marks in the README of this folder."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

README = Path(__file__).with_name("README.md")


def write_section(name: str, section: str, said: str, *, more: str = "") -> None:
    """Replace what stands between the marks of ``name``, or add ``section``, which holds them; ``more`` ends the head.

    The day, the cores and how busy the machine was stand above the figures.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    whole = README.read_text(encoding="utf-8")
    if begin not in whole:
        whole = f"{whole.rstrip()}\n\n{section}"
    load = os.getloadavg()[0]
    head = f"Measured on {datetime.now(UTC).date().isoformat()}, {os.cpu_count()} cores, load {load:.1f}{more}."
    put = f"{begin}\n\n{head}\n\n{said}\n\n{end}"
    README.write_text(re.sub(f"{begin}.*{end}", lambda _: put, whole, flags=re.S), encoding="utf-8")
