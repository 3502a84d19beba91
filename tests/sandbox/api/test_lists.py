"""Lists: several payments or keys, every attempt of an order, every payment of a status."""

import pytest

from tests.sandbox.conftest import Api

DAY = 86_400

NOT_FOUND = (404, -1, "존재하지 않는 결제정보입니다.", None)


@pytest.fixture
def attempts(api, clock) -> dict[str, str]:
    """Make attempts a minute apart: declined and paid for order-1, paid and cancelled for order-2. Name → `imp_uid`."""
    api.issue("poor", card_number="4000-0000-0000-0341")
    api.issue("rich")
    uids = {}
    for name, merchant_uid, card in (
        ("failed", "order-1", "poor"),
        ("paid", "order-1", "rich"),
        ("cancelled", "order-2", "rich"),
    ):
        uids[name] = api.charge(merchant_uid, customer_uid=card).response["imp_uid"]
        clock.advance(60)
    api.post("/payments/cancel", imp_uid=uids["cancelled"])
    return uids


def listed(answer) -> list[str]:
    return [payment["imp_uid"] for payment in answer.response["list"]]


# Several --------------------------------------------------------------------------------------------------


def test_several_payments_come_in_the_order_of_the_request(api, attempts):
    answer = api.get(f"/payments?imp_uid[]={attempts['paid']}&imp_uid[]={attempts['failed']}&merchant_uid[]=order-2")

    assert answer.http == 200
    assert [payment["imp_uid"] for payment in answer.response] == [attempts[n] for n in ("paid", "failed", "cancelled")]


def test_a_payment_requested_twice_comes_once(api, attempts):
    answer = api.get(f"/payments?imp_uid[]={attempts['cancelled']}&merchant_uid[]=order-2&merchant_uid[]=order-2")

    assert (answer.http, len(answer.response)) == (200, 1)


def test_a_lever_lets_a_merchant_uid_find_every_attempt(api, client, attempts):
    client.post("/control/levers", json={"several_attempts": "all"})

    answer = api.get("/payments?merchant_uid[]=order-1&merchant_uid[]=order-2")

    assert [payment["imp_uid"] for payment in answer.response] == [attempts[n] for n in ("paid", "failed", "cancelled")]


def test_some_of_several_payments_is_207(api, attempts):
    answer = api.get(f"/payments?imp_uid[]={attempts['paid']}&merchant_uid[]=nobody")

    assert (answer.http, answer.code) == (207, 0)
    assert [payment["imp_uid"] for payment in answer.response] == [attempts["paid"]]


def test_none_of_several_payments_is_not_found(api):
    assert api.get("/payments?imp_uid[]=imp_0&merchant_uid[]=nobody") == NOT_FOUND


@pytest.mark.parametrize("query", ["", "imp_uid[]=", "&".join(f"imp_uid[]=imp_{n}" for n in range(101))])
def test_several_are_one_to_a_hundred(api, query):
    answer = api.get(f"/payments?{query}")

    assert (answer.http, answer.code) == (400, -1)


def test_several_keys_are_all_some_or_none(api):
    api.issue("card-1")
    api.issue("card-2")

    everything = api.get("/subscribe/customers?customer_uid[]=card-2&customer_uid[]=card-1")
    some = api.get("/subscribe/customers?customer_uid[]=card-1&customer_uid[]=nobody")
    none = api.get("/subscribe/customers?customer_uid[]=nobody")

    assert (everything.http, [key["customer_uid"] for key in everything.response]) == (200, ["card-2", "card-1"])
    assert (some.http, [key["customer_uid"] for key in some.response]) == (207, ["card-1"])
    assert (none.http, none.code, none.response) == (404, 1, None)
    assert api.get("/subscribe/customers").http == 400


# Every attempt of an order --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("order-1", ["paid", "failed"]),
        ("order-1/", ["paid", "failed"]),
        ("order-1?sorting=started", ["failed", "paid"]),
        ("order-1/all", ["paid", "failed"]),
        ("order-1/failed", ["failed"]),
        ("order-1?limit=1", ["paid"]),
        ("order-1?limit=1&page=2", ["failed"]),
    ],
)
def test_find_all_lists_the_attempts_of_an_order(api, attempts, path, found):
    answer = api.get(f"/payments/findAll/{path}")

    assert listed(answer) == [attempts[name] for name in found]


@pytest.mark.parametrize("path", ["nobody", "nobody/all", "order-1/cancelled"])
@pytest.mark.usefixtures("attempts")
def test_find_all_of_nothing_is_not_found(api, path):
    assert api.get(f"/payments/findAll/{path}") == NOT_FOUND


@pytest.mark.parametrize("path", ["findAll/order-1/settled", "find/order-1/settled", "status/settled"])
@pytest.mark.usefixtures("attempts")
def test_a_status_that_does_not_exist_is_refused(api, path):
    assert api.get(f"/payments/{path}") == (400, -1, "지원되지 않는 상태값입니다.", None)


