"""How bright the sky is through a day: the shading behind the band of 24 hours.

The sun's place follows the low-precision formulas that NOAA's Global Monitoring Laboratory publishes for its solar
calculator (https://gml.noaa.gov/grad/solcalc/solareqns.PDF): good to a few minutes, which a shading needs at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from math import acos, cos, degrees, pi, radians, sin
from zoneinfo import ZoneInfo

#: Barcelona's, where the lead organiser sits.
DEFAULT_LATITUDE = 41.4
#: The height of the sun's centre at sunrise and sunset, in degrees: refraction and the disc's half width.
_HORIZON = -0.833
#: The sky is dark from this far below the horizon (end of nautical twilight) and full day this far above, in degrees.
_DARK, _BRIGHT = -12.0, 12.0
_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Daylight:
    """Minutes of the day, as the clock reads: solar noon, sunrise and sunset.

    The latter two are None in polar day (``always`` is "day") and polar night ("night"); they may lie outside 0 and
    1440 where the clock is far from the sun.
    """

    noon: float
    sunrise: float | None
    sunset: float | None
    always: str = ""


def daylight(day: date, zone_lat_lon: tuple[str, float, float] | None = None) -> Daylight:
    """Return when it is light on a day at a place: zone, and latitude and longitude in degrees, north and east.

    Without a place it is :data:`DEFAULT_LATITUDE`, with the sun highest at 12:00.
    """
    latitude, declination, noon = _sun(day, zone_lat_lon)
    reach = (sin(radians(_HORIZON)) - sin(latitude) * sin(declination)) / (cos(latitude) * cos(declination))
    if reach <= -1:
        return Daylight(noon, None, None, "day")
    if reach >= 1:
        return Daylight(noon, None, None, "night")
    half = degrees(acos(reach)) * 4
    return Daylight(noon, noon - half, noon + half)


def sky(day: date, zone_lat_lon: tuple[str, float, float] | None = None, stops: int = 48) -> list[float]:
    """Return the brightness of the sky, 0 (night) to 1 (day), at ``stops`` even steps from midnight, three decimals.

    The place is as in :func:`daylight`; stop ``i`` stands for minute ``i * 1440 / stops``.
    """
    latitude, declination, noon = _sun(day, zone_lat_lon)
    found = []
    for stop in range(stops):
        hour_angle = radians((stop * _MINUTES_A_DAY / stops - noon) / 4)
        height = sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hour_angle)
        # This near the horizon the sine is as good as straight.
        low, high = sin(radians(_DARK)), sin(radians(_BRIGHT))
        share = min(1.0, max(0.0, (height - low) / (high - low)))
        found.append(round(share * share * (3 - 2 * share), 3))
    return found


def _sun(day: date, zone_lat_lon: tuple[str, float, float] | None) -> tuple[float, float, float]:
    """Return latitude and the sun's declination in radians, and solar noon in minutes of the clock."""
    year = 2 * pi / 365 * (day.timetuple().tm_yday - 0.5)
    declination = (
        0.006918 - 0.399912 * cos(year) + 0.070257 * sin(year) - 0.006758 * cos(2 * year)
        + 0.000907 * sin(2 * year) - 0.002697 * cos(3 * year) + 0.00148 * sin(3 * year)
    )  # fmt: skip
    if zone_lat_lon is None:
        return radians(DEFAULT_LATITUDE), declination, 720.0
    zone, latitude, longitude = zone_lat_lon
    equation_minutes = 229.18 * (
        0.000075 + 0.001868 * cos(year) - 0.032077 * sin(year) - 0.014615 * cos(2 * year) - 0.040849 * sin(2 * year)
    )
    offset = datetime.combine(day, time(12), ZoneInfo(zone)).utcoffset()
    offset_minutes = offset.total_seconds() / 60 if offset else 0.0
    # At the very pole the hour angle has no meaning; a hair beside it has.
    return (
        radians(max(-89.9, min(89.9, latitude))),
        declination,
        720 - 4 * longitude - equation_minutes + offset_minutes,
    )
