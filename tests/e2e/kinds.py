"""One address of each kind of page: what is looked at from every side must be looked at on all of them."""

from __future__ import annotations

from tests.e2e.live import LiveSite

#: Kinds that answer something else than 200.
STATUSES = {"400": 400, "404": 404, "410": 410, "500": 500}
KINDS = (
    "home", "home before", "programme", "programme filtered", "programme empty", "event lead", "event open",
    "event several", "event right to left", "event cancelled", "event postponed", "organisation", "organisations",
    "topic", "topic across", "series", "subscribe", "subscribe filtered", "changes", "go closed", "about", "privacy",
    "accessibility", *STATUSES,
)  # fmt: skip


def address_of(kind: str, site: LiveSite) -> str:
    """Return the address of the page that stands for its kind."""
    if kind.startswith("event "):
        return site.path(_TITLES[kind])
    programme = site.programme()
    return {
        "home": "/",
        "home before": "/demo/",
        "programme": "/2021/programme",
        "programme filtered": "/2021/programme?topic=gender-equality&language=es&language=en",
        "programme empty": "/2021/programme?topic=gender-equality&language=zh",
        "organisation": "/2021/organisations/" + "-".join(_busiest(site)),
        "organisations": "/2021/organisations/",
        "topic": "/2021/topics/gender-equality",
        "topic across": "/topics/gender-equality",
        "series": f"/series/{next(iter(programme.series))}",
        "subscribe": "/2021/subscribe",
        "subscribe filtered": "/2021/subscribe?topic=gender-equality&language=es",
        "changes": "/2021/changes",
        "go closed": f"/go/{site.event(_TITLES['event lead']).code}",
        "400": "/2021/programme?topic=cheese",
        "404": "/2021/nothing",
        "410": f"/e/{site.gone[0]}",
        "500": "/fault",
    }.get(kind, f"/{kind}")


_TITLES = {
    "event lead": "Caring metropolises",
    "event open": "Cuidar también es obra pública",
    "event several": "Care Week of the Ring",
    "event right to left": "حافلة الجبل",
    "event cancelled": "Plazas abiertas",
    "event postponed": "Datos con vecinos",
}


def _busiest(site: LiveSite) -> tuple[str, str]:
    """Return code and slug of the organisation with most events."""
    programme = site.programme()
    organisers = [organiser for event in programme.events.values() for organiser in event.organisers]
    codes = [organiser.code for organiser in organisers]
    code = max(codes, key=codes.count)
    return code, next(organiser.slug for organiser in organisers if organiser.code == code)
