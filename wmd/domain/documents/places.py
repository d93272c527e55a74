"""Roughly where countries lie, to notice a pin on the wrong side of the world.

The boxes are whole degrees rounded outwards from general knowledge of geography; they hold a country's main
territory with a margin and say nothing about borders. They serve one question only: would these two numbers fit the
country if they were exchanged? Coordinates entered in the wrong order are the most common fault of pins in lists of
events.
"""

from __future__ import annotations

from enum import StrEnum

#: ISO 3166-1 alpha-2 -> (south, west, north, east) in whole degrees.
_BOXES: dict[str, tuple[int, int, int, int]] = {
    "AE": (22, 51, 27, 57), "AR": (-56, -74, -21, -53), "AT": (46, 9, 50, 18), "AU": (-44, 112, -9, 154),
    "BD": (20, 88, 27, 93), "BE": (49, 2, 52, 7), "BF": (9, -6, 16, 3), "BO": (-23, -70, -9, -57),
    "BR": (-34, -74, 6, -34), "CA": (41, -142, 84, -52), "CD": (-14, 12, 6, 32), "CH": (45, 5, 48, 11),
    "CI": (4, -9, 11, -2), "CL": (-56, -76, -17, -66), "CM": (1, 8, 14, 17), "CN": (18, 73, 54, 136),
    "CO": (-5, -82, 14, -66), "CR": (8, -86, 12, -82), "CU": (19, -85, 24, -74), "CZ": (48, 12, 52, 19),
    "DE": (47, 5, 56, 16), "DK": (54, 8, 58, 16), "DO": (17, -73, 20, -68), "DZ": (18, -9, 38, 12),
    "EC": (-6, -92, 2, -75), "EG": (21, 24, 32, 37), "ES": (27, -19, 44, 5), "ET": (3, 32, 15, 48),
    "FI": (59, 19, 71, 32), "FR": (41, -6, 52, 10), "GB": (49, -9, 61, 3), "GH": (4, -4, 12, 2),
    "GN": (7, -16, 13, -7), "GR": (34, 19, 42, 30), "GT": (13, -93, 18, -88), "HN": (12, -90, 17, -83),
    "HT": (18, -75, 21, -71), "ID": (-12, 94, 7, 142), "IE": (51, -11, 56, -5), "IL": (29, 34, 34, 36),
    "IN": (6, 68, 36, 98), "IQ": (29, 38, 38, 49), "IR": (25, 44, 40, 64), "IT": (35, 6, 48, 19),
    "JM": (17, -79, 19, -76), "JO": (29, 34, 34, 40), "JP": (24, 122, 46, 149), "KE": (-5, 33, 6, 42),
    "KR": (33, 124, 39, 131), "LB": (33, 35, 35, 37), "LK": (5, 79, 10, 82), "MA": (21, -18, 36, 0),
    "ML": (10, -13, 25, 5), "MR": (14, -18, 28, -4), "MX": (14, -119, 33, -86), "MY": (0, 99, 8, 120),
    "MZ": (-27, 30, -10, 41), "NG": (4, 2, 14, 15), "NL": (50, 3, 54, 8), "NO": (57, 4, 72, 32),
    "NP": (26, 80, 31, 89), "NZ": (-48, 166, -34, 179), "PE": (-19, -82, 0, -68), "PH": (4, 116, 22, 127),
    "PK": (23, 60, 38, 78), "PL": (49, 14, 55, 25), "PT": (32, -32, 43, -6), "PY": (-28, -63, -19, -54),
    "RO": (43, 20, 49, 30), "RW": (-3, 28, -1, 31), "SA": (16, 34, 33, 56), "SE": (55, 10, 70, 25),
    "SG": (1, 103, 2, 105), "SN": (12, -18, 17, -11), "SV": (13, -91, 15, -87), "TH": (5, 97, 21, 106),
    "TN": (30, 7, 38, 12), "TR": (35, 25, 43, 45), "TW": (21, 118, 27, 123), "TZ": (-12, 29, -1, 41),
    "UA": (44, 22, 53, 41), "UG": (-2, 29, 5, 36), "US": (18, -180, 72, -66), "UY": (-36, -59, -30, -53),
    "VE": (0, -74, 13, -59), "VN": (8, 102, 24, 110), "ZA": (-35, 16, -22, 33), "ZM": (-19, 21, -8, 34),
    "ZW": (-23, 25, -15, 34),
}  # fmt: skip


class Pin(StrEnum):
    """What can be said about a pair of coordinates."""

    PLAUSIBLE = "plausible"
    OUT_OF_RANGE = "out of range"
    SWAPPED = "swapped"
    ELSEWHERE = "elsewhere"


def judge(latitude: float, longitude: float, country: str) -> Pin:
    """Judge coordinates in degrees (WGS 84) against a country (ISO 3166-1 alpha-2, ``""`` when unknown)."""
    straight = abs(latitude) <= 90 and abs(longitude) <= 180
    crossed = abs(longitude) <= 90 and abs(latitude) <= 180
    if country not in _BOXES:
        if straight:
            return Pin.PLAUSIBLE
        return Pin.SWAPPED if crossed else Pin.OUT_OF_RANGE
    if straight and _inside(country, latitude, longitude):
        return Pin.PLAUSIBLE
    if crossed and _inside(country, longitude, latitude):
        return Pin.SWAPPED
    return Pin.ELSEWHERE if straight else Pin.OUT_OF_RANGE


def _inside(country: str, latitude: float, longitude: float) -> bool:
    south, west, north, east = _BOXES[country]
    return south <= latitude <= north and west <= longitude <= east
