"""What the shop assumes about the payment service, tested against the fake and against the sandbox.

Both pass the same tests, so what the shop's tests prove with the fake is true with the sandbox as well.
"""

from decimal import Decimal

import pytest

from services.iamport import NotFound, Refused
from tests.fakes import CANCELLED_BEFORE, DUPLICATE, NO_PAYMENT, NOTHING_TO_CANCEL, PREPARED_BEFORE, UNKNOWN_KEY

START, DAY = 1_800_000_000, 86_400
"""The time of both services when a test begins, and the length of a day, in unix seconds."""


def refusal(call, *args, **fields):
    with pytest.raises(Refused) as caught:
        call(*args, **fields)
    return caught.value


# Token ----------------------------------------------------------------------------------------------------


def test_the_service_answers(service):
    service.client.ping()

    with pytest.raises(NotFound):
        service.client.payment("imp_000000000000")


# Reading --------------------------------------------------------------------------------------------------


def test_an_approved_window_reads_as_a_paid_issue(service, window):
    request = window()

    imp_uid = service.pay(request)
    payment = service.client.payment(imp_uid)

    assert (payment.imp_uid, payment.merchant_uid) == (imp_uid, request["merchant_uid"])
    assert (payment.status, payment.amount, payment.currency) == ("paid", Decimal(19900), "KRW")
    assert (payment.customer_uid, payment.customer_uid_usage) == (request["customer_uid"], "issue")
    assert payment.amount_left == 19900
    assert type(payment.amount) is Decimal


def test_dollars_come_back_to_the_cent(service, window):
    imp_uid = service.pay(window(pg="paymentwall", amount=49.99, currency="USD"))

    payment = service.client.payment(imp_uid)

    assert (payment.amount, payment.currency) == (Decimal("49.99"), "USD")


def test_a_declined_window_reads_as_failed_and_leaves_no_key(service, window):
    request = window()

    payment = service.client.payment(service.pay(request, card="declined"))

    assert (payment.status, payment.paid_at) == ("failed", 0)
    assert payment.fail_reason
    with pytest.raises(NotFound):
        service.client.customer_key(request["customer_uid"])


def test_a_closed_window_stays_ready(service, window):
    payment = service.client.payment(service.close(window()))

    assert payment.status == "ready"


def test_a_card_is_shown_masked(service, window):
    payment = service.client.payment(service.pay(window()))

    assert payment.card_name
    assert "*" in payment.card_number
    assert sum(character.isdigit() for character in payment.card_number) <= 10


def test_find_gives_the_newest_and_a_status_looks_behind_it(service, window):
    first = window()
    second = {**first, "customer_uid": "cu-other"}
    failed = service.pay(first, card="declined")
    paid = service.pay(second)

    assert service.client.find(first["merchant_uid"]).imp_uid == paid
    assert service.client.find(first["merchant_uid"], status="failed").imp_uid == failed
    assert service.client.find(first["merchant_uid"], status="paid").imp_uid == paid


@pytest.mark.parametrize("status", ["", "paid", "failed"])
def test_what_is_not_there_is_not_found(service, status):
    error = refusal(service.client.find, "order-of-nobody", status=status)

    assert isinstance(error, NotFound)
    assert (error.status, error.message) == (404, NO_PAYMENT)


def test_an_unknown_imp_uid_is_not_found(service):
    error = refusal(service.client.payment, "imp_000000000000")

    assert isinstance(error, NotFound)
    assert (error.code, error.status, error.message) == (-1, 404, NO_PAYMENT)


# Lists ----------------------------------------------------------------------------------------------------


@pytest.fixture
def listed(service):
    """A function that returns the `merchant_uid` of each payment of a status in a span of time, page by page."""

    def listed(status, *, since=START, until=START + DAY, limit=1000):
        pages, page = [], 1
        while page:
            answer = service.client.payments_by_status(status, since=since, until=until, page=page, limit=limit)
            pages.append([payment.merchant_uid for payment in answer.payments])
            page = answer.next_page
        return pages

    return listed


def test_a_payment_is_listed_under_its_current_status_only(service, window, listed):
    paid, declined, refunded = window(), window(), window()
    service.pay(paid)
    service.pay(declined, card="declined")
    imp_uid = service.pay(refunded)
    service.client.cancel(imp_uid=imp_uid, amount=Decimal(100), checksum=Decimal(19900), reason="test")

    assert listed("paid") == [[paid["merchant_uid"]]]
    assert listed("failed") == [[declined["merchant_uid"]]]
    assert listed("cancelled") == [[refunded["merchant_uid"]]]


def test_a_list_goes_by_the_time_of_the_current_status(service, window, listed):
    request = window()
    imp_uid = service.pay(request)
    service.wait(3 * DAY)
    service.client.cancel(imp_uid=imp_uid, amount=Decimal(19900), checksum=Decimal(19900), reason="test")

    assert listed("cancelled") == listed("paid") == [[]]
    assert listed("cancelled", since=START + 3 * DAY, until=START + 3 * DAY) == [[request["merchant_uid"]]]


