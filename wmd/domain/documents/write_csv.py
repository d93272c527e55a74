"""Writing CSV that a spreadsheet opens right and never calculates.

RFC 4180 with CRLF, preceded by a byte order mark because Excel takes UTF-8 for a legacy encoding without it. A cell
that a spreadsheet would take for a formula gets an apostrophe put before it (owasp.org, "CSV Injection");
``read_csv`` takes it off again.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

#: What makes a spreadsheet calculate when it stands first; the wide forms do so in East Asian editions.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
ESCAPE = "'"
ROWS_AT_ONCE = 500

Cell = str | int | float | None


def csv_cell_safe(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula; other text comes back as it is."""
    bare = text.lstrip(ESCAPE)
    return ESCAPE + text if bare.startswith(FORMULA_STARTS) else text


def csv_cell_original(text: str) -> str:
    """Return the text that :func:`csv_cell_safe` was given."""
    escaped = text.startswith(ESCAPE) and text.lstrip(ESCAPE).startswith(FORMULA_STARTS)
    return text[1:] if escaped else text


def csv_rows(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return rows (the header is one of them) as the bytes of a CSV file.

    Text is made safe; numbers stay numbers, also negative ones; ``None`` is an empty cell.
    """
    return b"".join(csv_stream(rows))


def csv_stream(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield the same file in pieces of some hundred rows, so that a long one is never in memory as a whole."""
    yield codecs.BOM_UTF8
    remaining = iter(rows)
    while some := list(islice(remaining, ROWS_AT_ONCE)):
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        for row in some:
            writer.writerow([csv_cell_safe(cell) if isinstance(cell, str) else cell for cell in row])
        yield text.getvalue().encode()
