"""Reading payments, by either id."""

import pytest

NOT_FOUND = (404, -1, "존재하지 않는 결제정보입니다.", None)

WIRE = [
    "amount",
    "apply_num",
    "bank_code",
    "bank_name",
    "buyer_addr",
    "buyer_email",
    "buyer_name",
    "buyer_postcode",
    "buyer_tel",
    "cancel_amount",
    "cancel_history",
    "cancel_reason",
    "cancel_receipt_urls",
    "cancelled_at",
    "card_code",
    "card_issuer_code",
    "card_issuer_name",
    "card_name",
    "card_number",
    "card_publisher_code",
    "card_publisher_name",
    "card_quota",
    "card_type",
    "cash_receipt_issued",
    "channel",
    "currency",
    "custom_data",
    "customer_uid",
    "customer_uid_usage",
    "deposit_history",
    "emb_pg_provider",
    "escrow",
    "fail_reason",
    "failed_at",
    "imp_uid",
    "merchant_uid",
    "name",
    "paid_at",
    "pay_method",
    "pg_id",
    "pg_provider",
    "pg_tid",
    "promotion",
    "receipt_url",
    "sandbox",
    "started_at",
    "status",
    "user_agent",
    "vbank_code",
    "vbank_date",
    "vbank_holder",
    "vbank_issued_at",
    "vbank_name",
    "vbank_num",
]


def test_a_payment_carries_every_key_of_the_schema(api):
    api.issue()
    imp_uid = api.charge("order-1").response["imp_uid"]

    assert sorted(api.get(f"/payments/{imp_uid}").response) == WIRE


def test_reading_repeats_what_the_charge_answered(api):
    api.issue()
    charged = api.charge("order-1").response

    assert api.get(f"/payments/{charged['imp_uid']}?include_sandbox=true").response == charged
    assert api.get("/payments/find/order-1").response == charged


@pytest.mark.parametrize("path", ["imp_000000000000", "find/nobody", "find/nobody/paid", "find/nobody/all"])
def test_an_unknown_payment_is_not_found(api, path):
    assert api.get(f"/payments/{path}") == NOT_FOUND


@pytest.mark.parametrize("path", ["find/order-1/settled", "find/order-1?sorting=amount", "find/order-1?sorting=--paid"])
def test_a_status_or_sorting_that_does_not_exist_is_malformed(api, path):
    answer = api.get(f"/payments/{path}")

    assert (answer.http, answer.code) == (400, -1)


@pytest.fixture
def attempts(api, clock) -> dict[str, str]:
    """Make three attempts of one order, a minute apart: declined, declined, paid. Name → `imp_uid`."""
    api.issue("poor", card_number="4000-0000-0000-0341")
    api.issue("rich")
    uids = {}
    for name, card in (("first", "poor"), ("second", "poor"), ("third", "rich")):
        uids[name] = api.charge("order-1", customer_uid=card).response["imp_uid"]
        clock.advance(60)
    return uids


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", "third"),
        ("?sorting=-started", "third"),
        ("?sorting=started", "first"),
        ("?sorting=-paid", "third"),
        ("?sorting=paid", "first"),
        ("?sorting=updated", "first"),
        ("?sorting=-updated", "third"),
        ("/all", "third"),
        ("/paid", "third"),
        ("/failed", "second"),
        ("/failed?sorting=started", "first"),
    ],
)
def test_find_answers_the_first_in_the_wanted_order(api, attempts, path, found):
    answer = api.get(f"/payments/find/order-1{path}")

    assert answer.response["imp_uid"] == attempts[found]


def test_a_newer_failed_attempt_hides_an_older_paid_one_unless_requested(api, payer, clock):
    api.issue()
    late = payer.open(merchant_uid="order-1", customer_uid="card-2")
    paid = api.charge("order-1").response["imp_uid"]
    clock.advance(60)
    failed = payer.decline(late)

    assert api.get("/payments/find/order-1?sorting=-updated").response["imp_uid"] == failed
    assert api.get("/payments/find/order-1/paid").response["imp_uid"] == paid
    assert api.get("/payments/find/order-1/failed").response["imp_uid"] == failed
    assert api.get("/payments/find/order-1/ready") == NOT_FOUND