def test_a_list_includes_its_first_and_its_last_second(service, window, listed):
    request = window()
    service.pay(request)

    assert listed("paid", since=START, until=START) == [[request["merchant_uid"]]]
    assert listed("paid", since=START + 1, until=START + DAY) == [[]]
    assert listed("paid", since=START - DAY, until=START - 1) == [[]]


def test_a_record_says_when_each_part_was_refunded(service, window):
    imp_uid = service.pay(window())
    service.client.cancel(imp_uid=imp_uid, amount=Decimal(900), checksum=Decimal(19900), reason="test")
    service.wait(DAY)
    service.client.cancel(imp_uid=imp_uid, amount=Decimal(9000), checksum=Decimal(19000), reason="test")

    payment = service.client.payment(imp_uid)

    assert [(cancel.amount, cancel.cancelled_at) for cancel in payment.cancels] == [(900, START), (9000, START + DAY)]
    assert (payment.paid_at, payment.cancelled_at, payment.cancel_amount) == (START, START + DAY, 9900)


def test_a_list_comes_in_pages_the_first_started_first(service, window, listed):
    requests = [window() for _ in range(5)]
    for request in requests:
        service.pay(request)

    first, second, third = listed("paid", limit=2)

    assert [*first, *second, *third] == [request["merchant_uid"] for request in requests]
    assert len(third) == 1


@pytest.mark.parametrize("wrong", [{"page": 2}, {"until": START + 91 * DAY}, {"until": START - 1}])
def test_a_page_or_a_span_that_does_not_exist_is_refused(service, wrong):
    error = refusal(service.client.payments_by_status, "paid", **{"since": START, "until": START + DAY, **wrong})

    assert error.status == 400


# Charging -------------------------------------------------------------------------------------------------


def test_a_key_is_charged_as_often_as_asked(service, window, charge):
    request = window()
    service.pay(request)

    payments = [charge(request["customer_uid"], f"charge-{n}") for n in range(3)]

    assert [payment.status for payment in payments] == ["paid"] * 3
    assert {payment.customer_uid_usage for payment in payments} == {"payment"}
    assert {payment.amount for payment in payments} == {Decimal(19900)}
    assert service.client.payment(payments[1].imp_uid).merchant_uid == "charge-1"


def test_a_decline_returns_the_failed_payment(service, window, charge):
    request = window(pg="html5_inicis")
    service.pay(request, card="no_money_later")

    payment = charge(request["customer_uid"], "charge-1")

    assert (payment.status, payment.paid_at, payment.merchant_uid) == ("failed", 0, "charge-1")
    assert "부족" in payment.fail_reason


def test_a_card_may_run_dry_after_its_first_charge(service, window, charge):
    request = window(pg="html5_inicis")
    service.pay(request, card="no_money_at_renewal")

    statuses = [charge(request["customer_uid"], f"charge-{n}").status for n in range(3)]

    assert statuses == ["paid", "failed", "failed"]


def test_a_number_that_was_paid_is_refused_and_nothing_moves(service, window, charge):
    request = window()
    service.pay(request)
    paid = charge(request["customer_uid"], "charge-1")

    error = refusal(charge, request["customer_uid"], "charge-1")

    assert (error.code, error.status, error.message) == (1, 200, DUPLICATE)
    assert service.client.find("charge-1", status="paid") == paid


def test_a_number_that_was_cancelled_is_refused_too(service, window, charge):
    request = window()
    service.pay(request)
    paid = charge(request["customer_uid"], "charge-1")
    service.client.cancel(imp_uid=paid.imp_uid, amount=paid.amount, checksum=paid.amount, reason="test")

    assert refusal(charge, request["customer_uid"], "charge-1").message == DUPLICATE


def test_a_number_that_failed_may_be_used_again(service, window, charge):
    poor, rich = window(pg="html5_inicis"), window(pg="html5_inicis")
    service.pay(poor, card="no_money_later")
    service.pay(rich)

    first, second = charge(poor["customer_uid"], "charge-1"), charge(rich["customer_uid"], "charge-1")

    assert (first.status, second.status) == ("failed", "paid")
    assert service.client.find("charge-1", status="paid").imp_uid == second.imp_uid


def test_an_unknown_key_is_refused(service, charge):
    error = refusal(charge, "cu-of-nobody", "charge-1")

    assert (error.code, error.status, error.message) == (1, 200, UNKNOWN_KEY)
    with pytest.raises(NotFound):
        service.client.find("charge-1")


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_an_amount_of_zero_or_less_is_malformed(service, window, charge, amount):
    request = window()
    service.pay(request)

    error = refusal(charge, request["customer_uid"], "charge-1", amount)

    assert (error.code, error.status) == (-1, 400)


