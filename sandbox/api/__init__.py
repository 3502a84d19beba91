"""The REST API, at the root of the host like the real one: a module for each documented resource.

Source: https://developers.portone.io/api/rest-v1
"""

from flask import Flask

from . import (
    answers,
    cancel,
    certifications,
    codes,
    customers,
    delivery,
    envelope,
    escrows,
    kakao,
    naver,
    payments,
    prepare,
    receipts,
    schedules,
    subscribe,
    users,
    vbanks,
    wallets,
)

RESOURCES = (
    *(users, subscribe, schedules, customers, prepare, cancel, payments, codes, delivery),
    *(vbanks, certifications, receipts, escrows, wallets, naver, kakao),
)


def init_app(app: Flask) -> None:
    """Register every resource, and the envelope around its errors."""
    for module in RESOURCES:
        app.register_blueprint(module.bp)
    app.after_request(answers.delay)
    envelope.init_app(app)
