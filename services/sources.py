"""Which function of the shop does what a timeline shows: a map from event or call to `file::function`.

A test checks that each named function exists.
"""

from collections.abc import Mapping

SOURCES: Mapping[str, str] = {
    "order.created": "services/checkout.py::place",
    "amount.registered": "services/amounts.py::register",
    "sdk.request_pay": "static/js/payment-window.js::openPaymentWindow",
    "sdk.refused": "static/js/payment-window.js::openPaymentWindow",
    "sdk.callback": "static/js/payment-window.js::openPaymentWindow",
    "page.left": "services/run_events.py::report",
    "page.back": "services/run_events.py::report",
    "callback.received": "views/checkout.py::complete",
    "landing.received": "views/checkout.py::landing",
    "check.received": "views/orders.py::check",
    "webhook.stored": "services/webhooks.py::receive",
    "webhook.received": "services/webhooks.py::process",
    "payment.unread": "services/payments.py::_record_no_answer",
    "payment.verified": "services/payments.py::_grant",
    "payment.mismatch": "services/payments.py::_reject",
    "payment.failed": "services/payments.py::_record_failure",
    "payment.cancelled": "services/payments.py::_record_cancellation",
    "payment.partly_cancelled": "services/reversals.py::record",
    "payment.reversed": "services/reversals.py::record_chargeback",
    "payment.dispute_won": "services/reversals.py::record_dispute_won",
    "payment.refund_asked": "services/refunds.py::request",
    "payment.refund_refused": "services/refunds.py::request",
    "payment.refund_unknown": "services/refunds.py::request",
    "refund.decided": "services/refunds.py::decide_for_staff",
    "refund.given_up": "services/refunds.py::process",
    "order.abandoned": "services/open_orders.py::abandon",
    "order.replaced": "services/purchases.py::close_earlier",
    "key.activated": "services/payments.py::_adopt_key",
    "key.confirmed": "services/billing_keys.py::confirm",
    "key.revoked": "services/billing_keys.py::delete",
    "card.changed": "services/payments.py::_adopt_key",
    "run.ended_previous": "services/guide_runs.py::end_previous",
    "charge.sent": "services/charges.py::_store",
    "charge.approved": "services/charges.py::charge",
    "charge.declined": "services/charges.py::charge",
    "charge.pending": "services/charges.py::charge",
    "charge.refused": "services/charges.py::charge",
    "charge.given_up": "services/charges.py::_apply_answer",
    "charge.unknown": "services/charges.py::_record_unknown",
    "charge.queued": "services/charges.py::leave_to_worker",
    "charge.closed": "services/journal.py::record_closed",
    "subscription.started": "services/payments.py::_pay_invoice",
    "subscription.renewed": "services/payments.py::_pay_invoice",
    "subscription.not_started": "services/dunning.py::after_decline",
    "subscription.past_due": "services/dunning.py::after_decline",
    "subscription.suspended": "services/reversals.py::apply_effect",
    "subscription.resumed": "services/staff.py::resume",
    "subscription.cancelled": "services/subscriptions.py::end",
    "POST /users/getToken": "services/iamport/tokens.py::get",
    "POST /payments/prepare": "services/amounts.py::register",
    "POST /payments/cancel": "services/refunds.py::request",
    "POST /subscribe/payments/again": "services/charges.py::_request",
    "GET /payments/find/": "services/verification.py::read",
    "GET /payments/": "services/verification.py::read",
    "GET /subscribe/customers/": "services/checks.py::_key_checks",
    "DELETE /subscribe/customers/": "services/billing_keys.py::delete",
    "POST /webhooks/iamport": "views/webhooks.py::iamport",
}


def source_of(done: str) -> str:
    """Return the function behind an event, or behind a call such as `GET /payments/imp_1`. Empty if it is not ours."""
    if done in SOURCES:
        return SOURCES[done]
    calls = (start for start in SOURCES if " " in start and done.startswith(start))
    return SOURCES.get(max(calls, key=len, default=""), "")