# Keys -----------------------------------------------------------------------------------------------------


def test_a_key_is_known_by_its_handle(service, window):
    request = window()
    service.pay(request)

    key = service.client.customer_key(request["customer_uid"])

    assert key.customer_uid == request["customer_uid"]
    assert key.pg_provider
    assert key.card_name


def test_an_unknown_handle_is_not_found_and_named(service):
    error = refusal(service.client.customer_key, "cu-of-nobody")

    assert isinstance(error, NotFound)
    assert (error.code, error.status) == (1, 404)
    assert error.message == "요청하신 customer_uid(cu-of-nobody)로 등록된 정보를 찾을 수 없습니다."


def test_a_deleted_key_is_gone_for_good(service, window, charge):
    request = window()
    service.pay(request)

    deleted = service.client.delete_customer_key(request["customer_uid"], reason="subscription ended")

    assert deleted.customer_uid == request["customer_uid"]
    assert refusal(charge, request["customer_uid"], "charge-1").message == UNKNOWN_KEY
    with pytest.raises(NotFound):
        service.client.customer_key(request["customer_uid"])
    with pytest.raises(NotFound):
        service.client.delete_customer_key(request["customer_uid"])


# Registered amounts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "currency"), [("19900", "KRW"), ("49.99", "USD"), ("50", "USD")])
def test_an_amount_is_registered_and_read(service, amount, currency):
    registered = service.client.prepare(merchant_uid="order-1", amount=Decimal(amount), currency=currency)

    assert (registered.merchant_uid, registered.amount) == ("order-1", Decimal(amount))
    assert service.client.prepared("order-1") == registered


def test_an_amount_is_registered_once(service):
    service.client.prepare(merchant_uid="order-1", amount=Decimal(100), currency="KRW")

    error = refusal(service.client.prepare, merchant_uid="order-1", amount=Decimal(1), currency="KRW")

    assert (error.code, error.status, error.message) == (1, 200, PREPARED_BEFORE)
    assert service.client.prepared("order-1").amount == 100


def test_what_was_not_registered_is_not_found(service):
    with pytest.raises(NotFound):
        service.client.prepared("order-of-nobody")


# Refunds --------------------------------------------------------------------------------------------------


@pytest.fixture
def paid(service, window, charge):
    request = window(pg="paymentwall", amount=49.99, currency="USD")
    service.pay(request)
    demands = {"currency": "USD", "buyer_email": "jisoo@example.com", "browser_ip": "203.0.113.7"}
    return charge(request["customer_uid"], "charge-1", "49.99", **demands)


def refund(service, paid, amount, *, left=None, imp_uid=None):
    believed = Decimal(left or amount)
    return service.client.cancel(
        imp_uid=imp_uid or paid.imp_uid, amount=Decimal(amount), checksum=believed, reason="test"
    )


def test_the_whole_is_refunded(service, paid):
    cancelled = refund(service, paid, "49.99")

    assert (cancelled.status, cancelled.cancel_amount, cancelled.amount_left) == ("cancelled", Decimal("49.99"), 0)
    assert service.client.payment(paid.imp_uid) == cancelled


def test_a_part_leaves_the_rest_although_the_status_says_cancelled(service, paid):
    first = refund(service, paid, "19.99", left="49.99")
    second = refund(service, paid, "30.00")

    assert (first.status, first.amount_left) == ("cancelled", Decimal("30.00"))
    assert (second.status, second.amount_left) == ("cancelled", 0)


def test_what_was_refunded_is_not_refunded_again(service, paid):
    refund(service, paid, "49.99")

    error = refusal(refund, service, paid, "49.99")

    assert (error.code, error.status, error.message) == (1, 200, CANCELLED_BEFORE)


@pytest.mark.parametrize(("amount", "left", "code"), [("49.99", "10.00", 1), ("60.00", "49.99", -1)])
def test_a_wrong_belief_refunds_nothing(service, paid, amount, left, code):
    error = refusal(refund, service, paid, amount, left=left)

    assert (error.code, error.status) == (code, 200)
    assert service.client.payment(paid.imp_uid) == paid


def test_nothing_is_refunded_for_a_payment_that_was_never_made(service, paid):
    error = refusal(refund, service, paid, "49.99", imp_uid="imp_000000000000")

    assert (error.code, error.status, error.message) == (1, 200, NOTHING_TO_CANCEL)


def test_a_failed_payment_has_nothing_to_refund(service, window):
    imp_uid = service.pay(window(), card="declined")

    error = refusal(service.client.cancel, imp_uid=imp_uid, amount=Decimal(1), checksum=Decimal(1), reason="test")

    assert (error.code, error.status, error.message) == (1, 200, NOTHING_TO_CANCEL)
