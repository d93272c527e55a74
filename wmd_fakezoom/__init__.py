"""A Zoom to develop and test against: in memory, on loopback, with a clock of its own and faults by script.

Development only: nothing of the service imports it. ``python -m wmd_fakezoom --help`` runs it; tests use ``FakeZoom``.
"""

from __future__ import annotations

from wmd_fakezoom.control import Control
from wmd_fakezoom.records import AUTOMATIC, MANUAL, NO_REGISTRATION, Room
from wmd_fakezoom.server import FakeZoom

__all__ = ["AUTOMATIC", "MANUAL", "NO_REGISTRATION", "Control", "FakeZoom", "Room"]
