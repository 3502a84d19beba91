"""Every address of an application, generated from its map of URLs."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask


def addresses(app: Flask, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield endpoint, method and path of each rule. `values` fill the variables of the rules, by name.

    Raises:
        KeyError: when a rule has a variable that `values` lacks.
    """
    for rule in app.url_map.iter_rules():
        built = rule.build({name: values[name] for name in rule.arguments - (rule.defaults or {}).keys()})
        assert built is not None, rule
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, built[1]
