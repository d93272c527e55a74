"""Rules that compile late build what Werkzeug's own build, and nothing is compiled before."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import BuildError, Map, Rule

from wmd.web.late_rules import LateRule

RULES: list[tuple[str, str, dict[str, str] | None]] = [
    ("/", "home", None),
    ("/<edition>/programme", "programme", None),
    ("/<edition>/programme/<int:page>", "paged", None),
    ("/<edition>/feeds/<path:name>.ics", "feed", None),
    ("/series/", "series", {"slug": "all"}),
    ("/series/<slug>", "series", None),
]


def built(rule_class: type[Rule]) -> list[str]:
    """Return what a map of such rules builds, and what it refuses to."""
    adapter = Map([rule_class(rule, endpoint=name, defaults=defaults) for rule, name, defaults in RULES]).bind(
        "wmd.example"
    )
    wanted: list[tuple[str, dict[str, object]]] = [
        ("home", {}),
        ("home", {"tz": "Asia/Tokyo", "topic": ["a", "b c"]}),
        ("programme", {"edition": "20 21"}),
        ("programme", {"edition": "2021", "day": "2021-10-07"}),
        ("paged", {"edition": "2021", "page": 3}),
        ("paged", {"edition": "2021", "page": "three"}),
        ("feed", {"edition": "2021", "name": "a/b"}),
        ("series", {"slug": "all"}),
        ("series", {"slug": "metro talks"}),
        ("programme", {}),
    ]
    answers = []
    for _ in range(2):
        for endpoint, values in wanted:
            try:
                answers.append(adapter.build(endpoint, values))
            except (BuildError, ValueError) as error:
                answers.append(type(error).__name__)
    return answers


def test_late_rules_build_what_others_build() -> None:
    assert built(LateRule) == built(Rule)


@pytest.mark.parametrize("path", ["/", "/2021/programme", "/2021/programme/3", "/2021/feeds/a/b.ics", "/series/x"])
def test_late_rules_match_what_others_match(path: str) -> None:
    def matched(rule_class: type[Rule]) -> object:
        rules = [rule_class(rule, endpoint=name, defaults=defaults) for rule, name, defaults in RULES]
        return Map(rules).bind("wmd.example").match(path)

    assert matched(LateRule) == matched(Rule)


def test_application_has_late_rules(demo_app: Flask) -> None:
    own = [rule for rule in demo_app.url_map.iter_rules() if rule.endpoint != "static"]

    assert {type(rule) for rule in own} == {LateRule}
