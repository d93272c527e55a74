"""The pinned time zone database: which zones exist, which names are old, which belong to a country.

``zoneinfo`` prefers the files of the operating system, whose rules may be years old or differ between two
machines. Everything here comes from the ``tzdata`` package in our lock file, so that the same data gives the
same instants everywhere. The tables are read from the package itself (``zone.tab``, ``tzdata.zi``, see
https://data.iana.org/time-zones/theory.html) and therefore move with it.
"""

from __future__ import annotations

import importlib.util
import zoneinfo
from functools import cache
from importlib.resources import files

#: First parts of the names that stand for a place. "Etc", "US", "Brazil" and names without a slash are legacy.
_CONTINENTS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)

#: Old country groups that some systems still report for a region inside that country.
_COUNTRY_GROUPS = frozenset({"Brazil", "Canada", "Chile", "Mexico", "US"})

#: Names with which browsers and servers say UTC.
_UTC_NAMES = frozenset(
    {"UTC", "Etc/UTC", "Etc/UCT", "Etc/GMT", "Etc/Universal", "Etc/Zulu", "GMT", "Universal", "Zulu"}
)

#: Renamings where the database links to a distant zone that merely shares the rules since 1970.
_NEARER_NAMES = {
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Antarctica/South_Pole": "Antarctica/McMurdo",
    "Atlantic/Jan_Mayen": "Arctic/Longyearbyen",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
}

#: Where most people of a country live, for countries whose first line in ``zone.tab`` is somewhere else.
_MAIN_ZONES = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
}


class TzdataMissingError(RuntimeError):
    """The pinned ``tzdata`` package is not installed, so no time could be trusted."""


def use_pinned_tzdata(package: str = "tzdata") -> None:
    """Make ``zoneinfo`` read the installed ``tzdata`` package and nothing else.

    Raises :class:`TzdataMissingError` when ``package`` is not there. Calling it again changes nothing.
    """
    if importlib.util.find_spec(package) is None:
        raise TzdataMissingError(
            f"The Python package {package!r} with the time zone rules is not installed; "
            "install the locked requirements before starting."
        )
    if zoneinfo.TZPATH:
        zoneinfo.reset_tzpath(to=())
        # Zones made earlier in this process may come from the system's files.
        zoneinfo.ZoneInfo.clear_cache()


use_pinned_tzdata()


def _table(name: str) -> list[str]:
    """Return the lines of a text file in the package that are not comments."""
    text = files("tzdata.zoneinfo").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def place_zones() -> frozenset[str]:
    """Return every zone name of the form region/city, old spellings included, and ``UTC``."""
    names = (name for name in zoneinfo.available_timezones() if name.split("/", 1)[0] in _CONTINENTS)
    return frozenset(names) | {"UTC"}


@cache
def country_zones(country: str) -> tuple[str, ...]:
    """Return the zones of a country (ISO 3166-1 alpha-2), the most populous first; empty when unknown."""
    found = [columns[2] for columns in (line.split("\t") for line in _table("zone.tab")) if columns[0] == country]
    main = _MAIN_ZONES.get(country)
    return tuple(sorted(found, key=lambda name: name != main))


@cache
def modern_names() -> frozenset[str]:
    """Return the names that need no renaming: one per place in ``zone.tab``, and ``UTC``."""
    return frozenset(line.split("\t")[2] for line in _table("zone.tab")) | {"UTC"}


@cache
def _renamed() -> dict[str, str]:
    """Return old region/city names, and region names inside a country group, with their modern names."""
    links = {alias: target for _, target, alias in (line.split() for line in _table("tzdata.zi") if line[:2] == "L ")}
    renamed: dict[str, str] = {}
    for alias, target in links.items():
        group = alias.split("/", 1)[0]
        if "/" not in alias or group not in _CONTINENTS | _COUNTRY_GROUPS or alias in modern_names():
            continue
        renamed[alias] = _NEARER_NAMES.get(alias, target)
    return renamed


def modern_name(name: str) -> str | None:
    """Return today's name of a zone that a person, file or browser named, or None when it names no place.

    ``Asia/Calcutta`` gives ``Asia/Kolkata``, ``US/Eastern`` gives ``America/New_York``, ``Etc/UTC`` gives
    ``UTC``; ``Europe/Amsterdam`` stays, although its rules are shared. ``CET``, ``Etc/GMT-1`` give None.
    """
    if name in modern_names():
        return name
    if name in _UTC_NAMES:
        return "UTC"
    return _renamed().get(name)
