"""The region of UN-Habitat that a country belongs to, as far as that follows from what is known of the host."""

from __future__ import annotations

#: The countries of the Regional Office for Arab States (https://unhabitat.org/regions).
ARAB_STATES = frozenset(
    ["AE", "BH", "DZ", "EG", "IQ", "JO", "KW", "LB", "LY", "MA", "OM", "PS", "QA", "SA", "SD", "SY", "TN", "YE"]
)
NORTH_AMERICA = frozenset({"CA", "US"})


def un_habitat_region(country: str, region: str) -> str:
    """Return the region of UN-Habitat from a country's code and the region of Metropolis; a blank when it is open.

    The two divide the world alike but for the Arab States, and for what lies between Canada and South America.
    """
    if not country or region in {"", "global"}:
        return ""
    if country in ARAB_STATES:
        return "arab-states"
    if country in NORTH_AMERICA:
        return "north-america"
    return "latin-america-caribbean" if region == "north-america" else region
