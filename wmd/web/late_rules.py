"""Addresses whose builders are made when first asked for: a page builds a few addresses, the service has hundreds."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing import Rule


class LateRule(Rule):
    """A rule that compiles the code which builds its address at the first ``url_for`` instead of at the start.

    Werkzeug compiles two functions for each rule when it is added, which was nine tenths of what a start took. Should
    a later Werkzeug rename the method overridden here, rules are compiled at the start again, and nothing else changes.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled: list[Callable[..., tuple[str, str]]] = []
        make = super()._compile_builder

        def build(*of_rule: object, **values: object) -> tuple[str, str]:
            # Two threads may both compile it: the results are alike.
            if not compiled:
                compiled.append(make(append_unknown))
            return compiled[0](*of_rule, **values)

        return build