# Everything of a status -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("all", ["cancelled", "paid", "failed"]),
        ("paid", ["paid"]),
        ("cancelled", ["cancelled"]),
        ("failed", ["failed"]),
        ("ready", []),
        ("all?sorting=started", ["failed", "paid", "cancelled"]),
        ("all?sorting=-updated", ["cancelled", "paid", "failed"]),
    ],
)
def test_payments_are_listed_by_status(api, attempts, path, found):
    answer = api.get(f"/payments/status/{path}")

    assert (answer.http, answer.response["total"]) == (200, len(found))
    assert listed(answer) == [attempts[name] for name in found]


def test_pages_know_their_neighbours_by_number(api, attempts):
    pages = [api.get(f"/payments/status/all?limit=1&page={number}").response for number in (1, 2, 3)]

    assert [(page["total"], page["previous"], page["next"]) for page in pages] == [(3, 0, 2), (3, 1, 3), (3, 2, 0)]
    assert [page["list"][0]["imp_uid"] for page in pages] == [attempts[n] for n in ("cancelled", "paid", "failed")]


def test_a_page_has_twenty_rows_without_a_limit(api):
    api.issue()
    for number in range(21):
        api.charge(f"order-{number}")

    answer = api.get("/payments/status/paid")

    assert (len(answer.response["list"]), answer.response["next"]) == (20, 2)


@pytest.mark.parametrize(
    "query",
    [
        "page=2",
        "page=0",
        "page=-1",
        "page=x",
        "page=1.5",
        "limit=0",
        "limit=1001",
        "limit=x",
        "sorting=amount",
        "page=1e9999",
    ],
)
@pytest.mark.usefixtures("attempts")
def test_a_page_that_does_not_exist_is_malformed(api, query):
    answer = api.get(f"/payments/status/all?{query}")

    assert (answer.http, answer.code, answer.response) == (400, -1, None)


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (0, 0, ["failed"]),
        (1, 60, ["paid"]),
        (61, None, ["cancelled"]),
        (60 - 90 * DAY, 60, ["paid", "failed"]),
        (None, 0, ["failed"]),
    ],
)
def test_a_status_is_searched_by_when_it_was_reached(api, clock, attempts, start, end, found):
    began = clock() - 180
    limits = {"from": start, "to": end}
    query = "&".join(f"{name}={began + seconds}" for name, seconds in limits.items() if seconds is not None)

    assert listed(api.get(f"/payments/status/all?{query}")) == [attempts[name] for name in found]


def test_what_is_older_than_ninety_days_is_not_listed_unless_requested(api, clock, attempts):
    clock.advance(91 * DAY)
    api.sign_in()

    recent = api.get("/payments/status/paid")
    then = api.get(f"/payments/status/paid?from={clock() - 100 * DAY}&to={clock() - 50 * DAY}")

    assert listed(recent) == []
    assert listed(then) == [attempts["paid"]]


def test_what_customers_pay_in_their_own_future_is_listed(api, client, clock):
    for customer_uid, ahead in (("far", 365 * DAY), ("near", 330 * DAY), ("behind", -DAY)):
        api.issue(customer_uid)
        client.post("/control/clock", json={"customer_uid": customer_uid, "offset": ahead})
    paid = {uid: api.charge(f"order-{uid}", customer_uid=uid).response["imp_uid"] for uid in ("far", "near", "behind")}

    assert listed(api.get("/payments/status/paid?sorting=paid")) == [paid["behind"], paid["near"], paid["far"]]
    assert listed(api.get(f"/payments/status/paid?from={clock()}&sorting=paid")) == [paid["near"], paid["far"]]
    assert listed(api.get(f"/payments/status/paid?to={clock()}")) == [paid["behind"]]


@pytest.mark.parametrize(("start", "end"), [(-91 * DAY, 0), (1, 0)])
def test_a_search_is_at_most_ninety_days_and_forward(api, clock, start, end):
    answer = api.get(f"/payments/status/all?from={clock() + start}&to={clock() + end}")

    assert (answer.http, answer.code) == (400, -1)


# A key's payments -----------------------------------------------------------------------------------------


def test_a_keys_payments_are_its_issue_and_its_charges(api, payer, clock):
    issue = payer.approve(payer.open(merchant_uid="issue-1", customer_uid="card-1"), "4242-4242-4242-4242")
    payer.open(merchant_uid="issue-2", customer_uid="card-1")
    clock.advance(60)
    charge = api.charge("order-1").response["imp_uid"]

    answer = api.get("/subscribe/customers/card-1/payments?page=1")

    assert listed(answer) == [charge, issue]


def test_the_payments_of_an_unknown_key_are_not_found(api):
    assert api.get("/subscribe/customers/nobody/payments")[:2] == (404, 1)


def test_another_merchant_sees_nothing_of_it(client, attempts):
    made = client.post("/control/merchants", json={}).json
    other = Api(client, made["key"], made["secret"])

    assert other.get(f"/payments/{attempts['paid']}") == NOT_FOUND
    assert other.get("/payments?merchant_uid[]=order-1") == NOT_FOUND
    assert other.get("/payments/status/all").response["total"] == 0
    assert other.get("/subscribe/customers?customer_uid[]=rich").http == 404
