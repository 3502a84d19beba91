"""The REST API, at the root of the host as in life: a module for each documented resource.

Source: https://developers.portone.io/api/rest-v1
"""

from __future__ import annotations

from flask import Flask

from sandbox.api import customers, envelope, payments, prepare, subscribe, users


def init_app(app: Flask) -> None:
    """Register every resource, and the envelope around whatever goes wrong with one."""
    for module in (users, subscribe, customers, prepare, payments):
        app.register_blueprint(module.bp)
    envelope.init_app(app)
