"""The web pages and endpoints of the shop: one blueprint per journey. A view parses, calls one service, and answers."""

from flask import Flask, abort, request
from flask_wtf import CSRFProtect

from views import (
    account,
    admin,
    admin_members,
    admin_orders,
    admin_reconcile,
    admin_subscriptions,
    catalog,
    checkout,
    errors,
    guide_runs,
    guide_texts,
    guides,
    health,
    orders,
    subscriptions,
    timeline,
    webhooks,
)
from views.incoming import is_storable


def refuse_unstorable_text() -> None:
    """Answer 404 for a path, and 400 for a parameter, that the database cannot store."""
    if not is_storable(request.path):
        abort(404)
    if not all(map(is_storable, request.values.values())):
        abort(400)


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Add every blueprint to the application. Webhooks need no CSRF token: the payment service has none to send."""
    for module in (
        catalog,
        guides,
        guide_texts,
        guide_runs,
        checkout,
        orders,
        subscriptions,
        timeline,
        account,
        webhooks,
        health,
        errors,
    ):
        app.register_blueprint(module.bp)
    for module in (admin, admin_orders, admin_subscriptions, admin_members, admin_reconcile):
        app.register_blueprint(module.bp)
    app.before_request(errors.refuse_untrusted_host)
    app.before_request(refuse_unstorable_text)
    csrf.exempt(webhooks.bp)
